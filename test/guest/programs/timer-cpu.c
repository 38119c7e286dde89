/* setitimer(2) VIRTUAL and PROF count the time that the process runs, not the time it sleeps. */
#include "guest.h"
#include <sys/time.h>

static volatile int virtual_count, prof_count;

static void note(int signal) {
  if (signal == SIGVTALRM) virtual_count++;
  else prof_count++;
}

int main(void) {
  on_signal(SIGVTALRM, note, 0);
  on_signal(SIGPROF, note, 0);
  struct itimerval short_time = {{0, 0}, {0, 20000}}, left;
  MUST(setitimer(ITIMER_VIRTUAL, &short_time, NULL));
  MUST(setitimer(ITIMER_PROF, &short_time, NULL));
  sleep_ms(200);
  say("asleep: %d %d\n", virtual_count, prof_count);
  getitimer(ITIMER_VIRTUAL, &left);
  say("left: %d\n", left.it_value.tv_usec > 10000);
  volatile unsigned long work = 0;
  while (virtual_count == 0 || prof_count == 0) work++;
  say("running: %d %d\n", virtual_count, prof_count);
  getitimer(ITIMER_PROF, &left);
  say("once: %ld\n", (long)left.it_value.tv_usec);
  struct timespec cpu;
  SHOW(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu));
  say("cpu time: %d\n", cpu.tv_sec == 0 && cpu.tv_nsec >= 19000000);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
  say("of the thread: %d\n", cpu.tv_sec == 0 && cpu.tv_nsec >= 19000000);
  return 0;
}
