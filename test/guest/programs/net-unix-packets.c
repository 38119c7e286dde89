// oracle: host
// Unix datagrams and seqpackets: boundaries, truncation, full queues, connected pairs, vanished receivers.
#include "guest.h"
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un at(const char *path) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  strcpy(a.sun_path, path);
  return a;
}
static int dgram(const char *path) {
  int s = MUST(socket(AF_UNIX, SOCK_DGRAM, 0));
  if (path) {
    struct sockaddr_un a = at(path);
    MUST(bind(s, (void *)&a, sizeof a));
  }
  return s;
}
static void events(const char *what, int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&p, 1, 0);
  say("%s: revents %x\n", what, p.revents);
}

int main(void) {
  char x[300];
  struct sockaddr_un to = at("r"), from;
  int r = dgram("r"), w = dgram(NULL), n = dgram("named");
  SHOW(send(w, "x", 1, 0));
  SHOW(sendto(w, "one", 3, 0, (void *)&to, sizeof to));
  SHOW(sendto(n, "twotwo", 6, 0, (void *)&to, sizeof to));
  SHOW(sendto(n, "", 0, 0, (void *)&to, sizeof to));
  int q;
  SHOW(ioctl(r, FIONREAD, &q));
  say("first has %d\n", q);
  socklen_t m = sizeof from;
  SHOW(recvfrom(r, x, sizeof x, 0, (void *)&from, &m));
  say("from nobody: %d bytes\n", (int)m);
  m = sizeof from;
  SHOW(recvfrom(r, x, 3, MSG_TRUNC | MSG_PEEK, (void *)&from, &m));
  say("from %s, %d bytes\n", from.sun_path, (int)m);
  SHOW(recv(r, x, 3, 0));
  SHOW(recv(r, x, 3, 0));
  SHOW(recv(r, x, 3, MSG_DONTWAIT));
  // queue of 11
  int count = 0;
  while (sendto(w, "x", 1, MSG_DONTWAIT, (void *)&to, sizeof to) == 1) count++;
  say("queue full after %d: %s\n", count, strerrorname_np(errno));
  SHOW(connect(w, (void *)&to, sizeof to));
  events("receiver full", w);
  SHOW(recv(r, x, 3, 0));
  events("receiver with room", w);
  pid_t child = MUST(fork());
  if (child == 0) {
    for (int i = 0; i < 5; i++) MUST(send(w, "late", 4, 0));
    say("all sent\n");
    _exit(0);
  }
  sleep_ms(20);
  int sum = 0;
  for (int i = 0; i < count - 1 + 5; i++) sum += recv(r, x, sizeof x, 0);
  say("received %d bytes\n", sum);
  reap("sender", child);
  // connected to another
  struct sockaddr_un nm = at("named");
  SHOW(connect(r, (void *)&nm, sizeof nm));
  SHOW(send(w, "no", 2, 0));
  SHOW(connect(w, (void *)&to, sizeof to));
  SHOW(sendto(n, "yes", 3, 0, (void *)&to, sizeof to));
  SHOW(recv(r, x, sizeof x, 0));
  struct sockaddr un = {.sa_family = AF_UNSPEC};
  SHOW(connect(r, &un, sizeof un));
  SHOW(send(r, "x", 1, 0));
  SHOW(send(w, "again", 5, 0));
  SHOW(shutdown(r, SHUT_RD));
  SHOW(send(w, "shut", 4, 0));
  SHOW(recv(r, x, sizeof x, 0));
  SHOW(recv(r, x, sizeof x, 0));
  SHOW(recv(r, x, sizeof x, MSG_DONTWAIT));
  events("shut", r);
  close(r);
  SHOW(send(w, "gone", 4, 0));
  SHOW(send(w, "gone", 4, 0));
  SHOW(sendto(w, "gone", 4, 0, (void *)&to, sizeof to));
  char *big = calloc(1, 300000);
  SHOW(sendto(w, big, 300000, 0, (void *)&nm, sizeof nm));
  SHOW(sendto(w, big, 200000, 0, (void *)&nm, sizeof nm));
  SHOW(recv(n, big, 300000, 0));
  SHOW(listen(n, 5));
  SHOW(accept(n, NULL, NULL));
  // seqpacket
  int p[2];
  MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p));
  SHOW(write(p[0], "first", 5));
  SHOW(write(p[0], "second", 6));
  SHOW(read(p[1], x, 3));
  struct iovec v = {x, 3};
  struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1};
  SHOW(recvmsg(p[1], &h, 0));
  say("flags %x\n", h.msg_flags);
  SHOW(sendto(p[0], "addr", 4, 0, (void *)&to, sizeof to));
  SHOW(recv(p[1], x, sizeof x, 0));
  SHOW(write(p[0], "kept", 4));
  close(p[0]);
  events("closed", p[1]);
  SHOW(read(p[1], x, 10));
  SHOW(read(p[1], x, 10));
  SHOW(write(p[1], "x", 1));
  int s = MUST(socket(AF_UNIX, SOCK_SEQPACKET, 0));
  SHOW(recv(s, x, 1, 0));
  SHOW(send(s, x, 1, 0));
  events("fresh seqpacket", s);
  // pairs mind the sender's buffer only
  MUST(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, p));
  count = 0;
  while (write(p[0], "x", 1) == 1) count++;
  say("pair full after %d: %s\n", count, strerrorname_np(errno));
  int size = 0;
  m = sizeof size;
  SHOW(getsockopt(p[0], SOL_SOCKET, SO_SNDBUF, &size, &m));
  say("buffer %d\n", size);
  size = 10000;
  SHOW(setsockopt(p[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
  SHOW(getsockopt(p[1], SOL_SOCKET, SO_SNDBUF, &size, &m));
  say("buffer %d\n", size);
  count = 0;
  while (write(p[1], x, 100) == 100) count++;
  say("full after %d\n", count);
  SHOW(write(p[1], big, 30000));
  return 0;
}
