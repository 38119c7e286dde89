/* Realtime signals from another process: the lowest number first, first in first out within one number. */
#include "guest.h"

int main(void) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < 5; i++) sigaddset(&set, SIGRTMIN + i);
  sigprocmask(SIG_BLOCK, &set, NULL);
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    int order[] = {3, 1, 4, 1, 2, 3, 0};
    for (int i = 0; i < 7; i++) MUST(sigqueue(parent, SIGRTMIN + order[i], (union sigval){.sival_int = i * 10}));
    _exit(0);
  }
  reap("sender", child);
  siginfo_t info;
  for (int i = 0; i < 7; i++) {
    int signal = sigwaitinfo(&set, &info);
    say("rt+%d value %d code %d from child %d uid %d\n", signal - SIGRTMIN, info.si_value.sival_int, info.si_code, info.si_pid == child, info.si_uid);
  }
  struct timespec now = {0, 0};
  SHOW(sigtimedwait(&set, &info, &now));
  SHOW(sigqueue(parent, 65, (union sigval){.sival_int = 0}));
  SHOW(sigqueue(999999, SIGRTMIN, (union sigval){.sival_int = 0}));
  SHOW(sigqueue(parent, 0, (union sigval){.sival_int = 0}));
  return 0;
}
