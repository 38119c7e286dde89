/* rename(2): over files and empty directories, into itself, RENAME_NOREPLACE and EXCHANGE, two names of one file; open files follow. */
#include "guest.h"

static void make(const char *path, const char *text) {
  int fd = MUST(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  MUST(write(fd, text, strlen(text)));
  close(fd);
}

static void show_file(const char *path) {
  char bytes[64] = "";
  int fd = open(path, O_RDONLY);
  if (fd == -1) say("%s: %s\n", path, strerrorname_np(errno));
  else say("%s: %zd '%s'\n", path, read(fd, bytes, 60), bytes);
  close(fd);
}

int main(void) {
  make("a", "A");
  make("b", "B");
  int fd = open("b", O_RDONLY);
  SHOW(rename("a", "b"));
  show_file("a");
  show_file("b");
  char byte = 0;
  read(fd, &byte, 1);
  struct stat stat;
  fstat(fd, &stat);
  say("the replaced file: %c links %ld\n", byte, (long)stat.st_nlink);
  MUST(mkdir("dir", 0755));
  MUST(mkdir("empty", 0755));
  make("dir/file", "F");
  SHOW(rename("dir", "empty"));
  show_file("empty/file");
  MUST(mkdir("dir", 0755));
  SHOW(rename("dir", "empty"));
  SHOW(rename("empty", "empty/below"));
  SHOW(rename("b", "dir"));
  SHOW(rename("dir", "b"));
  SHOW(rename("nothing", "b"));
  SHOW(rename("b", "nowhere/b"));
  SHOW(link("b", "twin"));
  SHOW(rename("b", "twin"));
  show_file("b");
  SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "twin", RENAME_NOREPLACE));
  make("c", "C");
  SHOW(renameat2(AT_FDCWD, "c", AT_FDCWD, "empty", RENAME_EXCHANGE));
  show_file("empty");
  show_file("c/file");
  SHOW(renameat2(AT_FDCWD, "c", AT_FDCWD, "none", RENAME_EXCHANGE));
  SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "new", RENAME_EXCHANGE | RENAME_NOREPLACE));
  SHOW(rename(".", "x"));
  SHOW(rename("dir", ".."));
  MUST(symlink("nowhere", "link"));
  SHOW(rename("link", "moved-link"));
  char target[32] = "";
  SHOW(readlink("moved-link", target, sizeof target));
  MUST(chdir("dir"));
  SHOW(rename("../dir", "../renamed"));
  char cwd[512];
  say("cwd: %s\n", strrchr(getcwd(cwd, sizeof cwd), '/') + 1);
  return 0;
}
