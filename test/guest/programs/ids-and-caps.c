// oracle: host
// User and group ids, capabilities across changes, groups, prctl, limits, scheduling.
#include "guest.h"
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/sysinfo.h>
#include <sys/random.h>

static void ids(const char *what) {
  unsigned r, e, s, rg, eg, sg;
  getresuid(&r, &e, &s);
  getresgid(&rg, &eg, &sg);
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct d[2];
  MUST(syscall(SYS_capget, &h, d));
  say("%s: %u %u %u fs %d, %u %u %u fs %d, effective %d permitted %d setuid %d\n", what, r, e, s, setfsuid(-1), rg, eg, sg, setfsgid(-1),
      d[0].effective != 0, d[0].permitted != 0, (d[0].effective >> CAP_SETUID) & 1);
}
static void child(const char *name, void (*f)(void)) {
  pid_t p = MUST(fork());
  if (p == 0) {
    f();
    _exit(0);
  }
  reap(name, p);
}
static void drop_all(void) {
  SHOW(setuid(1000));
  ids("setuid");
  SHOW(setuid(0));
  SHOW(setuid(1000));
  SHOW(seteuid(0));
  SHOW(setgid(5));
  SHOW(setgroups(0, NULL));
  say("dumpable %d\n", prctl(PR_GET_DUMPABLE));
}
static void drop_effective(void) {
  SHOW(seteuid(1000));
  ids("seteuid");
  SHOW(setuid(77));
  SHOW(setreuid(-1, 0));
  ids("back");
  SHOW(setresuid(1, 2, 3));
  ids("three");
  SHOW(setresuid(3, 1, 2));
  ids("turned");
  SHOW(setresuid(4, -1, -1));
  SHOW(setreuid(1, 1));
  SHOW(setreuid(9, -1));
  SHOW(setfsuid(3));
  SHOW(setfsuid(55));
  SHOW(setfsuid(-1));
}
static void keep(void) {
  SHOW(prctl(PR_SET_KEEPCAPS, 1));
  SHOW(setuid(1000));
  ids("kept");
  SHOW(prctl(PR_GET_KEEPCAPS));
  SHOW(prctl(PR_SET_KEEPCAPS, 2));
}
static void groups(void) {
  gid_t g[4] = {30, 10, 20}, got[10];
  SHOW(setgroups(3, g));
  SHOW(getgroups(0, NULL));
  SHOW(getgroups(2, got));
  SHOW(getgroups(10, got));
  say("%d %d %d\n", got[0], got[1], got[2]);
  SHOW(setregid(7, 8));
  ids("setregid");
  SHOW(setresgid(-1, 7, -1));
  ids("setresgid");
  SHOW(setgroups(70000, g));
}
static void caps(void) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct d[2];
  MUST(syscall(SYS_capget, &h, d));
  d[0].effective &= ~(1 << CAP_SETUID);
  SHOW(syscall(SYS_capset, &h, d));
  SHOW(setuid(7) == -1 ? errno : 0);
  d[0].permitted &= ~(1 << CAP_CHOWN);
  SHOW(syscall(SYS_capset, &h, d));
  d[0].effective &= ~(1 << CAP_CHOWN);
  SHOW(syscall(SYS_capset, &h, d));
  d[0].permitted |= 1 << CAP_CHOWN;
  SHOW(syscall(SYS_capset, &h, d));
  h.pid = -1;
  SHOW(syscall(SYS_capget, &h, d));
  h.pid = 99999;
  SHOW(syscall(SYS_capget, &h, d));
  h.version = 5;
  SHOW(syscall(SYS_capget, &h, d));
  say("version %x\n", h.version);
  SHOW(syscall(SYS_capget, &h, NULL));
  SHOW(prctl(PR_CAPBSET_READ, CAP_KILL));
  SHOW(prctl(PR_CAPBSET_DROP, CAP_KILL));
  SHOW(prctl(PR_CAPBSET_READ, CAP_KILL));
  SHOW(prctl(PR_CAPBSET_READ, 99));
  SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_RAW, 0, 0));
  SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0));
}

