/* umask, set-group-ID directories, and the modes that open, mkdir, mknod and symlink make. */
#include "guest.h"
#include <sys/stat.h>

static void show_mode(const char *path) {
  struct stat stat;
  if (lstat(path, &stat) == -1) say("%s: %s\n", path, strerrorname_np(errno));
  else say("%s: %o gid %d\n", path, stat.st_mode, stat.st_gid);
}

int main(void) {
  say("umask was %o\n", umask(027));
  close(open("file", O_CREAT | O_WRONLY, 0666));
  close(open("program", O_CREAT | O_WRONLY, 04777));
  mkdir("dir", 0777);
  mkfifo("fifo", 0666);
  symlink("x", "link");
  show_mode("file");
  show_mode("program");
  show_mode("dir");
  show_mode("fifo");
  show_mode("link");
  umask(0777);
  close(open("none", O_CREAT | O_WRONLY, 0666));
  show_mode("none");
  umask(0);
  mkdir("sgid", 0777);
  chown("sgid", 0, 500);
  chmod("sgid", 02775);
  show_mode("sgid");
  close(open("sgid/file", O_CREAT | O_WRONLY, 0644));
  mkdir("sgid/sub", 0755);
  show_mode("sgid/file");
  show_mode("sgid/sub");
  SHOW(mknod("regular", S_IFREG | 0640, 0));
  show_mode("regular");
  SHOW(mknod("bad", S_IFDIR | 0755, 0));
  SHOW(mknod("file", S_IFREG | 0640, 0));
  SHOW(fchmodat(AT_FDCWD, "file", 0111, 0));
  show_mode("file");
  say("%o\n", umask(01777));
  say("%o\n", umask(022));
  return 0;
}
