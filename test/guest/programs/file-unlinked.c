/* A file without a name: reading goes on at the offset, writing, truncating and mapping work, and it can be reopened by /proc. */
#include "guest.h"
#include <sys/mman.h>

int main(void) {
  int fd = MUST(open("doomed", O_RDWR | O_CREAT, 0640));
  MUST(write(fd, "one two three four", 18));
  lseek(fd, 4, SEEK_SET);
  char bytes[32] = "";
  read(fd, bytes, 4);
  struct stat stat;
  fstat(fd, &stat);
  say("'%s' links %ld\n", bytes, (long)stat.st_nlink);
  SHOW(link("doomed", "other"));
  SHOW(unlink("doomed"));
  fstat(fd, &stat);
  say("links %ld\n", (long)stat.st_nlink);
  SHOW(unlink("other"));
  fstat(fd, &stat);
  say("links %ld mode %o size %ld\n", (long)stat.st_nlink, stat.st_mode, (long)stat.st_size);
  sleep_ms(10);
  memset(bytes, 0, sizeof bytes);
  SHOW(read(fd, bytes, 5));
  say("'%s'\n", bytes);
  SHOW(write(fd, "!", 1));
  SHOW(ftruncate(fd, 14));
  SHOW(ftruncate(fd, 20));
  SHOW(pread(fd, bytes, 20, 0));
  say("'%.14s' %d %d\n", bytes, bytes[14], bytes[19]);
  char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  memory[0] = 'O';
  pread(fd, bytes, 3, 0);
  say("'%.3s'\n", bytes);
  SHOW(open("doomed", O_RDONLY));
  int again = open("doomed", O_RDWR | O_CREAT | O_EXCL, 0600);
  struct stat other;
  fstat(again, &other);
  say("a new file: %d, size %ld\n", other.st_ino != stat.st_ino, (long)other.st_size);
  close(fd);
  say("still mapped: %.3s\n", memory);
  SHOW(linkat(again, "", AT_FDCWD, "relinked", AT_EMPTY_PATH));
  return 0;
}
