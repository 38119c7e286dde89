/* mkdir, rmdir and unlink: reasons of refusal, dots, slashes and links. */
#include "fs.h"

int main(void) {
  work_here();
  SHOW(mkdir("a", 0777));
  SHOW(mkdir("a", 0777));
  SHOW(mkdir("a/b/c", 0777));
  SHOW(mkdir("a/b/", 01777));
  SHOW(mkdir(".", 0777));
  SHOW(mkdir("..", 0777));
  SHOW(mkdir("/", 0777));
  SHOW(mkdir("", 0777));
  look("a/b");
  put("f", "12345");
  MUST(symlink("f", "s"));
  MUST(symlink("a", "sa"));
  MUST(symlink("gone", "sg"));
  SHOW(mkdir("f/x", 0777));
  SHOW(mkdir("f", 0777));
  SHOW(mkdir("s", 0777));
  SHOW(mkdir("sg", 0777));
  SHOW(mkdir("sg/", 0777));
  SHOW(rmdir("a"));
  SHOW(rmdir("f"));
  SHOW(rmdir("s"));
  SHOW(rmdir("sa"));
  SHOW(rmdir("sa/"));
  SHOW(rmdir("a/."));
  SHOW(rmdir("a/.."));
  SHOW(rmdir("/"));
  SHOW(rmdir("nope"));
  SHOW(rmdir("a/b/"));
  SHOW(rmdir(""));
  SHOW(unlink("a"));
  SHOW(unlink("a/"));
  SHOW(unlink("f/"));
  SHOW(unlink("nope"));
  SHOW(unlink("nope/"));
  SHOW(unlink("sa/"));
  SHOW(unlink("."));
  SHOW(unlink(".."));
  SHOW(unlink("/"));
  SHOW(unlink("s"));
  look("f");
  SHOW(unlinkat(AT_FDCWD, "a", AT_REMOVEDIR));
  SHOW(unlinkat(AT_FDCWD, "f", 1));
  SHOW(unlinkat(AT_FDCWD, "f", 0));
  look("f");
}
