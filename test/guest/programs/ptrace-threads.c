// oracle: host
// qemu's user mode has no ptrace.
/* Threads of a tracee, each traced by itself; threads of a tracer, of which only one may ask; execve by a thread. */
#include "ptrace.h"
#include <pthread.h>

extern char **environ;
static struct gate gates[3];
static pid_t tids[3];

static void *idle(void *which) {
  int i = *(int *)which;
  tids[i] = gettid();
  open_gate(gates[i]);
  for (;;) pause();
  return NULL;
}

static void two_threads(struct gate ready) {
  static int numbers[3] = {0, 1, 2};
  pthread_t threads[3];
  for (int i = 1; i < 3; i++) {
    gates[i] = make_gate();
    pthread_create(&threads[i], NULL, idle, &numbers[i]);
    pass_gate(gates[i]);
  }
  MUST(write(ready.ends[1], tids, sizeof tids));
  for (;;) pause();
}

/* Every thread is told of by itself, and the process only when the last of them has been waited for. */
static void each_by_itself(void) {
  say("-- each by itself\n");
  struct gate ready = make_gate();
  pid_t pid = MUST(fork());
  if (pid == 0) two_threads(ready);
  MUST(read(ready.ends[0], tids, sizeof tids));
  SHOW(ptrace(PTRACE_SEIZE, tids[1], 0, 0));
  SHOW(waitpid(tids[1], NULL, WNOHANG));
  SHOW(ptrace(PTRACE_SEIZE, tids[2], 0, 0));
  SHOW(ptrace(PTRACE_SEIZE, pid, 0, 0));
  int status;
  kill(pid, SIGSTOP); // one of them takes it
  pid_t taker = MUST(waitpid(-1, &status, __WALL));
  say_status("the first", status);
  MUST(ptrace(PTRACE_CONT, taker, 0, SIGSTOP));
  for (int i = 0; i < 3; i++) {
    MUST(waitpid(-1, &status, __WALL));
    say_status("each", status);
  }
  kill(pid, SIGCONT);
  for (int i = 0; i < 3; i++) MUST(ptrace(PTRACE_LISTEN, i == 0 ? pid : tids[i], 0, 0));
  for (int i = 0; i < 3; i++) {
    MUST(waitpid(-1, &status, __WALL));
    say_status("each", status);
  }
  kill(pid, SIGKILL);
  for (int i = 1; i < 3; i++) {
    await_state(tids[i], 'Z');
    say("the process: %d\n", waitpid(pid, &status, WNOHANG));
    next_stop("a thread", tids[i]);
  }
  next_stop("the process", pid);
}

static pid_t tracee;

static void *other_thread(void *nothing) {
  (void)nothing;
  int status = 0;
  SHOW(ptrace(PTRACE_CONT, tracee, 0, 0)); // it is not the tracer
  SHOW(waitpid(tracee, &status, __WNOTHREAD | WNOHANG));
  SHOW(waitpid(tracee, &status, WNOHANG) == tracee);
  say_status("other thread", status);
  return NULL;
}

static void *tracing_thread(void *nothing) {
  (void)nothing;
  MUST(ptrace(PTRACE_ATTACH, tracee, 0, 0));
  await_state(tracee, 't');
  next_stop("a thread that traces", tracee);
  return NULL; // which ends the tracing
}

static void of_a_tracer(void) {
  say("-- of a tracer\n");
  tracee = MUST(fork());
  if (tracee == 0) {
    MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
    raise(SIGSTOP);
    for (;;) pause();
  }
  await_state(tracee, 't');
  pthread_t thread;
  pthread_create(&thread, NULL, other_thread, NULL);
  pthread_join(thread, NULL);
  SHOW(ptrace(PTRACE_DETACH, tracee, 0, 0));
  await_state(tracee, 'S');
  pthread_create(&thread, NULL, tracing_thread, NULL);
  pthread_join(thread, NULL);
  await_state(tracee, 'S');
  say_proc("afterwards", tracee, "TracerPid");
  kill(tracee, SIGKILL);
  reap("tracee", tracee);
}

static void *executes(void *nothing) {
  (void)nothing;
  char *argv[] = {"ptrace-threads", "again", NULL};
  execv("/proc/self/exe", argv);
  return NULL;
}

/* The thread takes the process's id; its own is told by PTRACE_EVENT_EXEC. */
static void exec_by_thread(void) {
  say("-- execve by a thread\n");
  pid_t pid = MUST(fork());
  if (pid == 0) {
    MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
    raise(SIGSTOP);
    pthread_t thread;
    pthread_create(&thread, NULL, executes, NULL);
    for (;;) pause();
  }
  next_stop("child", pid);
  MUST(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC));
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("child", pid);
  unsigned long tid, former;
  MUST(ptrace(PTRACE_GETEVENTMSG, pid, 0, &tid));
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("thread", tid);
  MUST(ptrace(PTRACE_CONT, tid, 0, 0));
  next_stop("child", pid);
  MUST(ptrace(PTRACE_GETEVENTMSG, pid, 0, &former));
  say("it was the thread: %d\n", former == tid);
  SHOW(ptrace(PTRACE_CONT, (pid_t)tid, 0, 0));
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("child", pid);
}

/* The other threads stop at their end before the program is replaced; execve waits for that. */
static void exec_awaits_others(void) {
  say("-- execve awaits the others\n");
  pid_t pid = MUST(fork());
  if (pid == 0) {
    MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
    raise(SIGSTOP);
    pthread_t thread;
    pthread_create(&thread, NULL, executes, NULL);
    for (;;) pause();
  }
  next_stop("child", pid);
  MUST(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT));
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("child", pid);
  unsigned long tid, former;
  MUST(ptrace(PTRACE_GETEVENTMSG, pid, 0, &tid));
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("thread", tid);
  MUST(ptrace(PTRACE_CONT, tid, 0, 0));
  next_stop("child", pid);
  MUST(ptrace(PTRACE_GETEVENTMSG, pid, 0, &former));
  say("with %lx\n", former);
  int status;
  say("thread: %d\n", waitpid(tid, &status, __WALL | WNOHANG));
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("child", pid);
  MUST(ptrace(PTRACE_GETEVENTMSG, pid, 0, &former));
  say("it was the thread: %d\n", former == tid);
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("child", pid);
  MUST(ptrace(PTRACE_CONT, pid, 0, 0));
  next_stop("child", pid);
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) {
    say("child: again\n");
    return 5;
  }
  each_by_itself();
  of_a_tracer();
  exec_by_thread();
  exec_awaits_others();
  return 0;
}
