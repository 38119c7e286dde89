/* sigsuspend(2) waits under another mask and puts the old one back after the handler; pselect does so too. */
#include "guest.h"
#include <sys/select.h>

static bool is_blocked(int signal) {
  sigset_t mask;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  return sigismember(&mask, signal);
}

static void note(int signal) {
  say("handler %s: USR1 blocked %d, USR2 blocked %d, HUP blocked %d\n", signal == SIGUSR1 ? "USR1" : "USR2", is_blocked(SIGUSR1), is_blocked(SIGUSR2), is_blocked(SIGHUP));
}

int main(void) {
  on_signal(SIGUSR1, note, 0);
  on_signal(SIGUSR2, note, 0);
  sigset_t block, wait_mask;
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  sigaddset(&block, SIGUSR2);
  sigprocmask(SIG_BLOCK, &block, NULL);
  sigemptyset(&wait_mask);
  sigaddset(&wait_mask, SIGHUP);
  raise(SIGUSR1);
  SHOW(sigsuspend(&wait_mask));
  say("after: USR1 %d HUP %d\n", is_blocked(SIGUSR1), is_blocked(SIGHUP));
  raise(SIGUSR1);
  raise(SIGUSR2);
  SHOW(sigsuspend(&wait_mask));
  say("both at once\n");
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    sleep_ms(20);
    kill(parent, SIGWINCH);
    sleep_ms(20);
    kill(parent, SIGUSR2);
    _exit(0);
  }
  SHOW(sigsuspend(&wait_mask));
  reap("child", child);
  raise(SIGUSR1);
  struct timespec time = {1, 0};
  SHOW(pselect(0, NULL, NULL, NULL, &time, &wait_mask));
  say("after: USR1 %d HUP %d\n", is_blocked(SIGUSR1), is_blocked(SIGHUP));
  time.tv_sec = 0;
  time.tv_nsec = 1000000;
  SHOW(pselect(0, NULL, NULL, NULL, &time, &wait_mask));
  return 0;
}
