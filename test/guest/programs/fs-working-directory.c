/* A working directory that is moved, removed, or not there. */
#include "fs.h"

int main(void) {
  work_here();
  char buffer[300];
  put("f", "");
  SHOW(chdir("f"));
  SHOW(chdir("nope"));
  SHOW(chdir(""));
  MUST(mkdir("cw", 0755));
  SHOW(chdir("cw"));
  SHOW(rmdir("../cw"));
  SHOW(syscall(SYS_getcwd, buffer, 300));
  SHOW(mkdir("x", 0755));
  SHOW(open("x", O_CREAT | O_WRONLY, 0644));
  SHOW_OK(open(".", O_RDONLY));
  struct stat st;
  SHOW(stat(".", &st));
  SHOW(st.st_nlink);
  long length = MUST(readlink("/proc/self/cwd", buffer, 299));
  buffer[length] = 0;
  say("cwd %s\n", strrchr(buffer, '/'));
  SHOW(chdir(".."));
  SHOW(chdir(work_directory));
  MUST(mkdir("q", 0755));
  SHOW(chdir("q"));
  SHOW(rename("../q", "../moved"));
  MUST(syscall(SYS_getcwd, buffer, 300));
  say("cwd %s\n", strrchr(buffer, '/'));
  SHOW(syscall(SYS_getcwd, buffer, 3));
  SHOW(syscall(SYS_getcwd, bad_address, 300));
  SHOW(syscall(SYS_getcwd, buffer, strlen(buffer) + 1) == (long)strlen(buffer) + 1);
  MUST(mkdir("root", 0755));
  MUST(mkdir("root/in", 0755));
  int outside = MUST(open(".", O_RDONLY));
  SHOW(chroot("nope"));
  SHOW(chroot("root"));
  MUST(syscall(SYS_getcwd, buffer, 300));
  say("%.13s\n", buffer);
  SHOW(chdir("/"));
  MUST(syscall(SYS_getcwd, buffer, 300));
  say("cwd %s\n", buffer);
  SHOW(chdir(".."));
  SHOW(access("in", F_OK));
  SHOW(access("/../../in", F_OK));
  SHOW(fchdir(outside));
  SHOW(access("root/in", F_OK));
  SHOW(access("../f", F_OK));
}
