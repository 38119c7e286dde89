// oracle: host: qemu's user mode does not know PR_SET_CHILD_SUBREAPER
/* Orphans go to the nearest subreaper, which waits for them (prctl(2) PR_SET_CHILD_SUBREAPER). */
#include "guest.h"
#include <sys/prctl.h>

int main(void) {
  struct gate born = make_gate(), go = make_gate();
  int is_subreaper = 0;
  SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
  prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper);
  pid_t me = getpid(), child = fork();
  if (child == 0) {
    prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper);
    say("child is a subreaper: %d\n", is_subreaper);
    if (fork() == 0) {
      open_gate(born);
      pass_gate(go);
      say("orphan: parent is the subreaper: %d\n", getppid() == me);
      _exit(21);
    }
    pass_gate(born);
    _exit(1);
  }
  reap("child", child);
  open_gate(go);
  int status;
  pid_t orphan = wait(&status);
  say("adopted %d exit %d\n", orphan != child && orphan > 0, WEXITSTATUS(status));
  SHOW(wait(NULL));
  say("was %d\n", is_subreaper);
  return 0;
}
