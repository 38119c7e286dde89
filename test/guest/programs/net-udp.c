// oracle: host
// UDP over loopback: names, truncation, refusals, connected filters, broadcast, sendmmsg and recvmmsg.
#include "guest.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static struct sockaddr_in in4(const char *ip, int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, ip, &a.sin_addr);
  return a;
}
static int udp(const char *ip) {
  int s = MUST(socket(AF_INET, SOCK_DGRAM, 0));
  if (ip) {
    struct sockaddr_in a = in4(ip, 0);
    MUST(bind(s, (void *)&a, sizeof a));
  }
  return s;
}
static struct sockaddr_in of(int s) {
  struct sockaddr_in a;
  socklen_t n = sizeof a;
  MUST(getsockname(s, (void *)&a, &n));
  return a;
}
static int to(int s, const char *text, int n, struct sockaddr_in a) { return sendto(s, text, n, 0, (void *)&a, sizeof a); }
static int con(int s, struct sockaddr_in a) { return connect(s, (void *)&a, sizeof a); }
static void events(const char *what, int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&p, 1, 0);
  say("%s: revents %x\n", what, p.revents);
}

int main(void) {
  static char x[70000];
  int r = udp("127.0.0.1"), w = udp(NULL);
  struct sockaddr_in ra = of(r), from;
  events("fresh", w);
  SHOW(send(w, "x", 1, 0));
  SHOW(getpeername(w, (void *)&from, &(socklen_t){sizeof from}));
  say("port before %d\n", of(w).sin_port != 0);
  SHOW(to(w, "hello", 5, ra));
  say("port after %d, any address %d\n", of(w).sin_port != 0, of(w).sin_addr.s_addr == 0);
  SHOW(to(w, "", 0, ra));
  events("two waiting", r);
  int q;
  MUST(ioctl(r, FIONREAD, &q));
  say("FIONREAD %d\n", q);
  socklen_t n = sizeof from;
  SHOW(recvfrom(r, x, 3, MSG_PEEK | MSG_TRUNC, (void *)&from, &n));
  say("from 127.0.0.1 %d, its port %d, %d bytes\n", from.sin_addr.s_addr == htonl(INADDR_LOOPBACK), from.sin_port == of(w).sin_port, (int)n);
  struct iovec v = {x, 3};
  struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1};
  SHOW(recvmsg(r, &h, 0));
  say("flags %x\n", h.msg_flags);
  SHOW(recv(r, x, 10, 0));
  SHOW(recv(r, x, 10, MSG_DONTWAIT));
  SHOW(to(w, x, 65507, ra));
  SHOW(recv(r, x, sizeof x, 0));
  SHOW(to(w, x, 65508, ra));
  SHOW(to(w, x, 70000, ra));
  SHOW(to(w, "x", 1, in4("127.0.0.1", 0)));
  SHOW(to(w, "x", 1, in4("127.255.255.255", 9)));
  SHOW(to(w, "x", 1, in4("255.255.255.255", 9)));
  // nobody there: told to a connected sender alone
  int gone = udp("127.0.0.1");
  struct sockaddr_in ga = of(gone);
  close(gone);
  SHOW(to(w, "x", 1, ga));
  SHOW(to(w, "x", 1, ga));
  SHOW(con(w, ga));
  SHOW(send(w, "x", 1, 0));
  sleep_ms(5);
  events("refused", w);
  SHOW(send(w, "x", 1, 0));
  SHOW(send(w, "x", 1, 0));
  sleep_ms(5);
  SHOW(recv(w, x, 1, MSG_DONTWAIT));
  SHOW(recv(w, x, 1, MSG_DONTWAIT));
  // connected: only the peer's
  SHOW(con(w, ra));
  say("local address chosen %d\n", of(w).sin_addr.s_addr == htonl(INADDR_LOOPBACK));
  int other = udp(NULL);
  SHOW(to(other, "stranger", 8, of(w)));
  SHOW(to(r, "friend", 6, of(w)));
  SHOW(recv(w, x, 100, 0));
  SHOW(recv(w, x, 100, MSG_DONTWAIT));
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  SHOW(connect(w, &none, sizeof none));
  SHOW(send(w, "x", 1, 0));
  SHOW(shutdown(w, SHUT_WR));
  SHOW(con(w, ra));
  SHOW(shutdown(w, SHUT_WR));
  SHOW(send(w, "x", 1, 0));
  SHOW(listen(r, 1));
  SHOW(accept(r, NULL, NULL));
  // ports
  int t = udp(NULL);
  SHOW(bind(t, (void *)&ra, sizeof ra));
  int on = 1;
  MUST(setsockopt(t, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  SHOW(bind(t, (void *)&ra, sizeof ra));
  struct sockaddr_in two = ra;
  two.sin_addr.s_addr = htonl(0x7f000002);
  int u = udp(NULL);
  SHOW(bind(u, (void *)&two, sizeof two));
  SHOW(to(other, "two", 3, two));
  SHOW(recv(u, x, 10, MSG_DONTWAIT));
  SHOW(recv(r, x, 10, MSG_DONTWAIT));
  // many at once
  struct mmsghdr m[4];
  struct iovec mv[4] = {{"a", 1}, {"bb", 2}, {"ccc", 3}, {"dddd", 4}};
  memset(m, 0, sizeof m);
  for (int i = 0; i < 4; i++) m[i].msg_hdr = (struct msghdr){.msg_iov = &mv[i], .msg_iovlen = 1, .msg_name = &ra, .msg_namelen = sizeof ra};
  SHOW(sendmmsg(other, m, 4, 0));
  say("lengths %d %d %d %d\n", m[0].msg_len, m[1].msg_len, m[2].msg_len, m[3].msg_len);
  char parts[6][3];
  struct mmsghdr g[6];
  struct iovec gv[6];
  memset(g, 0, sizeof g);
  for (int i = 0; i < 6; i++) {
    gv[i] = (struct iovec){parts[i], 3};
    g[i].msg_hdr = (struct msghdr){.msg_iov = &gv[i], .msg_iovlen = 1};
  }
  SHOW(recvmmsg(r, g, 6, MSG_WAITFORONE, NULL));
  for (int i = 0; i < 4; i++) say("%d: %d flags %x\n", i, g[i].msg_len, g[i].msg_hdr.msg_flags);
  SHOW(recvmmsg(r, g, 6, MSG_DONTWAIT, NULL));
  // packet info
  SHOW(setsockopt(r, IPPROTO_IP, IP_PKTINFO, &on, sizeof on));
  SHOW(setsockopt(r, IPPROTO_IP, IP_RECVTTL, &on, sizeof on));
  MUST(to(other, "info", 4, ra));
  char control[200];
  v.iov_len = 10;
  h = (struct msghdr){.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  SHOW(recvmsg(r, &h, 0));
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
    struct in_pktinfo *i = (void *)CMSG_DATA(c);
    if (c->cmsg_type == IP_PKTINFO) say("pktinfo: if %d spec %x addr %x\n", i->ipi_ifindex, ntohl(i->ipi_spec_dst.s_addr), ntohl(i->ipi_addr.s_addr));
    else say("level %d type %d value %d\n", c->cmsg_level, c->cmsg_type, *(int *)CMSG_DATA(c));
  }
  // blocked reader, timeout
  struct timeval tv = {0, 20000};
  MUST(setsockopt(r, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
  SHOW(recv(r, x, 1, 0));
  SHOW(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
  SHOW(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  SHOW(socket(AF_INET, SOCK_SEQPACKET, 0));
  SHOW(socket(AF_INET, SOCK_RAW, 0));
  return 0;
}
