/* A sparse gigabyte, many small mappings, a page touched through a syscall first, and MAP_GROWSDOWN. */
#include "guest.h"
#include <sys/mman.h>

int main(void) {
  size_t size = 1ul << 30;
  char *sparse = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  say("mapped %d\n", sparse != MAP_FAILED);
  unsigned long sum = 0;
  for (size_t at = 0; at < size; at += size / 64) sparse[at] = 1;
  for (size_t at = 0; at < size; at += size / 128) sum += sparse[at];
  say("sum %lu\n", sum);
  pid_t child = fork();
  if (child == 0) {
    sparse[size - 1] = 9;
    SHOW(munmap(sparse + size / 2, size / 2));
    sum = 0;
    for (size_t at = 0; at < size / 2; at += size / 128) sum += sparse[at];
    say("child sum %lu\n", sum);
    _exit(0);
  }
  reap("child", child);
  say("parent %d %d\n", sparse[size - 1], sparse[size / 2]);
  SHOW(munmap(sparse, size));
  char *pieces[300];
  for (int i = 0; i < 300; i++) {
    pieces[i] = mmap(NULL, 8192, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (i % 2 == 0) pieces[i][0] = i;
  }
  for (int i = 0; i < 300; i += 3) munmap(pieces[i], 8192);
  sum = 0;
  for (int i = 0; i < 300; i++) {
    if (i % 3 != 0) sum += (unsigned char)pieces[i][0];
  }
  say("pieces %lu\n", sum);
  int ends[2];
  MUST(pipe(ends));
  MUST(write(ends[1], "through a pipe", 15));
  char *fresh = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SHOW(read(ends[0], fresh + 4090, 15));
  say("%s\n", fresh + 4090);
  SHOW(write(ends[1], fresh + 100, 10));
  return 0;
}
