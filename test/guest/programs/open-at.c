/* openat and its kin by directory descriptors; O_PATH, O_TMPFILE, O_DIRECTORY, and which flags are refused. */
#include "guest.h"

int main(void) {
  MUST(mkdir("dir", 0755));
  int dir = MUST(open("dir", O_RDONLY | O_DIRECTORY));
  SHOW_OK(openat(dir, "file", O_CREAT | O_RDWR, 0644));
  SHOW(access("dir/file", F_OK));
  SHOW(faccessat(dir, "file", F_OK, 0));
  SHOW(mkdirat(dir, "sub", 0700));
  SHOW(symlinkat("file", dir, "link"));
  SHOW(linkat(dir, "file", AT_FDCWD, "outside", 0));
  SHOW(renameat(dir, "file", dir, "sub/moved"));
  char target[16] = "";
  SHOW(readlinkat(dir, "link", target, sizeof target));
  struct stat stat;
  SHOW(fstatat(dir, "sub/moved", &stat, 0));
  say("links %ld\n", (long)stat.st_nlink);
  SHOW(fstatat(dir, "", &stat, AT_EMPTY_PATH));
  say("directory %d\n", S_ISDIR(stat.st_mode));
  SHOW(openat(99, "x", O_RDONLY));
  int file = open("outside", O_RDONLY);
  SHOW(openat(file, "x", O_RDONLY));
  SHOW_OK(openat(99, "/", O_RDONLY));
  SHOW(openat(dir, "", O_RDONLY));
  SHOW(unlinkat(dir, "sub", 0));
  SHOW(unlinkat(dir, "sub", AT_REMOVEDIR));
  SHOW(open("dir", O_RDWR));
  SHOW(open("dir", O_CREAT | O_RDONLY, 0644));
  SHOW(open("outside", O_CREAT | O_DIRECTORY | O_RDONLY, 0644) == -1 ? -1 : 0);
  int path = MUST(open("outside", O_PATH));
  char byte;
  SHOW(read(path, &byte, 1));
  SHOW(fchmod(path, 0600));
  SHOW(fstat(path, &stat));
  SHOW(fcntl(path, F_GETFL) & O_PATH ? 1 : 0);
  int nameless = open(".", O_TMPFILE | O_RDWR, 0600);
  SHOW(write(nameless, "text", 4));
  fstat(nameless, &stat);
  say("links %ld size %ld\n", (long)stat.st_nlink, (long)stat.st_size);
  SHOW(linkat(nameless, "", AT_FDCWD, "named", AT_EMPTY_PATH));
  fstat(nameless, &stat);
  say("links %ld\n", (long)stat.st_nlink);
  SHOW(open(".", O_TMPFILE | O_RDONLY, 0600));
  close(dir);
  SHOW(mkdirat(dir, "x", 0700));
  SHOW_OK(creat("created", 0400));
  return 0;
}
