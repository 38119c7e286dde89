// oracle: host
// qemu's user mode has no ptrace.
/* A stopped process as its tracer and its parent see it: attached to or seized, listened to, interrupted, continued. */
#include "ptrace.h"

static int status;

/* What the parent, who traces nobody here, is told next. */
static void parent_told(pid_t pid) {
  MUST(waitpid(pid, &status, WUNTRACED | WCONTINUED));
  say_status("parent", status);
}

static void idle(void) {
  for (;;) pause();
}

static bool is_group_stop(pid_t pid) {
  siginfo_t info;
  return ptrace(PTRACE_GETSIGINFO, pid, 0, &info) == -1 && errno == EINVAL;
}

static void nothing_told(const char *when, pid_t pid) {
  say("%s: %s\n", when, waitpid(pid, &status, WNOHANG | __WALL) == 0 ? "nothing" : "something");
}

/* By PTRACE_TRACEME: a stop in two steps, and a continuation that does nothing by itself. */
static void attached(void) {
  say("-- attached\n");
  pid_t pid = MUST(fork());
  if (pid == 0) {
    MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
    idle();
  }
  await_state(pid, 'S');
  kill(pid, SIGTSTP);
  next_stop("tracer", pid);
  say_proc("tracer", pid, "State");
  say("of the process: %d\n", is_group_stop(pid));
  MUST(ptrace(PTRACE_CONT, pid, 0, SIGSTOP));
  next_stop("tracer", pid);
  say("of the process: %d\n", is_group_stop(pid));
  say_proc("tracer", pid, "State");
  kill(pid, SIGCONT);
  nothing_told("SIGCONT", pid);
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("tracer", pid);
  MUST(ptrace(PTRACE_CONT, pid, 0, SIGCONT));
  await_state(pid, 'S');
  kill(pid, SIGKILL);
  next_stop("tracer", pid);
}

/* By PTRACE_SEIZE: stops that say so, PTRACE_LISTEN, PTRACE_INTERRUPT. */
static void seized(void) {
  say("-- seized\n");
  pid_t pid = MUST(fork());
  if (pid == 0) idle();
  await_state(pid, 'S');
  SHOW(ptrace(PTRACE_SEIZE, pid, 1, 0));
  SHOW(ptrace(PTRACE_SEIZE, pid, 0, 1ul << 30));
  SHOW(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD));
  SHOW(ptrace(PTRACE_SEIZE, pid, 0, 0));
  nothing_told("seized", pid);
  SHOW(ptrace(PTRACE_CONT, pid, 0, 0));
  SHOW(ptrace(PTRACE_LISTEN, pid, 0, 0));
  SHOW(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
  next_stop("tracer", pid);
  siginfo_t info;
  MUST(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
  say("signal %s, code %x\n", signal_name(info.si_signo), info.si_code);
  SHOW(ptrace(PTRACE_CONT, pid, 0, 0));
  await_state(pid, 'S');
  kill(pid, SIGSTOP);
  next_stop("tracer", pid);
  SHOW(ptrace(PTRACE_LISTEN, pid, 0, 0));
  SHOW(ptrace(PTRACE_CONT, pid, 0, SIGSTOP));
  next_stop("tracer", pid);
  SHOW(ptrace(PTRACE_LISTEN, pid, 0, 0));
  SHOW(ptrace(PTRACE_CONT, pid, 0, 0));
  nothing_told("listening", pid);
  SHOW(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
  next_stop("tracer", pid);
  SHOW(ptrace(PTRACE_LISTEN, pid, 0, 0));
  kill(pid, SIGCONT);
  next_stop("tracer", pid);
  SHOW(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("tracer", pid);
  SHOW(ptrace(PTRACE_CONT, pid, 0, SIGCONT));
  await_state(pid, 'S');
  SHOW(ptrace(PTRACE_KILL, pid, 0, 0));
  next_stop("tracer", pid);
}

/* One that is stopped already, traced by another than its parent; what the parent is told meanwhile. */
static void of_another(int request) {
  say("-- another's, stopped, %s\n", request == PTRACE_ATTACH ? "attached" : "seized");
  pid_t pid = MUST(fork());
  if (pid == 0) idle();
  await_state(pid, 'S');
  kill(pid, SIGSTOP);
  parent_told(pid);
  struct gate attached = make_gate(), go = make_gate();
  pid_t tracer = MUST(fork());
  if (tracer == 0) {
    MUST(ptrace(request, pid, 0, 0));
    next_stop("tracer", pid);
    say("of the process: %d\n", is_group_stop(pid));
    say_proc("tracer", pid, "State");
    open_gate(attached);
    pass_gate(go);
    nothing_told("SIGCONT", pid);
    MUST(ptrace(PTRACE_CONT, pid, 0, 0));
    next_stop("tracer", pid);
    if (request == PTRACE_SEIZE) {
      MUST(ptrace(PTRACE_CONT, pid, 0, 0));
      next_stop("tracer", pid);
      MUST(ptrace(PTRACE_CONT, pid, 0, SIGCONT));
      await_state(pid, 'S');
      MUST(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
    } else { // the SIGSTOP of PTRACE_ATTACH has gone with SIGCONT
      MUST(ptrace(PTRACE_CONT, pid, 0, SIGCONT));
      await_state(pid, 'S');
      kill(pid, SIGTSTP);
    }
    next_stop("tracer", pid);
    SHOW(ptrace(PTRACE_DETACH, pid, 0, SIGSTOP));
    _exit(0);
  }
  pass_gate(attached);
  kill(pid, SIGCONT);
  parent_told(pid);
  open_gate(go);
  reap("tracer", tracer);
  if (request == PTRACE_ATTACH) parent_told(pid);
  kill(pid, SIGKILL);
  parent_told(pid);
}

int main(void) {
  attached();
  seized();
  of_another(PTRACE_SEIZE);
  of_another(PTRACE_ATTACH);
  return 0;
}
