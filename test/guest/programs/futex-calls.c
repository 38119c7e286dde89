/* futex(2) itself: EAGAIN, timeouts relative and absolute, wake counts, bitsets, requeue, wake-op. */
#include "guest.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static atomic_int first, second, awake;

static long futex(atomic_int *word, int operation, int value, const void *timeout, atomic_int *other, int value3) {
  return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, timeout, other, value3);
}

static void *wait_first(void *bits) {
  futex(&first, FUTEX_WAIT_BITSET, 0, NULL, NULL, (int)(long)bits);
  atomic_fetch_add(&awake, 1);
  return NULL;
}

static pthread_t threads[8];

static void start(int count, const int *bits) {
  awake = 0;
  for (int i = 0; i < count; i++) pthread_create(&threads[i], NULL, wait_first, (void *)(long)bits[i]);
  sleep_ms(20);
}

static void finish(int count) {
  sleep_ms(20);
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

int main(void) {
  struct timespec short_time = {0, 20000000}, bad = {0, -1}, at;
  SHOW(futex(&first, FUTEX_WAIT, 1, NULL, NULL, 0));
  SHOW(futex(&first, FUTEX_WAIT, 0, &short_time, NULL, 0));
  SHOW(futex(&first, FUTEX_WAIT, 0, &bad, NULL, 0));
  clock_gettime(CLOCK_MONOTONIC, &at);
  SHOW(futex(&first, FUTEX_WAIT_BITSET, 0, &at, NULL, -1));
  clock_gettime(CLOCK_REALTIME, &at);
  SHOW(futex(&first, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &at, NULL, -1));
  SHOW(futex(&first, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
  SHOW(futex(&first, FUTEX_WAKE, 1, NULL, NULL, 0));
  SHOW(futex((atomic_int *)((char *)&first + 1), FUTEX_WAKE, 1, NULL, NULL, 0));
  SHOW(futex((atomic_int *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
  SHOW(futex(&first, 99, 0, NULL, NULL, 0));
  start(4, (int[]){-1, -1, -1, -1});
  SHOW(futex(&first, FUTEX_WAKE, 3, NULL, NULL, 0));
  sleep_ms(20);
  say("awake %d\n", awake);
  SHOW(futex(&first, FUTEX_WAKE, 100, NULL, NULL, 0));
  finish(4);
  start(3, (int[]){1, 2, 3});
  SHOW(futex(&first, FUTEX_WAKE_BITSET, 100, NULL, NULL, 2));
  sleep_ms(20);
  say("awake %d\n", awake);
  SHOW(futex(&first, FUTEX_WAKE_BITSET, 100, NULL, NULL, 1));
  finish(3);
  start(4, (int[]){-1, -1, -1, -1});
  SHOW(futex(&first, FUTEX_CMP_REQUEUE, 1, (void *)100, &second, 7));
  SHOW(futex(&first, FUTEX_CMP_REQUEUE, 1, (void *)2, &second, 0));
  sleep_ms(20);
  say("awake %d\n", awake);
  SHOW(futex(&second, FUTEX_WAKE, 100, NULL, NULL, 0));
  SHOW(futex(&first, FUTEX_WAKE, 100, NULL, NULL, 0));
  finish(4);
  start(2, (int[]){-1, -1});
  second = 5;
  SHOW(futex(&second, FUTEX_WAKE_OP, 1, (void *)1, &first, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)));
  say("first %d\n", first);
  SHOW(futex(&first, FUTEX_WAKE, 100, NULL, NULL, 0));
  finish(2);
  return 0;
}
