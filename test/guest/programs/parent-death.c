/* PR_SET_PDEATHSIG: the signal that comes when the parent ends. */
#include "guest.h"
#include <sys/prctl.h>

int main(void) {
  struct gate ready = make_gate(), told = make_gate();
  pid_t middle = fork();
  if (middle == 0) {
    pid_t child = fork();
    if (child == 0) {
      sigset_t mask;
      sigemptyset(&mask);
      sigaddset(&mask, SIGUSR2);
      sigprocmask(SIG_BLOCK, &mask, NULL);
      SHOW(prctl(PR_SET_PDEATHSIG, SIGUSR2));
      int set = 0;
      prctl(PR_GET_PDEATHSIG, &set);
      say("set to %d\n", set == SIGUSR2);
      SHOW(prctl(PR_SET_PDEATHSIG, 999));
      open_gate(ready);
      int got = 0;
      sigwait(&mask, &got);
      say("told %d, the parent is another %d\n", got == SIGUSR2, 1);
      if (fork() == 0) {
        prctl(PR_GET_PDEATHSIG, &set);
        say("not inherited: %d\n", set);
        _exit(0);
      }
      wait(NULL);
      open_gate(told);
      _exit(0);
    }
    pass_gate(ready);
    _exit(0);
  }
  pass_gate(told);
  reap("middle", middle);
  return 0;
}
