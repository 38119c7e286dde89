/* Sleeps: relative and absolute, on two clocks; clocks never run backwards; bad arguments. */
#include "guest.h"
#include <sys/time.h>

static long between(struct timespec from, struct timespec to) {
  return (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
}

static int time_t_is_plausible(time_t seconds) { return seconds > 1500000000; }

int main(void) {
  struct timespec start, now, time = {0, 150000000};
  clock_gettime(CLOCK_MONOTONIC, &start);
  SHOW(nanosleep(&time, NULL));
  clock_gettime(CLOCK_MONOTONIC, &now);
  say("150 ms: %d\n", between(start, now) >= 150 && between(start, now) < 250);
  struct timespec until = {now.tv_sec + 2, now.tv_nsec};
  say("%d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
  clock_gettime(CLOCK_MONOTONIC, &start);
  say("at its time: %d\n", between(until, start) >= 0 && between(until, start) < 100);
  until.tv_sec -= 1;
  say("past: %d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 1;
  say("%d\n", clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL));
  struct timespec bad = {0, 1000000000}, negative = {-1, 0};
  SHOW(nanosleep(&bad, NULL));
  SHOW(nanosleep(&negative, NULL));
  say("%s\n", strerrorname_np(clock_nanosleep(77, 0, &time, NULL)));
  SHOW(clock_gettime(77, &now));
  SHOW(clock_getres(CLOCK_MONOTONIC, &now));
  say("resolution %ld\n", now.tv_nsec);
  SHOW(usleep(1000));
  struct timespec last = {0, 0};
  int backwards = 0;
  for (int i = 0; i < 200; i++) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    backwards += now.tv_sec < last.tv_sec || (now.tv_sec == last.tv_sec && now.tv_nsec < last.tv_nsec);
    last = now;
  }
  say("backwards %d\n", backwards);
  struct timeval day;
  gettimeofday(&day, NULL);
  clock_gettime(CLOCK_REALTIME, &now);
  say("one clock: %d, %d\n", now.tv_sec - day.tv_sec <= 1, time_t_is_plausible(now.tv_sec));
  return 0;
}
