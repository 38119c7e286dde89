/* eventfd, timerfd, signalfd. */
#include "guest.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static int events(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT, 0};
  MUST(poll(&p, 1, 0));
  return p.revents;
}

int main(void) {
  uint64_t value;
  int counter = MUST(eventfd(3, EFD_NONBLOCK));
  SHOW(read(counter, &value, 8));
  say("value %ld\n", (long)value);
  SHOW(read(counter, &value, 8));
  SHOW(read(counter, &value, 7));
  value = ~0ull;
  SHOW(write(counter, &value, 8));
  value = ~0ull - 1;
  SHOW(write(counter, &value, 8));
  say("full %#x\n", events(counter));
  value = 1;
  SHOW(write(counter, &value, 8));
  SHOW(read(counter, &value, 100 > 8 ? 8 : 0));
  say("empty %#x\n", events(counter));
  SHOW(eventfd(0, 077));
  int semaphore = MUST(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
  for (int i = 0; i < 3; i++) SHOW(read(semaphore, &value, 8));
  say("value %ld\n", (long)value);
  SHOW(lseek(semaphore, 0, SEEK_SET));

  int timer = MUST(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
  SHOW(read(timer, &value, 8));
  struct itimerspec setting = {{0, 20000000}, {0, 10000000}}, old;
  SHOW(timerfd_settime(timer, 0, &setting, &old));
  say("old %ld %ld\n", (long)old.it_value.tv_nsec, (long)old.it_interval.tv_nsec);
  MUST(timerfd_gettime(timer, &old));
  say("left %d interval %ld\n", old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 10000000, (long)old.it_interval.tv_nsec);
  struct pollfd p = {timer, POLLIN, 0};
  SHOW(poll(&p, 1, 1000));
  sleep_ms(42);
  SHOW(read(timer, &value, 8));
  say("ticks %s\n", value >= 3 && value < 8 ? "three or more" : "wrong");
  setting = (struct itimerspec){{0, 0}, {0, 0}};
  SHOW(timerfd_settime(timer, 0, &setting, NULL));
  SHOW(read(timer, &value, 8));
  setting.it_value.tv_nsec = 1;
  SHOW(timerfd_settime(timer, TFD_TIMER_ABSTIME, &setting, NULL));
  SHOW(poll(&p, 1, 1000));
  SHOW(read(timer, &value, 8));
  say("ticks %ld\n", (long)value);
  setting.it_value.tv_nsec = 1000000000;
  SHOW(timerfd_settime(timer, 0, &setting, NULL));
  SHOW(timerfd_settime(timer, 8, &setting, NULL));
  SHOW(timerfd_settime(counter, 0, &old, NULL));
  SHOW(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
  SHOW(timerfd_create(CLOCK_REALTIME, 1));
  SHOW(read(timer, &value, 4));
  int blocking = MUST(timerfd_create(CLOCK_REALTIME, 0));
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  setting = (struct itimerspec){{0, 0}, {now.tv_sec, now.tv_nsec}};
  setting.it_value.tv_nsec += 30000000;
  if (setting.it_value.tv_nsec >= 1000000000) setting.it_value.tv_nsec -= 1000000000, setting.it_value.tv_sec++;
  MUST(timerfd_settime(blocking, TFD_TIMER_ABSTIME, &setting, NULL));
  SHOW(read(blocking, &value, 8));
  say("ticks %ld\n", (long)value);

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGRTMIN + 1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int signals = MUST(signalfd(-1, &set, SFD_NONBLOCK));
  struct signalfd_siginfo info[4];
  SHOW(read(signals, info, sizeof info));
  SHOW(read(signals, info, 100));
  say("none %#x\n", events(signals));
  kill(getpid(), SIGUSR2);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  union sigval data = {.sival_int = 77};
  sigqueue(getpid(), SIGRTMIN + 1, data);
  sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 78});
  say("some %#x\n", events(signals));
  long got = SHOW(read(signals, info, sizeof info));
  for (long i = 0; i < got / (long)sizeof info[0]; i++) {
    say("  %d code %d int %d self %d\n", info[i].ssi_signo, info[i].ssi_code, info[i].ssi_int, info[i].ssi_pid == (unsigned)getpid());
  }
  say("none %#x\n", events(signals));
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  say("same %d\n", signalfd(signals, &set, 0) == signals);
  SHOW(signalfd(counter, &set, 0));
  if (MUST(fork()) == 0) {
    sleep_ms(20);
    _exit(5);
  }
  fcntl(signals, F_SETFL, 0);
  SHOW(read(signals, info, sizeof info));
  say("child %d code %d status %d\n", info[0].ssi_signo, info[0].ssi_code, info[0].ssi_status);
  return 0;
}
