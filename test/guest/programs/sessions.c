/* Sessions and process groups: setsid, setpgid, and their errors. */
#include "guest.h"

int main(void) {
  struct gate ready = make_gate(), go = make_gate();
  pid_t child = fork();
  if (child == 0) {
    say("in the parent's group: %d\n", getpgrp() == getppid() || getpgrp() == getpgid(getppid()));
    say("setsid: own session %d\n", setsid() == getpid());
    say("sid %d pgid %d\n", getsid(0) == getpid(), getpgid(0) == getpid());
    SHOW(setsid());
    SHOW(setpgid(0, 0));
    pid_t worker = fork();
    if (worker == 0) {
      say("worker: sid is parent %d, pgid is parent %d\n", getsid(0) == getppid(), getpgrp() == getppid());
      SHOW(setpgid(0, 0));
      say("worker: leads its group %d, sid still parent %d\n", getpgrp() == getpid(), getsid(0) == getppid());
      SHOW(setsid());
      open_gate(ready);
      pass_gate(go);
      _exit(0);
    }
    pass_gate(ready);
    pid_t other = fork();
    if (other == 0) {
      say("join the sibling's group: %d\n", setpgid(0, worker));
      say("%d\n", getpgrp() == worker);
      _exit(0);
    }
    reap("other", other);
    pid_t foreign = fork();
    if (foreign == 0) {
      setsid();
      open_gate(ready);
      pass_gate(go);
      _exit(0);
    }
    pass_gate(ready);
    say("a child in another session: %s\n", setpgid(foreign, foreign) == -1 ? strerrorname_np(errno) : "moved");
    say("a group of another session: %s\n", setpgid(worker, foreign) == -1 ? strerrorname_np(errno) : "moved");
    SHOW(setpgid(1, 0));
    SHOW(setpgid(0, -5));
    SHOW(getpgid(-1));
    open_gate(go);
    open_gate(go);
    reap("worker", worker);
    reap("foreign", foreign);
    say("a zombie's group is gone: %s\n", getpgid(foreign) == -1 ? strerrorname_np(errno) : "there");
    _exit(0);
  }
  reap("child", child);
  return 0;
}
