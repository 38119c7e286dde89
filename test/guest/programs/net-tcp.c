// oracle: host
// TCP over loopback: names, refusals, non-blocking connects, half close, resets, ports in use.
#include "guest.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static struct sockaddr_in in4(const char *ip, int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, ip, &a.sin_addr);
  return a;
}
static int tcp(void) { return MUST(socket(AF_INET, SOCK_STREAM, 0)); }
static int bnd(int s, const char *ip, int port) {
  struct sockaddr_in a = in4(ip, port);
  return bind(s, (void *)&a, sizeof a);
}
static int conn(int s, const char *ip, int port) {
  struct sockaddr_in a = in4(ip, port);
  return connect(s, (void *)&a, sizeof a);
}
static int port_of(int s) {
  struct sockaddr_in a;
  socklen_t n = sizeof a;
  MUST(getsockname(s, (void *)&a, &n));
  return ntohs(a.sin_port);
}
static int sp; // port of the server, shown as SERVER
static void names(const char *what, int s) {
  struct sockaddr_in a;
  socklen_t n = sizeof a;
  char line[200], ip[50];
  int k = snprintf(line, sizeof line, "%s:", what);
  if (getsockname(s, (void *)&a, &n) == 0) {
    int p = ntohs(a.sin_port);
    k += snprintf(line + k, 100, " local %s:%s", inet_ntop(AF_INET, &a.sin_addr, ip, 50), p == 0 ? "0" : p == sp ? "SERVER" : p >= 32768 && p <= 60999 ? "ephemeral" : "other");
  }
  n = sizeof a;
  if (getpeername(s, (void *)&a, &n) == 0) {
    int p = ntohs(a.sin_port);
    k += snprintf(line + k, 100, " peer %s:%s", inet_ntop(AF_INET, &a.sin_addr, ip, 50), p == sp ? "SERVER" : "ephemeral");
  } else k += snprintf(line + k, 100, " peer %s", strerrorname_np(errno));
  say("%s\n", line);
}
static void events(const char *what, int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP | POLLPRI, 0};
  int n = poll(&p, 1, 0);
  say("%s: poll %d revents %x\n", what, n, p.revents);
}
static int so_error(int s) {
  int e = -1;
  socklen_t n = sizeof e;
  MUST(getsockopt(s, SOL_SOCKET, SO_ERROR, &e, &n));
  return e;
}
static int opt(int s, int level, int name) {
  int e = -1;
  socklen_t n = sizeof e;
  MUST(getsockopt(s, level, name, &e, &n));
  return e;
}

