// oracle: host
// Unix stream sockets: names, connect errors, peer credentials, half close, broken pipes, full buffers.
#include "guest.h"
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t name(struct sockaddr_un *a, const char *path) {
  memset(a, 0, sizeof *a);
  a->sun_family = AF_UNIX;
  size_t n = path[0] ? strlen(path) + 1 : strlen(path + 1) + 1;
  memcpy(a->sun_path, path, n);
  return offsetof(struct sockaddr_un, sun_path) + n;
}
static int un(int type) { return MUST(socket(AF_UNIX, type, 0)); }
static int conn(int s, const char *path) {
  struct sockaddr_un a;
  socklen_t n = name(&a, path);
  return connect(s, (void *)&a, n);
}
static int bnd(int s, const char *path) {
  struct sockaddr_un a;
  socklen_t n = name(&a, path);
  return bind(s, (void *)&a, n);
}
static void events(const char *what, int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP | POLLPRI, 0};
  int n = poll(&p, 1, 0);
  say("%s: poll %d revents %x\n", what, n, p.revents);
}
static void names(const char *what, int fd) {
  struct sockaddr_un a;
  memset(&a, '#', sizeof a);
  socklen_t n = sizeof a;
  int r = getsockname(fd, (void *)&a, &n);
  say("%s: getsockname %d len %d", what, r, (int)n);
  if (n > 2) say(" '%s'", a.sun_path[0] ? a.sun_path : a.sun_path + 1);
  n = sizeof a;
  r = getpeername(fd, (void *)&a, &n);
  if (r == -1) say(" peer %s\n", strerrorname_np(errno));
  else say(" peer len %d family %d\n", (int)n, a.sun_family);
}
static int pipes;
static void on_pipe(int s) { (void)s; pipes++; }

int main(void) {
  char buffer[70000];
  int s = un(SOCK_STREAM), c = un(SOCK_STREAM);
  names("fresh", s);
  events("fresh", s);
  SHOW(read(s, buffer, 10));
  SHOW(write(s, "x", 1));
  SHOW(listen(s, 1));
  SHOW(accept(s, NULL, NULL));
  SHOW(conn(c, "none"));
  SHOW(bnd(s, "sock"));
  SHOW(bnd(s, "sock2"));
  int s2 = un(SOCK_STREAM);
  SHOW(bnd(s2, "sock"));
  SHOW(conn(c, "sock"));
  SHOW(listen(s, 1));
  names("bound", s);
  struct stat st;
  SHOW(stat("sock", &st));
  say("mode %o\n", st.st_mode);
  SHOW(open("sock", O_RDWR));
  int d = un(SOCK_DGRAM);
  SHOW(conn(d, "sock"));
  SHOW(conn(c, "sock"));
  SHOW(conn(c, "sock"));
  events("listening with one", s);
  names("connected", c);
  int c2 = un(SOCK_STREAM), c3 = un(SOCK_STREAM | SOCK_NONBLOCK);
  SHOW(conn(c2, "sock"));
  SHOW(conn(c3, "sock"));
  struct sockaddr_un from;
  socklen_t n = sizeof from;
  int a = accept(s, (void *)&from, &n);
  say("accept ok %d, address of %d bytes\n", a >= 0, (int)n);
  names("accepted", a);
  struct ucred cred;
  n = sizeof cred;
  SHOW(getsockopt(a, SOL_SOCKET, SO_PEERCRED, &cred, &n));
  say("peer is me: %d %d %d\n", cred.pid == getpid(), cred.uid == getuid(), cred.gid == getgid());
  n = sizeof cred;
  SHOW(getsockopt(s2, SOL_SOCKET, SO_PEERCRED, &cred, &n));
  say("nobody: %d %d %d\n", cred.pid, (int)cred.uid, (int)cred.gid);
  SHOW(conn(c3, "sock"));
  events("idle", a);
  SHOW(write(c, "hello", 5));
  SHOW(write(c, " world", 6));
  int q = 0;
  SHOW(ioctl(a, FIONREAD, &q));
  say("FIONREAD %d\n", q);
  SHOW(recv(a, buffer, 5, MSG_PEEK));
  SHOW(recv(a, buffer, sizeof buffer, 0));
  say("%.11s\n", buffer);
  SHOW(recv(a, buffer, sizeof buffer, MSG_DONTWAIT));
  SHOW(sendto(c, "x", 1, 0, (void *)&from, sizeof from));
  SHOW(write(c, "last", 4));
  SHOW(shutdown(c, SHUT_WR));
  events("half closed, other side", a);
  events("half closed, own side", c);
  SHOW(recv(a, buffer, 100, MSG_WAITALL));
  SHOW(read(a, buffer, 10));
  on_signal(SIGPIPE, on_pipe, 0);
  SHOW(write(c, "x", 1));
  SHOW(send(c, "x", 1, MSG_NOSIGNAL));
  say("SIGPIPE %d times\n", pipes);
  SHOW(write(a, "back", 4));
  SHOW(read(c, buffer, 10));
  SHOW(write(a, "unread", 6));
  SHOW(close(c));
  events("peer closed with data unread", a);
  SHOW(read(a, buffer, 10));
  SHOW(read(a, buffer, 10));
  SHOW(write(a, "x", 1));
  say("SIGPIPE %d times\n", pipes);
  SHOW(shutdown(a, 7));
  SHOW(close(a));
  // closing a listener resets what it had not accepted
  events("waiting to be accepted", c2);
  SHOW(write(c2, "early", 5));
  SHOW(close(s));
  events("listener closed", c2);
  SHOW(read(c2, buffer, 5));
  SHOW(read(c2, buffer, 5));
  SHOW(conn(un(SOCK_STREAM), "sock"));
  SHOW(unlink("sock"));
  // full buffers
  int p[2];
  MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p));
  names("pair", p[0]);
  long total = 0;
  ssize_t w;
  while ((w = write(p[0], buffer, 1000)) > 0) total += w;
  say("full after %ld: %s\n", total, strerrorname_np(errno));
  events("full", p[0]);
  SHOW(read(p[1], buffer, 60000));
  events("a little read", p[0]);
  while (read(p[1], buffer, sizeof buffer) > 0) {}
  events("all read", p[0]);
  total = 0;
  while ((w = write(p[0], buffer, sizeof buffer)) > 0) total += w;
  say("full after %ld in large writes\n", total);
  SHOW(ioctl(p[0], 0x5411, &q)); // SIOCOUTQ
  // a blocking writer waits for the reader
  int b[2];
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, b));
  pid_t child = MUST(fork());
  if (child == 0) {
    close(b[0]);
    long sum = 0;
    sleep_ms(20);
    while ((w = read(b[1], buffer, 7777)) > 0) sum += w;
    say("child read %ld\n", sum);
    _exit(0);
  }
  close(b[1]);
  char *big = calloc(1, 1000000);
  SHOW(write(b[0], big, 1000000));
  close(b[0]);
  reap("reader", child);
  SHOW(socketpair(AF_UNIX, SOCK_STREAM | 0x10000, 0, p));
  SHOW(socketpair(AF_UNIX, SOCK_RDM, 0, p));
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 7, p));
  SHOW(socketpair(AF_INET, SOCK_STREAM, 0, p));
  SHOW(socket(99, SOCK_STREAM, 0));
  SHOW(socket(AF_UNIX, 77, 0));
  SHOW(bind(0, (void *)&from, 10));
  SHOW(bind(999, (void *)&from, 10));
  SHOW(bind(s2, (void *)&from, 200));
  SHOW(bind(s2, (void *)&from, 1));
  return 0;
}
