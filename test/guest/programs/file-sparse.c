/* Holes: SEEK_DATA and SEEK_HOLE at the ends, ftruncate, fallocate with its modes, blocks, and a file beyond 4 GiB. */
#include "guest.h"

int main(void) {
  int fd = MUST(open("sparse", O_RDWR | O_CREAT, 0644));
  SHOW(pwrite(fd, "start", 5, 0));
  SHOW(pwrite(fd, "far", 3, 5000000000));
  struct stat stat;
  fstat(fd, &stat);
  say("size %ld, few blocks %d\n", (long)stat.st_size, stat.st_blocks < 100);
  char bytes[16];
  SHOW(pread(fd, bytes, 16, 4999999990));
  say("%d %.3s\n", bytes[0], bytes + 10);
  SHOW(lseek(fd, 5000000003, SEEK_DATA));
  SHOW(lseek(fd, 5000000002, SEEK_HOLE));
  SHOW(lseek(fd, 0, SEEK_DATA));
  SHOW(lseek(fd, -1, SEEK_HOLE));
  SHOW(ftruncate(fd, 3));
  SHOW(ftruncate(fd, 10));
  SHOW(pread(fd, bytes, 16, 0));
  say("%.3s %d\n", bytes, bytes[4]);
  SHOW(ftruncate(fd, -1));
  SHOW(fallocate(fd, 0, 0, 10000));
  fstat(fd, &stat);
  say("size %ld\n", (long)stat.st_size);
  SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 100000));
  fstat(fd, &stat);
  say("size %ld\n", (long)stat.st_size);
  char block[10000];
  memset(block, 'x', sizeof block);
  pwrite(fd, block, sizeof block, 0);
  SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4000, 5000));
  pread(fd, block, sizeof block, 0);
  say("%c %d %d %c\n", block[3999], block[4000], block[8999], block[9000]);
  SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 100));
  SHOW(fallocate(fd, 0, 0, 0));
  SHOW(posix_fallocate(fd, 0, 20000));
  fstat(fd, &stat);
  say("size %ld\n", (long)stat.st_size);
  SHOW(truncate("sparse", 7));
  SHOW(truncate("nowhere", 7));
  int ro = open("sparse", O_RDONLY);
  SHOW(ftruncate(ro, 0));
  SHOW(truncate(".", 0));
  return 0;
}
