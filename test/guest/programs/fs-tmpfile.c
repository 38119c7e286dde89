/* O_TMPFILE: a file without a name, and the first one it is given. */
#include "fs.h"

int main(void) {
  work_here();
  char name[64], buffer[10];
  MUST(mkdir("d", 0755));
  SHOW(open("d", O_TMPFILE | O_RDONLY, 0600));
  SHOW(open("nope", O_TMPFILE | O_RDWR, 0600));
  put("f", "");
  SHOW(open("f", O_TMPFILE | O_RDWR, 0600));
  int fd = MUST(open("d", O_TMPFILE | O_RDWR, 0600));
  SHOW(write(fd, "abc", 3));
  measure(fd);
  SHOW(rmdir("d"));
  MUST(mkdir("d", 0755));
  int other = MUST(open("d", O_TMPFILE | O_RDWR, 0640));
  SHOW(write(other, "abcdef", 6));
  snprintf(name, sizeof name, "/proc/self/fd/%d", other);
  SHOW(linkat(AT_FDCWD, name, AT_FDCWD, "d/linked", AT_SYMLINK_FOLLOW));
  look("d/linked");
  SHOW(pread(other, buffer, 10, 0));
  SHOW(linkat(AT_FDCWD, name, AT_FDCWD, "d/more", AT_SYMLINK_FOLLOW));
  SHOW(unlink("d/more"));
  SHOW(unlink("d/linked"));
  SHOW(linkat(AT_FDCWD, name, AT_FDCWD, "d/back", AT_SYMLINK_FOLLOW));
  int never = MUST(open("d", O_TMPFILE | O_RDWR | O_EXCL, 0600));
  snprintf(name, sizeof name, "/proc/self/fd/%d", never);
  SHOW(linkat(AT_FDCWD, name, AT_FDCWD, "d/never", AT_SYMLINK_FOLLOW));
}
