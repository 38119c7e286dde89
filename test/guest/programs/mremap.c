// oracle: host: qemu's user mode does not know mremap from length 0
/* mremap(2): grows in place or moves, shrinks, keeps the content; MREMAP_FIXED, and a shared mapping of length 0. */
#include "guest.h"
#include <sys/mman.h>

static bool failed(void *address) { return address == MAP_FAILED; }

int main(void) {
  char *first = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 16; i++) first[i * 4096 + i] = 'a' + i;
  say("shrink: same place %d\n", mremap(first, 16 * 4096, 8 * 4096, 0) == first);
  say("grow in place: %d\n", mremap(first, 8 * 4096, 12 * 4096, 0) == first);
  say("the new pages are zero: %d %d, the old kept: %c\n", first[8 * 4096 + 8], first[11 * 4096 + 11], first[7 * 4096 + 7]);
  char *wall = mmap(first + 12 * 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  say("wall %d\n", wall == first + 12 * 4096);
  say("cannot grow: %s\n", failed(mremap(first, 12 * 4096, 64 * 4096, 0)) ? strerrorname_np(errno) : "grew");
  char *moved = mremap(first, 12 * 4096, 64 * 4096, MREMAP_MAYMOVE);
  say("moved: %d, content %c%c, new pages %d\n", moved != first, moved[0], moved[7 * 4096 + 7], moved[63 * 4096]);
  say("old place: %s\n", msync(first, 4096, MS_ASYNC) == -1 ? strerrorname_np(errno) : "mapped");
  char *target = mmap(NULL, 64 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *fixed = mremap(moved, 64 * 4096, 4 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target + 4096);
  say("fixed: %d, content %c%c\n", fixed == target + 4096, fixed[0], fixed[3 * 4096 + 3]);
  int fd = MUST(open("file", O_RDWR | O_CREAT, 0644));
  MUST(ftruncate(fd, 8 * 4096));
  char *shared = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
  strcpy(shared, "shared");
  char *grown = mremap(shared, 2 * 4096, 4 * 4096, MREMAP_MAYMOVE);
  grown[3 * 4096] = 'z';
  char byte;
  pread(fd, &byte, 1, 4 * 4096);
  say("file: %s %c\n", grown, byte);
  char *twin = mremap(grown, 0, 4096, MREMAP_MAYMOVE);
  say("twin: %d %s\n", twin != grown, twin);
  twin[0] = 'S';
  say("one memory: %s\n", grown);
  say("bad: %s\n", failed(mremap(grown + 1, 4096, 8192, 0)) ? strerrorname_np(errno) : "done");
  say("bad: %s\n", failed(mremap(grown, 4096, 0, 0)) ? strerrorname_np(errno) : "done");
  say("bad: %s\n", failed(mremap((void *)0x10000000, 4096, 8192, MREMAP_MAYMOVE)) ? strerrorname_np(errno) : "done");
  return 0;
}
