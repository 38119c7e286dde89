/* Files in memory: private and shared mappings, stores written back, what read(2) sees, offsets, the tail of the last page. */
#include "guest.h"
#include <sys/mman.h>

int main(void) {
  int fd = MUST(open("file", O_RDWR | O_CREAT, 0644));
  static char digits[30000];
  for (int i = 0; i < 30000; i++) digits[i] = '0' + i % 10;
  MUST(write(fd, digits, 30000));
  char *shared = mmap(NULL, 30000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *copy = mmap(NULL, 30000, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 8192);
  say("%.5s %.5s %.5s\n", shared + 4095, copy + 29995, page);
  memcpy(shared + 8192, "shared", 6);
  memcpy(copy + 8200, "private", 7);
  memcpy(copy + 100, "early", 5);
  char bytes[20] = "";
  pread(fd, bytes, 16, 8192);
  say("file: %s\npage: %.16s\ncopy: %.16s\n", bytes, page, copy + 8192);
  pwrite(fd, "WRITE", 5, 8195);
  pwrite(fd, "WRITE", 5, 102);
  say("page: %.16s\ncopy: %.16s\ncopy: %.12s\n", page, copy + 8192, copy + 100);
  say("past the end: %d %d %d\n", shared[30000], shared[30001], shared[32767]);
  shared[30000] = 'x';
  struct stat stat;
  fstat(fd, &stat);
  say("size %ld\n", (long)stat.st_size);
  SHOW(msync(shared, 30000, MS_SYNC));
  SHOW(munmap(shared, 30000));
  close(fd);
  say("after close: %.6s\n", page);
  unlink("file");
  say("after unlink: %.6s\n", page);
  pid_t child = fork();
  if (child == 0) {
    say("child: %.6s %.7s\n", page, copy + 8200);
    copy[8200] = 'P';
    _exit(copy[8200]);
  }
  reap("child", child);
  say("parent: %.7s\n", copy + 8200);
  return 0;
}
