/* Many timers at once, each with a part of its time gone: timerfd with two expirations unread, alarm, a posix timer, a sleep, a poll. */
#include "guest.h"
#include <poll.h>
#include <sys/timerfd.h>

static void note(int signal) { say("%s\n", signal == SIGALRM ? "alarm" : "timer"); }

int main(void) {
  on_signal(SIGALRM, note, SA_RESTART);
  on_signal(SIGRTMIN, note, SA_RESTART);
  int fd = MUST(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
  struct itimerspec every = {{1, 0}, {1, 0}}, left;
  MUST(timerfd_settime(fd, 0, &every, NULL));
  alarm(4);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
  timer_t timer;
  MUST(timer_create(CLOCK_MONOTONIC, &event, &timer));
  struct itimerspec once = {{0, 0}, {2, 800000000}};
  MUST(timer_settime(timer, 0, &once, NULL));
  pid_t sleeper = fork();
  if (sleeper == 0) {
    sleep_ms(5000);
    _exit(7);
  }
  long start = now_ms();
  sleep_ms(2400);
  timerfd_gettime(fd, &left);
  say("next in about 600 ms: %d\n", left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 550000000 && left.it_value.tv_nsec <= 600000000);
  timer_gettime(timer, &left);
  say("posix timer in about 400 ms: %d\n", left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 350000000 && left.it_value.tv_nsec <= 400000000);
  uint64_t count = 0;
  SHOW(read(fd, &count, 8));
  say("expirations %lu\n", count);
  SHOW(read(fd, &count, 8));
  struct pollfd poller = {fd, POLLIN, 0};
  while (poll(&poller, 1, 5000) == -1) continue;
  long at = now_ms() - start;
  say("third at 3 s: %d\n", at >= 2990 && at < 3100);
  SHOW(read(fd, &count, 8));
  say("expirations %lu\n", count);
  reap("sleeper", sleeper);
  at = now_ms() - start;
  say("after 5 s: %d\n", at >= 4990 && at < 5200);
  SHOW(read(fd, &count, 8));
  say("expirations %lu\n", count);
  return 0;
}
