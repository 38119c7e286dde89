/* alarm(2) and setitimer(2) REAL: what is left, replacing, intervals, and none after fork. */
#include "guest.h"
#include <sys/time.h>

static volatile int count;

static void note(int signal) {
  (void)signal;
  count++;
}

static bool is_near(long value, long expected) { return value > expected - 30 && value <= expected + 30; }

int main(void) {
  on_signal(SIGALRM, note, SA_RESTART);
  SHOW(alarm(100));
  sleep_ms(1200);
  SHOW(alarm(5));
  struct itimerval timer;
  getitimer(ITIMER_REAL, &timer);
  say("about 5 s left %d, interval %ld\n", is_near(timer.it_value.tv_sec * 1000 + timer.it_value.tv_usec / 1000, 5000), timer.it_interval.tv_sec);
  SHOW(alarm(0));
  SHOW(alarm(0));
  long start = now_ms();
  alarm(1);
  pause();
  say("one second: %d, count %d\n", is_near(now_ms() - start, 1000), count);
  struct itimerval every = {{0, 50000}, {0, 100000}}, old;
  start = now_ms();
  SHOW(setitimer(ITIMER_REAL, &every, NULL));
  count = 0;
  while (count < 4) pause();
  say("100 + 3 * 50 ms: %d\n", is_near(now_ms() - start, 250));
  pid_t child = fork();
  if (child == 0) {
    getitimer(ITIMER_REAL, &old);
    say("child: %ld %ld\n", old.it_value.tv_sec, (long)old.it_value.tv_usec);
    _exit(0);
  }
  reap("child", child);
  struct itimerval none = {{0, 0}, {0, 0}}, bad = {{0, 0}, {0, 1000000}};
  SHOW(setitimer(ITIMER_REAL, &none, &old));
  say("interval was %ld us\n", (long)old.it_interval.tv_usec);
  SHOW(setitimer(ITIMER_REAL, &bad, NULL));
  SHOW(setitimer(99, &none, NULL));
  alarm(1);
  child = fork();
  if (child == 0) {
    signal(SIGALRM, SIG_DFL);
    alarm(2);
    pause();
    _exit(0);
  }
  reap("killed by its alarm", child);
  return 0;
}
