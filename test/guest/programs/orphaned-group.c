/* A stop from the keyboard does nothing to an orphaned group; a stopped group that becomes orphaned gets SIGHUP and SIGCONT. */
#include "guest.h"
#include <sys/prctl.h>

static void note(int signal) {
  say("worker: %s\n", signal == SIGHUP ? "SIGHUP" : signal == SIGCONT ? "SIGCONT" : "signal");
}

int main(void) {
  struct gate ready = make_gate(), stopped = make_gate(), done = make_gate();
  pid_t leader = fork();
  if (leader == 0) {
    setsid();
    /* The session's only group: nobody in the session is outside of it. */
    say("orphaned: TSTP %d\n", raise(SIGTSTP));
    say("TTIN %d TTOU %d: still running\n", raise(SIGTTIN), raise(SIGTTOU));
    pid_t worker = fork();
    if (worker == 0) {
      setpgid(0, 0);
      on_signal(SIGHUP, note, 0);
      on_signal(SIGCONT, note, 0);
      open_gate(ready);
      raise(SIGTSTP);
      say("worker: goes on\n");
      open_gate(done);
      _exit(0);
    }
    pass_gate(ready);
    int status;
    waitpid(worker, &status, WUNTRACED);
    say("worker stopped by TSTP: %d\n", WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
    open_gate(stopped);
    sleep_ms(30);
    _exit(2);
  }
  pass_gate(stopped);
  pass_gate(done);
  reap("leader", leader);
  return 0;
}
