/* Permission bits for another user: files, directories, sticky directories, chmod and chown, access and groups. */
#include "guest.h"
#include <grp.h>

static void make(const char *path, mode_t mode, uid_t uid, gid_t gid) {
  int fd = MUST(open(path, O_CREAT | O_WRONLY, 0600));
  MUST(write(fd, "x", 1));
  MUST(fchown(fd, uid, gid));
  MUST(fchmod(fd, mode));
  close(fd);
}

int main(void) {
  umask(0);
  make("public", 0644, 0, 0);
  make("secret", 0600, 0, 0);
  make("mine", 0400, 1000, 1000);
  make("group", 0040, 0, 2000);
  make("not-mine", 0077, 1000, 0);
  make("no-x", 0644, 1000, 1000);
  make("script", 0755, 0, 0);
  MUST(mkdir("closed", 0700));
  MUST(mkdir("no-list", 0711));
  MUST(mkdir("sticky", 01777));
  MUST(mkdir("open-dir", 0777));
  make("no-list/known", 0644, 0, 0);
  make("sticky/theirs", 0666, 0, 0);
  make("open-dir/theirs", 0600, 0, 0);
  make("setuid", 06755, 0, 0);
  pid_t child = fork();
  if (child == 0) {
    gid_t groups[] = {2000};
    MUST(setgroups(1, groups));
    MUST(setresgid(1000, 1000, 1000));
    MUST(setresuid(1000, 1000, 1000));
    SHOW_OK(open("public", O_RDONLY));
    SHOW_OK(open("public", O_WRONLY));
    SHOW_OK(open("secret", O_RDONLY));
    SHOW_OK(open("mine", O_RDONLY));
    SHOW_OK(open("mine", O_WRONLY));
    SHOW_OK(open("group", O_RDONLY));
    SHOW_OK(open("not-mine", O_RDONLY));
    SHOW(access("no-x", X_OK));
    SHOW(access("script", X_OK));
    SHOW(access("public", R_OK | W_OK));
    SHOW(chdir("closed"));
    SHOW(access("closed/x", F_OK));
    SHOW_OK(open("no-list", O_RDONLY));
    SHOW_OK(open("no-list/known", O_RDONLY));
    SHOW(unlink("sticky/theirs"));
    SHOW(rename("sticky/theirs", "sticky/new"));
    SHOW(unlink("open-dir/theirs"));
    SHOW(close(open("open-dir/own", O_CREAT | O_RDWR, 0604)));
    SHOW(chmod("open-dir/own", 06777));
    struct stat stat;
    MUST(lstat("open-dir/own", &stat));
    say("own: %o uid %d gid %d\n", stat.st_mode, stat.st_uid, stat.st_gid);
    SHOW(chown("open-dir/own", 1000, 2000));
    MUST(lstat("open-dir/own", &stat));
    say("own: %o gid %d\n", stat.st_mode, stat.st_gid);
    SHOW(chown("open-dir/own", 0, -1));
    SHOW(chown("open-dir/own", 1000, 3000));
    SHOW(chmod("public", 0666));
    SHOW(open("top", O_CREAT | O_RDWR, 0644));
    SHOW(setresuid(0, -1, -1));
    SHOW(link("secret", "open-dir/stolen") == -1);
    _exit(0);
  }
  reap("child", child);
  struct stat stat;
  lstat("setuid", &stat);
  say("setuid file: %o\n", stat.st_mode);
  int fd = open("setuid", O_WRONLY);
  SHOW(chown("setuid", 1000, -1));
  lstat("setuid", &stat);
  say("after chown: %o\n", stat.st_mode);
  SHOW(fchmod(fd, 01234));
  lstat("setuid", &stat);
  say("after fchmod: %o\n", stat.st_mode);
  SHOW(access("secret", X_OK));
  SHOW(access("script", X_OK));
  return 0;
}
