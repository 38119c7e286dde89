// A tight loop of 32-bit shifts, exclusive ors and multiplications, with a branch that no predictor learns.
#include "bench.h"

int main(int argc, char **argv) {
  const long rounds = count_argument(argc, argv, 1, 30000000);
  uint32_t state = 0x9e3779b9u;
  uint32_t odd = 0;
  uint32_t even = 0;
  for (long round = 0; round < rounds; round++) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    if ((state & 1) != 0)
      odd += state * 2246822519u;
    else
      even ^= state + (uint32_t)round;
  }
  return print_result("intloop", (uint64_t)odd << 32 | even);
}
