// oracle: host: qemu's user mode delivers later, and in another order, what comes in between its own handlers
/* Handlers on top of handlers: two signals that become deliverable at once, and a mask that is kept through them. */
#include "guest.h"

static int depth;

static void note(int signal) {
  depth++;
  say("%*senter %d\n", depth * 2, "", signal);
  if (signal == SIGUSR1 && depth == 1) {
    sigset_t set;
    sigemptyset(&set);
    raise(SIGUSR2);
    raise(SIGHUP);
    sigprocmask(SIG_SETMASK, &set, NULL);
    say("%*sunblocked\n", depth * 2, "");
  }
  say("%*sleave %d\n", depth * 2, "", signal);
  depth--;
}

int main(void) {
  struct sigaction action = {.sa_handler = note};
  sigaddset(&action.sa_mask, SIGUSR2);
  sigaddset(&action.sa_mask, SIGHUP);
  int signals[] = {SIGUSR1, SIGUSR2, SIGHUP, SIGINT};
  for (int i = 0; i < 4; i++) sigaction(signals[i], &action, NULL);
  raise(SIGUSR1);
  sigset_t set, mask;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, NULL);
  raise(SIGINT);
  raise(SIGUSR2);
  sigprocmask(SIG_UNBLOCK, &set, &mask);
  say("blocked before: %d\n", sigismember(&mask, SIGINT));
  sigprocmask(SIG_BLOCK, NULL, &mask);
  int blocked = 0;
  for (int i = 1; i < 65; i++) blocked += sigismember(&mask, i) == 1;
  say("blocked now: %d\n", blocked);
  return 0;
}
