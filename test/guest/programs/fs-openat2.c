// oracle: host (qemu 7.2 has no openat2)
/* openat2(2): ways to resolve a path, and a structure taken literally. */
#include "fs.h"
#include <linux/openat2.h>

int main(void) {
  work_here();
  put("f", "x");
  MUST(mkdir("d", 0755));
  put("d/in", "y");
  MUST(symlink("f", "lf"));
  MUST(symlink("/tmp", "d/abs"));
  int dir = MUST(open("d", O_PATH));
  struct open_how how = {0};
  SHOW_OK(syscall(SYS_openat2, AT_FDCWD, "f", &how, sizeof how));
  SHOW(syscall(SYS_openat2, AT_FDCWD, "f", NULL, sizeof how));
  SHOW(syscall(SYS_openat2, AT_FDCWD, "f", &how, 20));
  SHOW(syscall(SYS_openat2, AT_FDCWD, "f", &how, 5000));
  how.resolve = RESOLVE_BENEATH;
  SHOW(syscall(SYS_openat2, AT_FDCWD, "/tmp", &how, sizeof how));
  SHOW(syscall(SYS_openat2, dir, "../f", &how, sizeof how));
  SHOW(syscall(SYS_openat2, dir, "abs", &how, sizeof how));
  SHOW_OK(syscall(SYS_openat2, dir, "in", &how, sizeof how));
  how.resolve = RESOLVE_IN_ROOT;
  SHOW_OK(syscall(SYS_openat2, dir, "../in", &how, sizeof how));
  SHOW_OK(syscall(SYS_openat2, dir, "/in", &how, sizeof how));
  SHOW(syscall(SYS_openat2, dir, "abs", &how, sizeof how));
  how.resolve = RESOLVE_NO_SYMLINKS;
  SHOW(syscall(SYS_openat2, AT_FDCWD, "lf", &how, sizeof how));
  how.resolve = RESOLVE_NO_MAGICLINKS;
  SHOW(syscall(SYS_openat2, AT_FDCWD, "/proc/self/fd/0", &how, sizeof how));
  how.resolve = RESOLVE_NO_XDEV;
  SHOW(syscall(SYS_openat2, AT_FDCWD, "/proc/uptime", &how, sizeof how));
  how.resolve = 0x1000;
  SHOW(syscall(SYS_openat2, AT_FDCWD, "f", &how, sizeof how));
  how.resolve = 0;
  how.mode = 1;
  SHOW(syscall(SYS_openat2, AT_FDCWD, "f", &how, sizeof how));
  how.mode = 0;
  how.flags = 1ull << 40;
  SHOW(syscall(SYS_openat2, AT_FDCWD, "f", &how, sizeof how));
  how.flags = O_CREAT | O_RDWR;
  how.mode = 0600;
  SHOW_OK(syscall(SYS_openat2, AT_FDCWD, "new", &how, sizeof how));
  look("new");
}
