/* flock(2) and locks of open files: they belong to the open file. */
#include "fs.h"

int main(void) {
  work_here();
  int fd = MUST(open("f", O_RDWR | O_CREAT, 0644));
  int other = MUST(open("f", O_RDWR));
  SHOW(flock(fd, LOCK_EX));
  SHOW(flock(other, LOCK_SH | LOCK_NB));
  SHOW(flock(dup(fd), LOCK_SH));
  SHOW(flock(other, LOCK_SH | LOCK_NB));
  SHOW(flock(fd, LOCK_EX | LOCK_NB));
  SHOW(flock(other, LOCK_EX | LOCK_NB));
  SHOW(flock(fd, LOCK_UN));
  SHOW(flock(other, LOCK_UN));
  SHOW(flock(fd, LOCK_SH | LOCK_EX));
  SHOW(flock(-1, LOCK_SH));
  SHOW(flock(fd, LOCK_EX));
  pid_t child = MUST(fork());
  if (child == 0) {
    SHOW(flock(fd, LOCK_EX | LOCK_NB));
    int own = MUST(open("f", O_RDWR));
    SHOW(flock(own, LOCK_EX | LOCK_NB));
    _exit(0);
  }
  reap("child", child);
  close(fd);
  SHOW(flock(other, LOCK_EX | LOCK_NB));
  fd = MUST(open("f", O_RDWR));
  struct flock request = {.l_type = F_WRLCK, .l_start = 0, .l_len = 10};
  SHOW(fcntl(fd, F_OFD_SETLK, &request));
  request.l_type = F_WRLCK;
  SHOW(fcntl(other, F_OFD_SETLK, &request));
  SHOW(fcntl(other, F_SETLK, &request));
  SHOW(fcntl(other, F_OFD_GETLK, &request));
  SHOW(request.l_type);
  SHOW(request.l_pid == -1);
  request.l_pid = 1;
  SHOW(fcntl(other, F_OFD_SETLK, &request));
  request.l_pid = 0;
  request.l_type = F_UNLCK;
  SHOW(fcntl(fd, F_OFD_SETLK, &request));
  request.l_type = F_WRLCK;
  SHOW(fcntl(other, F_OFD_SETLK, &request));
}
