/* null, zero, full and random. */
#include "fs.h"

int main(void) {
  work_here();
  char buffer[100];
  int fd = MUST(open("/dev/null", O_RDWR));
  SHOW(write(fd, buffer, 100));
  SHOW(read(fd, buffer, 100));
  SHOW(lseek(fd, 5, SEEK_SET));
  SHOW(pread(fd, buffer, 1, 0));
  fd = MUST(open("/dev/zero", O_RDWR));
  buffer[3] = 5;
  SHOW(read(fd, buffer, 100));
  SHOW(buffer[3]);
  SHOW(write(fd, buffer, 3));
  char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  SHOW(map[5000]);
  map[5000] = 1;
  SHOW(map[5000]);
  map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (MUST(fork()) == 0) {
    map[100] = 7;
    _exit(0);
  }
  wait(NULL);
  SHOW(map[100]);
  fd = MUST(open("/dev/full", O_RDWR));
  SHOW(write(fd, buffer, 100));
  SHOW(read(fd, buffer, 10));
  fd = MUST(open("/dev/urandom", O_RDONLY));
  SHOW(read(fd, buffer, 100));
  struct stat st;
  SHOW(stat("/dev/null", &st));
  SHOW(st.st_rdev);
  SHOW(S_ISCHR(st.st_mode));
  SHOW(access("/dev/fd/0", F_OK));
  SHOW(readlink("/dev/stdin", buffer, 100));
}
