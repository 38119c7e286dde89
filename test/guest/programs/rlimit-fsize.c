/* RLIMIT_FSIZE: a short write up to it, then SIGXFSZ, or EFBIG where that is ignored; ftruncate too; pipes are free of it. */
#include "guest.h"
#include <sys/resource.h>

static volatile int count;

static void note(int signal) {
  (void)signal;
  count++;
}

int main(void) {
  struct rlimit limit = {1000, 1000};
  char block[700] = "";
  int fd = MUST(open("file", O_RDWR | O_CREAT, 0644));
  MUST(setrlimit(RLIMIT_FSIZE, &limit));
  SHOW(write(fd, block, 700));
  SHOW(write(fd, block, 700));
  pid_t child = fork();
  if (child == 0) {
    write(fd, block, 1);
    _exit(0);
  }
  reap("default", child);
  signal(SIGXFSZ, SIG_IGN);
  SHOW(write(fd, block, 700));
  SHOW(pwrite(fd, block, 700, 900));
  SHOW(pwrite(fd, block, 10, 5000));
  SHOW(ftruncate(fd, 1001));
  SHOW(ftruncate(fd, 1000));
  SHOW(ftruncate(fd, 10));
  on_signal(SIGXFSZ, note, 0);
  SHOW(lseek(fd, 1000, SEEK_SET));
  SHOW(write(fd, block, 1));
  say("signals %d\n", count);
  int ends[2];
  MUST(pipe(ends));
  SHOW(write(ends[1], block, 700));
  SHOW(write(ends[1], block, 700));
  return 0;
}
