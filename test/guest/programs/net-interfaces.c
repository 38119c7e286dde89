// oracle: host
// The loopback interface as rtnetlink, getifaddrs and the ioctls of netdevice(7) show it; netlink errors; raw sockets' echo.
#include "guest.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static unsigned sum_of(const void *header) {
  unsigned short words[4];
  memcpy(words, header, sizeof words);
  unsigned sum = words[0] + words[1] + words[2] + words[3];
  return (sum & 0xffff) + (sum >> 16);
}

int main(void) {
  struct ifaddrs *list;
  SHOW(getifaddrs(&list));
  for (struct ifaddrs *i = list; i; i = i->ifa_next) {
    if (strcmp(i->ifa_name, "lo") != 0 || !i->ifa_addr) continue;
    char text[60] = "", mask[60] = "";
    int family = i->ifa_addr->sa_family;
    if (family == AF_INET) {
      inet_ntop(AF_INET, &((struct sockaddr_in *)i->ifa_addr)->sin_addr, text, 60);
      inet_ntop(AF_INET, &((struct sockaddr_in *)i->ifa_netmask)->sin_addr, mask, 60);
    } else if (family == AF_INET6) {
      inet_ntop(AF_INET6, &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, text, 60);
      inet_ntop(AF_INET6, &((struct sockaddr_in6 *)i->ifa_netmask)->sin6_addr, mask, 60);
    }
    say("%s: family %d flags %x %s %s\n", i->ifa_name, family, i->ifa_flags, text, mask);
  }
  say("index %u\n", if_nametoindex("lo"));
  char name[IF_NAMESIZE] = "";
  say("name %s\n", if_indextoname(1, name));
  SHOW(if_nametoindex("nothing") == 0 ? errno : 0);
  int s = MUST(socket(AF_INET, SOCK_DGRAM, 0));
  struct ifreq r = {0};
  strcpy(r.ifr_name, "lo");
  SHOW(ioctl(s, SIOCGIFFLAGS, &r));
  say("%x\n", r.ifr_flags);
  SHOW(ioctl(s, SIOCGIFADDR, &r));
  say("%s\n", inet_ntoa(((struct sockaddr_in *)&r.ifr_addr)->sin_addr));
  SHOW(ioctl(s, SIOCGIFNETMASK, &r));
  say("%s\n", inet_ntoa(((struct sockaddr_in *)&r.ifr_addr)->sin_addr));
  SHOW(ioctl(s, SIOCGIFMTU, &r));
  say("%d\n", r.ifr_mtu);
  SHOW(ioctl(s, SIOCGIFHWADDR, &r));
  say("%d\n", r.ifr_hwaddr.sa_family);
  SHOW(ioctl(s, SIOCGIFINDEX, &r));
  say("%d\n", r.ifr_ifindex);
  strcpy(r.ifr_name, "nothing");
  SHOW(ioctl(s, SIOCGIFFLAGS, &r));
  SHOW(ioctl(s, 0x8999, &r));
  // netlink by hand
  int n = MUST(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  struct sockaddr_nl a = {.nl_family = AF_NETLINK};
  SHOW(bind(n, (void *)&a, sizeof a));
  socklen_t size = sizeof a;
  SHOW(getsockname(n, (void *)&a, &size));
  say("%d bytes, own pid %d\n", (int)size, a.nl_pid == (unsigned)getpid());
  int second = MUST(socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE));
  SHOW(bind(second, (void *)&a, sizeof a));
  SHOW(bind(second, (void *)&a, 5));
  struct {
    struct nlmsghdr h;
    struct ifinfomsg i;
  } q = {{sizeof q, RTM_GETLINK, NLM_F_REQUEST, 7, 0}, {.ifi_index = 1}};
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  SHOW(sendto(n, &q, sizeof q, 0, (void *)&kernel, sizeof kernel));
  char x[8192];
  SHOW(recv(n, x, sizeof x, 0) > 0);
  struct nlmsghdr *h = (void *)x;
  struct ifinfomsg *info = NLMSG_DATA(h);
  say("type %d flags %x seq %d mine %d, index %d type %d\n", h->nlmsg_type, h->nlmsg_flags, h->nlmsg_seq, h->nlmsg_pid == a.nl_pid, info->ifi_index, info->ifi_type);
  q.i.ifi_index = 12345;
  SHOW(send(n, &q, sizeof q, 0));
  SHOW(recv(n, x, sizeof x, 0) > 0);
  h = (void *)x;
  say("type %d error %d\n", h->nlmsg_type, ((struct nlmsgerr *)NLMSG_DATA(h))->error);
  q.h.nlmsg_flags |= NLM_F_ACK;
  q.h.nlmsg_type = NLMSG_NOOP;
  SHOW(send(n, &q, sizeof q, 0));
  SHOW(recv(n, x, sizeof x, 0));
  SHOW(recv(n, x, sizeof x, MSG_DONTWAIT));
  SHOW(socket(AF_NETLINK, SOCK_STREAM, 0));
  SHOW(socket(AF_NETLINK, SOCK_RAW, 99));
  // echo
  int raw = MUST(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  struct icmphdr echo = {.type = ICMP_ECHO, .un.echo = {htons(4242), htons(1)}};
  echo.checksum = ~sum_of(&echo);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  SHOW(sendto(raw, &echo, sizeof echo, 0, (void *)&to, sizeof to));
  for (int seen = 0; seen < 2;) {
    ssize_t k = MUST(recv(raw, x, sizeof x, 0));
    struct icmphdr *got = (void *)(x + 20);
    if (got->un.echo.id != htons(4242)) continue;
    say("%d bytes, version %d, ttl %d, protocol %d, icmp type %d, sum good %d\n", (int)k, x[0] >> 4, x[8], x[9], got->type, sum_of(got) == 0xffff);
    seen++;
  }
  return 0;
}
