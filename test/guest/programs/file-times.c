/* Times of files: utimensat with its special values, what reading and writing change, and statx. */
#include "guest.h"
#include <sys/time.h>

static void show_times(const char *when) {
  struct stat stat;
  MUST(lstat("file", &stat));
  say("%s: %ld.%09ld %ld.%09ld\n", when, (long)stat.st_atim.tv_sec, stat.st_atim.tv_nsec, (long)stat.st_mtim.tv_sec, stat.st_mtim.tv_nsec);
}

static bool is_now(struct timespec time) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec - time.tv_sec < 5 && now.tv_sec >= time.tv_sec - 1;
}

int main(void) {
  int fd = MUST(open("file", O_RDWR | O_CREAT, 0644));
  struct stat stat;
  fstat(fd, &stat);
  say("new: %d %d %d\n", is_now(stat.st_atim), is_now(stat.st_mtim), is_now(stat.st_ctim));
  struct timespec times[2] = {{1000, 1}, {2000, 999999999}};
  SHOW(utimensat(AT_FDCWD, "file", times, 0));
  show_times("set");
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = 3000;
  SHOW(futimens(fd, times));
  show_times("omit");
  times[1].tv_nsec = UTIME_NOW;
  SHOW(futimens(fd, times));
  fstat(fd, &stat);
  say("now: %d, access kept %ld\n", is_now(stat.st_mtim), (long)stat.st_atim.tv_sec);
  times[1].tv_nsec = 1000000000;
  SHOW(futimens(fd, times));
  struct timeval values[2] = {{-5, 0}, {1ll << 33, 5}};
  SHOW(utimes("file", values));
  show_times("before 1970 and after 2106");
  MUST(write(fd, "x", 1));
  fstat(fd, &stat);
  say("written: %d\n", is_now(stat.st_mtim));
  MUST(symlink("file", "link"));
  times[0] = (struct timespec){7, 0};
  times[1] = (struct timespec){8, 0};
  SHOW(utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW));
  MUST(lstat("link", &stat));
  say("the link itself: %ld\n", (long)stat.st_mtim.tv_sec);
  struct statx extended;
  SHOW(statx(AT_FDCWD, "file", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &extended));
  say("size %ld mode %o links %d has basic %d\n", (long)extended.stx_size, extended.stx_mode, extended.stx_nlink, (extended.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
  SHOW(statx(AT_FDCWD, "nothing", 0, STATX_SIZE, &extended));
  SHOW(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &extended));
  pid_t child = fork();
  if (child == 0) {
    MUST(setresuid(1000, 1000, 1000));
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    SHOW(utimensat(AT_FDCWD, "file", NULL, 0));
    _exit(0);
  }
  reap("child", child);
  return 0;
}
