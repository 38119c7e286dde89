// oracle: host
// Passing descriptors and credentials: SCM_RIGHTS, SCM_CREDENTIALS, truncation, peeking, cycles in flight.
#include "guest.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static int open_fds(void) {
  int n = 0;
  for (int fd = 0; fd < 200; fd++) n += fcntl(fd, F_GETFD) != -1;
  return n;
}
static ssize_t send_fds(int s, const char *text, int *fds, int count) {
  char control[CMSG_SPACE(sizeof(int) * 300)] = {0};
  struct iovec v = {(char *)text, strlen(text)};
  struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
  struct cmsghdr *c = CMSG_FIRSTHDR(&h);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int) * count);
  memcpy(CMSG_DATA(c), fds, sizeof(int) * count);
  return sendmsg(s, &h, 0);
}
static char control[4000];
static ssize_t receive(int s, size_t room, int flags, int bytes) {
  static char x[100];
  struct iovec v = {x, bytes};
  struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = room ? control : NULL, .msg_controllen = room};
  memset(control, 0, sizeof control);
  ssize_t n = recvmsg(s, &h, flags);
  if (n == -1) {
    say("recvmsg %s\n", strerrorname_np(errno));
    return n;
  }
  say("recvmsg %d '%.*s' flags %x controllen %d\n", (int)n, (int)n, x, h.msg_flags, (int)h.msg_controllen);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
    if (c->cmsg_type == SCM_RIGHTS) {
      int count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      say("  rights: %d", count);
      int *fds = (int *)CMSG_DATA(c);
      if (count > 0) say(" cloexec %d", fcntl(fds[0], F_GETFD));
      say("\n");
      for (int i = 1; i < count; i++) close(fds[i]);
      if (count > 0) memmove(control, fds, sizeof(int));
    } else if (c->cmsg_type == SCM_CREDENTIALS) {
      struct ucred *u = (void *)CMSG_DATA(c);
      say("  credentials: mine %d uid %d gid %d len %d\n", u->pid == getpid(), (int)u->uid, (int)u->gid, (int)c->cmsg_len);
    }
  }
  return n;
}

int main(void) {
  int p[2], q[2];
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, p));
  MUST(pipe(q));
  int base = open_fds();
  SHOW(send_fds(p[0], "hello", q, 2));
  receive(p[1], CMSG_SPACE(8), 0, 100);
  int got = *(int *)control;
  MUST(write(q[1], "through", 7));
  char x[300];
  SHOW(read(got, x, 10));
  close(got);
  say("descriptors same %d\n", open_fds() == base);
  // not asked for: closed
  SHOW(send_fds(p[0], "a", q, 2));
  receive(p[1], 0, 0, 100);
  SHOW(send_fds(p[0], "b", q, 2));
  SHOW(read(p[1], x, 10));
  say("descriptors same %d\n", open_fds() == base);
  // room for one of two
  SHOW(send_fds(p[0], "c", q, 2));
  receive(p[1], CMSG_LEN(4), 0, 100);
  close(*(int *)control);
  SHOW(send_fds(p[0], "d", q, 2));
  receive(p[1], sizeof(struct cmsghdr), 0, 100);
  say("descriptors same %d\n", open_fds() == base);
  // peeking gives them too
  SHOW(send_fds(p[0], "e", q, 1));
  receive(p[1], 100, MSG_PEEK | MSG_CMSG_CLOEXEC, 100);
  close(*(int *)control);
  receive(p[1], 100, 0, 100);
  close(*(int *)control);
  say("descriptors same %d\n", open_fds() == base);
  // messages with rights do not run together
  MUST(write(p[0], "plain", 5));
  SHOW(send_fds(p[0], "rights", q, 1));
  MUST(write(p[0], "after", 5));
  receive(p[1], 100, 0, 100);
  close(*(int *)control);
  receive(p[1], 100, 0, 100);
  SHOW(send_fds(p[0], "split", q, 1));
  receive(p[1], 100, 0, 2);
  close(*(int *)control);
  receive(p[1], 100, 0, 100);
  int bad = 555;
  SHOW(send_fds(p[0], "x", &bad, 1));
  int many[300];
  for (int i = 0; i < 300; i++) many[i] = q[0];
  SHOW(send_fds(p[0], "x", many, 254));
  SHOW(send_fds(p[0], "x", many, 253));
  receive(p[1], sizeof control, 0, 100);
  close(*(int *)control);
  say("descriptors same %d\n", open_fds() == base);
  // credentials
  int on = 1;
  MUST(write(p[0], "early", 5));
  SHOW(setsockopt(p[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
  receive(p[1], 200, 0, 100);
  MUST(write(p[0], "cred", 4));
  receive(p[1], 200, 0, 100);
  MUST(write(p[0], "cred", 4));
  receive(p[1], 20, 0, 100);
  MUST(write(p[0], "none", 4));
  receive(p[1], 0, 0, 100);
  SHOW(send_fds(p[0], "both", q, 1));
  receive(p[1], 200, 0, 100);
  close(*(int *)control);
  struct iovec v = {"as", 2};
  struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(sizeof(struct ucred))};
  struct cmsghdr *c = (void *)control;
  c->cmsg_len = CMSG_LEN(sizeof(struct ucred));
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_CREDENTIALS;
  struct ucred u = {getpid(), 7, 8};
  memcpy(CMSG_DATA(c), &u, sizeof u);
  SHOW(sendmsg(p[0], &h, 0));
  receive(p[1], 200, 0, 100);
  c->cmsg_len = CMSG_LEN(4);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_CREDENTIALS;
  SHOW(sendmsg(p[0], &h, 0));
  c->cmsg_type = 77;
  SHOW(sendmsg(p[0], &h, 0));
  c->cmsg_len = 5;
  SHOW(sendmsg(p[0], &h, 0));
  pid_t child = MUST(fork());
  if (child == 0) {
    MUST(setgid(5));
    MUST(setuid(5));
    c->cmsg_len = CMSG_LEN(sizeof(struct ucred));
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_CREDENTIALS;
    SHOW(sendmsg(p[0], &h, 0));
    struct ucred mine = {getpid(), 5, 5};
    memcpy(CMSG_DATA(c), &mine, sizeof mine);
    SHOW(sendmsg(p[0], &h, 0));
    _exit(0);
  }
  reap("unprivileged", child);
  receive(p[1], 200, 0, 100);
  // a descriptor of a closed pair in flight keeps it open
  int r[2];
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, r));
  MUST(write(r[0], "inside", 6));
  SHOW(send_fds(p[0], "pair", r + 1, 1));
  close(r[1]);
  SHOW(write(r[0], "more", 4));
  receive(p[1], 200, 0, 100);
  int inner = *(int *)control;
  SHOW(read(inner, x, 100));
  close(inner);
  // a cycle: a pair whose ends are only in each other's queue; the pipe in it must come to its end
  int e[2], f[2];
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, e));
  MUST(pipe(f));
  int pass[2] = {e[1], f[1]};
  SHOW(send_fds(e[0], "cycle", pass, 2));
  int back[1] = {e[0]};
  SHOW(send_fds(e[1], "cycle", back, 1));
  close(f[1]);
  close(e[0]);
  close(e[1]);
  int trigger[2];
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, trigger));
  close(trigger[0]);
  close(trigger[1]);
  struct pollfd pf = {f[0], POLLIN, 0};
  int k = poll(&pf, 1, 2000);
  say("end of the pipe in the cycle: %d %x\n", k, pf.revents);
  return 0;
}
