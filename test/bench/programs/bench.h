// What the benchmark programs share: the count on the command line, and the one line they print.
#ifndef BENCH_H
#define BENCH_H
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Argument `index` as a count, or `otherwise`.
static inline long count_argument(int argc, char **argv, int index, long otherwise) {
  return index < argc ? atol(argv[index]) : otherwise;
}

// Prints what was computed: the same line wherever the program runs, or the run does not count.
static inline int print_result(const char *name, uint64_t result) {
  printf("%s %016" PRIx64 "\n", name, result);
  return fflush(stdout) == 0 ? 0 : 1;
}
#endif
