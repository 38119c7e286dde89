/* What a descriptor of O_PATH serves for, and nothing else. */
#include "fs.h"
#include <sys/ioctl.h>

int main(void) {
  work_here();
  char buffer[10];
  struct stat st;
  put("f", "hello");
  MUST(mkdir("d", 0755));
  MUST(symlink("f", "l"));
  int fd = MUST(open("f", O_PATH));
  say("flags %x\n", fcntl(fd, F_GETFL) & O_PATH);
  SHOW(read(fd, buffer, 1));
  SHOW(write(fd, buffer, 1));
  SHOW(fstat(fd, &st));
  SHOW(fchmod(fd, 0600));
  SHOW(fsync(fd));
  SHOW(lseek(fd, 0, SEEK_SET));
  SHOW(ioctl(fd, FIOCLEX));
  SHOW_OK(dup(fd));
  SHOW(ftruncate(fd, 0));
  SHOW((long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
  SHOW(flock(fd, LOCK_SH));
  SHOW(fcntl(fd, F_SETFL, 0));
  int link = MUST(open("l", O_PATH | O_NOFOLLOW));
  SHOW(readlinkat(link, "", buffer, 10));
  SHOW(fchdir(link));
  int dir = MUST(open("d", O_PATH));
  SHOW(fchdir(dir));
  SHOW(chdir(".."));
  SHOW_OK(openat(dir, "../f", O_RDONLY));
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  int again = MUST(open(name, O_RDWR));
  SHOW(read(again, buffer, 10));
  SHOW(close(fd));
  SHOW(close(fd));
}
