// oracle: host
// qemu's user mode has no ptrace.
/* A tracer that ends: its tracees go on, wherever they stood; with PTRACE_O_EXITKILL they die. */
#include "ptrace.h"

static void tracer_for(pid_t pid, int where, long options) {
  MUST(ptrace(PTRACE_SEIZE, pid, 0, options));
  if (where == 1) { // at a signal that nobody has waited for: it is delivered
    kill(pid, SIGUSR1);
    await_state(pid, 't');
  } else if (where == 2) { // at one that was waited for: it is lost
    kill(pid, SIGUSR1);
    next_stop("tracer", pid);
  } else if (where == 3) { // interrupted in its call
    MUST(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
    next_stop("tracer", pid);
  } else if (where == 4) { // stopped as a whole: it stays so
    kill(pid, SIGSTOP);
    next_stop("tracer", pid);
    MUST(ptrace(PTRACE_CONT, pid, 0, SIGSTOP));
    next_stop("tracer", pid);
  } else if (where == 5) { // on its way into a call
    MUST(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
    next_stop("tracer", pid);
    MUST(ptrace(PTRACE_SYSCALL, pid, 0, 0));
    next_stop("tracer", pid);
    say("tracer: into %s\n", call_name((long)get_registers(pid).CALL_NUMBER));
  } else if (where == 6) { // at its end
    kill(pid, SIGTERM);
    next_stop("tracer", pid);
    MUST(ptrace(PTRACE_CONT, pid, 0, SIGTERM));
    next_stop("tracer", pid);
  }
  _exit(0);
}

static volatile sig_atomic_t usr1s;

static void on_usr1(int signal) {
  (void)signal;
  usr1s++;
}

static void run(const char *name, int where, long options) {
  say("-- %s\n", name);
  struct gate gate = make_gate();
  pid_t pid = MUST(fork());
  if (pid == 0) {
    on_signal(SIGUSR1, on_usr1, SA_RESTART);
    char byte;
    long count = read(gate.ends[0], &byte, 1);
    say("child: read %ld, USR1 %d times\n", count, usr1s);
    _exit(1);
  }
  await_state(pid, 'S');
  pid_t tracer = MUST(fork());
  if (tracer == 0) tracer_for(pid, where, options);
  reap("tracer", tracer);
  if (where == 4) {
    await_state(pid, 'T');
    int status = 0;
    MUST(waitpid(pid, &status, WUNTRACED));
    say_status("parent", status);
    kill(pid, SIGCONT);
  }
  if (options == 0) {
    await_state(pid, 'S');
    say_proc("parent", pid, "TracerPid");
    open_gate(gate);
  }
  reap("child", pid);
}

int main(void) {
  run("running on", 0, 0);
  run("at a signal", 1, 0);
  run("at a signal, waited for", 2, 0);
  run("interrupted", 3, 0);
  run("stopped", 4, 0);
  run("into a call", 5, 0);
  run("at its end", 6, PTRACE_O_TRACEEXIT);
  run("exit kills", 0, PTRACE_O_EXITKILL);
  run("exit kills at a signal", 2, PTRACE_O_EXITKILL);
  return 0;
}
