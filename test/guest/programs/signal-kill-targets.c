/* kill(2): one process, a group, nobody, and the errors. */
#include "guest.h"

static int count;

static void note(int signal) {
  (void)signal;
  count++;
}

int main(void) {
  MUST(setpgid(0, 0) == -1 && errno != EPERM ? -1 : 0);
  on_signal(SIGUSR1, note, 0);
  struct gate ready = make_gate();
  pid_t children[3];
  for (int i = 0; i < 3; i++) {
    children[i] = fork();
    if (children[i] == 0) {
      if (i > 0) setpgid(0, i == 1 ? 0 : children[1]);
      open_gate(ready);
      while (count == 0) pause();
      _exit(40 + count);
    }
    if (i > 0) setpgid(children[i], children[1]);
    pass_gate(ready);
  }
  sleep_ms(10);
  SHOW(kill(-children[1], SIGUSR1));
  reap("first of the group", children[1]);
  reap("second of the group", children[2]);
  say("mine %d\n", count);
  SHOW(killpg(getpgrp(), SIGUSR1));
  reap("same group", children[0]);
  say("mine %d\n", count);
  SHOW(kill(getpid(), 0));
  SHOW(kill(getpid(), 65));
  SHOW(kill(getpid(), -1));
  SHOW(kill(999999, SIGUSR1));
  SHOW(kill(-999999, SIGUSR1));
  say("gone: %s\n", kill(-children[1], 0) == -1 ? strerrorname_np(errno) : "there");
  pid_t child = fork();
  if (child == 0) {
    MUST(setresuid(1000, 1000, 1000));
    say("as 1000: %s\n", kill(getppid(), SIGUSR1) == -1 ? strerrorname_np(errno) : "sent");
    SHOW(kill(getpid(), 0));
    _exit(0);
  }
  reap("child", child);
  return 0;
}
