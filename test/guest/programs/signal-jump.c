/* setjmp and sigsetjmp: values come back, the mask only with sigsetjmp; jumps out of handlers and across frames. */
#include "guest.h"
#include <setjmp.h>

static jmp_buf plain;
static sigjmp_buf with_mask;
static volatile int rounds;

static void deep(int depth) {
  if (depth == 0) longjmp(plain, 7);
  deep(depth - 1);
}

static void handler(int signal) {
  (void)signal;
  rounds++;
  siglongjmp(with_mask, rounds);
}

static bool is_blocked(int signal) {
  sigset_t mask;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  return sigismember(&mask, signal);
}

int main(void) {
  volatile int kept = 1;
  volatile double number = 1.5;
  int value = setjmp(plain);
  say("setjmp %d kept %d number %g\n", value, kept, number);
  if (value == 0) {
    kept = 2;
    number *= 2;
    deep(50);
  }
  if (value == 7) {
    kept = 3;
    longjmp(plain, 0);
  }
  on_signal(SIGUSR1, handler, 0);
  value = sigsetjmp(with_mask, 1);
  say("sigsetjmp %d blocked %d\n", value, is_blocked(SIGUSR1));
  if (value < 3) raise(SIGUSR1);
  value = sigsetjmp(with_mask, 0);
  say("sigsetjmp %d blocked %d\n", value, is_blocked(SIGUSR1));
  if (value == 0) raise(SIGUSR1);
  return 0;
}
