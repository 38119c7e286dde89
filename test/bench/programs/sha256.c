// SHA-256 (FIPS 180-4) of megabytes of a fixed pattern, in plain C.
#include "bench.h"

enum { BLOCK_BYTES = 64, PATTERN_BYTES = 64 << 10 };

static uint32_t round_constants[64];
static uint32_t state[8];
static uint8_t pattern[PATTERN_BYTES];

// The first 32 bits of the fraction of `root`, which is a square or cube root of a prime.
static uint32_t fraction_bits(double root) {
  return (uint32_t)((root - (double)(long)root) * 4294967296.0);
}

static double root_of(double n, int degree) {
  double x = n;
  for (int i = 0; i < 100; i++) x = degree == 2 ? (x + n / x) / 2 : (2 * x + n / (x * x)) / 3;
  return x;
}

// The standard's constants, by their definition: roots of the first primes.
static void make_constants(void) {
  int found = 0;
  for (int n = 2; found < 64; n++) {
    int is_prime = 1;
    for (int d = 2; d * d <= n; d++) is_prime &= n % d != 0;
    if (!is_prime) continue;
    if (found < 8) state[found] = fraction_bits(root_of(n, 2));
    round_constants[found++] = fraction_bits(root_of(n, 3));
  }
}

static inline uint32_t rotate_right(uint32_t word, int bits) {
  return word >> bits | word << (32 - bits);
}

static void add_block(const uint8_t *block) {
  uint32_t schedule[64];
  for (int t = 0; t < 16; t++, block += 4) {
    schedule[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
  }
  for (int t = 16; t < 64; t++) {
    const uint32_t x = schedule[t - 15];
    const uint32_t y = schedule[t - 2];
    schedule[t] = schedule[t - 16] + schedule[t - 7] + (rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3) +
                  (rotate_right(y, 17) ^ rotate_right(y, 19) ^ y >> 10);
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int t = 0; t < 64; t++) {
    const uint32_t first = h + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) + ((e & f) ^ (~e & g)) + round_constants[t] + schedule[t];
    const uint32_t second = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + first;
    d = c, c = b, b = a, a = first + second;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

int main(int argc, char **argv) {
  const long megabytes = count_argument(argc, argv, 1, 8);
  make_constants();
  for (int i = 0; i < PATTERN_BYTES; i++) pattern[i] = (uint8_t)(i * 131 + (i >> 8));
  const uint64_t total_bytes = (uint64_t)megabytes << 20;
  for (uint64_t done = 0; done < total_bytes; done += PATTERN_BYTES) {
    for (int at = 0; at < PATTERN_BYTES; at += BLOCK_BYTES) add_block(pattern + at);
  }
  uint8_t last[BLOCK_BYTES] = {0x80};
  for (int i = 0; i < 8; i++) last[BLOCK_BYTES - 1 - i] = (uint8_t)(total_bytes * 8 >> 8 * i);
  add_block(last);
  return print_result("sha256", (uint64_t)state[0] << 32 | state[1]);
}
