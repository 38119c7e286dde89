/* Threads: masks of their own, pthread_kill, and a signal to the process taken by the thread that does not block it. */
#include "guest.h"
#include <pthread.h>

static __thread int name;
static pthread_barrier_t barrier;

static void note(int signal) { say("signal %s in thread %d\n", signal == SIGUSR1 ? "USR1" : "USR2", name); }

static void *run(void *number) {
  name = (int)(long)number;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  if (name == 2) sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  pthread_barrier_wait(&barrier);
  sleep_ms(200);
  if (name == 1) {
    sigdelset(&set, SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  }
  return NULL;
}

int main(void) {
  on_signal(SIGUSR1, note, SA_RESTART);
  on_signal(SIGUSR2, note, SA_RESTART);
  pthread_barrier_init(&barrier, NULL, 3);
  pthread_t threads[2];
  for (long i = 0; i < 2; i++) pthread_create(&threads[i], NULL, run, (void *)(i + 1));
  pthread_barrier_wait(&barrier);
  sleep_ms(20);
  pthread_kill(threads[0], SIGUSR1);
  sleep_ms(20);
  kill(getpid(), SIGUSR1);
  sleep_ms(20);
  sigset_t set, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  kill(getpid(), SIGUSR1);
  sleep_ms(20);
  pthread_kill(threads[0], SIGUSR2);
  sigpending(&pending);
  say("pending in main: USR1 %d USR2 %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2));
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  SHOW(pthread_kill(pthread_self(), 0));
  return 0;
}
