/* Set-id and sticky bits: what inherits them and what takes them away. */
#include "fs.h"

int main(void) {
  work_here();
  MUST(mkdir("g", 0755));
  MUST(chown("g", 0, 50));
  MUST(chmod("g", 02755));
  MUST(mkdir("g/sub", 0755));
  put("g/f", "");
  look("g/sub");
  look("g/f");
  MUST(symlink("x", "g/l"));
  look("g/l");
  put("s", "x");
  MUST(chmod("s", 06755));
  look("s");
  MUST(chown("s", 1000, 1000));
  look("s");
  MUST(chmod("s", 06755));
  look("s");
  MUST(chmod("s", 06745));
  MUST(chown("s", 1000, 1000));
  look("s");
  MUST(chmod("s", 06755));
  int root = MUST(open("s", O_WRONLY));
  SHOW(write(root, "r", 1));
  look("s");
  if (as_user()) {
    int fd = MUST(open("s", O_WRONLY));
    SHOW(write(fd, "y", 1));
    look("s");
    MUST(chmod("s", 06755));
    look("s");
    SHOW(ftruncate(fd, 0));
    look("s");
    _exit(0);
  }
  SHOW(umask(0));
  SHOW(umask(0777));
  SHOW(umask(022));
  put("u", "");
  look("u");
}
