// oracle: host: qemu's user mode starts calls again in its own way
/* Calls that end in EINTR when a process is stopped and continued although no handler ran, and calls that go on (signal(7)). */
#include "guest.h"
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/syscall.h>

static int ends[2];

static long wait_in(int which) {
  char bytes[512];
  struct timespec time = {0, 120000000}, left = {0, 0};
  struct pollfd poller = {ends[0], POLLIN, 0};
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  static int word;
  switch (which) {
    case 0: return read(ends[0], bytes, 1);
    case 1: return nanosleep(&time, &left);
    case 2: return poll(&poller, 1, 120);
    case 3: {
      int epoll = epoll_create1(0);
      struct epoll_event event = {.events = EPOLLIN};
      epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
      return epoll_wait(epoll, &event, 1, 120);
    }
    case 4: return sigtimedwait(&set, NULL, &time);
    case 5: return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0);
    case 6: {
      fd_set reads;
      FD_ZERO(&reads);
      FD_SET(ends[0], &reads);
      struct timeval limit = {0, 120000};
      return select(ends[0] + 1, &reads, NULL, NULL, &limit);
    }
    case 7: return clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
    default: return wait(NULL);
  }
}

int main(void) {
  const char *names[] = {"read", "nanosleep", "poll", "epoll_wait", "sigtimedwait", "futex", "select", "clock_nanosleep"};
  for (int i = 0; i < 8; i++) {
    MUST(pipe(ends));
    struct gate ready = make_gate();
    pid_t child = fork();
    if (child == 0) {
      open_gate(ready);
      long start = now_ms();
      errno = 0;
      long result = wait_in(i);
      int error = errno;
      long took = now_ms() - start;
      say("%s: %ld %s, %s\n", names[i], result, result == -1 ? strerrorname_np(error) : "-", took < 90 ? "early" : "at its time");
      _exit(0);
    }
    pass_gate(ready);
    sleep_ms(20);
    int status;
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    sleep_ms(20);
    kill(child, SIGCONT);
    sleep_ms(100);
    if (i == 0) MUST(write(ends[1], "x", 1));
    waitpid(child, &status, 0);
    close(ends[0]);
    close(ends[1]);
  }
  return 0;
}
