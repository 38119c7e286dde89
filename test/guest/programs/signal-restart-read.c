/* A read that a handler interrupts goes on under SA_RESTART and is EINTR without; a write that has moved bytes returns their count. */
#include "guest.h"

static void note(int signal) { say("handler %d\n", signal); }

static pid_t poke_then_write(int signal, int fd, pid_t target) {
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(20);
    kill(target, signal);
    sleep_ms(20);
    if (fd >= 0) MUST(write(fd, "data", 4));
    _exit(0);
  }
  return child;
}

int main(void) {
  int ends[2];
  char bytes[16];
  MUST(pipe(ends));
  on_signal(SIGUSR1, note, SA_RESTART);
  on_signal(SIGUSR2, note, 0);
  pid_t child = poke_then_write(SIGUSR1, ends[1], getpid());
  SHOW(read(ends[0], bytes, sizeof bytes));
  reap("restart", child);
  child = poke_then_write(SIGUSR2, ends[1], getpid());
  SHOW(read(ends[0], bytes, sizeof bytes));
  SHOW(read(ends[0], bytes, sizeof bytes));
  reap("interrupt", child);
  static char block[200000];
  child = poke_then_write(SIGUSR2, -1, getpid());
  SHOW(write(ends[1], block, sizeof block));
  reap("partial write", child);
  child = poke_then_write(SIGUSR2, -1, getpid());
  SHOW(write(ends[1], block, sizeof block));
  reap("no room", child);
  return 0;
}
