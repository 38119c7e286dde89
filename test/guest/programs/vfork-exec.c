// oracle: host: qemu's user mode makes a fork of every vfork, and cannot run riscv64 files by execve
/* vfork(2): the parent goes on only after the child's exec or exit; the child's stores are the parent's. */
#include "guest.h"

static volatile int steps;

int main(int argc, char **argv) {
  if (argc > 1) {
    say("program: %s\n", argv[1]);
    sleep_ms(30);
    return 9;
  }
  pid_t child = vfork();
  if (child == 0) {
    steps = 1;
    sleep_ms(50);
    steps++;
    _exit(4);
  }
  say("after the exit: %d\n", steps);
  reap("exit", child);
  char *arguments[] = {argv[0], "after vfork", NULL};
  child = vfork();
  if (child == 0) {
    steps += 10;
    sleep_ms(50);
    execv(argv[0], arguments);
    _exit(127);
  }
  int steps_after = steps;
  reap("exec", child);
  say("after the exec: %d\n", steps_after);
  child = vfork();
  if (child == 0) {
    steps += 100;
    execv("/nowhere", arguments);
    steps += 1000;
    _exit(steps == 1112 ? 3 : 4);
  }
  reap("failed exec", child);
  say("%d\n", steps);
  child = vfork();
  if (child == 0) raise(SIGKILL);
  reap("killed", child);
  return 0;
}
