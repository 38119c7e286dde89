// oracle: host: qemu's user mode makes a plain fork of it
/* clone(2) with CLONE_FILES and CLONE_FS but memory of its own: descriptors, directory and umask are shared; with CLONE_PARENT a sibling. */
#include "guest.h"
#include <sched.h>
#include <sys/syscall.h>

static long clone_with(unsigned long flags) {
  return syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

static int value = 1;

int main(void) {
  MUST(mkdir("below", 0755));
  pid_t child = clone_with(CLONE_FILES | CLONE_FS);
  if (child == 0) {
    MUST(dup2(1, 20));
    MUST(chdir("below"));
    umask(0);
    value = 2;
    _exit(0);
  }
  reap("shares", child);
  char directory[512];
  say("fd 20 %s, in %s, umask %o, value %d\n", fcntl(20, F_GETFD) == -1 ? "closed" : "open", strrchr(getcwd(directory, sizeof directory), '/') + 1, umask(022), value);
  child = fork();
  if (child == 0) {
    close(20);
    MUST(chdir(".."));
    _exit(0);
  }
  reap("copies", child);
  say("fd 20 %s, in %s\n", fcntl(20, F_GETFD) == -1 ? "closed" : "open", strrchr(getcwd(directory, sizeof directory), '/') + 1);
  child = fork();
  if (child == 0) {
    pid_t sibling = clone_with(CLONE_PARENT);
    if (sibling == 0) _exit(33);
    SHOW(waitpid(sibling, NULL, 0));
    _exit(0);
  }
  reap("child", child);
  int status;
  pid_t got = wait(&status);
  say("sibling %d exit %d\n", got > 0, WEXITSTATUS(status));
  SHOW(clone_with(CLONE_THREAD));
  SHOW(clone_with(CLONE_SIGHAND));
  return 0;
}
