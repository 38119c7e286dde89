/* sigtimedwait(2): a signal already there, one that comes, a timeout, and another signal's handler in between. */
#include "guest.h"

static void note(int signal) { say("handler %d\n", signal == SIGUSR2); }

int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  siginfo_t info;
  struct timespec second = {1, 0}, nothing = {0, 0}, bad = {0, 2000000000};
  raise(SIGUSR1);
  say("%d", sigtimedwait(&set, &info, &second) == SIGUSR1);
  say(" code %d pid mine %d\n", info.si_code, info.si_pid == getpid());
  SHOW(sigtimedwait(&set, &info, &nothing));
  long start = now_ms();
  SHOW(sigtimedwait(&set, &info, &second));
  long took = now_ms() - start;
  say("a second passed: %d\n", took >= 990 && took < 1500);
  SHOW(sigtimedwait(&set, &info, &bad));
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    sleep_ms(20);
    kill(parent, SIGUSR1);
    sleep_ms(20);
    _exit(6);
  }
  say("%d\n", sigwaitinfo(&set, &info) == SIGUSR1 && info.si_pid == child && info.si_code == SI_USER);
  say("%d\n", sigwaitinfo(&set, &info) == SIGCHLD && info.si_pid == child);
  say("code %d status %d\n", info.si_code, info.si_status);
  reap("child", child);
  on_signal(SIGUSR2, note, SA_RESTART);
  child = fork();
  if (child == 0) {
    sleep_ms(20);
    kill(parent, SIGUSR2);
    _exit(0);
  }
  sigdelset(&set, SIGCHLD);
  SHOW(sigtimedwait(&set, &info, &second));
  reap("child", child);
  return 0;
}
