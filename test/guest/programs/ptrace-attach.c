// oracle: host
// qemu's user mode has no ptrace.
/* Attaching to processes of others: who may, what each of parent and tracer is told, and what is left when it ends. */
#include "ptrace.h"
#include <sys/prctl.h>

static void idle(void) {
  for (;;) pause();
}

/* The tracer is not the parent: a sleep is interrupted and goes on, both are told of the end. */
static void not_the_parent(void) {
  say("-- not the parent\n");
  struct gate seen = make_gate();
  pid_t pid = MUST(fork());
  if (pid == 0) {
    long before = now_ms();
    struct timespec left = {0, 300000000};
    SHOW(syscall(SYS_nanosleep, &left, &left));
    say("child: slept %s\n", now_ms() - before >= 300 ? "long enough" : "too short");
    _exit(9);
  }
  pid_t tracer = MUST(fork());
  if (tracer == 0) {
    await_state(pid, 'S');
    SHOW(ptrace(PTRACE_ATTACH, pid, 0, 0));
    SHOW(ptrace(PTRACE_ATTACH, pid, 0, 0));
    next_stop("tracer", pid);
    say_proc("tracer", pid, "State");
    MUST(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
    MUST(ptrace(PTRACE_SYSCALL, pid, 0, 0));
    next_stop("tracer", pid);
    say("into %s\n", call_name((long)get_registers(pid).CALL_NUMBER));
    MUST(ptrace(PTRACE_SYSCALL, pid, 0, 0));
    next_stop("tracer", pid);
    say("out with %ld\n", (long)get_registers(pid).CALL_RESULT);
    MUST(ptrace(PTRACE_CONT, pid, 0, 0));
    siginfo_t info = {0};
    MUST(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
    say("tracer: code %d status %d\n", info.si_code, info.si_status);
    await_state(pid, 'Z');
    open_gate(seen);
    sleep_ms(20);
    next_stop("tracer", pid);
    SHOW(waitpid(pid, NULL, WNOHANG));
    _exit(0);
  }
  pass_gate(seen);
  int status;
  say("parent: %s\n", waitpid(pid, &status, WNOHANG) == 0 ? "nothing" : "told");
  reap("tracer", tracer);
  reap("parent", pid);
}

/* Detached from with a signal, in the middle of a call. */
static void detached(void) {
  say("-- detached\n");
  pid_t pid = MUST(fork());
  if (pid == 0) idle();
  await_state(pid, 'S');
  char line[32];
  MUST(ptrace(PTRACE_ATTACH, pid, 0, 0));
  next_stop("tracer", pid);
  snprintf(line, sizeof line, "TracerPid:\t%d", getpid());
  char path[64], text[2048];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  int fd = MUST(open(path, O_RDONLY));
  text[MUST(read(fd, text, sizeof text - 1))] = 0;
  close(fd);
  say("TracerPid is %s\n", strstr(text, line) != NULL ? "the tracer" : "another");
  SHOW(ptrace(PTRACE_DETACH, pid, 0, 65));
  SHOW(ptrace(PTRACE_DETACH, pid, 0, 0));
  SHOW(ptrace(PTRACE_DETACH, pid, 0, 0));
  await_state(pid, 'S');
  say_proc("tracer", pid, "TracerPid");
  MUST(ptrace(PTRACE_ATTACH, pid, 0, 0));
  next_stop("tracer", pid);
  SHOW(ptrace(PTRACE_DETACH, pid, 0, SIGTERM));
  reap("child", pid);
}

static void refusals(void) {
  say("-- refusals\n");
  SHOW_OK(ptrace(PTRACE_ATTACH, getpid(), 0, 0));
  SHOW_OK(ptrace(PTRACE_ATTACH, 32000, 0, 0));
  SHOW_OK(ptrace(PTRACE_CONT, getppid(), 0, 0));
  pid_t ended = MUST(fork());
  if (ended == 0) _exit(0);
  await_state(ended, 'Z');
  SHOW_OK(ptrace(PTRACE_ATTACH, ended, 0, 0));
  reap("ended", ended);
  struct gate ready = make_gate();
  pid_t roots = MUST(fork());
  if (roots == 0) idle();
  pid_t others = MUST(fork());
  if (others == 0) {
    MUST(setresgid(1000, 1000, 1000));
    MUST(setresuid(1000, 1000, 1000));
    prctl(PR_SET_DUMPABLE, 1);
    open_gate(ready);
    idle();
  }
  pass_gate(ready);
  pid_t hidden = MUST(fork());
  if (hidden == 0) {
    MUST(setresgid(1000, 1000, 1000));
    MUST(setresuid(1000, 1000, 1000)); // no longer dumpable
    prctl(PR_SET_DUMPABLE, 0);
    open_gate(ready);
    idle();
  }
  pass_gate(ready);
  pid_t user = MUST(fork());
  if (user == 0) {
    MUST(setresgid(1000, 1000, 1000));
    MUST(setresuid(1000, 1000, 1000));
    SHOW(ptrace(PTRACE_ATTACH, roots, 0, 0));
    SHOW(ptrace(PTRACE_SEIZE, hidden, 0, 0));
    char byte;
    struct iovec mine = {&byte, 1}, its = {(void *)&refusals, 1};
    SHOW(process_vm_readv(roots, &mine, 1, &its, 1, 0));
    SHOW(process_vm_readv(others, &mine, 1, &its, 1, 0));
    SHOW(ptrace(PTRACE_ATTACH, others, 0, 0));
    next_stop("user", others);
    SHOW(ptrace(PTRACE_KILL, others, 0, 0));
    next_stop("user", others);
    _exit(0);
  }
  reap("user", user);
  reap("others", others);
  SHOW(ptrace(PTRACE_ATTACH, hidden, 0, 0)); // by root
  next_stop("root", hidden);
  kill(hidden, SIGKILL);
  next_stop("root", hidden);
  kill(roots, SIGKILL);
  reap("roots", roots);
}

static void requests(void) {
  say("-- requests\n");
  pid_t pid = MUST(fork());
  if (pid == 0) {
    SHOW(ptrace(PTRACE_TRACEME, 0, 0, 0));
    SHOW(ptrace(PTRACE_TRACEME, 0, 0, 0));
    raise(SIGSTOP);
    idle();
  }
  next_stop("tracer", pid);
  SHOW(ptrace(0x1234, pid, 0, 0));
  SHOW(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
  SHOW(ptrace(PTRACE_LISTEN, pid, 0, 0));
  SHOW(ptrace(PTRACE_SETOPTIONS, pid, 0, 1 << 30));
  SHOW(ptrace(PTRACE_PEEKDATA, pid, 0, 0));
  SHOW(ptrace(PTRACE_POKEDATA, pid, 0, 0));
  char room[8];
  struct iovec part = {room, 7};
  SHOW(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part));
  SHOW(ptrace(PTRACE_GETREGSET, pid, 0x7777, &part));
  part.iov_len = 8;
  SHOW(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part));
  say("%zu bytes\n", part.iov_len);
  SHOW(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, 8));
  SHOW(ptrace(PTRACE_GETSIGINFO, pid, 0, 8));
  SHOW(ptrace(PTRACE_GETEVENTMSG, pid, 0, 8));
  SHOW(ptrace(PTRACE_CONT, pid, 0, -1));
  SHOW(ptrace(PTRACE_CONT, pid, 0, 0));
  SHOW(ptrace(PTRACE_CONT, pid, 0, 0));
  kill(pid, SIGKILL);
  next_stop("tracer", pid);
  SHOW(ptrace(PTRACE_CONT, pid, 0, 0));
}

