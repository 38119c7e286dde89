// oracle: host
// Streams over loopback: a blocked sender, both directions, MSG_WAITALL, sendfile, full backlog, poll with many.
#include "guest.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

static struct sockaddr_in where;
static int listener(int backlog) {
  int s = MUST(socket(AF_INET, SOCK_STREAM, 0));
  where = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  MUST(bind(s, (void *)&where, sizeof where));
  socklen_t n = sizeof where;
  MUST(getsockname(s, (void *)&where, &n));
  MUST(listen(s, backlog));
  return s;
}
static int client(void) {
  int c = MUST(socket(AF_INET, SOCK_STREAM, 0));
  MUST(connect(c, (void *)&where, sizeof where));
  return c;
}
static unsigned sum(unsigned h, const unsigned char *p, long n) {
  for (long i = 0; i < n; i++) h = h * 31 + p[i];
  return h;
}
static int handled;
static void on_usr1(int s) { (void)s; handled++; }

int main(void) {
  int s = listener(5);
  enum { SIZE = 4000000 };
  unsigned char *big = malloc(SIZE);
  for (long i = 0; i < SIZE; i++) big[i] = i * 7 + (i >> 9);
  pid_t child = MUST(fork());
  if (child == 0) {
    int c = client();
    close(s);
    ssize_t w = write(c, big, SIZE);
    say("sent %ld\n", (long)w);
    shutdown(c, SHUT_WR);
    char back[6] = "";
    ssize_t r = recv(c, back, 5, MSG_WAITALL);
    say("answer %d '%s'\n", (int)r, back);
    _exit(0);
  }
  int d = MUST(accept(s, NULL, NULL));
  sleep_ms(50);
  unsigned char *got = malloc(SIZE);
  long total = 0;
  unsigned h = 0;
  ssize_t r;
  while ((r = read(d, got, 50001)) > 0) {
    h = sum(h, got, r);
    total += r;
  }
  int same = total == SIZE && h == sum(0, big, SIZE);
  MUST(write(d, "ab", 2));
  sleep_ms(10);
  MUST(write(d, "cde", 3));
  reap("sender", child);
  say("received %ld, same %d\n", total, same);
  close(d);
  // non-blocking sender: partial writes, then room again
  int c = client();
  d = MUST(accept(s, NULL, NULL));
  fcntl(c, F_SETFL, O_NONBLOCK);
  long sent = 0;
  ssize_t w;
  while ((w = write(c, big + sent, SIZE - sent)) > 0) sent += w;
  say("stopped by %s, over 100000: %d\n", strerrorname_np(errno), sent > 100000);
  struct pollfd p = {c, POLLOUT, 0};
  SHOW(poll(&p, 1, 0));
  long left = sent;
  while (left > 0) left -= MUST(read(d, got, left > 70000 ? 70000 : left));
  SHOW(poll(&p, 1, 1000));
  say("revents %x\n", p.revents);
  fcntl(c, F_SETFL, 0);
  // writev and readv, MSG_WAITALL
  struct iovec v[3] = {{"one ", 4}, {"two ", 4}, {"three", 5}};
  SHOW(writev(c, v, 3));
  SHOW(recv(d, got, 13, MSG_WAITALL));
  say("%.13s\n", got);
  SHOW(send(c, "part", 4, 0));
  shutdown(c, SHUT_WR);
  SHOW(recv(d, got, 100, MSG_WAITALL));
  // sendfile
  int f = MUST(open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));
  MUST(write(f, big, 50000));
  off_t at = 10;
  SHOW(sendfile(d, f, &at, 30000));
  say("offset %d\n", (int)at);
  shutdown(d, SHUT_WR);
  total = 0;
  while ((r = read(c, got + total, 100000)) > 0) total += r;
  say("%ld bytes, same %d\n", total, memcmp(got, big + 10, 30000) == 0);
  close(c);
  close(d);
  // a signal interrupts; SA_RESTART goes on
  c = client();
  d = MUST(accept(s, NULL, NULL));
  on_signal(SIGUSR1, on_usr1, 0);
  pid_t self = getpid();
  child = MUST(fork());
  if (child == 0) {
    sleep_ms(30);
    kill(self, SIGUSR1);
    _exit(0);
  }
  SHOW(read(c, got, 1));
  reap("signaller", child);
  on_signal(SIGUSR1, on_usr1, SA_RESTART);
  child = MUST(fork());
  if (child == 0) {
    sleep_ms(30);
    kill(self, SIGUSR1);
    sleep_ms(30);
    MUST(write(d, "!", 1));
    _exit(0);
  }
  SHOW(read(c, got, 1));
  reap("signaller", child);
  say("handled %d\n", handled);
  // a timeout makes it EINTR in any case
  struct timeval tv = {5, 0};
  MUST(setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
  child = MUST(fork());
  if (child == 0) {
    sleep_ms(30);
    kill(self, SIGUSR1);
    _exit(0);
  }
  SHOW(recv(c, got, 1, 0));
  reap("signaller", child);
  // many connections, polled
  struct pollfd many[20];
  int ends[20];
  for (int i = 0; i < 20; i++) {
    ends[i] = client();
    many[i] = (struct pollfd){MUST(accept(s, NULL, NULL)), POLLIN, 0};
  }
  child = MUST(fork());
  if (child == 0) {
    for (int i = 0; i < 20; i++) {
      char byte = 'a' + (i * 7) % 20;
      MUST(write(ends[(i * 7) % 20], &byte, 1));
      sleep_ms(2);
    }
    _exit(0);
  }
  int seen = 0;
  while (seen < 20) {
    MUST(poll(many, 20, 5000));
    for (int i = 0; i < 20; i++) {
      if (!(many[i].revents & POLLIN)) continue;
      char byte;
      MUST(read(many[i].fd, &byte, 1));
      if (byte != 'a' + i) say("wrong byte %d\n", i);
      seen++;
    }
  }
  say("seen %d\n", seen);
  reap("writer", child);
  return 0;
}
