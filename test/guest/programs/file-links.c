/* Hard links, symbolic links, unlink and rmdir: counts, targets, and errors. */
#include "guest.h"
#include <limits.h>

static long links(const char *path) {
  struct stat stat;
  return lstat(path, &stat) == -1 ? -1 : (long)stat.st_nlink;
}

int main(void) {
  close(MUST(open("file", O_CREAT | O_WRONLY, 0644)));
  SHOW(link("file", "second"));
  SHOW(links("file"));
  SHOW(link("file", "second"));
  SHOW(link("nothing", "third"));
  MUST(mkdir("dir", 0755));
  SHOW(link("dir", "dir-link"));
  SHOW(links("dir"));
  MUST(mkdir("dir/sub", 0755));
  SHOW(links("dir"));
  SHOW(rmdir("dir"));
  SHOW(unlink("dir"));
  SHOW(rmdir("file"));
  SHOW(rmdir("dir/sub/."));
  SHOW(rmdir("dir/sub/.."));
  SHOW(rmdir("dir/sub"));
  SHOW(rmdir("dir"));
  SHOW(symlink("file", "sym"));
  SHOW(symlink("file", "sym"));
  SHOW(symlink("", "empty"));
  struct stat stat;
  lstat("sym", &stat);
  say("link: type %o size %ld\n", stat.st_mode & S_IFMT, (long)stat.st_size);
  char target[16];
  memset(target, '.', sizeof target);
  SHOW(readlink("sym", target, 2));
  say("%.5s\n", target);
  SHOW(readlink("file", target, sizeof target));
  SHOW(readlink("sym", target, 0));
  SHOW(linkat(AT_FDCWD, "sym", AT_FDCWD, "hard-to-sym", 0));
  lstat("hard-to-sym", &stat);
  say("type %o links %ld\n", stat.st_mode & S_IFMT, (long)stat.st_nlink);
  SHOW(linkat(AT_FDCWD, "sym", AT_FDCWD, "followed", AT_SYMLINK_FOLLOW));
  SHOW(links("file"));
  SHOW(unlink("sym"));
  SHOW(links("file"));
  SHOW(unlinkat(AT_FDCWD, "file", AT_REMOVEDIR));
  SHOW(unlink("file/"));
  SHOW(unlink("nothing"));
  char name[300];
  memset(name, 'n', 299);
  name[255] = 0;
  SHOW(close(open(name, O_CREAT | O_WRONLY, 0600)));
  name[255] = 'n';
  name[256] = 0;
  SHOW(open(name, O_CREAT | O_WRONLY, 0600));
  return 0;
}
