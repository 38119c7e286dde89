// oracle: host: qemu's user mode shares the limits with its guest
/* RLIMIT_NPROC for another user, RLIMIT_AS and RLIMIT_DATA, usage of children, priorities, and scheduling calls. */
#include "guest.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

int main(void) {
  pid_t child = fork();
  if (child == 0) {
    struct rlimit limit = {2, 2};
    MUST(setresuid(54321, 54321, 54321));
    SHOW(setrlimit(RLIMIT_NPROC, &limit));
    struct gate done = make_gate();
    pid_t first = fork();
    if (first == 0) {
      pass_gate(done);
      _exit(0);
    }
    say("first %d\n", first > 0);
    SHOW(fork());
    open_gate(done);
    reap("first", first);
    first = fork();
    if (first == 0) _exit(0);
    reap("after the first ended", first);
    _exit(0);
  }
  reap("RLIMIT_NPROC", child);
  child = fork();
  if (child == 0) {
    struct rlimit limit = {64 << 20, 64 << 20};
    MUST(setrlimit(RLIMIT_AS, &limit));
    say("small %d\n", mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    say("large: %s\n", mmap(NULL, 100 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? strerrorname_np(errno) : "mapped");
    say("malloc %d\n", malloc(100 << 20) != NULL);
    _exit(0);
  }
  reap("RLIMIT_AS", child);
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  say("children used memory %d\n", usage.ru_maxrss > 0);
  getrusage(RUSAGE_SELF, &usage);
  say("faults %d, memory %d\n", usage.ru_minflt > 0, usage.ru_maxrss > 0);
  SHOW(getpriority(PRIO_PROCESS, 0));
  SHOW(setpriority(PRIO_PROCESS, 0, 5));
  SHOW(getpriority(PRIO_PROCESS, 0));
  SHOW(nice(100));
  child = fork();
  if (child == 0) {
    say("inherited %d\n", getpriority(PRIO_PROCESS, 0));
    MUST(setresuid(1000, 1000, 1000));
    SHOW(setpriority(PRIO_PROCESS, 0, 0));
    _exit(0);
  }
  reap("child", child);
  SHOW(sched_getscheduler(0));
  SHOW(sched_get_priority_max(SCHED_FIFO));
  SHOW(sched_get_priority_min(SCHED_OTHER));
  struct sched_param parameters = {.sched_priority = 5};
  SHOW(sched_setscheduler(0, SCHED_OTHER, &parameters));
  SHOW(sched_yield());
  cpu_set_t cpus;
  SHOW(sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? 0 : -1);
  say("cpus %d\n", CPU_COUNT(&cpus) > 0);
  SHOW(syscall(1234));
  return 0;
}
