/* sigaltstack(2): the handler runs on it, its flags while there, and a stack overflow is survived. */
#include "guest.h"
#include <setjmp.h>
#include <sys/resource.h>

static char stack_space[65536];
static sigjmp_buf back;

static bool is_inside(const void *address) {
  return (const char *)address >= stack_space && (const char *)address < stack_space + sizeof stack_space;
}

static void note(int signal) {
  int local;
  stack_t now, other = {.ss_sp = stack_space, .ss_size = 16384};
  sigaltstack(NULL, &now);
  say("handler %d: on the alternate stack %d, flags %d\n", signal == SIGUSR1 ? 1 : 2, is_inside(&local), now.ss_flags);
  if (now.ss_flags & SS_ONSTACK) SHOW(sigaltstack(&other, NULL));
  if (signal == SIGUSR1) raise(SIGUSR2);
}

static void overflow(int signal) {
  int local;
  say("overflow: signal %d on the alternate stack %d\n", signal, is_inside(&local));
  siglongjmp(back, 1);
}

static int recurse(volatile int depth) {
  volatile char block[4096];
  block[0] = depth;
  block[4095] = depth;
  return recurse(depth + 1) + block[0] + block[4095];
}

int main(void) {
  stack_t stack = {.ss_sp = stack_space, .ss_size = sizeof stack_space}, old;
  SHOW(sigaltstack(NULL, &old));
  say("flags at first %d\n", old.ss_flags);
  SHOW(sigaltstack(&stack, NULL));
  on_signal(SIGUSR1, note, SA_ONSTACK);
  on_signal(SIGUSR2, note, SA_ONSTACK | SA_NODEFER);
  raise(SIGUSR1);
  on_signal(SIGUSR2, note, 0);
  raise(SIGUSR2);
  sigaltstack(NULL, &old);
  say("flags %d same stack %d size %zu\n", old.ss_flags, old.ss_sp == stack_space, old.ss_size);
  on_signal(SIGSEGV, overflow, SA_ONSTACK);
  struct rlimit limit = {262144, 8388608};
  MUST(setrlimit(RLIMIT_STACK, &limit));
  for (int i = 0; i < 2; i++) {
    if (sigsetjmp(back, 1) == 0) recurse(0);
    else say("back\n");
  }
  stack.ss_size = 100;
  SHOW(sigaltstack(&stack, NULL));
  stack.ss_flags = 77;
  SHOW(sigaltstack(&stack, NULL));
  stack.ss_flags = SS_DISABLE;
  SHOW(sigaltstack(&stack, NULL));
  sigaltstack(NULL, &old);
  say("flags %d\n", old.ss_flags);
  return 0;
}
