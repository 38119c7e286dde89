/* O_APPEND, pread and pwrite, O_TRUNC and O_EXCL, and two writers of one file. */
#include "guest.h"

static void show_file(const char *path) {
  char bytes[256];
  int fd = MUST(open(path, O_RDONLY));
  ssize_t length = read(fd, bytes, sizeof bytes);
  close(fd);
  say("%s: '%.*s'\n", path, (int)length, bytes);
}

int main(void) {
  int first = MUST(open("log", O_WRONLY | O_CREAT | O_APPEND, 0644)), second = MUST(open("log", O_WRONLY | O_APPEND));
  MUST(write(first, "a1 ", 3));
  MUST(write(second, "b1 ", 3));
  MUST(write(first, "a2 ", 3));
  SHOW(lseek(first, 0, SEEK_CUR));
  SHOW(lseek(second, 0, SEEK_SET));
  MUST(write(second, "b2 ", 3));
  show_file("log");
  SHOW(pwrite(first, "XX", 2, 0));
  show_file("log");
  SHOW(fcntl(first, F_SETFL, 0));
  SHOW(pwrite(first, "ZZ", 2, 0));
  show_file("log");
  pid_t children[3];
  for (int i = 0; i < 3; i++) {
    children[i] = fork();
    if (children[i] == 0) {
      for (int j = 0; j < 20; j++) MUST(write(second, "xyz", 3));
      _exit(0);
    }
  }
  for (int i = 0; i < 3; i++) reap("writer", children[i]);
  struct stat stat;
  fstat(second, &stat);
  say("size %ld\n", (long)stat.st_size);
  int plain = MUST(open("plain", O_RDWR | O_CREAT, 0644));
  SHOW(pwrite(plain, "abcdef", 6, 10));
  SHOW(lseek(plain, 0, SEEK_CUR));
  char bytes[20];
  SHOW(pread(plain, bytes, 20, 0));
  say("%d %c\n", bytes[9], bytes[10]);
  SHOW(pread(plain, bytes, 5, 100));
  SHOW(pread(plain, bytes, 5, -1));
  SHOW(open("plain", O_RDWR | O_CREAT | O_EXCL, 0644));
  SHOW(close(open("plain", O_RDWR | O_TRUNC)));
  fstat(plain, &stat);
  say("size %ld\n", (long)stat.st_size);
  SHOW(write(plain, "q", 1));
  SHOW(read(first, bytes, 1));
  return 0;
}
