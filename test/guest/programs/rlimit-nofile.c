/* RLIMIT_NOFILE: open, dup, dup2, pipe and fcntl stop at it; what is open beyond a lowered limit stays. */
#include "guest.h"
#include <sys/resource.h>

int main(void) {
  struct rlimit limit = {10, 20};
  for (int fd = 3; fd < 64; fd++) close(fd);
  SHOW(setrlimit(RLIMIT_NOFILE, &limit));
  int last = -1, fd;
  while ((fd = open(".", O_RDONLY)) != -1) last = fd;
  say("last %d, then %s\n", last, strerrorname_np(errno));
  SHOW(dup(0));
  SHOW(dup2(0, 10));
  SHOW(dup2(0, 9));
  SHOW(dup2(0, -1));
  SHOW(dup3(0, 12, 0));
  SHOW(fcntl(0, F_DUPFD, 5));
  SHOW(fcntl(0, F_DUPFD, 10));
  close(9);
  int ends[2] = {-1, -1};
  SHOW(pipe(ends));
  say("%d %d\n", ends[0], ends[1]);
  close(8);
  SHOW(pipe(ends));
  say("%d %d\n", ends[0], ends[1]);
  limit.rlim_cur = 5;
  SHOW(setrlimit(RLIMIT_NOFILE, &limit));
  SHOW(fcntl(7, F_GETFD));
  SHOW(dup(0));
  close(3);
  SHOW(dup(0));
  limit.rlim_cur = 21;
  SHOW(setrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = 20;
  SHOW(setrlimit(RLIMIT_NOFILE, &limit));
  SHOW(dup2(0, 19));
  SHOW(setrlimit(99, &limit));
  struct rlimit now;
  SHOW(getrlimit(RLIMIT_NOFILE, &now));
  say("%ld %ld\n", (long)now.rlim_cur, (long)now.rlim_max);
  pid_t child = fork();
  if (child == 0) {
    MUST(setresuid(1000, 1000, 1000));
    limit.rlim_max = 30;
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_max = 15;
    limit.rlim_cur = 15;
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_max = 16;
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    _exit(0);
  }
  reap("child", child);
  return 0;
}
