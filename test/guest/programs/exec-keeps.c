// oracle: host: qemu's user mode cannot run riscv64 files by execve
/* What execve(2) keeps and what it resets: arguments, environment, descriptors, signals, ids, alarm, directory. */
#include "guest.h"
#include <sys/resource.h>

static void handler(int signal) { (void)signal; }

static const char *disposition(int signal) {
  struct sigaction action;
  sigaction(signal, NULL, &action);
  return action.sa_handler == SIG_IGN ? "ignored" : action.sa_handler == SIG_DFL ? "default" : "handler";
}

int main(int argc, char **argv, char **environment) {
  if (argc > 1) {
    for (int i = 1; i < argc; i++) say("argv[%d] = '%s'\n", i, argv[i]);
    for (int i = 0; i < 3; i++) say("environment[%d] = '%s'\n", i, environment[i]);
    say("fd 10 %s, fd 11 %s\n", fcntl(10, F_GETFD) == -1 ? "closed" : "open", fcntl(11, F_GETFD) == -1 ? "closed" : "open");
    say("USR1 %s, USR2 %s, HUP %s\n", disposition(SIGUSR1), disposition(SIGUSR2), disposition(SIGHUP));
    sigset_t mask, pending;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigpending(&pending);
    say("WINCH blocked %d, pending %d\n", sigismember(&mask, SIGWINCH), sigismember(&pending, SIGWINCH));
    say("pid kept %d, alarm left %d, umask %o\n", atoi(getenv("PID")) == getpid(), alarm(0) > 90, umask(0));
    char directory[256];
    char *cwd = getcwd(directory, sizeof directory);
    say("cwd ends in %s\n", strrchr(cwd, '/') + 1);
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    say("core limit %ld\n", (long)limit.rlim_cur);
    stack_t stack;
    sigaltstack(NULL, &stack);
    say("alternate stack flags %d\n", stack.ss_flags);
    return 0;
  }
  MUST(dup2(1, 10));
  MUST(dup3(1, 11, O_CLOEXEC));
  signal(SIGUSR1, SIG_IGN);
  on_signal(SIGUSR2, handler, 0);
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGWINCH);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  on_signal(SIGWINCH, handler, 0);
  raise(SIGWINCH);
  alarm(100);
  umask(027);
  MUST(mkdir("inside", 0777));
  MUST(chdir("inside"));
  struct rlimit limit = {4096, 8192};
  MUST(setrlimit(RLIMIT_CORE, &limit));
  char space[8192];
  stack_t stack = {.ss_sp = space, .ss_size = sizeof space};
  MUST(sigaltstack(&stack, NULL));
  char pid[32];
  snprintf(pid, sizeof pid, "PID=%d", getpid());
  char *arguments[] = {argv[0], "", "two words", "\xc3\xbc\x01", NULL};
  char *variables[] = {"EMPTY=", "A=b=c", "NO_EQUALS", pid, NULL};
  execve(argv[0], arguments, variables);
  return 1;
}
