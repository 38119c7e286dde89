// oracle: none
// The transcript is written by hand, after arch/riscv/kernel/{ptrace,traps,signal}.c and kernel/ptrace.c of Linux 6.12: qemu's user
// mode has no ptrace, and other processors have other registers.
/* What is riscv64's own of ptrace(2): register sets, requests that are not there, the way into a call, ebreak in 16 bits. */
#include "ptrace.h"

static volatile double half = 0.5;

static void child(void) {
  MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
  long self = getpid();
  double start = half;
  register double f9 __asm__("fs1") = start;
  __asm__ volatile("" : "+f"(f9));
  register long number __asm__("a7") = SYS_kill;
  register long first __asm__("a0") = self;
  register long second __asm__("a1") = SIGSTOP;
  register long kept __asm__("s11") = 0x123456789abcdef0;
  __asm__ volatile("ecall" : "+r"(first), "+f"(f9), "+r"(kept) : "r"(number), "r"(second) : "memory");
  say("child: s11 %lx, fs1 %g\n", kept, f9);
  int fds[2];
  MUST(pipe(fds));
  long result = syscall(SYS_close, fds[0]); // the tracer changes a0 on the way in: too late
  say("child: close %ld, %s\n", result, fcntl(fds[0], F_GETFD) == -1 ? "closed" : "open");
  __asm__ volatile(".option push\n.option rvc\nc.ebreak\n.option pop");
  say("child: after ebreak\n");
  _exit(0);
}

int main(void) {
  pid_t pid = MUST(fork());
  if (pid == 0) child();
  next_stop("tracer", pid);
  char room[1024];
  struct iovec all = {room, sizeof room};
  SHOW(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all));
  say("%zu bytes\n", all.iov_len);
  all.iov_len = sizeof room;
  SHOW(ptrace(PTRACE_GETREGSET, pid, NT_FPREGSET, &all));
  say("%zu bytes, fs1 %g\n", all.iov_len, ((double *)room)[9]);
  ((double *)room)[9] = 1.5;
  SHOW(ptrace(PTRACE_SETREGSET, pid, NT_FPREGSET, &all));
  registers general = get_registers(pid);
  say("s11 %lx, a0 %ld, a7 %ld\n", general.s11, general.a0, general.a7);
  general.s11 = 0xfedcba9876543210;
  set_registers(pid, general);
  SHOW(ptrace(PTRACE_PEEKUSER, pid, 0, 0));
  SHOW(ptrace(PTRACE_POKEUSER, pid, 0, 0));
  SHOW(ptrace(PTRACE_GETREGS, pid, 0, room));
  SHOW(ptrace(PTRACE_SINGLESTEP, pid, 0, 0));
  SHOW(ptrace(PTRACE_GETREGSET, pid, 0x900, &all));
  MUST(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
  struct ptrace_syscall_info info;
  do {
    MUST(ptrace(PTRACE_SYSCALL, pid, 0, 0));
    int status;
    MUST(waitpid(pid, &status, 0));
    memset(&info, 0, sizeof info);
    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
  } while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_close);
  general = get_registers(pid);
  say("arch %x, argument %s, a0 %ld\n", info.arch, info.entry.args[0] < 10 ? "as given" : "another", (long)general.a0);
  errno = 0;
  long code = ptrace(PTRACE_PEEKTEXT, pid, general.pc - 4, 0);
  say("before pc: %s\n", (code & 0xffffffff) == 0x73 ? "ecall" : "something else");
  general.a0 = 700;
  set_registers(pid, general);
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("tracer", pid);
  siginfo_t signal;
  MUST(ptrace(PTRACE_GETSIGINFO, pid, 0, &signal));
  general = get_registers(pid);
  say("code %d, at pc %d\n", signal.si_code, signal.si_addr == (void *)general.pc);
  code = ptrace(PTRACE_PEEKTEXT, pid, general.pc, 0);
  say("at pc: %s\n", (code & 0xffff) == 0x9002 ? "c.ebreak" : "something else");
  general.pc += 2;
  set_registers(pid, general);
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("tracer", pid);
  return 0;
}
