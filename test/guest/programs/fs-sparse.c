/* Holes: seeking over them, punching and zeroing them. */
#include "fs.h"

int main(void) {
  work_here();
  static char buffer[20000];
  int fd = MUST(open("f", O_RDWR | O_CREAT, 0644));
  SHOW(lseek(fd, 1 << 20, SEEK_SET));
  SHOW(write(fd, "x", 1));
  SHOW(lseek(fd, 0, SEEK_DATA));
  SHOW(lseek(fd, 0, SEEK_HOLE));
  SHOW(lseek(fd, 1 << 20, SEEK_HOLE));
  SHOW(lseek(fd, (1 << 20) + 1, SEEK_DATA));
  SHOW(lseek(fd, 2 << 20, SEEK_HOLE));
  measure(fd);
  SHOW(pread(fd, buffer, 10, 4096));
  SHOW(buffer[0]);
  SHOW(ftruncate(fd, 1L << 40));
  measure(fd);
  SHOW(lseek(fd, (1 << 20) + 1, SEEK_DATA));
  SHOW(pwrite(fd, "q", 1, (1L << 40) - 1));
  SHOW(lseek(fd, 2 << 20, SEEK_DATA));
  SHOW(ftruncate(fd, 100));
  measure(fd);
  SHOW(fallocate(fd, 0, 0, 10000));
  measure(fd);
  memset(buffer, 'a', 20000);
  SHOW(pwrite(fd, buffer, 20000, 0));
  SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 9000));
  SHOW(pread(fd, buffer, 20000, 0));
  int zeros = 0;
  for (int i = 0; i < 20000; i++) zeros += buffer[i] == 0;
  SHOW(zeros);
  SHOW(buffer[99]);
  SHOW(buffer[100]);
  SHOW(buffer[9099]);
  SHOW(buffer[9100]);
  SHOW(lseek(fd, 0, SEEK_HOLE));
  SHOW(lseek(fd, 4096, SEEK_DATA));
  SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
  SHOW(fallocate(fd, 0, 0, 0));
  SHOW(fallocate(fd, 0, -1, 10));
  SHOW(fallocate(fd, 0x80, 0, 10));
  SHOW(fallocate(fd, FALLOC_FL_ZERO_RANGE, 19990, 20));
  SHOW(pread(fd, buffer, 20, 19985));
  SHOW(buffer[4]);
  SHOW(buffer[5]);
  int reader = MUST(open("f", O_RDONLY));
  SHOW(fallocate(reader, 0, 0, 10));
  int ends[2];
  MUST(pipe(ends));
  SHOW(fallocate(ends[1], 0, 0, 10));
  int dir = MUST(open(".", O_RDONLY));
  SHOW(fallocate(dir, 0, 0, 1));
}
