// oracle: host: qemu's user mode ends a process with its main thread's last call
/* exit(2) of single threads: the process's status is the leader's, whoever ends last; after a kill of one thread it is the signal. */
#include "guest.h"
#include <pthread.h>
#include <sys/syscall.h>

static void *ends_with_7(void *unused) {
  sleep_ms(20);
  syscall(SYS_exit, 7);
  return unused;
}

static void *ends_all_with_8(void *unused) {
  sleep_ms(20);
  syscall(SYS_exit_group, 8);
  return unused;
}

static void *faults(void *unused) {
  sleep_ms(20);
  *(volatile int *)unused = 1;
  return unused;
}

static void *waits(void *unused) {
  for (;;) pause();
  return unused;
}

int main(void) {
  void *(*bodies[])(void *) = {ends_with_7, ends_all_with_8, faults};
  const char *names[] = {"the leader's status", "exit_group", "fault in a thread"};
  for (int i = 0; i < 3; i++) {
    pid_t child = fork();
    if (child == 0) {
      pthread_t thread;
      if (i == 2) pthread_create(&thread, NULL, waits, NULL);
      pthread_create(&thread, NULL, bodies[i], NULL);
      syscall(SYS_exit, 5);
    }
    reap(names[i], child);
  }
  pid_t child = fork();
  if (child == 0) {
    pthread_t thread;
    pthread_create(&thread, NULL, waits, NULL);
    sleep_ms(10);
    syscall(SYS_tgkill, getpid(), gettid(), SIGTERM);
    pause();
  }
  reap("tgkill", child);
  return 0;
}
