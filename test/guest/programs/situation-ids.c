/* Ids, groups, limits, names and flags of a process as they stand after a while, and that they still bind. */
#include "guest.h"
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

int main(void) {
  pid_t child = fork();
  if (child == 0) {
    close(MUST(open("secret", O_CREAT | O_WRONLY, 0600)));
    MUST(chmod(".", 0777));
    gid_t groups[] = {5, 7, 2000};
    MUST(setgroups(3, groups));
    MUST(setresgid(100, 200, 300));
    umask(037);
    struct rlimit limit = {33, 44};
    MUST(setrlimit(RLIMIT_NOFILE, &limit));
    MUST(setpriority(PRIO_PROCESS, 0, 7));
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    MUST(prctl(PR_SET_NAME, "kept name"));
    MUST(setresuid(1000, 2000, 3000));
    MUST(prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 && errno != EINVAL ? -1 : 0);
    sleep_ms(30);
    uid_t r, e, s;
    getresuid(&r, &e, &s);
    say("uid %d %d %d\n", r, e, s);
    gid_t gr, ge, gs;
    getresgid(&gr, &ge, &gs);
    say("gid %d %d %d\n", gr, ge, gs);
    gid_t now[8];
    int count = getgroups(8, now);
    say("groups %d:", count);
    for (int i = 0; i < count; i++) say(" %d", now[i]);
    say("\n");
    getrlimit(RLIMIT_NOFILE, &limit);
    say("files %ld %ld, nice %d, no new privileges %d\n", (long)limit.rlim_cur, (long)limit.rlim_max, getpriority(PRIO_PROCESS, 0), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    char name[17] = "";
    prctl(PR_GET_NAME, name);
    say("name '%s'\n", name);
    SHOW(open("secret", O_RDONLY));
    int fd = open("new", O_CREAT | O_WRONLY, 0666);
    struct stat stat;
    fstat(fd, &stat);
    say("new file: %o uid %d gid %d\n", stat.st_mode, stat.st_uid, stat.st_gid);
    SHOW(seteuid(0));
    SHOW(seteuid(3000));
    SHOW(setreuid(3000, 1000));
    getresuid(&r, &e, &s);
    say("uid %d %d %d\n", r, e, s);
    SHOW(setgid(0));
    SHOW(setgid(300));
    getresgid(&gr, &ge, &gs);
    say("gid %d %d %d\n", gr, ge, gs);
    SHOW(setgroups(1, groups));
    _exit(0);
  }
  reap("child", child);
  return 0;
}
