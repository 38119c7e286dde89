// oracle: host
// qemu's user mode has no ptrace.
/* Two tracers ask random things of processes and threads that do random things. Nothing hangs, and all can be killed in the end. */
#include "ptrace.h"
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>

enum { SEEDS = 2, WORKERS = 3, STEPS = 12, ROUNDS = 150, MOST_KNOWN = 200 };

static pid_t known[MOST_KNOWN];
static int known_count;
static int depth;

static unsigned next_random(unsigned *state, unsigned below) {
  *state = *state * 1103515245 + 12345;
  return (*state >> 16) % below;
}

static void do_nothing(int signal) {
  (void)signal;
}

static void work(unsigned state);

static void *work_in_thread(void *state) {
  work((unsigned)(uintptr_t)state);
  return NULL;
}

static void work(unsigned state) {
  for (int step = 0; step < STEPS; step++) {
    struct timespec short_time = {0, 500000};
    switch (next_random(&state, 10)) {
      case 0: {
        pid_t pid = depth > 1 ? -1 : fork();
        if (pid == 0) {
          depth++;
          work(state ^ 77);
          _exit(3);
        }
        if (pid > 0) while (waitpid(pid, NULL, 0) == -1 && errno == EINTR) continue;
        break;
      }
      case 1: {
        pid_t pid = vfork();
        if (pid == 0) _exit(1);
        waitpid(pid, NULL, 0);
        break;
      }
      case 2: {
        pthread_t thread;
        if (depth > 1 || pthread_create(&thread, NULL, work_in_thread, (void *)(uintptr_t)(state | 1)) != 0) break;
        depth++;
        pthread_join(thread, NULL);
        depth--;
        break;
      }
      case 3:
        nanosleep(&short_time, NULL);
        break;
      case 4:
        poll(NULL, 0, 1);
        break;
      case 5:
        kill(getpid(), next_random(&state, 2) == 0 ? SIGUSR1 : SIGTSTP);
        break;
      case 6:
        raise(SIGWINCH);
        break;
      case 7: {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR2);
        sigtimedwait(&set, NULL, &short_time);
        break;
      }
      case 8: {
        if (next_random(&state, 8) != 0) break;
        char number[16];
        snprintf(number, sizeof number, "%u", state & 0xffff);
        execl("/proc/self/exe", "ptrace-random", number, NULL);
        break;
      }
      default:
        getppid();
    }
  }
}

static void know(pid_t pid) {
  for (int i = 0; i < known_count; i++) if (known[i] == pid) return;
  if (known_count < MOST_KNOWN) known[known_count++] = pid;
}

/* Something has been told of `pid`: mostly it goes on. */
static void answer(unsigned *state, pid_t pid, int status) {
  know(pid);
  int event = status >> 16;
  unsigned long message = 0;
  if (event != 0 && event <= PTRACE_EVENT_CLONE && ptrace(PTRACE_GETEVENTMSG, pid, 0, &message) == 0) know((pid_t)message);
  if (!WIFSTOPPED(status) || next_random(state, 10) == 0) return;
  int signal = event != 0 || (WSTOPSIG(status) & 0x7f) == SIGTRAP ? 0 : WSTOPSIG(status);
  if (next_random(state, 5) == 0) signal = next_random(state, 2) == 0 ? 0 : SIGUSR1;
  if (event == PTRACE_EVENT_STOP && next_random(state, 2) == 0) ptrace(PTRACE_LISTEN, pid, 0, 0);
  else ptrace(next_random(state, 2) == 0 ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, signal);
}

static void ask(unsigned *state, pid_t pid) {
  long word;
  registers all;
  struct iovec room = {&all, sizeof all};
  switch (next_random(state, 16)) {
    case 0:
      ptrace(PTRACE_SEIZE, pid, 0, next_random(state, 256) | (next_random(state, 8) == 0 ? PTRACE_O_EXITKILL : 0));
      break;
    case 1:
      ptrace(PTRACE_ATTACH, pid, 0, 0);
      break;
    case 2:
      ptrace(PTRACE_INTERRUPT, pid, 0, 0);
      break;
    case 3:
      ptrace(PTRACE_DETACH, pid, 0, next_random(state, 3) == 0 ? SIGCONT : 0);
      break;
    case 4:
      kill(pid, SIGSTOP);
      break;
    case 5: case 6:
      kill(pid, SIGCONT);
      break;
    case 7:
      ptrace(PTRACE_LISTEN, pid, 0, 0);
      break;
    case 8: case 9:
      ptrace(PTRACE_SYSCALL, pid, 0, 0);
      break;
    case 10:
      ptrace(PTRACE_SETOPTIONS, pid, 0, next_random(state, 256));
      break;
    case 11:
      if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &room) == 0) ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &room);
      break;
    case 12:
      if (next_random(state, 20) == 0) kill(pid, SIGKILL);
      break;
    case 13:
      ptrace(PTRACE_CONT, pid, 0, next_random(state, 2) == 0 ? 0 : SIGUSR1);
      break;
    case 14:
      kill(pid, SIGUSR1);
      break;
    default:
      syscall(SYS_ptrace, PTRACE_PEEKDATA, pid, &depth, &word);
      sleep_ms(1);
  }
}

static void trace(unsigned state) {
  for (int round = 0; round < ROUNDS; round++) {
    int status;
    pid_t pid = waitpid(-1, &status, __WALL | WNOHANG | (next_random(&state, 4) == 0 ? WUNTRACED | WCONTINUED : 0));
    if (pid > 0) answer(&state, pid, status);
    else ask(&state, known[next_random(&state, known_count)]);
  }
}

/* Everything below this process is killed and waited for, those whose parents have gone too. */
static bool end_all(pid_t group) {
  for (int tries = 0; tries < 2000; tries++) {
    int status;
    kill(-group, SIGKILL);
    pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);
    if (pid == -1) return errno == ECHILD;
    if (pid == 0) sleep_ms(1);
    else if (WIFSTOPPED(status)) ptrace(PTRACE_CONT, pid, 0, 0);
  }
  return false;
}

int main(int argc, char **argv) {
  on_signal(SIGUSR1, do_nothing, 0);
  on_signal(SIGUSR2, do_nothing, SA_RESTART);
  if (argc > 1) {
    depth = 2;
    work(atoi(argv[1]));
    return 0;
  }
  MUST(prctl(PR_SET_CHILD_SUBREAPER, 1));
  for (unsigned seed = 1; seed <= SEEDS; seed++) {
    known_count = 0;
    pid_t group = 0;
    for (int i = 0; i <= WORKERS; i++) {
      pid_t pid = MUST(fork());
      if (pid == 0) {
        setpgid(0, group);
        if (i == 2) ptrace(PTRACE_TRACEME, 0, 0, 0);
        if (i == WORKERS) trace(seed * 104729 + 5);
        else work(seed * 7919 + i);
        _exit(0);
      }
      if (group == 0) group = pid;
      setpgid(pid, group);
      if (i < WORKERS) know(pid);
    }
    trace(seed * 104729);
    say("all ended: %d\n", end_all(group));
  }
  return 0;
}
