// Counts the primes below four million with one byte a number, over and over.
#include "bench.h"

enum { LIMIT = 4000000 };
static uint8_t composite[LIMIT];

int main(int argc, char **argv) {
  const long repetitions = count_argument(argc, argv, 1, 2);
  uint64_t primes = 0;
  for (long repetition = 0; repetition < repetitions; repetition++) {
    memset(composite, 0, sizeof composite);
    for (uint32_t p = 2; p * p < LIMIT; p++) {
      if (composite[p]) continue;
      for (uint32_t multiple = p * p; multiple < LIMIT; multiple += p) composite[multiple] = 1;
    }
    for (uint32_t n = 2; n < LIMIT; n++) primes += !composite[n];
  }
  return print_result("sieve", primes);
}
