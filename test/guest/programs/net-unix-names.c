// oracle: host
// Abstract unix names, autobind, chroot-independent names, long paths, permission to connect, backlog with waiting connects.
#include "guest.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t abstract(struct sockaddr_un *a, const char *text, int length) {
  memset(a, 0, sizeof *a);
  a->sun_family = AF_UNIX;
  memcpy(a->sun_path + 1, text, length);
  return offsetof(struct sockaddr_un, sun_path) + 1 + length;
}

int main(void) {
  struct sockaddr_un a, b;
  int s = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
  socklen_t n = abstract(&a, "one\0two", 7);
  SHOW(bind(s, (void *)&a, n));
  int t = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
  SHOW(bind(t, (void *)&a, n));
  SHOW(bind(t, (void *)&a, n - 1));
  int d = MUST(socket(AF_UNIX, SOCK_DGRAM, 0));
  SHOW(bind(d, (void *)&a, n));
  SHOW(listen(s, 0));
  int c = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
  SHOW(connect(c, (void *)&a, n - 2));
  SHOW(connect(c, (void *)&a, n - 1));
  SHOW(connect(c, (void *)&a, n));
  socklen_t m = sizeof b;
  SHOW(getpeername(c, (void *)&b, &m));
  say("length %d same %d\n", (int)m, memcmp(a.sun_path, b.sun_path, 8) == 0);
  m = 5;
  SHOW(getpeername(c, (void *)&b, &m));
  say("cut off, told %d\n", (int)m);
  m = -1;
  SHOW(getpeername(c, (void *)&b, &m));
  // autobind
  int u = MUST(socket(AF_UNIX, SOCK_DGRAM, 0));
  a.sun_family = AF_UNIX;
  SHOW(bind(u, (void *)&a, 2));
  SHOW(bind(u, (void *)&a, 2));
  m = sizeof b;
  SHOW(getsockname(u, (void *)&b, &m));
  say("autobind: %d bytes, zero first %d, five digits %d\n", (int)m, b.sun_path[0] == 0, (int)strspn(b.sun_path + 1, "0123456789abcdef") >= 5);
  // a name that fills sun_path, without its zero
  memset(&a, 'p', sizeof a);
  a.sun_family = AF_UNIX;
  memset(a.sun_path, 'p', sizeof a.sun_path);
  int l = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
  SHOW(bind(l, (void *)&a, sizeof a));
  m = 200;
  char big[200];
  SHOW(getsockname(l, (void *)big, &m));
  say("length %d\n", (int)m);
  SHOW(bind(l, (void *)&a, 111));
  // backlog 0 holds one; a second connect waits until accept makes room
  pid_t child = MUST(fork());
  if (child == 0) {
    int w = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
    n = abstract(&a, "one\0two", 7);
    int r = connect(w, (void *)&a, n);
    char x = 0;
    int k = read(w, &x, 1);
    say("waiting connect: %d, read %d\n", r, k);
    _exit(x == 'z' ? 0 : 1);
  }
  sleep_ms(30);
  say("accepting\n");
  int first = accept(s, NULL, NULL), second = accept4(s, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  say("cloexec %d nonblock %d\n", fcntl(second, F_GETFD), (fcntl(second, F_GETFL) & O_NONBLOCK) != 0);
  say("flags of the first: %x\n", fcntl(first, F_GETFL));
  sleep_ms(10);
  MUST(write(second, "z", 1));
  reap("connecting", child);
  // no permission to write to the node: no connection
  int p = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
  memset(&a, 0, sizeof a);
  a.sun_family = AF_UNIX;
  strcpy(a.sun_path, "locked");
  umask(0);
  MUST(bind(p, (void *)&a, sizeof a));
  MUST(listen(p, 5));
  MUST(chmod("locked", 0755));
  child = MUST(fork());
  if (child == 0) {
    MUST(setgid(1000));
    MUST(setuid(1000));
    int q = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
    SHOW(connect(q, (void *)&a, sizeof a));
    _exit(0);
  }
  reap("unprivileged", child);
  SHOW(rename("locked", "moved"));
  strcpy(a.sun_path, "moved");
  int q = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
  SHOW(connect(q, (void *)&a, sizeof a));
  strcpy(a.sun_path, "plain");
  close(MUST(open("plain", O_CREAT | O_RDWR, 0666)));
  SHOW(connect(MUST(socket(AF_UNIX, SOCK_STREAM, 0)), (void *)&a, sizeof a));
  strcpy(a.sun_path, "nodir/x");
  SHOW(bind(MUST(socket(AF_UNIX, SOCK_STREAM, 0)), (void *)&a, sizeof a));
  // SO_RCVTIMEO and SO_SNDTIMEO
  struct timeval tv = {0, 20000};
  SHOW(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
  long before = now_ms();
  SHOW(accept(s, NULL, NULL));
  say("waited %d\n", now_ms() - before >= 20);
  SHOW(setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
  char x[4];
  SHOW(recv(c, x, 4, 0));
  SHOW(read(c, x, 4));
  tv.tv_usec = 1000000;
  SHOW(setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
  SHOW(setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, 8));
  return 0;
}
