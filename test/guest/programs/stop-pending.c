// oracle: host: qemu's user mode delivers pending signals in its own order
/* A stop and other signals that become deliverable at once: the lower number first, and nothing more while stopped. */
#include "guest.h"

static void note(int signal) { say("handler %s\n", signal == SIGXCPU ? "XCPU" : signal == SIGUSR1 ? "USR1" : "CONT"); }

int main(void) {
  pid_t child = fork();
  if (child == 0) {
    on_signal(SIGXCPU, note, 0);
    on_signal(SIGUSR1, note, 0);
    on_signal(SIGCONT, note, 0);
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGXCPU);
    raise(SIGTSTP);
    raise(SIGUSR1);
    setpgid(0, 0);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    say("unblocked\n");
    _exit(0);
  }
  int status;
  MUST(waitpid(child, &status, WUNTRACED));
  say("stopped %d by TSTP %d\n", WIFSTOPPED(status), WSTOPSIG(status) == SIGTSTP);
  sleep_ms(20);
  say("continue\n");
  kill(child, SIGCONT);
  reap("child", child);
  child = fork();
  if (child == 0) {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    setpgid(0, 0);
    raise(SIGTSTP);
    raise(SIGXCPU);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    _exit(0);
  }
  MUST(waitpid(child, &status, WUNTRACED));
  say("stopped %d\n", WIFSTOPPED(status));
  sleep_ms(20);
  SHOW(waitpid(child, &status, WNOHANG));
  kill(child, SIGCONT);
  reap("killed by what was pending", child);
  return 0;
}
