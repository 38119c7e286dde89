/* Hard and symbolic links, and reading one. */
#include "fs.h"

int main(void) {
  work_here();
  char buffer[100];
  put("f", "12345");
  MUST(mkdir("a", 0755));
  MUST(symlink("f", "s"));
  MUST(symlink("a", "sa"));
  MUST(symlink("gone", "sg"));
  SHOW(link("f", "g"));
  look("f");
  SHOW(link("f", "g"));
  SHOW(link("a", "h"));
  SHOW(link("nope", "h"));
  SHOW(link("s", "h"));
  look("h");
  SHOW(linkat(AT_FDCWD, "s", AT_FDCWD, "h2", AT_SYMLINK_FOLLOW));
  look("h2");
  SHOW(link("f", "h3/"));
  SHOW(link("f", "a/"));
  SHOW(link("f", "nodir/x"));
  SHOW(link("f/", "h4"));
  SHOW(link("", "h4"));
  SHOW(linkat(AT_FDCWD, "f", AT_FDCWD, "zz", 0x10));
  SHOW(link("/proc/self/stat", "zz"));
  SHOW(symlink("", "e"));
  SHOW(symlink("x", "f"));
  SHOW(symlink("x", ""));
  SHOW(symlink("x", "nodir/f"));
  SHOW(symlink("x", "tr/"));
  SHOW(symlink("x", "a/"));
  SHOW(symlink("x", "f/y"));
  look("sg");
  SHOW(readlink("s", buffer, 100));
  SHOW(readlink("f", buffer, 100));
  SHOW(readlink("a", buffer, 100));
  SHOW(readlink("nope", buffer, 100));
  SHOW(readlink("sa", buffer, 0));
  SHOW(readlink("sg", buffer, 2));
  SHOW(readlink("s/", buffer, 100));
  SHOW(readlink("sa/", buffer, 100));
  SHOW(readlink("", buffer, 100));
  SHOW(readlink("s", bad_address, 100));
  put("c0", "x");
  for (int i = 1; i <= 42; i++) {
    char name[20], target[20];
    snprintf(name, sizeof name, "c%d", i);
    snprintf(target, sizeof target, "c%d", i - 1);
    MUST(symlink(target, name));
  }
  SHOW(access("c40", F_OK));
  SHOW(access("c41", F_OK));
}