/* A copy of this program that is root's and set-user-ID. */
static void make_program(void) {
  static char buffer[65536];
  int from = MUST(open("/proc/self/exe", O_RDONLY)), to = MUST(open("program", O_WRONLY | O_CREAT | O_TRUNC, 0755));
  for (long size; (size = MUST(read(from, buffer, sizeof buffer))) > 0;) MUST(write(to, buffer, size));
  close(from);
  MUST(fchmod(to, 04755));
  close(to);
}

/* execve of a set-user-ID program: it gains nothing under a tracer that could not give it. */
static void set_user_id(uid_t tracer_uid, bool isSeized) {
  say("-- set-user-ID, %s by %u\n", isSeized ? "seized" : "traced", tracer_uid);
  struct gate gate = make_gate();
  pid_t tracer = MUST(fork());
  if (tracer == 0) {
    if (tracer_uid != 0) {
      MUST(setresgid(tracer_uid, tracer_uid, tracer_uid));
      MUST(setresuid(tracer_uid, tracer_uid, tracer_uid));
    }
    pid_t pid = MUST(fork());
    if (pid == 0) {
      MUST(setresuid(1000, 1000, 1000));
      if (isSeized) pass_gate(gate);
      else MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
      execl("program", "program", "ids", NULL);
      _exit(1);
    }
    if (isSeized) {
      MUST(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXEC));
      open_gate(gate);
    }
    next_stop("tracer", pid);
    MUST(ptrace(PTRACE_CONT, pid, 0, 0));
    next_stop("tracer", pid);
    _exit(0);
  }
  reap("tracer", tracer);
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) {
    say("program: %u %u\n", getuid(), geteuid());
    return 0;
  }
  make_program();
  set_user_id(0, false);
  set_user_id(0, true);
  set_user_id(1000, false);
  unlink("program");
  not_the_parent();
  detached();
  refusals();
  requests();
  return 0;
}
