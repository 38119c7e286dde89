/* memfd_create(2) and its seals. */
#include "fs.h"

int main(void) {
  work_here();
  int fd = MUST(memfd_create("name", MFD_ALLOW_SEALING | MFD_CLOEXEC));
  SHOW(fcntl(fd, F_GETFD));
  SHOW(fcntl(fd, F_GET_SEALS));
  SHOW(write(fd, "hello", 5));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
  SHOW(write(fd, "x", 1));
  SHOW(pwrite(fd, "abc", 3, 3));
  SHOW(ftruncate(fd, 10));
  SHOW(ftruncate(fd, 3));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
  SHOW(ftruncate(fd, 1));
  char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  SHOW(munmap(map, 4096));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  SHOW(pwrite(fd, "a", 1, 0));
  SHOW((long)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  map[0] = 'p';
  SHOW(map[1]);
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
  SHOW(fcntl(fd, F_GET_SEALS));
  char name[64], target[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  long length = MUST(readlink(name, target, 63));
  target[length] = 0;
  say("%s\n", target);
  measure(fd);
  int other = MUST(memfd_create("x", 0));
  SHOW(fcntl(other, F_GET_SEALS));
  SHOW(fcntl(other, F_ADD_SEALS, F_SEAL_SEAL));
  SHOW(memfd_create("x", 0x1000));
  put("f", "x");
  int file = MUST(open("f", O_RDWR));
  SHOW(fcntl(file, F_GET_SEALS));
  SHOW(fcntl(file, F_ADD_SEALS, 1));
}
