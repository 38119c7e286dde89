// oracle: host: qemu's user mode has no vfork that waits, no subreaper and no /proc/self/exe of its own
// modes: zombies sessions identity umask limits vfork spawn orphans
/* Processes, their families, and what each is allowed. */
#include "states.h"
#include <grp.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static struct gate told, go;

/* The letter that /proc has for the state of a process. */
static char state_of(pid_t pid) {
  char path[32], text[256] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = MUST(open(path, O_RDONLY));
  MUST(read(fd, text, sizeof text - 1));
  close(fd);
  return strrchr(text, ')')[2];
}

static void tell_status(const char *name, int status) {
  if (WIFEXITED(status)) say("%s: exit %d\n", name, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) say("%s: signal %d\n", name, WTERMSIG(status));
  else if (WIFSTOPPED(status)) say("%s: stopped by %d\n", name, WSTOPSIG(status));
}

static void zombies(void) {
  pid_t exited = fork();
  if (exited == 0) _exit(3);
  pid_t killed = fork();
  if (killed == 0) for (;;) pause();
  pid_t busy = fork();
  if (busy == 0) {
    for (volatile long i = 0; i < 30000000; i++) continue;
    _exit(0);
  }
  pid_t stopped = fork();
  if (stopped == 0) for (;;) pause();
  kill(killed, SIGKILL);
  kill(stopped, SIGSTOP);
  siginfo_t info;
  MUST(waitid(P_PID, busy, &info, WEXITED | WNOWAIT));
  sleep_ms(50);
  point();
  say("states %c %c %c %c\n", state_of(exited), state_of(killed), state_of(busy), state_of(stopped));
  int status;
  struct rusage usage;
  MUST(wait4(exited, &status, 0, NULL));
  tell_status("exited", status);
  MUST(wait4(killed, &status, 0, NULL));
  tell_status("killed", status);
  MUST(wait4(busy, &status, 0, &usage));
  tell_status("busy", status);
  say("its time is told: %d\n", usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec > 1000);
  SHOW_OK(waitpid(exited, &status, 0));
  MUST(waitpid(stopped, &status, WUNTRACED));
  tell_status("stopped", status);
  SHOW(waitpid(stopped, &status, WUNTRACED | WNOHANG));
  kill(stopped, SIGCONT);
  MUST(waitpid(stopped, &status, WCONTINUED));
  say("continued %d\n", WIFCONTINUED(status) != 0);
  kill(stopped, SIGKILL);
  reap("stopped", stopped);
}

static void sessions(void) {
  told = make_gate();
  go = make_gate();
  struct gate began = make_gate();
  pid_t leader = fork();
  if (leader == 0) {
    setsid();
    for (int i = 0; i < 2; i++) {
      pid_t member = fork();
      if (member == 0) {
        if (i == 0) setpgid(0, 0);
        open_gate(began);
        pass_gate(go);
        say("member %d: own group %d, session of its parent %d\n", i, getpgrp() == getpid(), getsid(0) == getppid());
        _exit(i);
      }
      pass_gate(began);
    }
    open_gate(told);
    for (;;) pause();
  }
  pass_gate(told);
  sleep_ms(20);
  point();
  say("leader: session %d, group %d; mine is another %d\n", getsid(leader) == leader, getpgid(leader) == leader, getsid(0) != leader);
  open_gate(go);
  sleep_ms(30);
  open_gate(go);
  sleep_ms(30);
  SHOW(kill(-leader, SIGTERM));
  reap("leader", leader);
}

/* A stopped group that is orphaned when its parent ends, so that it is hung up; a child that asked to be told of that end; both go to the subreaper. */
static void orphans(void) {
  told = make_gate();
  go = make_gate();
  struct gate began = make_gate();
  MUST(prctl(PR_SET_CHILD_SUBREAPER, 1));
  pid_t parent = fork();
  if (parent == 0) {
    setsid();
    for (int i = 0; i < 2; i++) {
      if (fork() == 0) {
        if (i == 0) setpgid(0, 0);
        else MUST(prctl(PR_SET_PDEATHSIG, SIGUSR1));
        open_gate(began);
        if (i == 0) raise(SIGSTOP);
        for (;;) pause();
      }
      pass_gate(began);
    }
    open_gate(told);
    pass_gate(go);
    _exit(0);
  }
  pass_gate(told);
  sleep_ms(30);
  point();
  open_gate(go);
  reap("parent", parent);
  int status, hung_up = 0, told_of_death = 0;
  while (waitpid(-1, &status, 0) > 0) {
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP) hung_up++;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1) told_of_death++;
  }
  say("hung up %d, told of the death %d\n", hung_up, told_of_death);
}

