// oracle: host: qemu's user mode cannot run riscv64 files by execve
/* posix_spawn(3): file actions, attributes, and the error of an exec that fails. */
#include "guest.h"
#include <spawn.h>

int main(int argc, char **argv) {
  if (argc > 1) {
    char line[64] = "";
    ssize_t length = read(0, line, sizeof line - 1);
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    say("spawned %s: stdin %zd '%s', fd 7 %s, USR1 blocked %d, group of its own %d, HOME %s\n", argv[1], length, line, fcntl(7, F_GETFD) == -1 ? "closed" : "open",
        sigismember(&mask, SIGUSR1), getpgrp() == getpid(), getenv("HOME") ? getenv("HOME") : "unset");
    return 6;
  }
  int fd = MUST(open("input", O_CREAT | O_RDWR, 0600));
  MUST(write(fd, "some words", 10));
  MUST(dup2(fd, 7));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "input", O_RDONLY, 0);
  posix_spawn_file_actions_addclose(&actions, 7);
  posix_spawn_file_actions_addclose(&actions, fd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  posix_spawnattr_setsigmask(&attributes, &mask);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  char *arguments[] = {argv[0], "once", NULL}, *environment[] = {"HOME=/there", NULL};
  pid_t child;
  int result = posix_spawn(&child, argv[0], &actions, &attributes, arguments, environment);
  reap("child", child);
  say("result %d\n", result);
  say("missing: %s\n", strerrorname_np(posix_spawn(&child, "/missing", NULL, NULL, arguments, environment)));
  SHOW(waitpid(-1, NULL, 0));
  return 0;
}
