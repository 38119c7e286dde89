// oracle: host: qemu's user mode tells another mask within a handler
/* In a handler on an alternate stack, entered from a restartable read that had the same pipe's second reader waiting behind it. */
#include "guest.h"
#include <poll.h>

static int ends[2];
static struct gate in_handler, leave_handler;

static void handler(int signal, siginfo_t *info, void *context) {
  (void)context;
  stack_t stack;
  sigaltstack(NULL, &stack);
  sigset_t mask;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  say("in the handler: value %d, on its stack %d, USR1 blocked %d, USR2 blocked %d\n", info->si_value.sival_int, (stack.ss_flags & SS_ONSTACK) != 0,
      sigismember(&mask, signal), sigismember(&mask, SIGUSR2));
  open_gate(in_handler);
  pass_gate(leave_handler);
  say("leaving the handler\n");
}

int main(void) {
  MUST(pipe(ends));
  in_handler = make_gate();
  leave_handler = make_gate();
  for (int round = 0; round < 2; round++) {
    pid_t reader = fork();
    if (reader == 0) {
      stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
      MUST(sigaltstack(&stack, NULL));
      struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | (round == 0 ? SA_RESTART : 0)};
      sigaddset(&action.sa_mask, SIGUSR2);
      MUST(sigaction(SIGUSR1, &action, NULL));
      open_gate(in_handler);
      char bytes[16] = "";
      SHOW(read(ends[0], bytes, sizeof bytes));
      say("read '%s'\n", bytes);
      sigset_t mask;
      sigprocmask(SIG_BLOCK, NULL, &mask);
      say("mask restored: %d %d\n", sigismember(&mask, SIGUSR1), sigismember(&mask, SIGUSR2));
      sigaltstack(NULL, &stack);
      say("stack flags %d\n", stack.ss_flags);
      _exit(0);
    }
    pass_gate(in_handler);
    sleep_ms(20);
    MUST(sigqueue(reader, SIGUSR1, (union sigval){.sival_int = 40 + round}));
    pass_gate(in_handler);
    if (round == 0) MUST(write(ends[1], "late", 4));
    sleep_ms(20);
    open_gate(leave_handler);
    reap("reader", reader);
  }
  return 0;
}
