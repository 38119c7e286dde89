// oracle: host: qemu's user mode delivers later, and in another order, what comes in between its own handlers
/* Signals sent while blocked: ordinary ones merge, realtime ones queue with their values; sigpending shows them; unblocked they come once each. */
#include "guest.h"

static void note(int signal, siginfo_t *info, void *context) {
  (void)context;
  if (signal >= SIGRTMIN) say("rt+%d value %d code %d mine %d\n", signal - SIGRTMIN, info->si_value.sival_int, info->si_code, info->si_pid == getpid());
  else say("signal %d code %d mine %d\n", signal, info->si_code, info->si_pid == getpid());
}

static void show_pending(const sigset_t *set) {
  sigset_t pending;
  sigpending(&pending);
  say("pending:");
  for (int signal = 1; signal < SIGRTMIN + 5; signal++) {
    if (!sigismember(set, signal) || !sigismember(&pending, signal)) continue;
    if (signal >= SIGRTMIN) say(" rt+%d", signal - SIGRTMIN);
    else say(" %d", signal);
  }
  say("\n");
}

int main(void) {
  sigset_t set;
  sigfillset(&set);
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigfillset(&action.sa_mask);
  int signals[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGRTMIN, SIGRTMIN + 1, SIGRTMIN + 3};
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
  sigprocmask(SIG_SETMASK, &set, NULL);
  show_pending(&set);
  for (int i = 0; i < 3; i++) kill(getpid(), SIGUSR1);
  sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 1});
  sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 2});
  for (int i = 0; i < 3; i++) sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 100 + i});
  sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 7});
  kill(getpid(), SIGRTMIN + 3);
  raise(SIGTERM);
  sleep_ms(10);
  show_pending(&set);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  show_pending(&set);
  return 0;
}
