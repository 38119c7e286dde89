/* A working directory that is renamed or deleted under its process, chroot, fchdir, and relative opens from them. */
#include "guest.h"

static void show_cwd(const char *when) {
  char path[512];
  if (getcwd(path, sizeof path) == NULL) say("%s: %s\n", when, strerrorname_np(errno));
  else say("%s: in %s\n", when, strrchr(path, '/') + 1);
}

int main(void) {
  MUST(mkdir("a", 0755));
  MUST(mkdir("a/b", 0755));
  close(MUST(open("a/b/file", O_CREAT | O_WRONLY, 0644)));
  int top = MUST(open(".", O_RDONLY | O_DIRECTORY));
  MUST(chdir("a/b"));
  show_cwd("first");
  MUST(renameat(top, "a", top, "renamed"));
  sleep_ms(5);
  SHOW(access("file", F_OK));
  SHOW(access("../../renamed/b/file", F_OK));
  SHOW(access("../../a", F_OK));
  MUST(unlinkat(top, "renamed/b/file", 0));
  MUST(unlinkat(top, "renamed/b", AT_REMOVEDIR));
  sleep_ms(5);
  show_cwd("deleted");
  SHOW(open("new", O_CREAT | O_WRONLY, 0644));
  SHOW(access(".", F_OK));
  SHOW(access("..", F_OK));
  SHOW(mkdir("x", 0755));
  SHOW(chdir("."));
  SHOW(chdir(".."));
  show_cwd("up");
  SHOW(fchdir(top));
  pid_t child = fork();
  if (child == 0) {
    MUST(mkdir("jail", 0755));
    MUST(mkdir("jail/inside", 0755));
    SHOW(chroot("jail"));
    show_cwd("outside the root");
    SHOW(access("/inside", F_OK));
    SHOW(access("/etc", F_OK));
    SHOW(access("jail", F_OK));
    SHOW(chdir("/inside"));
    show_cwd("in the jail");
    SHOW(chdir("/../../.."));
    SHOW(access("inside", F_OK));
    struct stat root, up;
    stat("/", &root);
    stat("/..", &up);
    say("the root is its own parent: %d\n", root.st_ino == up.st_ino);
    SHOW(symlink("/inside", "absolute"));
    SHOW(chdir("absolute"));
    show_cwd("by a link");
    MUST(setresuid(1000, 1000, 1000));
    SHOW(chroot("/"));
    _exit(0);
  }
  reap("jailed", child);
  SHOW(access("jail/absolute", F_OK));
  SHOW(chdir("jail/nothing"));
  SHOW(fchdir(99));
  int file = open("/etc/passwd", O_RDONLY);
  SHOW(fchdir(file));
  return 0;
}
