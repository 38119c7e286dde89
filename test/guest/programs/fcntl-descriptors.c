/* dup, dup2, dup3, F_DUPFD, close-on-exec flags, status flags, close_range. */
#include "guest.h"
#include <linux/close_range.h>

int main(void) {
  for (int fd = 3; fd < 64; fd++) close(fd);
  int fd = MUST(open("file", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  SHOW(fcntl(fd, F_GETFD));
  SHOW(dup(fd));
  SHOW(fcntl(4, F_GETFD));
  SHOW(dup2(fd, 20));
  SHOW(dup2(fd, fd));
  SHOW(dup2(99, 99));
  SHOW(dup3(fd, fd, 0));
  SHOW(dup3(fd, 21, O_CLOEXEC));
  SHOW(fcntl(21, F_GETFD));
  SHOW(dup3(fd, 22, O_APPEND));
  SHOW(fcntl(fd, F_DUPFD, 15));
  SHOW(fcntl(fd, F_DUPFD_CLOEXEC, 20));
  SHOW(fcntl(22, F_GETFD));
  SHOW(fcntl(fd, F_DUPFD, -1));
  SHOW(fcntl(fd, F_SETFD, 0));
  SHOW(fcntl(fd, F_GETFD));
  say("flags: append %d rdwr %d\n", (fcntl(fd, F_GETFL) & O_APPEND) != 0, (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
  SHOW(fcntl(4, F_SETFL, O_NONBLOCK | O_WRONLY));
  int flags = fcntl(fd, F_GETFL);
  say("shared by dup: append %d nonblock %d rdwr %d\n", (flags & O_APPEND) != 0, (flags & O_NONBLOCK) != 0, (flags & O_ACCMODE) == O_RDWR);
  SHOW(fcntl(fd, 9999));
  SHOW(fcntl(77, F_GETFD));
  SHOW(close(77));
  SHOW(close(-1));
  SHOW(close_range(20, 21, 0));
  SHOW(fcntl(20, F_GETFD));
  SHOW(fcntl(22, F_GETFD));
  SHOW(close_range(10, 5, 0));
  SHOW(close_range(3, 100, CLOSE_RANGE_CLOEXEC));
  SHOW(fcntl(4, F_GETFD));
  SHOW(dup(22));
  return 0;
}
