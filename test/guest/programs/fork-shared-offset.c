/* The offset belongs to the open file: shared by fork and dup, not by a second open. */
#include "guest.h"

int main(void) {
  int fd = MUST(open("letters", O_RDWR | O_CREAT, 0644));
  MUST(write(fd, "abcdefghijklmnopqrstuvwxyz", 26));
  lseek(fd, 0, SEEK_SET);
  int copy = dup(fd), other = open("letters", O_RDONLY);
  char bytes[8] = "";
  read(fd, bytes, 3);
  pid_t child = fork();
  if (child == 0) {
    char mine[8] = "";
    read(fd, mine, 3);
    say("child reads %s\n", mine);
    lseek(copy, 20, SEEK_SET);
    _exit(0);
  }
  reap("child", child);
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(lseek(other, 0, SEEK_CUR));
  read(fd, bytes, 6);
  say("parent reads %s\n", bytes);
  SHOW(lseek(copy, -2, SEEK_END));
  SHOW(lseek(copy, -100, SEEK_CUR));
  SHOW(lseek(copy, 100, SEEK_SET));
  SHOW(read(fd, bytes, 1));
  return 0;
}
