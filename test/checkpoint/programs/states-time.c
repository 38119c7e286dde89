// oracle: host: qemu's user mode has no processor-time timers of its own
// modes: alarms processor timers timerfd sleepers
/* Timers of every kind with a part of their time gone, and calls that wait for a part of theirs. */
#include "states.h"
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static long start;

/* Whether `ms` milliseconds have passed since the start, give or take what a busy machine adds. */
static const char *at_about(long ms) {
  static char text[64];
  long now = now_ms() - start;
  snprintf(text, sizeof text, now >= ms - 10 && now < ms + 400 ? "in time" : now < ms ? "early" : "late");
  return text;
}

static long due;
static volatile sig_atomic_t signals_seen;

static void on_timer(int signal) {
  say("%s %s\n", sigabbrev_np(signal), at_about(due));
  signals_seen++;
}

/* Waits for the `count`-th signal, which is due at `ms`. */
static void wait_for_signals(int count, long ms) {
  due = ms;
  while (signals_seen < count) sleep_ms(1);
}

static long left_ms(struct timeval left) { return left.tv_sec * 1000 + left.tv_usec / 1000; }

/* alarm(2) and setitimer(2) share one timer: a process for each. */
static void alarms(void) {
  on_signal(SIGALRM, on_timer, 0);
  start = now_ms();
  struct gate go = make_gate();
  pid_t other = fork();
  if (other == 0) {
    alarm(2);
    pass_gate(go);
    say("seconds left of the alarm: %d\n", alarm(2) >= 1);
    alarm(0);
    say("seconds left of none: %u\n", alarm(0));
    _exit(0);
  }
  struct itimerval every = {{0, 500000}, {1, 200000}}, left;
  MUST(setitimer(ITIMER_REAL, &every, NULL));
  sleep_ms(400);
  point();
  MUST(getitimer(ITIMER_REAL, &left));
  say("left of the first 1200 ms: %s\n", left_ms(left.it_value) > 400 && left_ms(left.it_value) <= 800 ? "about 800" : left_ms(left.it_value) <= 500 ? "of the interval" : "more");
  say("interval %ld\n", left_ms(left.it_interval));
  open_gate(go);
  reap("other", other);
  wait_for_signals(1, 1200);
  wait_for_signals(2, 1700);
}

static void burn(long ms) {
  struct timespec now;
  long end;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  end = now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
  do {
    for (volatile int i = 0; i < 20000; i++) continue;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  } while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < end);
}

static volatile sig_atomic_t virtual_count, prof_count;

static void on_virtual(int signal) {
  if (signal == SIGVTALRM) virtual_count++;
  else prof_count++;
}

/* Timers of processor time take no notice of the time while nothing runs. */
static void processor(void) {
  on_signal(SIGVTALRM, on_virtual, SA_RESTART);
  on_signal(SIGPROF, on_virtual, SA_RESTART);
  struct itimerval once = {{0, 0}, {0, 500000}}, prof = {{0, 0}, {0, 40000}}, left;
  MUST(setitimer(ITIMER_VIRTUAL, &once, NULL));
  MUST(setitimer(ITIMER_PROF, &prof, NULL));
  burn(12);
  point();
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  say("used %s\n", used.tv_sec == 0 && used.tv_nsec < 40000000 ? "little" : "much");
  MUST(getitimer(ITIMER_PROF, &left));
  say("left of 40 ms: %d\n", left_ms(left.it_value) > 8 && left_ms(left.it_value) < 36);
  say("so far %d %d\n", virtual_count, prof_count);
  burn(80);
  say("profiled %d, virtual %d\n", prof_count, virtual_count);
}

static sem_t threads_told;

static void on_thread(union sigval value) {
  say("a thread is told: %d, %s\n", value.sival_int, at_about(1400));
  sem_post(&threads_told);
}

