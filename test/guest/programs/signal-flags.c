// oracle: host: qemu's user mode delivers later, and in another order, what comes in between its own handlers
/* SA_RESETHAND, SA_NODEFER, sa_mask, and what sigaction gives back. */
#include "guest.h"

static int depth;

static void nested(int signal) {
  depth++;
  say("enter %d depth %d\n", signal, depth);
  if (depth < 3) raise(signal);
  say("leave %d depth %d\n", signal, depth);
  depth--;
}

static void with_mask(int signal) {
  say("masked handler %d\n", signal);
  if (signal == SIGUSR1) {
    raise(SIGUSR2);
    sigset_t pending;
    sigpending(&pending);
    say("USR2 waits: %d\n", sigismember(&pending, SIGUSR2));
  }
}

int main(void) {
  on_signal(SIGUSR1, nested, SA_NODEFER);
  raise(SIGUSR1);
  depth = 2;
  on_signal(SIGUSR1, nested, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction now;
  sigaction(SIGUSR1, NULL, &now);
  say("reset: %d flags %x\n", now.sa_handler == SIG_DFL, (unsigned)(now.sa_flags & ~0x04000000));
  struct sigaction action = {.sa_handler = with_mask, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGUSR2);
  sigaddset(&action.sa_mask, SIGKILL);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, &now);
  say("old default: %d\n", now.sa_handler == SIG_DFL);
  raise(SIGUSR1);
  sigaction(SIGUSR2, NULL, &now);
  say("mask USR2 %d KILL %d HUP %d\n", sigismember(&now.sa_mask, SIGUSR2), sigismember(&now.sa_mask, SIGKILL), sigismember(&now.sa_mask, SIGHUP));
  SHOW(sigaction(SIGKILL, &action, NULL));
  SHOW(sigaction(SIGSTOP, &action, NULL));
  SHOW(sigaction(SIGKILL, NULL, &now));
  SHOW(sigaction(0, &action, NULL));
  SHOW(sigaction(65, &action, NULL));
  /* Ignoring drops what is pending. */
  sigset_t set, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, NULL);
  raise(SIGUSR2);
  sigpending(&pending);
  say("pending %d\n", sigismember(&pending, SIGUSR2));
  signal(SIGUSR2, SIG_IGN);
  sigpending(&pending);
  say("pending %d\n", sigismember(&pending, SIGUSR2));
  SHOW(sigprocmask(77, &set, NULL));
  return 0;
}
