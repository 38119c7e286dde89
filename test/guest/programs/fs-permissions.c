/* What an ordinary user may not do. */
#include "fs.h"

int main(void) {
  work_here();
  MUST(mkdir("st", 0777));
  MUST(chmod("st", 01777));
  put("st/mine", "1");
  MUST(mkdir("ro", 0755));
  put("ro/x", "1");
  put("f", "x");
  MUST(chmod("f", 0600));
  MUST(mkdir("priv", 0700));
  struct stat st;
  if (as_user()) {
    SHOW(unlink("st/mine"));
    SHOW(rename("st/mine", "st/x"));
    SHOW(unlink("ro/x"));
    SHOW(mkdir("ro/y", 0777));
    SHOW(open("f", O_RDONLY));
    SHOW(open("f", O_WRONLY | O_TRUNC));
    SHOW(access("f", R_OK));
    SHOW(access("f", F_OK));
    SHOW(stat("priv/x", &st));
    SHOW(chdir("priv"));
    SHOW(chmod("f", 0666));
    SHOW(chown("f", 1000, 1000));
    SHOW(mknod("st/dev", S_IFCHR | 0666, 0x103));
    SHOW(chroot("/"));
    SHOW(mkdir("st/own", 0755));
    look("st/own");
    SHOW(chmod("st/own", 02755));
    look("st/own");
    SHOW(chown("st/own", 0, -1));
    SHOW(chown("st/own", -1, 0));
    SHOW(chown("st/own", -1, 1000));
    SHOW(utimensat(AT_FDCWD, "ro/x", NULL, 0));
    struct timespec times[2] = {{1, 2}, {3, 4}};
    SHOW(utimensat(AT_FDCWD, "ro/x", times, 0));
    SHOW(open("ro/new", O_CREAT | O_WRONLY, 0644));
    SHOW(open("ro/x", O_WRONLY));
    SHOW(link("f", "st/lf"));
    SHOW(open("ro/x", O_RDONLY | O_NOATIME));
    _exit(0);
  }
}
