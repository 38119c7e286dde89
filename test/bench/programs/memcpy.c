// The C library's memcpy, in blocks of 64 KiB between two arrays of half a megabyte.
#include "bench.h"

enum { BLOCK_BYTES = 64 << 10, BLOCKS = 8 };
static uint8_t from[BLOCKS * BLOCK_BYTES];
static uint8_t to[BLOCKS * BLOCK_BYTES];

int main(int argc, char **argv) {
  const long megabytes = count_argument(argc, argv, 1, 256);
  for (int i = 0; i < BLOCKS * BLOCK_BYTES; i++) from[i] = (uint8_t)(i * 7);
  uint64_t sum = 0;
  for (long block = 0; block < megabytes * 16; block++) {
    uint8_t *target = to + block % BLOCKS * BLOCK_BYTES;
    memcpy(target, from + block * 3 % BLOCKS * BLOCK_BYTES, BLOCK_BYTES);
    __asm__ volatile("" : : "r"(target) : "memory");
    sum += target[block * 61 % BLOCK_BYTES];
  }
  return print_result("memcpy", sum);
}
