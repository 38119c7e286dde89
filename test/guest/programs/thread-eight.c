/* Eight threads at once: four wait on one futex, one joins, one sleeps, one computes, one holds a robust mutex and dies with it. */
#include "guest.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static atomic_int word, waiting, woken;
static pthread_mutex_t robust;
static pthread_t computer;
static atomic_ulong total;

static void *wait_on_futex(void *unused) {
  atomic_fetch_add(&waiting, 1);
  while (atomic_load(&word) == 0) syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
  atomic_fetch_add(&woken, 1);
  return unused;
}

static void *compute(void *unused) {
  unsigned long sum = 0;
  for (unsigned long i = 0; i < 300000; i++) sum = sum * 31 + i;
  atomic_store(&total, sum);
  return unused;
}

static void *join_computer(void *unused) {
  pthread_join(computer, NULL);
  return unused;
}

static void *sleep_some(void *unused) {
  sleep_ms(30);
  atomic_store(&word, 1);
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0);
  return unused;
}

static void *hold(void *unused) {
  pthread_mutex_lock(&robust);
  sleep_ms(60);
  return unused;
}

int main(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &attributes);
  pthread_t waiters[4], joiner, sleeper, holder;
  for (int i = 0; i < 4; i++) pthread_create(&waiters[i], NULL, wait_on_futex, NULL);
  pthread_create(&computer, NULL, compute, NULL);
  pthread_create(&joiner, NULL, join_computer, NULL);
  pthread_create(&holder, NULL, hold, NULL);
  pthread_create(&sleeper, NULL, sleep_some, NULL);
  for (int i = 0; i < 4; i++) pthread_join(waiters[i], NULL);
  say("waited %d woken %d\n", waiting, woken);
  pthread_join(joiner, NULL);
  pthread_join(sleeper, NULL);
  say("sum %lx\n", total);
  say("mutex of the dead: %s\n", strerrorname_np(pthread_mutex_lock(&robust)));
  pthread_join(holder, NULL);
  return 0;
}
