/* Magic links of /proc, and what cannot be done there. */
#include "fs.h"

int main(void) {
  work_here();
  char buffer[300];
  put("f", "x");
  SHOW(readlink("/proc/self/fd/999", buffer, 100));
  SHOW(access("/proc/self/fd/999", F_OK));
  SHOW(access("/proc/999999", F_OK));
  snprintf(buffer, sizeof buffer, "/proc/%d/cwd", getpid());
  SHOW(chdir(buffer));
  MUST(syscall(SYS_getcwd, buffer, 300));
  SHOW(strcmp(buffer, work_directory));
  SHOW(access("/proc/self/root/tmp", F_OK));
  SHOW(access("/proc/self/cwd/f", F_OK));
  SHOW(chdir("/proc/self/fd"));
  SHOW(chdir(work_directory));
  SHOW(unlink("/proc/self/stat"));
  SHOW(mkdir("/proc/x", 0755));
  SHOW(open("/proc/x", O_CREAT | O_WRONLY, 0644));
  SHOW(rename("f", "/proc/x"));
  SHOW(link("f", "/proc/x"));
  SHOW(symlink("x", "/proc/x"));
  SHOW(rmdir("/proc/self"));
  SHOW(unlink("/proc/self"));
  int fd = MUST(open("/proc/self/status", O_RDONLY));
  SHOW(read(fd, buffer, 5));
  buffer[5] = 0;
  say("%s\n", buffer);
  SHOW(lseek(fd, 0, SEEK_SET));
  SHOW(read(fd, buffer, 5));
  SHOW(pread(fd, buffer, 4, 1));
  SHOW(buffer[0]);
  struct stat st;
  MUST(fstat(fd, &st));
  SHOW(st.st_size);
  SHOW(write(fd, buffer, 1));
  fd = MUST(open("/proc/self/comm", O_RDWR));
  SHOW(write(fd, "newname", 7));
  int comm = MUST(open("/proc/self/comm", O_RDONLY));
  SHOW(read(comm, buffer, 100));
  SHOW(open("/proc/self/nope", O_RDONLY));
  fd = MUST(open("f", O_RDONLY));
  snprintf(buffer, sizeof buffer, "/proc/self/fdinfo/%d", fd);
  MUST(lseek(fd, 1, SEEK_SET));
  int info = MUST(open(buffer, O_RDONLY));
  MUST(read(info, buffer, 100));
  say("%.7s\n", buffer);
}
