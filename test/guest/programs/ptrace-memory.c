// oracle: host
// qemu's user mode has no ptrace.
/* A tracee's memory: breakpoints in code that has run before, words, what is read-only, another process's by process_vm_readv. */
#include "ptrace.h"
#include <sys/mman.h>

static volatile long counter = 5;
static const long constant = 42;

/* So often that its code is decoded, and translated, before the breakpoint is set. */
__attribute__((noinline, aligned(16))) static long step(long value) {
  __asm__ volatile("" : "+r"(value));
  return value * 3 + 1;
}

static long many_steps(void) {
  long value = 0;
  for (int i = 0; i < 20000; i++) value = step(value) & 0xffff;
  return value;
}

static long *area;

static void child(void) {
  MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
  say("child: %ld\n", many_steps());
  raise(SIGSTOP); // the breakpoint is set
  say("child: step %ld\n", step(1));
  say("child: step %ld\n", step(1));
  raise(SIGSTOP); // memory is changed
  say("child: counter %ld, constant %ld, area %ld %ld\n", counter, *(volatile const long *)&constant, area[0], area[511]);
  raise(SIGSTOP);
  say("child: %ld\n", many_steps());
  _exit(0);
}

static void on(pid_t pid) {
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("tracer", pid);
}

static void set_breakpoint(pid_t pid, long *before) {
  errno = 0;
  *before = ptrace(PTRACE_PEEKTEXT, pid, step, 0);
  say("code is %s\n", errno == 0 && *before == *(long *)&step ? "as here" : "another");
  SHOW(ptrace(PTRACE_POKETEXT, pid, step, BREAKPOINT_WORD(*before)));
}

/* Takes the breakpoint away, lets the function run, sets it again. */
static void at_breakpoint(pid_t pid) {
  siginfo_t info;
  MUST(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
  registers all = get_registers(pid);
  say("at step: %d, by the kernel: %d\n", (long)all.pc - AFTER_BREAKPOINT == (long)&step, info.si_code > 0);
}

int main(void) {
  area = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  area[0] = 1;
  mprotect(area, 4096, PROT_READ);
  long *hidden = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  hidden[0] = 66;
  mprotect(hidden, 4096, PROT_NONE);
  long *shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t pid = MUST(fork());
  if (pid == 0) child();
  next_stop("tracer", pid);
  long before;
  set_breakpoint(pid, &before);
  on(pid);
  at_breakpoint(pid);
  SHOW(ptrace(PTRACE_POKETEXT, pid, step, before));
  registers all = get_registers(pid);
  all.pc = (long)&step;
  set_registers(pid, all);
  on(pid); // both steps have run
  SHOW(ptrace(PTRACE_POKEDATA, pid, &counter, 6));
  SHOW(ptrace(PTRACE_POKEDATA, pid, &constant, 43));
  SHOW(ptrace(PTRACE_POKEDATA, pid, area, 2));
  SHOW(ptrace(PTRACE_POKEDATA, pid, area + 511, 3));
  SHOW(ptrace(PTRACE_POKEDATA, pid, (char *)(area + 512) - 4, 3) == -1 || ptrace(PTRACE_PEEKDATA, pid, area + 512, 0) != -1);
  say("without a right to it: %ld\n", ptrace(PTRACE_PEEKDATA, pid, hidden, 0));
  SHOW(ptrace(PTRACE_PEEKDATA, pid, shared, 0));
  SHOW(ptrace(PTRACE_POKEDATA, pid, shared, 1));
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/mem", pid);
  int fd = MUST(open(path, O_RDWR));
  long word = 0;
  SHOW(pread(fd, &word, 8, (long)&counter));
  say("counter %ld\n", word);
  word = 7;
  SHOW(pwrite(fd, &word, 8, (long)&counter));
  SHOW(pread(fd, &word, 8, 64));
  close(fd);
  long words[3] = {0};
  struct iovec mine[2] = {{words, 12}, {(char *)words + 12, 12}};
  struct iovec its[3] = {{(void *)&counter, 8}, {(void *)&constant, 8}, {area, 8}};
  SHOW(process_vm_readv(pid, mine, 2, its, 3, 0));
  say("%ld %ld %ld\n", words[0], words[1], words[2]);
  its[1].iov_base = (void *)64;
  SHOW(process_vm_readv(pid, mine, 2, its, 3, 0));
  SHOW(process_vm_readv(pid, mine, 2, its + 1, 1, 0));
  SHOW(process_vm_readv(pid, mine, 2, its, 3, 1));
  words[0] = 8;
  SHOW(process_vm_writev(pid, mine, 1, its, 1, 0));
  its[0].iov_base = area;
  SHOW(process_vm_writev(pid, mine, 1, its, 1, 0));
  on(pid);
  set_breakpoint(pid, &before);
  on(pid);
  at_breakpoint(pid);
  say("here: %ld %ld\n", counter, step(1));
  SHOW(ptrace(PTRACE_POKETEXT, pid, step, before));
  all = get_registers(pid);
  all.pc = (long)&step;
  set_registers(pid, all);
  on(pid);
  return 0;
}
