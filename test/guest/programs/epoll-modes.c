/* epoll: level, edge, one-shot, errors, nesting, closed and shared files. */
#include "guest.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static uint32_t tag;
static void ctl(int epoll, int op, int fd, unsigned events, const char *what) {
  struct epoll_event event = {events, {.u32 = ++tag}};
  errno = 0;
  int result = epoll_ctl(epoll, op, fd, &event);
  say("%s: %d %s\n", what, result, result == 0 ? "" : strerrorname_np(errno));
}

static void waits(int epoll, int max, const char *what) {
  struct epoll_event events[8];
  int count = epoll_wait(epoll, events, max, 0);
  say("%s: %d", what, count);
  char line[200] = "";
  for (int i = 0; i < count; i++) snprintf(line + strlen(line), 40, " %d=%#x", events[i].data.u32, events[i].events);
  say("%s\n", line);
}

static struct epoll_event *volatile nowhere = (struct epoll_event *)8;

int main(void) {
  struct epoll_event some[8];
  int epoll = MUST(epoll_create1(0)), a[2], b[2];
  MUST(pipe2(a, O_NONBLOCK));
  MUST(pipe2(b, O_NONBLOCK));
  char buffer[10];
  ctl(epoll, EPOLL_CTL_ADD, a[0], EPOLLIN, "add");
  ctl(epoll, EPOLL_CTL_ADD, a[0], EPOLLIN, "add again");
  ctl(epoll, EPOLL_CTL_MOD, b[0], EPOLLIN, "modify unknown");
  ctl(epoll, EPOLL_CTL_DEL, b[0], EPOLLIN, "delete unknown");
  ctl(epoll, EPOLL_CTL_ADD, epoll, EPOLLIN, "itself");
  ctl(epoll, EPOLL_CTL_ADD, 99, EPOLLIN, "bad descriptor");
  ctl(99, EPOLL_CTL_ADD, a[0], EPOLLIN, "bad epoll");
  ctl(a[0], EPOLL_CTL_ADD, b[0], EPOLLIN, "not an epoll");
  ctl(epoll, 9, a[0], EPOLLIN, "bad operation");
  ctl(epoll, EPOLL_CTL_MOD, a[0], EPOLLIN | EPOLLEXCLUSIVE, "exclusive modify");
  ctl(epoll, EPOLL_CTL_ADD, b[0], EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE, "exclusive one-shot");
  int directory = MUST(open("/tmp", O_RDONLY));
  ctl(epoll, EPOLL_CTL_ADD, directory, EPOLLIN, "directory");
  int null = MUST(open("/dev/null", O_RDWR));
  ctl(epoll, EPOLL_CTL_ADD, null, EPOLLIN, "null device");
  SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, b[0], nowhere));
  SHOW(epoll_wait(epoll, some, 0, 0));
  SHOW(epoll_wait(a[0], some, 1, 0));
  SHOW(epoll_create1(1));

  waits(epoll, 8, "nothing");
  MUST(write(a[1], "xy", 2));
  waits(epoll, 8, "level");
  waits(epoll, 8, "level again");
  ctl(epoll, EPOLL_CTL_MOD, a[0], EPOLLIN | EPOLLET, "to edge");
  waits(epoll, 8, "edge");
  waits(epoll, 8, "edge again");
  MUST(write(a[1], "z", 1));
  waits(epoll, 8, "edge after more");
  MUST(read(a[0], buffer, 1));
  waits(epoll, 8, "edge after read");
  ctl(epoll, EPOLL_CTL_MOD, a[0], EPOLLIN | EPOLLONESHOT, "to one-shot");
  waits(epoll, 8, "one-shot");
  MUST(write(a[1], "z", 1));
  waits(epoll, 8, "one-shot again");
  ctl(epoll, EPOLL_CTL_MOD, a[0], EPOLLIN | EPOLLONESHOT, "armed");
  waits(epoll, 8, "one-shot armed");
  ctl(epoll, EPOLL_CTL_MOD, a[0], EPOLLIN, "to level");
  ctl(epoll, EPOLL_CTL_ADD, a[1], EPOLLOUT, "writer");
  ctl(epoll, EPOLL_CTL_ADD, b[0], EPOLLIN, "second reader");
  MUST(write(b[1], "q", 1));
  waits(epoll, 2, "two of three");
  waits(epoll, 2, "two of three, turned");
  waits(epoll, 8, "three");
  close(b[1]);
  MUST(read(b[0], buffer, 10));
  ctl(epoll, EPOLL_CTL_DEL, a[1], 0, "delete");
  waits(epoll, 8, "hang-up");
  int copy = MUST(dup(b[0]));
  close(b[0]);
  waits(epoll, 8, "closed but duplicated");
  close(copy);
  waits(epoll, 8, "closed");

  int chain[8];
  for (int i = 0; i < 8; i++) chain[i] = MUST(epoll_create1(EPOLL_CLOEXEC));
  for (int i = 0; i + 1 < 8; i++) ctl(chain[i], EPOLL_CTL_ADD, chain[i + 1], EPOLLIN, "downwards");
  ctl(chain[2], EPOLL_CTL_ADD, chain[0], EPOLLIN, "circle");
  for (int i = 0; i < 8; i++) close(chain[i]);
  for (int i = 0; i < 8; i++) chain[i] = MUST(epoll_create1(EPOLL_CLOEXEC));
  for (int i = 6; i >= 0; i--) ctl(chain[i], EPOLL_CTL_ADD, chain[i + 1], EPOLLIN, "upwards");

  int outer = MUST(epoll_create1(0));
  ctl(outer, EPOLL_CTL_ADD, epoll, EPOLLIN, "nested");
  waits(outer, 8, "outer");
  while (read(a[0], buffer, 10) > 0) continue;
  waits(outer, 8, "outer drained");
  MUST(write(a[1], "n", 1));
  waits(outer, 8, "outer again");
  int counter = MUST(eventfd(0, 0));
  ctl(epoll, EPOLL_CTL_ADD, counter, EPOLLIN | EPOLLOUT | EPOLLET, "eventfd edge");
  waits(epoll, 8, "eventfd");
  uint64_t one = 1;
  MUST(write(counter, &one, 8));
  waits(epoll, 8, "eventfd written");
  waits(epoll, 8, "eventfd again");

  if (MUST(fork()) == 0) {
    sleep_ms(20);
    MUST(write(counter, &one, 8));
    _exit(0);
  }
  ctl(epoll, EPOLL_CTL_DEL, a[0], 0, "delete");
  struct epoll_event event;
  SHOW(epoll_wait(epoll, &event, 1, -1));
  wait(NULL);
  SHOW(epoll_wait(epoll, &event, 1, 10));
  return 0;
}
