// Fills N MiB of memory as `hold` does, then changes pages as it is told to, a line each: `dirty MIB`.
//   word N    one word in each of the first N pages
//   page N    all words of the first N pages
#include "bench.h"

enum { PAGE_WORDS = 4096 / sizeof(uint64_t) };

int main(int argc, char **argv) {
  const size_t words_count = ((size_t)count_argument(argc, argv, 1, 16) << 20) / sizeof(uint64_t);
  uint64_t *words = aligned_alloc(4096, words_count * sizeof *words);
  if (words == NULL) return 1;
  uint64_t state = 88172645463325252u;
  for (size_t i = 0; i < words_count; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    words[i] = i % 2 == 0 ? state : i;
  }
  char line[64], what[8];
  unsigned long pages;
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (line[0] == '\n') continue;
    if (sscanf(line, "%7s %lu", what, &pages) != 2 || pages > words_count / PAGE_WORDS) return 1;
    const size_t step = strcmp(what, "word") == 0 ? PAGE_WORDS : 1;
    for (size_t i = 0; i < pages * PAGE_WORDS; i += step) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      if (step > 1 || i % 2 == 0) words[i] = state;
    }
    print_result(what, pages);
  }
  return 0;
}
