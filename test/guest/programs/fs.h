/* What the programs about files share. */
#include "guest.h"
#include <dirent.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static char work_directory[4200];
/* What the compiler does not know to be wrong. */
__attribute__((unused)) static char *volatile bad_address = (char *)8;
__attribute__((unused)) static volatile int minus_one = -1;

/* Makes a directory of this program's own where it was started, and goes there. */
__attribute__((unused)) static void work_here(void) {
  char start[4096];
  MUST(syscall(SYS_getcwd, start, sizeof start));
  snprintf(work_directory, sizeof work_directory, "%s/work", strcmp(start, "/") == 0 ? "" : start);
  umask(022);
  MUST(mkdir(work_directory, 0755));
  MUST(chdir(work_directory));
}

/* Makes a file with this content. */
__attribute__((unused)) static void put(const char *name, const char *content) {
  int fd = MUST(open(name, O_CREAT | O_TRUNC | O_WRONLY, 0644));
  MUST(write(fd, content, strlen(content)));
  close(fd);
}

/* Mode, names, size and owner of what is there; of a directory the mode alone. */
__attribute__((unused)) static void look(const char *name) {
  struct stat st;
  if (lstat(name, &st) == -1) say("%s: %s\n", name, strerrorname_np(errno));
  else if (S_ISDIR(st.st_mode)) say("%s: mode %o uid %d gid %d\n", name, st.st_mode, st.st_uid, st.st_gid);
  else say("%s: mode %o names %ld size %ld uid %d gid %d\n", name, st.st_mode, (long)st.st_nlink, (long)st.st_size, st.st_uid, st.st_gid);
}

/* Size and 512-byte units of an open file. */
__attribute__((unused)) static void measure(int fd) {
  struct stat st;
  MUST(fstat(fd, &st));
  say("size %ld blocks %ld names %ld\n", (long)st.st_size, (long)st.st_blocks, (long)st.st_nlink);
}

/* Answers true in a child that is an ordinary user and has to end itself; false in the parent once it has. */
__attribute__((unused)) static bool as_user(void) {
  if (MUST(fork()) != 0) {
    wait(NULL);
    return false;
  }
  MUST(setgid(1000));
  MUST(setuid(1000));
  return true;
}
