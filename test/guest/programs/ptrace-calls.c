// oracle: host
// qemu's user mode has no ptrace.
/* System calls of a tracee, on their way in and out: what they are, and what a tracer makes of them. */
#include "ptrace.h"

static void child(void) {
  MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
  raise(SIGSTOP);
  long self = syscall(SYS_getppid);
  say("child: getppid is %s\n", self == getppid() ? "the parent" : "another");
  SHOW(syscall(SYS_close, 999));
  syscall(SYS_write, 1, "shortened\nnot this\n", 19);
  SHOW(syscall(SYS_close, 998));
  SHOW(syscall(SYS_close, 997));
  SHOW(syscall(SYS_close, 996));
  SHOW(syscall(SYS_close, 995));
  _exit(7);
}

/* Goes to the next stop at a call. @returns whether it is one */
static bool to_call(pid_t pid) {
  int status;
  MUST(ptrace(PTRACE_SYSCALL, pid, 0, 0));
  MUST(waitpid(pid, &status, 0));
  if (WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80)) return true;
  say_status("tracer", status);
  return false;
}

static struct ptrace_syscall_info info_of(pid_t pid) {
  struct ptrace_syscall_info info = {0};
  long size = MUST(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info));
  unsigned long message = 0;
  MUST(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message));
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    say("in: %s(%ld), ", call_name(info.entry.nr), (long)(info.entry.nr == SYS_close ? info.entry.args[0] : 0));
  } else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
    say("out: %s, ", info.exit.is_error ? strerrorname_np(-info.exit.rval) : "no error");
  }
  say("%s, message %lu\n", size >= 33 ? "all told" : "nothing told", message);
  return info;
}

int main(void) {
  pid_t pid = MUST(fork());
  if (pid == 0) child();
  next_stop("tracer", pid);
  struct ptrace_syscall_info none;
  say("at a signal: %s\n", ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof none, &none) == 24 && none.op == PTRACE_SYSCALL_INFO_NONE ? "no call" : "a call");
  MUST(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
  bool isIn = false;
  int closes = 0;
  while (to_call(pid)) {
    registers all = get_registers(pid);
    struct ptrace_syscall_info info = {0};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_write && info.entry.args[2] != 19) {
      to_call(pid); // the child says something
      continue;
    }
    isIn = !isIn;
    info = info_of(pid);
    if (isIn) {
      say("shows %s with %s\n", call_name((long)all.CALL_NUMBER), strerrorname_np(-(long)all.CALL_RESULT));
      if (info.entry.nr == SYS_write) all.CALL_ARGUMENT_3 = 10;
      if (info.entry.nr == SYS_close) {
        closes++;
        if (closes == 2) all.CALL_NUMBER = -1; // no call at all: its result is what it shows
        if (closes == 3) { all.CALL_NUMBER = -1; all.CALL_RESULT = 42; }
        if (closes == 4) all.CALL_NUMBER = 4096; // a call that is not there
      }
      set_registers(pid, all);
    } else if (closes == 5 && info.op == PTRACE_SYSCALL_INFO_EXIT && info.exit.is_error) {
      all.CALL_RESULT = 5;
      set_registers(pid, all);
      closes++;
    }
  }
  return 0;
}
