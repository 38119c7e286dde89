/* RLIMIT_FSIZE: a short write, then EFBIG and SIGXFSZ. */
#include "fs.h"

static volatile int signals;

static void on_limit(int signal) {
  (void)signal;
  signals++;
}

int main(void) {
  work_here();
  static char buffer[2000];
  on_signal(SIGXFSZ, on_limit, 0);
  struct rlimit limit = {1000, RLIM_INFINITY};
  MUST(setrlimit(RLIMIT_FSIZE, &limit));
  int fd = MUST(open("f", O_RDWR | O_CREAT, 0644));
  SHOW(write(fd, buffer, 2000));
  SHOW(signals);
  SHOW(write(fd, buffer, 1));
  SHOW(signals);
  SHOW(pwrite(fd, buffer, 100, 950));
  SHOW(ftruncate(fd, 1001));
  SHOW(signals);
  SHOW(ftruncate(fd, 1000));
  SHOW(fallocate(fd, 0, 0, 2000));
  SHOW(signals);
  SHOW(pwrite(fd, buffer, 10, 0));
  measure(fd);
}
