/* Chains of symbolic links: 40 are followed, 41 are ELOOP; loops, trailing slashes, O_NOFOLLOW, and links in the middle. */
#include "guest.h"

int main(void) {
  MUST(mkdir("end", 0755));
  close(MUST(open("end/file", O_CREAT | O_WRONLY, 0644)));
  char from[32], to[32];
  strcpy(to, "end");
  for (int i = 1; i <= 42; i++) {
    snprintf(from, sizeof from, "link-%d", i);
    MUST(symlink(to, from));
    strcpy(to, from);
  }
  SHOW(access("link-39/file", F_OK));
  SHOW(access("link-40/file", F_OK));
  SHOW(access("link-41/file", F_OK));
  SHOW(access("link-40", F_OK));
  SHOW(access("link-41", F_OK));
  struct stat stat;
  SHOW(lstat("link-41", &stat));
  SHOW(lstat("link-41/", &stat));
  SHOW(lstat("link-1/", &stat));
  say("a slash follows: %d\n", S_ISDIR(stat.st_mode));
  MUST(symlink("loop", "loop"));
  SHOW(open("loop", O_RDONLY));
  SHOW(open("loop", O_RDONLY | O_NOFOLLOW));
  SHOW(open("link-1", O_RDONLY | O_NOFOLLOW));
  SHOW_OK(open("link-1", O_RDONLY | O_DIRECTORY));
  SHOW_OK(open("link-1", O_PATH | O_NOFOLLOW));
  SHOW(open("end/file", O_RDONLY | O_DIRECTORY));
  SHOW(open("end/file/", O_RDONLY));
  SHOW(open("end/file/x", O_RDONLY));
  MUST(symlink("missing/new", "dangling"));
  SHOW(open("dangling", O_RDWR | O_CREAT, 0644));
  MUST(symlink("created", "creates"));
  SHOW_OK(open("creates", O_RDWR | O_CREAT, 0644));
  SHOW(access("created", F_OK));
  SHOW(open("creates", O_RDWR | O_CREAT | O_EXCL, 0644));
  SHOW(mkdir("dangling", 0755));
  MUST(symlink("..", "end/up"));
  SHOW(access("end/up/end/up/end/file", F_OK));
  SHOW(access("end/../end/./file", F_OK));
  SHOW(access("", F_OK));
  SHOW(access("//end///file", F_OK) == -1 ? errno == ENOENT : 0);
  return 0;
}
