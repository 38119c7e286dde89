// oracle: host: qemu's user mode keeps some realtime signals for itself and tells other masks within handlers
// modes: pending handler sigwait signalfd stopped
/* Signals pending, handled, waited for and read. */
#include "states.h"
#include <pthread.h>
#include <sys/signalfd.h>

static struct gate told, go;

static void tell_info(int signal, siginfo_t *info, void *context) {
  (void)context;
  const char *name = signal >= SIGRTMIN ? "realtime" : sigabbrev_np(signal);
  say("%s %d code %d value %d from me %d\n", name, signal >= SIGRTMIN ? signal - SIGRTMIN : 0, info->si_code, info->si_value.sival_int, info->si_pid == getpid());
}

static void pending(void) {
  sigset_t blocked;
  sigemptyset(&blocked);
  struct sigaction action = {.sa_sigaction = tell_info, .sa_flags = SA_SIGINFO};
  int signals[] = {SIGUSR1, SIGUSR2, SIGRTMIN + 2, SIGRTMIN + 5};
  for (int i = 0; i < 4; i++) {
    sigaddset(&blocked, signals[i]);
    MUST(sigaction(signals[i], &action, NULL));
  }
  sigaddset(&blocked, SIGTERM);
  MUST(sigprocmask(SIG_BLOCK, &blocked, NULL));
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  pthread_kill(pthread_self(), SIGUSR2);
  for (int i = 0; i < 3; i++) MUST(sigqueue(getpid(), i == 1 ? SIGRTMIN + 2 : SIGRTMIN + 5, (union sigval){.sival_int = 70 + i}));
  point();
  sigset_t set, mask;
  sigpending(&set);
  sigprocmask(SIG_BLOCK, NULL, &mask);
  for (int i = 0; i < 4; i++) say("signal %d: pending %d, blocked %d\n", i, sigismember(&set, signals[i]), sigismember(&mask, signals[i]));
  sigdelset(&blocked, SIGTERM);
  MUST(sigprocmask(SIG_UNBLOCK, &blocked, NULL));
  sigpending(&set);
  say("left pending: %d; SIGTERM blocked %d\n", sigismember(&set, SIGUSR1) || sigismember(&set, SIGRTMIN + 5), sigismember(&mask, SIGTERM));
}

static void on_alternate_stack(int signal, siginfo_t *info, void *context) {
  (void)context;
  (void)info;
  stack_t stack;
  sigset_t mask;
  open_gate(told);
  pass_gate(go);
  sigaltstack(NULL, &stack);
  sigprocmask(SIG_BLOCK, NULL, &mask);
  say("handler: on its stack %d, own signal blocked %d, USR2 blocked %d, TERM blocked %d\n", (stack.ss_flags & SS_ONSTACK) != 0, sigismember(&mask, signal),
      sigismember(&mask, SIGUSR2), sigismember(&mask, SIGTERM));
}

/* Two readers in the middle of a handler, on its alternate stack: one whose read is restarted, one whose read is interrupted. */
static void handler(void) {
  told = make_gate();
  go = make_gate();
  pid_t readers[2];
  int ends[2];
  MUST(pipe(ends));
  for (int i = 0; i < 2; i++) {
    readers[i] = fork();
    if (readers[i] != 0) {
      sleep_ms(20);
      MUST(kill(readers[i], SIGUSR1));
      pass_gate(told);
      continue;
    }
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
    MUST(sigaltstack(&stack, NULL));
    struct sigaction action = {.sa_sigaction = on_alternate_stack, .sa_flags = SA_SIGINFO | SA_ONSTACK | (i == 0 ? SA_RESTART : 0)};
    sigaddset(&action.sa_mask, SIGUSR2);
    MUST(sigaction(SIGUSR1, &action, NULL));
    char bytes[8] = "";
    SHOW(read(ends[0], bytes, sizeof bytes));
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigaltstack(NULL, &stack);
    say("'%s', masked %d %d, on its stack %d\n", bytes, sigismember(&mask, SIGUSR1), sigismember(&mask, SIGUSR2), (stack.ss_flags & SS_ONSTACK) != 0);
    _exit(0);
  }
  point();
  open_gate(go);
  sleep_ms(30);
  open_gate(go);
  sleep_ms(30);
  MUST(write(ends[1], "late", 4));
  reap("one", readers[0]);
  reap("other", readers[1]);
}

static void note(int signal) { say("handled %s\n", sigabbrev_np(signal)); }

/* One that waits in sigsuspend with another mask, one in sigwaitinfo, one in pause. */
static void sigwait_modes(void) {
  pid_t waiting[3];
  for (int i = 0; i < 3; i++) {
    waiting[i] = fork();
    if (waiting[i] != 0) continue;
    sigset_t usr1, usr2, mask;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    on_signal(SIGUSR1, note, 0);
    on_signal(SIGUSR2, note, 0);
    MUST(sigprocmask(SIG_BLOCK, &usr1, NULL));
    siginfo_t info;
    if (i == 0) SHOW(sigsuspend(&usr2));
    if (i == 1) {
      MUST(sigwaitinfo(&usr1, &info));
      say("took %s, value %d\n", sigabbrev_np(info.si_signo), info.si_value.sival_int);
    }
    if (i == 2) SHOW(pause());
    sigprocmask(SIG_BLOCK, NULL, &mask);
    say("masked %d %d\n", sigismember(&mask, SIGUSR1), sigismember(&mask, SIGUSR2));
    _exit(0);
  }
  sleep_ms(40);
  point();
  for (int i = 0; i < 3; i++) {
    MUST(sigqueue(waiting[i], i == 2 ? SIGUSR2 : SIGUSR1, (union sigval){.sival_int = 5}));
    reap("waiter", waiting[i]);
  }
}

static void signal_descriptor(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN + 1);
  MUST(sigprocmask(SIG_BLOCK, &set, NULL));
  int fd = MUST(signalfd(-1, &set, SFD_NONBLOCK));
  for (int i = 0; i < 2; i++) MUST(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 30 + i}));
  kill(getpid(), SIGUSR1);
  point();
  struct signalfd_siginfo info;
  while (read(fd, &info, sizeof info) == sizeof info) {
    say("signal %d, value %d, from me %d\n", (int)info.ssi_signo == SIGUSR1 ? 0 : (int)info.ssi_signo - SIGRTMIN, info.ssi_int, (int)info.ssi_pid == getpid());
  }
  say("then %s\n", strerrorname_np(errno));
  kill(getpid(), SIGUSR1);
  say("new: %zd\n", read(fd, &info, sizeof info));
}

/* A stopped process with SIGTERM pending, which it gets when it is continued. */
static void stopped(void) {
  pid_t child = fork();
  if (child == 0) {
    on_signal(SIGTERM, note, 0);
    on_signal(SIGCONT, note, 0);
    for (int i = 0; i < 2; i++) pause();
    _exit(4);
  }
  sleep_ms(20);
  int status;
  kill(child, SIGSTOP);
  MUST(waitpid(child, &status, WUNTRACED));
  kill(child, SIGTERM);
  sleep_ms(20);
  point();
  sleep_ms(20);
  say("continues\n");
  kill(child, SIGCONT);
  sleep_ms(20);
  kill(child, SIGTERM);
  reap("child", child);
}

MODES({"pending", pending}, {"handler", handler}, {"sigwait", sigwait_modes}, {"signalfd", signal_descriptor}, {"stopped", stopped})
