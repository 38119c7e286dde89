/* Waiting for locks: granted, interrupted, and refused as a deadlock. */
#include "fs.h"

static volatile int alarms;

static void on_alarm(int signal) {
  (void)signal;
  alarms++;
}

static int lock(int fd, int command, int type, long start, long length) {
  struct flock request = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  return fcntl(fd, command, &request);
}

int main(void) {
  work_here();
  int fd = MUST(open("f", O_RDWR | O_CREAT, 0644));
  struct gate held = make_gate();
  SHOW(lock(fd, F_SETLK, F_WRLCK, 0, 10));
  pid_t child = MUST(fork());
  if (child == 0) {
    SHOW(lock(fd, F_SETLKW, F_WRLCK, 0, 5));
    _exit(0);
  }
  sleep_ms(50);
  say("parent unlocks\n");
  MUST(lock(fd, F_SETLK, F_UNLCK, 0, 0));
  reap("waiter", child);
  MUST(lock(fd, F_SETLK, F_WRLCK, 0, 1));
  child = MUST(fork());
  if (child == 0) {
    MUST(lock(fd, F_SETLK, F_WRLCK, 10, 1));
    open_gate(held);
    SHOW(lock(fd, F_SETLKW, F_WRLCK, 0, 1));
    _exit(0);
  }
  pass_gate(held);
  sleep_ms(50);
  SHOW(lock(fd, F_SETLKW, F_WRLCK, 10, 1));
  MUST(lock(fd, F_SETLK, F_UNLCK, 0, 1));
  reap("other", child);
  MUST(lock(fd, F_SETLK, F_WRLCK, 0, 1));
  MUST(flock(fd, LOCK_EX));
  child = MUST(fork());
  if (child == 0) {
    on_signal(SIGALRM, on_alarm, 0);
    alarm(1);
    SHOW(lock(fd, F_SETLKW, F_WRLCK, 0, 1));
    int other = MUST(open("f", O_RDWR));
    alarm(1);
    SHOW(flock(other, LOCK_EX));
    on_signal(SIGALRM, on_alarm, SA_RESTART);
    alarm(1);
    open_gate(held);
    SHOW(flock(other, LOCK_SH));
    say("alarms %d\n", alarms);
    _exit(0);
  }
  pass_gate(held);
  sleep_ms(1500);
  say("parent lets go\n");
  MUST(flock(fd, LOCK_UN));
  reap("interrupted", child);
}
