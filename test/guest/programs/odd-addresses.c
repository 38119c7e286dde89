// oracle: host
// qemu's user mode refuses or forgets some of these before a kernel sees them.
/* Addresses that no program can have, where the kernel takes them unseen: as handler, stack and words to be cleared. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void ended(const char *what, pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) printf("%s: ended by signal %d\n", what, WTERMSIG(status));
  else printf("%s: exit %d\n", what, WEXITSTATUS(status));
  fflush(stdout);
}

int main(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = (void (*)(int))-4096L;
  printf("sigaction: %d\n", sigaction(SIGUSR1, &action, NULL));
  stack_t stack = {.ss_sp = (void *)-65536L, .ss_flags = 0, .ss_size = (size_t)-1 / 2};
  printf("sigaltstack: %d\n", sigaltstack(&stack, NULL));
  printf("set_robust_list: %ld\n", syscall(SYS_set_robust_list, -8L, 24L));
  printf("set_tid_address: %d\n", syscall(SYS_set_tid_address, -1L) == getpid());
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    syscall(SYS_set_robust_list, -8L, 24L);
    syscall(SYS_set_tid_address, -1L);
    sleep(0);
    _exit(3);
  }
  ended("a child with odd words", pid);
  pid = fork();
  if (pid == 0) {
    raise(SIGUSR1);
    _exit(4);
  }
  ended("an odd handler", pid);
  pid = fork();
  if (pid == 0) {
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR2);
    _exit(5);
  }
  ended("an odd stack", pid);
  usleep(1000);
  printf("done\n");
  return 0;
}