int main(void) {
  char x[100000];
  signal(SIGPIPE, SIG_IGN);
  int s = tcp(), c = tcp();
  names("fresh", s);
  events("fresh", s);
  SHOW(read(s, x, 1));
  SHOW(write(s, x, 1));
  SHOW(accept(s, NULL, NULL));
  int on = 1;
  SHOW(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  SHOW(bnd(s, "127.0.0.1", 0));
  sp = port_of(s);
  names("bound", s);
  SHOW(bnd(s, "127.0.0.1", 0));
  SHOW(bnd(c, "10.9.8.7", 0));
  int t = tcp();
  SHOW(bnd(t, "127.0.0.1", sp));
  SHOW(bnd(t, "0.0.0.0", sp));
  SHOW(bnd(t, "127.0.0.2", sp));
  SHOW(conn(c, "127.0.0.1", sp));
  SHOW(listen(s, 2));
  events("listening", s);
  SHOW(read(s, x, 1));
  SHOW(write(s, x, 1));
  SHOW(conn(s, "127.0.0.1", sp));
  SHOW(conn(c, "127.0.0.1", sp));
  SHOW(conn(c, "127.0.0.1", sp));
  names("connected", c);
  events("listening with one", s);
  struct sockaddr_in a;
  socklen_t n = sizeof a;
  int d = accept(s, (void *)&a, &n);
  say("accepted %d, %d bytes, the client's port %d\n", d >= 0, (int)n, ntohs(a.sin_port) == port_of(c));
  names("accepted", d);
  events("idle", d);
  SHOW(write(c, "hello", 5));
  SHOW(write(c, "world", 5));
  int q;
  MUST(ioctl(d, FIONREAD, &q));
  say("FIONREAD %d\n", q);
  SHOW(recv(d, x, 3, MSG_PEEK));
  SHOW(recv(d, x, sizeof x, 0));
  SHOW(recv(d, x, 1, MSG_DONTWAIT));
  SHOW(shutdown(c, SHUT_WR));
  events("own half shut", c);
  events("other half shut", d);
  SHOW(read(d, x, 1));
  SHOW(write(c, "x", 1));
  SHOW(write(d, "back", 4));
  SHOW(read(c, x, 10));
  SHOW(shutdown(d, SHUT_WR));
  events("both shut", c);
  events("both shut, passive", d);
  SHOW(read(c, x, 10));
  SHOW(getpeername(c, (void *)&a, &n));
  close(c);
  close(d);
  // closed with unread data: reset
  c = tcp();
  MUST(conn(c, "127.0.0.1", sp));
  d = MUST(accept(s, NULL, NULL));
  SHOW(write(c, "unread", 6));
  SHOW(write(d, "kept", 4));
  close(d);
  sleep_ms(5);
  events("reset", c);
  SHOW(read(c, x, 10));
  SHOW(read(c, x, 10));
  SHOW(read(c, x, 10));
  SHOW(write(c, "x", 1));
  close(c);
  // closed in order, then written to
  c = tcp();
  MUST(conn(c, "127.0.0.1", sp));
  d = MUST(accept(s, NULL, NULL));
  SHOW(write(d, "end", 3));
  close(d);
  sleep_ms(5);
  events("closed by peer", c);
  SHOW(read(c, x, 10));
  SHOW(read(c, x, 10));
  SHOW(write(c, "x", 1));
  sleep_ms(5);
  events("written to closed", c);
  SHOW(read(c, x, 10));
  SHOW(write(c, "x", 1));
  close(c);
  // SO_LINGER 0
  c = tcp();
  MUST(conn(c, "127.0.0.1", sp));
  d = MUST(accept(s, NULL, NULL));
  struct linger l = {1, 0};
  SHOW(setsockopt(c, SOL_SOCKET, SO_LINGER, &l, sizeof l));
  close(c);
  sleep_ms(5);
  SHOW(so_error(d));
  SHOW(so_error(d));
  events("after SO_ERROR", d);
  SHOW(read(d, x, 1));
  SHOW(write(d, x, 1));
  close(d);
  // non-blocking connect
  c = MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  SHOW(conn(c, "127.0.0.1", sp));
  sleep_ms(5);
  events("connected meanwhile", c);
  say("SO_ERROR %d\n", so_error(c));
  SHOW(conn(c, "127.0.0.1", sp));
  SHOW(conn(c, "127.0.0.1", sp));
  d = MUST(accept(s, NULL, NULL));
  close(c);
  close(d);
  int f = tcp();
  MUST(bnd(f, "127.0.0.1", 0));
  int fp = port_of(f);
  close(f);
  c = MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  SHOW(conn(c, "127.0.0.1", fp));
  sleep_ms(5);
  events("refused meanwhile", c);
  say("SO_ERROR %d\n", so_error(c));
  SHOW(conn(c, "127.0.0.1", sp) == -1 ? errno : 0);
  close(c);
  // options
  c = tcp();
  say("type %d domain %d protocol %d accepting %d %d\n", opt(c, SOL_SOCKET, SO_TYPE), opt(c, SOL_SOCKET, SO_DOMAIN), opt(c, SOL_SOCKET, SO_PROTOCOL), opt(c, SOL_SOCKET, SO_ACCEPTCONN), opt(s, SOL_SOCKET, SO_ACCEPTCONN));
  say("nodelay %d keepalive %d sndbuf %d rcvbuf %d\n", opt(c, IPPROTO_TCP, TCP_NODELAY), opt(c, SOL_SOCKET, SO_KEEPALIVE), opt(c, SOL_SOCKET, SO_SNDBUF), opt(c, SOL_SOCKET, SO_RCVBUF));
  on = 5;
  SHOW(setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  SHOW(opt(c, IPPROTO_TCP, TCP_NODELAY));
  SHOW(setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, 2));
  SHOW(setsockopt(c, IPPROTO_TCP, 99, &on, sizeof on));
  SHOW(setsockopt(c, 77, 1, &on, sizeof on));
  SHOW(setsockopt(c, SOL_SOCKET, SO_TYPE, &on, sizeof on));
  on = 0;
  SHOW(setsockopt(c, IPPROTO_TCP, TCP_KEEPCNT, &on, sizeof on));
  struct tcp_info info;
  n = sizeof info;
  SHOW(getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &n));
  say("state %d\n", info.tcpi_state);
  char cong[16] = "";
  n = sizeof cong;
  SHOW(getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, cong, &n));
  on = 5000;
  SHOW(setsockopt(c, SOL_SOCKET, SO_RCVBUF, &on, sizeof on));
  SHOW(opt(c, SOL_SOCKET, SO_RCVBUF));
  on = 1;
  SHOW(setsockopt(c, SOL_SOCKET, SO_RCVBUF, &on, sizeof on));
  SHOW(opt(c, SOL_SOCKET, SO_RCVBUF));
  // the port stays taken after a close, unless SO_REUSEADDR
  MUST(conn(c, "127.0.0.1", sp));
  d = MUST(accept(s, NULL, NULL));
  close(d);
  close(s);
  sleep_ms(5);
  SHOW(read(c, x, 1));
  close(c);
  sleep_ms(5);
  s = tcp();
  SHOW(bnd(s, "127.0.0.1", sp));
  on = 1;
  SHOW(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  SHOW(bnd(s, "127.0.0.1", sp));
  t = tcp();
  SHOW(setsockopt(t, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  SHOW(bnd(t, "127.0.0.1", sp));
  SHOW(listen(s, 5));
  SHOW(listen(t, 5));
  f = tcp();
  SHOW(setsockopt(f, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  SHOW(bnd(f, "127.0.0.1", sp));
  // accept after the peer has gone
  c = tcp();
  MUST(conn(c, "127.0.0.1", sp));
  SHOW(write(c, "early", 5));
  close(c);
  sleep_ms(5);
  n = sizeof a;
  d = accept(s, (void *)&a, &n);
  say("accepted %d\n", d >= 0);
  SHOW(read(d, x, 10));
  SHOW(read(d, x, 10));
  // closing the listener resets who waits
  c = tcp();
  MUST(conn(c, "127.0.0.1", sp));
  close(s);
  sleep_ms(5);
  SHOW(read(c, x, 1));
  // shutting a listener down wakes who accepts
  s = tcp();
  MUST(bnd(s, "127.0.0.1", 0));
  MUST(listen(s, 1));
  pid_t child = MUST(fork());
  if (child == 0) {
    SHOW(accept(s, NULL, NULL));
    _exit(0);
  }
  sleep_ms(30);
  shutdown(s, SHUT_RD);
  reap("accepting", child);
  struct sockaddr_in6 six = {.sin6_family = AF_INET6};
  SHOW(connect(tcp(), (void *)&six, sizeof six));
  SHOW(bind(tcp(), (void *)&six, sizeof six));
  SHOW(connect(tcp(), (void *)&six, 5));
  SHOW(conn(tcp(), "0.0.0.0", fp));
  return 0;
}
