/* C11 atomics of all sizes under four threads; compare and exchange; a spin lock; fences. */
#include "guest.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_uchar byte;
static atomic_ushort half;
static atomic_uint word;
static atomic_ulong giant;
static atomic_uint bits;
static atomic_flag spin = ATOMIC_FLAG_INIT;
static unsigned plain;
static atomic_uint swaps;

static void *run(void *number) {
  unsigned me = (unsigned)(long)number;
  for (int i = 0; i < 500; i++) {
    atomic_fetch_add(&byte, 1);
    atomic_fetch_add(&half, 3);
    atomic_fetch_add_explicit(&word, 5, memory_order_relaxed);
    atomic_fetch_sub(&giant, 7);
    atomic_fetch_or(&bits, 1u << (me * 8 + i % 8));
    while (atomic_flag_test_and_set_explicit(&spin, memory_order_acquire)) sched_yield();
    plain++;
    atomic_flag_clear_explicit(&spin, memory_order_release);
    unsigned old = atomic_load(&swaps);
    while (!atomic_compare_exchange_weak(&swaps, &old, old * 2 + 1 > 0xffffff ? 0 : old + 1)) continue;
  }
  return NULL;
}

int main(void) {
  pthread_t threads[4];
  for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, run, (void *)i);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  say("%u %u %u %lx %x %u %u\n", byte, half, word, giant, bits, plain, swaps);
  unsigned char expected = 3;
  say("exchange %u\n", atomic_exchange(&byte, 9));
  bool is_equal = atomic_compare_exchange_strong(&byte, &expected, 4);
  say("compare %d now %u\n", is_equal, expected);
  atomic_ulong number = 0xf0f0f0f0f0f0f0f0ul;
  say("%lx ", atomic_fetch_and(&number, 0xff00ff00ff00ff00ul));
  say("%lx ", atomic_fetch_xor(&number, ~0ul));
  say("%lx\n", number);
  return 0;
}
