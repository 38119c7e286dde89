// oracle: host: qemu's user mode keeps SIGCHLD's SA_NOCLDSTOP and SA_NOCLDWAIT from the kernel
/* SIGCHLD: siginfo of exits, stops and continues; SA_NOCLDSTOP; SA_NOCLDWAIT and SIG_IGN leave no zombie. */
#include "guest.h"

static int count;

static void note(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)context;
  count++;
  say("CHLD code %d status %d uid %d\n", info->si_code, info->si_status, info->si_uid);
}

static void handle(int flags) {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART | flags};
  MUST(sigaction(SIGCHLD, &action, NULL));
}

static pid_t start(void) {
  pid_t child = fork();
  if (child == 0) for (;;) pause();
  return child;
}

static void stop_continue_kill(pid_t child) {
  int status;
  kill(child, SIGSTOP);
  MUST(waitpid(child, &status, WUNTRACED));
  kill(child, SIGCONT);
  MUST(waitpid(child, &status, WCONTINUED));
  kill(child, SIGTERM);
  MUST(waitpid(child, &status, 0));
}

int main(void) {
  handle(0);
  stop_continue_kill(start());
  say("count %d\n", count);
  count = 0;
  handle(SA_NOCLDSTOP);
  stop_continue_kill(start());
  say("count %d\n", count);
  count = 0;
  handle(SA_NOCLDWAIT);
  pid_t child = fork();
  if (child == 0) _exit(3);
  SHOW(waitpid(child, NULL, 0));
  say("count %d\n", count);
  signal(SIGCHLD, SIG_IGN);
  child = fork();
  if (child == 0) _exit(4);
  SHOW(waitpid(-1, NULL, 0));
  for (int i = 0; i < 3; i++) {
    if (fork() == 0) {
      sleep_ms(10 * (3 - i));
      _exit(0);
    }
  }
  SHOW(waitpid(-1, NULL, 0));
  signal(SIGCHLD, SIG_DFL);
  child = fork();
  if (child == 0) _exit(5);
  reap("default", child);
  return 0;
}
