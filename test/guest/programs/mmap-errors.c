// oracle: host: qemu's user mode checks arguments otherwise than a kernel
/* What mmap(2), mprotect and msync refuse, and what mincore and mlock say. */
#include "guest.h"
#include <sys/mman.h>

static void try_map(const char *what, size_t length, int protection, int flags, int fd, off_t offset) {
  void *at = mmap(NULL, length, protection, flags, fd, offset);
  say("%s: %s\n", what, at == MAP_FAILED ? strerrorname_np(errno) : "mapped");
  if (at != MAP_FAILED) munmap(at, length);
}

int main(void) {
  int rw = MUST(open("file", O_RDWR | O_CREAT, 0644));
  MUST(ftruncate(rw, 4096));
  int ro = MUST(open("file", O_RDONLY)), wo = MUST(open("file", O_WRONLY)), directory = MUST(open(".", O_RDONLY));
  int ends[2];
  MUST(pipe(ends));
  try_map("length 0", 0, PROT_READ, MAP_PRIVATE, rw, 0);
  try_map("offset not a page", 4096, PROT_READ, MAP_PRIVATE, rw, 100);
  try_map("neither shared nor private", 4096, PROT_READ, 0, rw, 0);
  try_map("both", 4096, PROT_READ, MAP_SHARED | MAP_PRIVATE, rw, 0);
  try_map("bad descriptor", 4096, PROT_READ, MAP_PRIVATE, 99, 0);
  try_map("write-only file", 4096, PROT_READ, MAP_SHARED, wo, 0);
  try_map("shared writable of read-only", 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0);
  try_map("private writable of read-only", 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0);
  try_map("pipe", 4096, PROT_READ, MAP_PRIVATE, ends[0], 0);
  try_map("directory", 4096, PROT_READ, MAP_PRIVATE, directory, 0);
  try_map("too large", (size_t)1 << 50, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  try_map("beyond the file", 4096, PROT_READ, MAP_PRIVATE, rw, 1 << 20);
  void *shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED, ro, 0);
  SHOW(mprotect(shared, 4096, PROT_READ | PROT_WRITE));
  SHOW(mprotect((void *)0x123000, 4096, PROT_READ));
  SHOW(mprotect(shared, 0, PROT_READ));
  SHOW(msync(shared, 4096, MS_SYNC | MS_ASYNC));
  char *area = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  area[4096] = 1;
  unsigned char present[4];
  SHOW(mincore(area, 4 * 4096, present));
  say("present %d %d %d\n", present[0] & 1, present[1] & 1, present[2] & 1);
  munmap(area + 4096, 4096);
  SHOW(mincore(area, 4 * 4096, present));
  SHOW(mlock(area, 4096));
  SHOW(munlock(area, 4096));
  return 0;
}
