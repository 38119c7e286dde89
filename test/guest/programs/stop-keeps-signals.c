/* A stopped process keeps SIGTERM pending until it is continued; SIGKILL ends it at once; SIGCONT drops a pending stop. */
#include "guest.h"

static void on_term(int signal) {
  (void)signal;
  say("handler of TERM\n");
  _exit(7);
}

static pid_t start(bool with_handler) {
  struct gate ready = make_gate();
  pid_t child = fork();
  if (child == 0) {
    if (with_handler) on_signal(SIGTERM, on_term, 0);
    open_gate(ready);
    for (;;) pause();
  }
  pass_gate(ready);
  int status;
  kill(child, SIGSTOP);
  waitpid(child, &status, WUNTRACED);
  return child;
}

int main(void) {
  pid_t child = start(false);
  kill(child, SIGTERM);
  sleep_ms(30);
  SHOW(waitpid(-1, NULL, WNOHANG));
  kill(child, SIGCONT);
  reap("default", child);

  child = start(true);
  kill(child, SIGTERM);
  sleep_ms(30);
  say("still stopped\n");
  kill(child, SIGCONT);
  reap("handler", child);

  child = start(false);
  kill(child, SIGKILL);
  reap("killed", child);

  sigset_t mask, pending;
  sigemptyset(&mask);
  sigaddset(&mask, SIGTSTP);
  sigaddset(&mask, SIGCONT);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  raise(SIGTSTP);
  sigpending(&pending);
  say("TSTP %d CONT %d\n", sigismember(&pending, SIGTSTP), sigismember(&pending, SIGCONT));
  raise(SIGCONT);
  sigpending(&pending);
  say("TSTP %d\n", sigismember(&pending, SIGTSTP));
  raise(SIGTSTP);
  sigpending(&pending);
  say("TSTP %d CONT %d\n", sigismember(&pending, SIGTSTP), sigismember(&pending, SIGCONT));
  return 0;
}
