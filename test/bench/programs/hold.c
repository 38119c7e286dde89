// Fills N MiB of memory with bytes that compress about by half, says so, and sleeps: `hold MIB`.
#include "bench.h"
#include <unistd.h>

int main(int argc, char **argv) {
  const size_t bytes = (size_t)count_argument(argc, argv, 1, 256) << 20;
  uint64_t *words = malloc(bytes);
  if (words == NULL) return 1;
  uint64_t state = 88172645463325252u;
  for (size_t i = 0; i < bytes / sizeof *words; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    words[i] = i % 2 == 0 ? state : i;
  }
  print_result("hold", words[bytes / sizeof *words - 1]);
  for (;;) pause();
}
