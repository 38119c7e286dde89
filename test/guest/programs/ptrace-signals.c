// oracle: host
// qemu's user mode has no ptrace.
/* Signals of a tracee: kept from it, passed on, exchanged; also those it blocks or ignores; calls that they interrupt. */
#include "ptrace.h"

static volatile sig_atomic_t caught;

static void handler(int signal, siginfo_t *info, void *context) {
  (void)context;
  caught = signal;
  say("child: handler %s, code %d, value %d\n", signal_name(signal), info->si_code, info->si_value.sival_int);
}

static void child(struct gate gate) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
  MUST(sigaction(SIGUSR1, &action, NULL));
  MUST(sigaction(SIGUSR2, &action, NULL));
  signal(SIGWINCH, SIG_IGN);
  MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
  raise(SIGUSR1); // kept from it
  say("child: caught %d\n", caught);
  raise(SIGUSR1); // passed on
  raise(SIGUSR1); // becomes SIGUSR2
  raise(SIGWINCH); // ignored, told all the same
  raise(SIGTERM); // kept from it
  union sigval value = {.sival_int = 5};
  sigqueue(getpid(), SIGUSR2, value); // its value is changed
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, NULL);
  kill(getpid(), SIGUSR1);
  for (int i = 1; i <= 3; i++) {
    value.sival_int = i;
    sigqueue(getpid(), SIGRTMIN, value);
  }
  raise(SIGURG); // the tracer looks at what is pending, and unblocks it
  say("child: unblocked\n");
  char byte = '?';
  long count = read(gate.ends[0], &byte, 1); // interrupted by a signal that is kept from it, and by one with a handler
  say("child: read %ld %c\n", count, byte);
  raise(SIGKILL);
}

static void say_stop(pid_t pid) {
  siginfo_t info;
  MUST(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
  say("signal %s, code %d, from %s\n", signal_name(info.si_signo), info.si_code, info.si_pid == pid ? "itself" : info.si_pid == getpid() ? "the tracer" : "another");
}

static void go_on(pid_t pid, int signal) {
  MUST(ptrace(PTRACE_CONT, pid, 0, signal));
  next_stop("tracer", pid);
}

int main(void) {
  struct gate gate = make_gate();
  pid_t pid = MUST(fork());
  if (pid == 0) child(gate);
  next_stop("tracer", pid);
  say_stop(pid);
  go_on(pid, 0);
  go_on(pid, SIGUSR1);
  go_on(pid, SIGUSR2);
  say_stop(pid);
  go_on(pid, SIGWINCH);
  go_on(pid, 0);
  siginfo_t info;
  MUST(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
  say("value %d\n", info.si_value.sival_int);
  info.si_value.sival_int = 77;
  SHOW(ptrace(PTRACE_SETSIGINFO, pid, 0, &info));
  go_on(pid, SIGUSR2);
  struct ptrace_peeksiginfo_args which = {.off = 0, .flags = PTRACE_PEEKSIGINFO_SHARED, .nr = 10};
  siginfo_t several[10];
  long count = SHOW(ptrace(PTRACE_PEEKSIGINFO, pid, &which, several));
  for (long i = 0; i < count; i++) say("pending %s %d\n", i == 0 ? signal_name(several[i].si_signo) : "real-time", i == 0 ? 0 : several[i].si_value.sival_int);
  which.off = 3;
  SHOW(ptrace(PTRACE_PEEKSIGINFO, pid, &which, several));
  which.flags = 2;
  SHOW(ptrace(PTRACE_PEEKSIGINFO, pid, &which, several));
  uint64_t mask = 0;
  SHOW(ptrace(PTRACE_GETSIGMASK, pid, 8, &mask));
  say("mask %s\n", mask == ((1ul << (SIGUSR1 - 1)) | (1ul << (SIGRTMIN - 1))) ? "as set" : "another");
  SHOW(ptrace(PTRACE_GETSIGMASK, pid, 4, &mask));
  mask = 0;
  SHOW(ptrace(PTRACE_SETSIGMASK, pid, 8, &mask));
  SHOW(ptrace(PTRACE_CONT, pid, 0, 65));
  go_on(pid, 0);
  for (int i = 0; i < 3; i++) go_on(pid, 0); // the handler-less real-time signals are kept from it
  MUST(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  await_state(pid, 'S');
  kill(pid, SIGTERM);
  next_stop("tracer", pid);
  for (int round = 0; round < 2; round++) {
    // Kept from it the call begins anew; passed on its handler runs, and then it begins anew too.
    MUST(ptrace(PTRACE_SYSCALL, pid, 0, 0));
    next_stop("tracer", pid);
    registers all = get_registers(pid);
    say("into %s\n", call_name((long)all.CALL_NUMBER));
    MUST(ptrace(PTRACE_SYSCALL, pid, 0, 0));
    await_state(pid, 'S');
    kill(pid, round == 0 ? SIGTERM : SIGCHLD);
    next_stop("tracer", pid);
    all = get_registers(pid);
    say("out of it with %ld\n", (long)all.CALL_RESULT);
    MUST(ptrace(PTRACE_SYSCALL, pid, 0, 0));
    next_stop("tracer", pid);
  }
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  open_gate(gate);
  next_stop("tracer", pid);
  SHOW(ptrace(PTRACE_CONT, pid, 0, 0));
  return 0;
}
