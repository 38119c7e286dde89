// oracle: host: qemu's user mode cannot run riscv64 files by execve
/* execve(2) from a second thread: the others end, the process keeps its pid, and the tid is the pid. */
#include "guest.h"
#include <pthread.h>

static char **arguments;
static pid_t leader;

static void *sleeper(void *unused) {
  for (;;) pause();
  return unused;
}

static void *runner(void *unused) {
  sleep_ms(20);
  say("runner: tid is pid %d\n", gettid() == getpid());
  char pid[32];
  snprintf(pid, sizeof pid, "%d", leader);
  char *next[] = {arguments[0], pid, NULL};
  execv(arguments[0], next);
  return unused;
}

int main(int argc, char **argv) {
  if (argc > 1) {
    say("program: pid kept %d, tid is pid %d\n", getpid() == atoi(argv[1]), gettid() == getpid());
    sleep_ms(20);
    return 8;
  }
  arguments = argv;
  pid_t child = fork();
  if (child == 0) {
    leader = getpid();
    pthread_t threads[3];
    pthread_create(&threads[0], NULL, sleeper, NULL);
    pthread_create(&threads[1], NULL, runner, NULL);
    pthread_create(&threads[2], NULL, sleeper, NULL);
    pthread_exit(NULL);
  }
  reap("child", child);
  return 0;
}