static void timers(void) {
  sem_init(&threads_told, 0, 0);
  on_signal(SIGUSR1, on_timer, 0);
  start = now_ms();
  struct sigevent by_signal = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  struct sigevent by_thread = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_thread, .sigev_value.sival_int = 41};
  struct sigevent silent = {.sigev_notify = SIGEV_NONE};
  timer_t one, two, three;
  MUST(timer_create(CLOCK_MONOTONIC, &by_signal, &one));
  MUST(timer_create(CLOCK_MONOTONIC, &by_thread, &two));
  MUST(timer_create(CLOCK_REALTIME, &silent, &three));
  struct itimerspec first = {{0, 0}, {0, 900000000}}, second = {{0, 0}, {1, 400000000}}, absolute, left;
  MUST(timer_settime(one, 0, &first, NULL));
  MUST(timer_settime(two, 0, &second, NULL));
  clock_gettime(CLOCK_MONOTONIC, &absolute.it_value);
  MUST(timer_settime(three, 0, &second, NULL));
  sleep_ms(300);
  point();
  MUST(timer_gettime(one, &left));
  say("left of 900 ms: %s\n", left.it_value.tv_nsec > 400000000 && left.it_value.tv_nsec <= 600000000 ? "about 600" : "none");
  wait_for_signals(1, 900);
  SHOW(timer_getoverrun(one));
  while (sem_wait(&threads_told) == -1) continue;
  sleep_ms(50);
  MUST(timer_gettime(three, &left));
  say("the silent one has expired: %d\n", left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
  SHOW(timer_delete(one));
}

static void timerfd(void) {
  int fd = MUST(timerfd_create(CLOCK_MONOTONIC, 0)), realtime = MUST(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
  struct itimerspec every = {{0, 500000000}, {0, 500000000}}, left, tomorrow = {{0, 0}, {0, 0}};
  clock_gettime(CLOCK_REALTIME, &tomorrow.it_value);
  tomorrow.it_value.tv_sec += 86400;
  start = now_ms();
  MUST(timerfd_settime(fd, 0, &every, NULL));
  MUST(timerfd_settime(realtime, TFD_TIMER_ABSTIME, &tomorrow, NULL));
  sleep_ms(1200);
  point();
  timerfd_gettime(fd, &left);
  say("next within 300 ms: %d\n", left.it_value.tv_sec == 0 && left.it_value.tv_nsec <= 300000000);
  uint64_t count = 0;
  SHOW(read(fd, &count, 8));
  say("expirations %s\n", count == 2 ? "2" : count > 7000 && count < 7400 ? "of an hour more" : "other");
  SHOW(read(fd, &count, 8));
  say("one more %lu, %s\n", (unsigned long)count, at_about(1500));
  SHOW(read(realtime, &count, 8));
  timerfd_gettime(realtime, &left);
  say("tomorrow is %s\n", left.it_value.tv_sec > 22 * 3600 && left.it_value.tv_sec <= 24 * 3600 ? "to come" : "wrong");
}

/* Calls in the middle of their time-outs, one process each. */
static void sleepers(void) {
  enum { KINDS = 7 };
  static const char *names[KINDS] = {"nanosleep", "clock_nanosleep", "poll", "select", "epoll_wait", "sem_timedwait", "sigtimedwait"};
  struct gate went[KINDS];
  pid_t pids[KINDS];
  start = now_ms();
  for (int i = 0; i < KINDS; i++) {
    went[i] = make_gate();
    pids[i] = fork();
    if (pids[i] != 0) continue;
    long ms = 1000 + 100 * i;
    struct timespec length = {ms / 1000, ms % 1000 * 1000000}, end;
    struct timeval tv = {ms / 1000, ms % 1000 * 1000};
    fd_set set;
    sigset_t signals;
    sem_t sem;
    long result = -2;
    sem_init(&sem, 0, 0);
    FD_ZERO(&set);
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    clock_gettime(i == 1 ? CLOCK_MONOTONIC : CLOCK_REALTIME, &end);
    end.tv_nsec += length.tv_nsec;
    end.tv_sec += length.tv_sec + end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    if (i == 0) result = nanosleep(&length, NULL);
    if (i == 1) result = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
    if (i == 2) result = poll(NULL, 0, (int)ms);
    if (i == 3) result = select(0, &set, NULL, NULL, &tv);
    if (i == 4) result = epoll_wait(epoll_create1(0), &(struct epoll_event){0}, 1, (int)ms);
    if (i == 5) result = sem_timedwait(&sem, &end);
    if (i == 6) result = sigtimedwait(&signals, NULL, &length);
    char told[100];
    int size = snprintf(told, sizeof told, "%s: %ld %s, %s\n", names[i], result, result == -1 ? strerrorname_np(errno) : "-", at_about(ms));
    write(went[i].ends[1], told, size);
    _exit(0);
  }
  sleep_ms(400);
  point();
  for (int i = 0; i < KINDS; i++) {
    char told[100] = "";
    MUST(read(went[i].ends[0], told, sizeof told - 1));
    say("%s", told);
    waitpid(pids[i], NULL, 0);
  }
}

MODES({"alarms", alarms}, {"processor", processor}, {"timers", timers}, {"timerfd", timerfd}, {"sleepers", sleepers})
