// oracle: host
// qemu's user mode has no ptrace.
/* PTRACE_EVENT_*: fork, vfork and its end, clone, exec, exit; who is traced from its birth on. */
#include "ptrace.h"
#include <pthread.h>

extern char **environ;
static const long ALL = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT;

static void *thread(void *nothing) {
  (void)nothing;
  say("child: a thread\n");
  return NULL;
}

static void child(void) {
  pid_t pid = fork();
  if (pid == 0) _exit(3);
  reap("child: fork", pid);
  pid = vfork();
  if (pid == 0) _exit(4);
  reap("child: vfork", pid);
  pthread_t other;
  pthread_create(&other, NULL, thread, NULL);
  pthread_join(other, NULL);
  char *argv[] = {"ptrace-events", "again", NULL};
  execv("/proc/self/exe", argv);
}

static unsigned long message_of(pid_t pid) {
  unsigned long message;
  MUST(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message));
  return message;
}

/* Goes on with `pid` and says where it stops next. */
static int on(const char *who, pid_t pid) {
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  return next_stop(who, pid);
}

/* A child that `pid` has made: it stops by itself, says its end, and ends. */
static void follow(const char *who, pid_t pid) {
  next_stop(who, pid);
  say_proc(who, pid, "State");
  on(who, pid);
  say("%s: with %lx\n", who, message_of(pid));
  on(who, pid);
}

static void run(bool isSeized) {
  say("-- %s\n", isSeized ? "seized" : "attached");
  struct gate gate = make_gate();
  pid_t pid = MUST(fork());
  if (pid == 0) {
    if (isSeized) pass_gate(gate);
    else {
      MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
      raise(SIGSTOP);
    }
    child();
  }
  if (isSeized) {
    MUST(ptrace(PTRACE_SEIZE, pid, 0, ALL));
    open_gate(gate);
    next_stop("child", pid);
  } else {
    next_stop("child", pid);
    SHOW(ptrace(PTRACE_SETOPTIONS, pid, 0, 1 << 28));
    MUST(ptrace(PTRACE_SETOPTIONS, pid, 0, ALL));
    on("child", pid);
  }
  pid_t forked = message_of(pid);
  say("another pid: %d\n", forked != pid && forked > 0);
  follow("forked", forked);
  on("child", pid); // SIGCHLD
  on("child", pid);
  pid_t vforked = message_of(pid);
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  follow("vforked", vforked);
  next_stop("child", pid);
  say("the same: %d\n", message_of(pid) == (unsigned long)vforked);
  int status = on("child", pid);
  if (status >> 8 == SIGCHLD) on("child", pid);
  pid_t cloned = message_of(pid);
  say("another tid: %d\n", cloned != pid && cloned != vforked);
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  follow("thread", cloned);
  next_stop("child", pid);
  say("its tid: %d\n", message_of(pid) == (unsigned long)pid);
  on("child", pid);
  say("with %lx\n", message_of(pid));
  on("child", pid);
}

/* Without options: a signal after exec, and nothing of a fork. */
static void without_options(void) {
  say("-- without options\n");
  pid_t pid = MUST(fork());
  if (pid == 0) {
    MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
    pid_t grandchild = fork();
    if (grandchild == 0) _exit(3);
    reap("child: fork", grandchild);
    char *argv[] = {"ptrace-events", "again", NULL};
    execv("/proc/self/exe", argv);
  }
  next_stop("child", pid);
  on("child", pid);
  siginfo_t info;
  MUST(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
  say("code %d from %s\n", info.si_code, info.si_pid == pid ? "itself" : "another");
  on("child", pid);
}

/* The child of a vfork ends before its parent goes on; a signal comes meanwhile, and the parent stops for it afterwards. */
static void child_first(void) {
  say("-- child first\n");
  pid_t pid = MUST(fork());
  if (pid == 0) {
    MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
    raise(SIGSTOP);
    pid_t vforked = vfork();
    if (vforked == 0) _exit(4);
    reap("child: vfork", vforked);
    vforked = vfork();
    if (vforked == 0) {
      kill(getppid(), SIGWINCH);
      sleep_ms(20);
      _exit(4);
    }
    reap("child: vfork", vforked);
    _exit(0);
  }
  next_stop("child", pid);
  MUST(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE));
  on("child", pid);
  pid_t vforked = message_of(pid);
  next_stop("vforked", vforked);
  on("vforked", vforked);
  on("child", pid);
  on("child", pid);
  on("child", pid);
  vforked = message_of(pid);
  next_stop("vforked", vforked);
  MUST(ptrace(PTRACE_DETACH, vforked, 0, 0));
  on("child", pid);
  on("child", pid);
  on("child", pid);
  on("child", pid);
}

/* SIGKILL of a process whose end its tracer wants to see. */
static void killed(void) {
  say("-- killed\n");
  pid_t pid = MUST(fork());
  if (pid == 0) for (;;) pause();
  MUST(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT));
  await_state(pid, 'S');
  kill(pid, SIGTERM);
  next_stop("child", pid);
  MUST(ptrace(PTRACE_CONT, pid, 0, SIGTERM));
  next_stop("child", pid);
  say("with %lx\n", message_of(pid));
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("child", pid);
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) {
    say("child: again\n");
    return 5;
  }
  run(false);
  run(true);
  without_options();
  child_first();
  killed();
  return 0;
}