int main(void) {
  ids("root");
  child("drop all", drop_all);
  child("drop effective", drop_effective);
  child("keep", keep);
  child("groups", groups);
  child("caps", caps);
  char name[20] = "";
  SHOW(prctl(PR_SET_NAME, "a name far too long for it"));
  SHOW(prctl(PR_GET_NAME, name));
  say("'%s'\n", name);
  SHOW(prctl(PR_SET_PDEATHSIG, 65));
  SHOW(prctl(PR_SET_PDEATHSIG, 10));
  int v = 0;
  SHOW(prctl(PR_GET_PDEATHSIG, &v));
  say("%d\n", v);
  SHOW(prctl(PR_SET_DUMPABLE, 2));
  SHOW(prctl(PR_SET_DUMPABLE, 0));
  SHOW(prctl(PR_GET_DUMPABLE));
  SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
  SHOW(prctl(PR_GET_CHILD_SUBREAPER, &v));
  say("%d\n", v);
  SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_GET_TIMERSLACK));
  SHOW(prctl(PR_SET_TIMERSLACK, 1234));
  SHOW(prctl(PR_GET_TIMERSLACK));
  SHOW(prctl(PR_SET_TIMERSLACK, 0));
  SHOW(prctl(PR_GET_TIMERSLACK));
  SHOW(prctl(9999));
  struct utsname u;
  SHOW(uname(&u));
  say("%s, domain %d\n", u.sysname, u.domainname[0] != 0);
  SHOW(sethostname("x", -1));
  SHOW(sethostname("x", 65));
  struct sysinfo info;
  SHOW(sysinfo(&info));
  say("unit %u, free below total %d\n", info.mem_unit, info.freeram <= info.totalram && info.freeram > 0);
  unsigned char r[300] = {0};
  SHOW(getrandom(r, 300, 0));
  SHOW(getrandom(r, 10, 99));
  SHOW(getrandom(r, 10, 6));
  struct sched_param p = {1}, none = {0};
  SHOW(sched_getscheduler(0));
  SHOW(sched_setscheduler(0, SCHED_BATCH, &none));
  SHOW(sched_getscheduler(0));
  SHOW(sched_setscheduler(0, SCHED_OTHER, &p));
  SHOW(sched_setscheduler(0, 77, &none));
  SHOW(sched_setscheduler(0, SCHED_FIFO, &none));
  SHOW(sched_get_priority_max(SCHED_RR));
  SHOW(sched_get_priority_min(SCHED_OTHER));
  SHOW(sched_get_priority_max(9));
  SHOW(sched_getparam(0, &p));
  say("%d\n", p.sched_priority);
  SHOW(sched_getscheduler(-1));
  SHOW(sched_getscheduler(99999));
  unsigned long set = 0;
  SHOW(syscall(SYS_sched_setaffinity, 0, 8, &set));
  SHOW(syscall(SYS_sched_getaffinity, 0, 3, &set));
  SHOW(sched_yield());
  SHOW(getpriority(PRIO_PROCESS, 0));
  SHOW(setpriority(PRIO_PROCESS, 0, 30));
  SHOW(getpriority(PRIO_PROCESS, 0));
  struct rlimit l = {5, 3};
  SHOW(setrlimit(RLIMIT_CORE, &l));
  SHOW(getrusage(7, (void *)r));
  SHOW(getpgid(99999));
  SHOW(getsid(99999));
  SHOW(setpgid(99999, 0));
  SHOW(setpgid(0, -5));
  SHOW(syscall(SYS_personality, 0xffffffff));
  SHOW(syscall(SYS_ioprio_get, 1, 0) >= 0);
  SHOW(syscall(SYS_ioprio_set, 9, 0, 0));
  return 0;
}
