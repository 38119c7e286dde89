/* timer_create(2): signals with a value, overruns, absolute times, what is left, and threads as the target. */
#include "guest.h"
#include <pthread.h>
#include <sys/syscall.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t fired = PTHREAD_COND_INITIALIZER;
static int notified;

static void in_thread(union sigval value) {
  pthread_mutex_lock(&lock);
  notified = value.sival_int;
  pthread_cond_signal(&fired);
  pthread_mutex_unlock(&lock);
}

int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 2);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2, .sigev_value.sival_int = 77};
  timer_t timer;
  SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
  struct itimerspec times = {{0, 0}, {0, 20000000}}, left;
  SHOW(timer_settime(timer, 0, &times, NULL));
  SHOW(timer_gettime(timer, &left));
  say("left %d\n", left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 20000000);
  siginfo_t info;
  say("%d", sigwaitinfo(&set, &info) == SIGRTMIN + 2);
  say(" code %d value %d overrun %d\n", info.si_code, info.si_value.sival_int, info.si_overrun);
  timer_gettime(timer, &left);
  say("disarmed %ld %ld\n", left.it_value.tv_sec, left.it_value.tv_nsec);
  times.it_interval.tv_nsec = 100000000;
  times.it_value.tv_nsec = 100000000;
  SHOW(timer_settime(timer, 0, &times, NULL));
  sleep_ms(550);
  sigwaitinfo(&set, &info);
  say("overrun %d %d\n", info.si_overrun, timer_getoverrun(timer));
  struct itimerspec none = {0}, old;
  SHOW(timer_settime(timer, 0, &none, &old));
  say("interval was %ld\n", old.it_interval.tv_nsec);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  struct itimerspec at = {{0, 0}, {now.tv_sec + 1, now.tv_nsec}};
  SHOW(timer_settime(timer, TIMER_ABSTIME, &at, NULL));
  sigwaitinfo(&set, &info);
  struct timespec then;
  clock_gettime(CLOCK_MONOTONIC, &then);
  long took = (then.tv_sec - now.tv_sec) * 1000 + (then.tv_nsec - now.tv_nsec) / 1000000;
  say("a second later: %d\n", took >= 1000 && took < 1100);
  SHOW(timer_delete(timer));
  timer_t second;
  struct sigevent threaded = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = in_thread, .sigev_value.sival_int = 5};
  SHOW(timer_create(CLOCK_REALTIME, &threaded, &second));
  struct itimerspec soon = {{0, 0}, {0, 30000000}};
  SHOW(timer_settime(second, 0, &soon, NULL));
  pthread_mutex_lock(&lock);
  while (notified == 0) pthread_cond_wait(&fired, &lock);
  pthread_mutex_unlock(&lock);
  say("notified %d\n", notified);
  SHOW(timer_delete(second));
  struct itimerspec bad = {{0, 0}, {0, 1000000000}};
  SHOW(timer_create(999, &event, &timer));
  MUST(timer_create(CLOCK_MONOTONIC, &event, &timer));
  SHOW(timer_settime(timer, 0, &bad, NULL));
  SHOW(syscall(SYS_timer_settime, 12345, 0, &soon, NULL));
  return 0;
}
