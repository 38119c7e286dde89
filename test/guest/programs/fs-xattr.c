/* Extended attributes: namespaces, sizes and lists. */
#include "fs.h"
#include <sys/xattr.h>

int main(void) {
  work_here();
  char buffer[100];
  put("f", "x");
  MUST(mkdir("d", 0755));
  MUST(symlink("f", "l"));
  MUST(mkfifo("p", 0644));
  int fd = MUST(open("f", O_RDWR));
  SHOW(setxattr("f", "user.a", "val", 3, 0));
  SHOW(getxattr("f", "user.a", buffer, 100));
  SHOW(getxattr("f", "user.a", buffer, 0));
  SHOW(getxattr("f", "user.a", buffer, 2));
  SHOW(getxattr("f", "user.b", buffer, 2));
  SHOW(setxattr("f", "user.a", "v2", 2, XATTR_CREATE));
  SHOW(setxattr("f", "user.c", "v2", 2, XATTR_REPLACE));
  SHOW(setxattr("f", "user.a", "v22", 2, XATTR_REPLACE));
  SHOW(setxattr("f", "user.", "v", 1, 0));
  SHOW(setxattr("f", "bad.x", "v", 1, 0));
  SHOW(setxattr("f", "", "v", 1, 0));
  SHOW(setxattr("f", "user.x", "v", 1, 3));
  SHOW(setxattr("f", "user.x", "v", 1, 4));
  SHOW(listxattr("f", buffer, 100));
  SHOW(listxattr("f", buffer, 0));
  SHOW(listxattr("f", buffer, 3));
  SHOW(fgetxattr(fd, "user.a", buffer, 100));
  SHOW(fsetxattr(fd, "user.z", "", 0, 0));
  SHOW(fremovexattr(fd, "user.z"));
  SHOW(removexattr("f", "user.z"));
  SHOW(lsetxattr("l", "user.a", "v", 1, 0));
  SHOW(lgetxattr("l", "user.a", buffer, 1));
  SHOW(setxattr("d", "user.a", "v", 1, 0));
  SHOW(flistxattr(fd, buffer, 100));
  SHOW(setxattr("nope", "user.a", "v", 1, 0));
  SHOW(setxattr("f", "trusted.q", "v", 1, 0));
  SHOW(getxattr("f", "trusted.q", buffer, 10));
  static char big[70000];
  SHOW(setxattr("f", "user.big", big, 65537, 0));
  memset(big, 'n', 300);
  memcpy(big, "user.", 5);
  big[256] = 0;
  SHOW(setxattr("f", big, "v", 1, 0));
  SHOW(setxattr("p", "user.a", "v", 1, 0));
  SHOW(getxattr("p", "user.a", buffer, 1));
  MUST(chmod("f", 0600));
  if (as_user()) {
    SHOW(getxattr("f", "user.a", buffer, 100));
    SHOW(setxattr("f", "user.a", "v", 1, 0));
    SHOW(getxattr("f", "trusted.q", buffer, 100));
    SHOW(listxattr("f", buffer, 100));
    _exit(0);
  }
}