static void identity(void) {
  MUST(close(MUST(open("secret", O_CREAT | O_WRONLY, 0600))));
  gid_t groups[] = {5, 7, 2000}, list[8];
  MUST(setgroups(3, groups));
  MUST(setresgid(100, 200, 300));
  MUST(setpriority(PRIO_PROCESS, 0, 7));
  MUST(prctl(PR_SET_NAME, "kept name"));
  MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  MUST(prctl(PR_SET_PDEATHSIG, SIGUSR2));
  MUST(setresuid(1000, 2000, 3000));
  point();
  uid_t ruid, euid, suid;
  gid_t rgid, egid, sgid;
  getresuid(&ruid, &euid, &suid);
  getresgid(&rgid, &egid, &sgid);
  int count = getgroups(8, list), death = 0;
  char name[17] = "";
  prctl(PR_GET_NAME, name);
  prctl(PR_GET_PDEATHSIG, &death);
  say("uids %d %d %d, gids %d %d %d, groups", ruid, euid, suid, rgid, egid, sgid);
  for (int i = 0; i < count; i++) say(" %d", list[i]);
  say("\nnice %d, name '%s', no new privileges %d, dumpable %d\n", getpriority(PRIO_PROCESS, 0), name, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_DUMPABLE));
  SHOW(open("secret", O_RDONLY));
  SHOW(setuid(0));
  SHOW(seteuid(3000));
}

static void mask(void) {
  umask(0137);
  point();
  struct stat stat;
  MUST(mkdir("made", 0777));
  MUST(lstat("made", &stat));
  say("directory %o\n", stat.st_mode & 0777);
  MUST(close(MUST(open("file", O_CREAT | O_WRONLY, 0666))));
  MUST(lstat("file", &stat));
  say("file %o, mask %o\n", stat.st_mode & 0777, umask(0));
}

static void on_size(int signal) { say("signal %d\n", signal == SIGXFSZ); }

static void limits(void) {
  struct rlimit files = {13, 20}, size = {1000, 5000}, got;
  MUST(setrlimit(RLIMIT_NOFILE, &files));
  MUST(setrlimit(RLIMIT_FSIZE, &size));
  on_signal(SIGXFSZ, on_size, 0);
  int fd = MUST(open("sized", O_CREAT | O_RDWR, 0644));
  MUST(write(fd, (char[900]){0}, 900));
  point();
  getrlimit(RLIMIT_NOFILE, &got);
  say("files %lu %lu\n", (unsigned long)got.rlim_cur, (unsigned long)got.rlim_max);
  getrlimit(RLIMIT_FSIZE, &got);
  say("size %lu %lu\n", (unsigned long)got.rlim_cur, (unsigned long)got.rlim_max);
  char bytes[300] = "";
  SHOW(write(fd, bytes, sizeof bytes));
  SHOW(write(fd, bytes, sizeof bytes));
  int last = 0, next;
  while ((next = dup(fd)) >= 0) last = next;
  say("last descriptor %d, then %s\n", last, strerrorname_np(errno));
  SHOW(dup2(fd, 13));
}

/* The child has not executed yet: its parent must not run. */
static void vforks(void) {
  int value = 1;
  pid_t child = vfork();
  if (child == 0) {
    value = 2;
    point();
    execl("/proc/self/exe", "states", "spawned", NULL);
    _exit(96);
  }
  sleep_ms(30);
  say("the parent goes on, value %d\n", value);
  reap("child", child);
}

static void spawned(void) { say("executed\n"); }

/* A posix_spawn whose program waits at once; then another, while the first still waits. */
static void spawn(void) {
  pid_t first, second;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, 1, 9);
  char *argv[] = {"states", "at-point", NULL}, *other[] = {"states", "spawned", NULL};
  if (posix_spawn(&first, "/proc/self/exe", &actions, NULL, argv, environ) != 0) say("no spawn\n");
  int status;
  MUST(waitpid(first, &status, 0));
  tell_status("first", status);
  if (posix_spawn(&second, "/proc/self/exe", NULL, NULL, other, environ) != 0) say("no spawn\n");
  reap("second", second);
}

static void at_point(void) {
  point();
  say("descriptor 9 %s\n", fcntl(9, F_GETFD) == 0 ? "is there" : "is not there");
  _exit(5);
}

MODES({"zombies", zombies}, {"sessions", sessions}, {"orphans", orphans}, {"identity", identity}, {"umask", mask}, {"limits", limits}, {"vfork", vforks},
      {"spawned", spawned}, {"spawn", spawn}, {"at-point", at_point})
