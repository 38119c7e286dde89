/* The main thread ends before the others; the last one's end is the process's; exit() in a thread ends all. */
#include "guest.h"
#include <pthread.h>

static void *late(void *unused) {
  sleep_ms(50);
  say("late thread: pid is the leader's %d\n", getpid() != gettid());
  return unused;
}

static void *ends_all(void *unused) {
  sleep_ms(20);
  exit(9);
  return unused;
}

static void *sleeper(void *unused) {
  for (;;) pause();
  return unused;
}

static void cleanup(void *text) { say("cleanup %s\n", (char *)text); }

static void *canceled(void *unused) {
  pthread_cleanup_push(cleanup, "one");
  pthread_cleanup_push(cleanup, "two");
  for (;;) sleep_ms(1000);
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
  return unused;
}

int main(void) {
  pthread_t thread;
  void *result;
  pthread_create(&thread, NULL, canceled, NULL);
  sleep_ms(20);
  pthread_cancel(thread);
  pthread_join(thread, &result);
  say("canceled %d\n", result == PTHREAD_CANCELED);
  pid_t child = fork();
  if (child == 0) {
    pthread_create(&thread, NULL, late, NULL);
    pthread_exit(NULL);
  }
  siginfo_t info = {0};
  sleep_ms(20);
  waitid(P_PID, child, &info, WEXITED | WNOHANG);
  say("leader gone, process lives: %d, signals reach it: %d\n", info.si_pid == 0, kill(child, 0) == 0);
  reap("late", child);
  child = fork();
  if (child == 0) {
    pthread_create(&thread, NULL, sleeper, NULL);
    pthread_create(&thread, NULL, ends_all, NULL);
    for (;;) pause();
  }
  reap("exit in a thread", child);
  child = fork();
  if (child == 0) {
    for (int i = 0; i < 3; i++) pthread_create(&thread, NULL, sleeper, NULL);
    sleep_ms(10);
    kill(getpid(), SIGTERM);
    for (;;) pause();
  }
  reap("signal", child);
  child = fork();
  if (child == 0) {
    pthread_create(&thread, NULL, sleeper, NULL);
    pthread_detach(thread);
    return 3;
  }
  reap("return from main", child);
  return 0;
}
