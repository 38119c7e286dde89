// oracle: host
// IPv6 and mapped IPv4 over loopback: dual sockets, IPV6_V6ONLY, names.
#include "guest.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static struct sockaddr_in6 six(const char *ip, int port) {
  struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  inet_pton(AF_INET6, ip, &a.sin6_addr);
  return a;
}
static int port_of(int s) {
  struct sockaddr_in6 a;
  socklen_t n = sizeof a;
  MUST(getsockname(s, (void *)&a, &n));
  return ntohs(a.sin6_port);
}
static void name(const char *what, int s, int peer) {
  struct sockaddr_in6 a;
  socklen_t n = sizeof a;
  char ip[60] = "";
  int r = peer ? getpeername(s, (void *)&a, &n) : getsockname(s, (void *)&a, &n);
  if (r == -1) say("%s: %s\n", what, strerrorname_np(errno));
  else say("%s: family %d %s, %d bytes\n", what, a.sin6_family, a.sin6_family == AF_INET6 ? inet_ntop(AF_INET6, &a.sin6_addr, ip, 60) : inet_ntop(AF_INET, &((struct sockaddr_in *)&a)->sin_addr, ip, 60), (int)n);
}

int main(void) {
  int s = MUST(socket(AF_INET6, SOCK_STREAM, 0));
  struct sockaddr_in6 a = six("::", 0);
  SHOW(bind(s, (void *)&a, sizeof a));
  SHOW(listen(s, 5));
  name("listener", s, 0);
  int port = port_of(s);
  int c = MUST(socket(AF_INET6, SOCK_STREAM, 0));
  a = six("::1", port);
  SHOW(connect(c, (void *)&a, sizeof a));
  name("v6 client", c, 0);
  name("v6 client's peer", c, 1);
  int d = MUST(accept(s, NULL, NULL));
  name("accepted", d, 0);
  name("accepted's peer", d, 1);
  int c4 = MUST(socket(AF_INET, SOCK_STREAM, 0));
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  SHOW(connect(c4, (void *)&four, sizeof four));
  name("v4 client's peer", c4, 1);
  d = MUST(accept(s, NULL, NULL));
  name("accepted v4", d, 0);
  name("accepted v4's peer", d, 1);
  int cm = MUST(socket(AF_INET6, SOCK_STREAM, 0));
  a = six("::ffff:127.0.0.1", port);
  SHOW(connect(cm, (void *)&a, sizeof a));
  name("mapped client", cm, 0);
  name("mapped client's peer", cm, 1);
  d = MUST(accept(s, NULL, NULL));
  SHOW(write(cm, "mapped", 6));
  char x[20];
  SHOW(read(d, x, 20));
  int t = MUST(socket(AF_INET, SOCK_STREAM, 0));
  SHOW(bind(t, (void *)&four, sizeof four));
  int on = 1, v = -1;
  socklen_t n = sizeof v;
  SHOW(getsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &v, &n));
  say("v6only %d\n", v);
  SHOW(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  int o = MUST(socket(AF_INET6, SOCK_STREAM, 0));
  SHOW(setsockopt(o, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  a = six("::", 0);
  SHOW(bind(o, (void *)&a, sizeof a));
  SHOW(listen(o, 5));
  four.sin_port = htons(port_of(o));
  int r = MUST(socket(AF_INET, SOCK_STREAM, 0));
  SHOW(connect(r, (void *)&four, sizeof four));
  SHOW(bind(r, (void *)&four, sizeof four));
  SHOW(connect(o, (void *)&a, 10));
  a = six("::ffff:127.0.0.1", 9);
  int p = MUST(socket(AF_INET6, SOCK_STREAM, 0));
  SHOW(setsockopt(p, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  SHOW(connect(p, (void *)&a, sizeof a));
  // UDP
  int u = MUST(socket(AF_INET6, SOCK_DGRAM, 0)), w = MUST(socket(AF_INET, SOCK_DGRAM, 0));
  a = six("::", 0);
  SHOW(bind(u, (void *)&a, sizeof a));
  four.sin_port = htons(port_of(u));
  SHOW(sendto(w, "dual", 4, 0, (void *)&four, sizeof four));
  struct sockaddr_in6 from;
  n = sizeof from;
  SHOW(recvfrom(u, x, 20, 0, (void *)&from, &n));
  char ip[60];
  say("from %s, %d bytes\n", inet_ntop(AF_INET6, &from.sin6_addr, ip, 60), (int)n);
  SHOW(sendto(u, "back", 4, 0, (void *)&from, n));
  SHOW(recv(w, x, 20, 0));
  return 0;
}
