// oracle: host: qemu's user mode cannot run riscv64 files by execve
/* fexecve(3), execveat(2) by directory and by descriptor, and a deleted file that is still run. */
#include "guest.h"
#include <sys/mman.h>
#include <sys/syscall.h>

static void copy_to(int out, const char *path) {
  char block[65536];
  int in = MUST(open(path, O_RDONLY));
  ssize_t length;
  while ((length = MUST(read(in, block, sizeof block))) > 0) MUST(write(out, block, length));
  close(in);
}

static void try_exec(const char *name, int fd, const char *path, int flags, char **argv) {
  pid_t child = fork();
  if (child == 0) {
    char *arguments[] = {argv[0], (char *)name, NULL}, *environment[] = {NULL};
    syscall(SYS_execveat, fd, path, arguments, environment, flags);
    say("%s: %s\n", name, strerrorname_np(errno));
    _exit(1);
  }
  reap(name, child);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    say("running %s\n", argv[1]);
    return 3;
  }
  int copy = MUST(open("copy", O_CREAT | O_WRONLY, 0755));
  copy_to(copy, argv[0]);
  close(copy);
  int directory = MUST(open(".", O_RDONLY | O_DIRECTORY));
  try_exec("in a directory", directory, "copy", 0, argv);
  MUST(symlink("copy", "link"));
  try_exec("by a link", directory, "link", 0, argv);
  try_exec("not by a link", directory, "link", AT_SYMLINK_NOFOLLOW, argv);
  int fd = MUST(open("copy", O_RDONLY | O_CLOEXEC));
  try_exec("by descriptor", fd, "", AT_EMPTY_PATH, argv);
  try_exec("empty path", fd, "", 0, argv);
  try_exec("bad descriptor", 99, "copy", 0, argv);
  MUST(unlink("copy"));
  try_exec("deleted", fd, "", AT_EMPTY_PATH, argv);
  try_exec("gone", directory, "copy", 0, argv);
  int memory = MUST(memfd_create("program", 0));
  copy_to(memory, argv[0]);
  try_exec("memfd", memory, "", AT_EMPTY_PATH, argv);
  try_exec("bad flag", fd, "", 0x40000000, argv);
  return 0;
}
