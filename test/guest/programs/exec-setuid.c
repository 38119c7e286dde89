// oracle: host: qemu's user mode cannot run riscv64 files by execve
/* Set-user-ID and set-group-ID programs run by another user: the ids, AT_SECURE, and what no_new_privs makes of it. */
#include "guest.h"
#include <sys/auxv.h>
#include <sys/prctl.h>

static void copy_self(const char *from, const char *to, mode_t mode, uid_t uid, gid_t gid) {
  static char block[65536];
  int in = MUST(open(from, O_RDONLY)), out = MUST(open(to, O_CREAT | O_WRONLY, 0700));
  ssize_t length;
  while ((length = MUST(read(in, block, sizeof block))) > 0) MUST(write(out, block, length));
  MUST(fchown(out, uid, gid));
  MUST(fchmod(out, mode));
  close(in);
  close(out);
}

static void run(const char *name, const char *path, bool no_new_privs) {
  pid_t child = fork();
  if (child == 0) {
    MUST(setresgid(1000, 1000, 1000));
    MUST(setresuid(1000, 1000, 1000));
    if (no_new_privs) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    execl(path, path, name, NULL);
    say("%s: %s\n", name, strerrorname_np(errno));
    _exit(1);
  }
  reap(name, child);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    uid_t r, e, s;
    gid_t gr, ge, gs;
    getresuid(&r, &e, &s);
    getresgid(&gr, &ge, &gs);
    say("%s: uid %d %d %d gid %d %d %d secure %ld dumpable %d\n", argv[1], r, e, s, gr, ge, gs, getauxval(AT_SECURE), prctl(PR_GET_DUMPABLE));
    if (e == 0) SHOW(setuid(0));
    else SHOW(setuid(0));
    return 0;
  }
  copy_self(argv[0], "plain", 0755, 0, 0);
  copy_self(argv[0], "suid", 04755, 0, 0);
  copy_self(argv[0], "sgid", 02755, 0, 2000);
  copy_self(argv[0], "other", 06755, 3000, 3000);
  copy_self(argv[0], "no-group-x", 02745, 0, 2000);
  copy_self(argv[0], "only-root", 0700, 0, 0);
  run("plain", "./plain", false);
  run("suid", "./suid", false);
  run("sgid", "./sgid", false);
  run("other", "./other", false);
  run("no group x", "./no-group-x", false);
  run("no new privs", "./suid", true);
  run("not allowed", "./only-root", false);
  return 0;
}
