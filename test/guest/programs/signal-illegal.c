// oracle: qemu, riscv64 only
/* Illegal instruction, ebreak and a misaligned jump target; a handler that skips the instruction; division by zero does not trap. */
#include "guest.h"
#include <ucontext.h>

static unsigned long where;

static void skip(int signal, siginfo_t *info, void *context) {
  ucontext_t *frame = context;
  unsigned long pc = frame->uc_mcontext.__gregs[0];
  say("signal %d code %d address is pc %d\n", signal, info->si_code, (unsigned long)info->si_addr == pc);
  where = pc;
  unsigned short low = *(unsigned short *)pc;
  frame->uc_mcontext.__gregs[0] = pc + ((low & 3) == 3 ? 4 : 2);
  frame->uc_mcontext.__gregs[10] = 42; /* a0 */
}

int main(void) {
  struct sigaction action = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};
  sigaction(SIGILL, &action, NULL);
  sigaction(SIGTRAP, &action, NULL);
  register long a0 asm("a0") = 1;
  asm volatile(".word 0xffffffff" : "+r"(a0));
  long result = a0;
  say("a0 %ld\n", result);
  a0 = 2;
  asm volatile(".option push\n.option norvc\nebreak\n.option pop" : "+r"(a0));
  result = a0;
  say("a0 %ld\n", result);
  a0 = 3;
  asm volatile("c.ebreak" : "+r"(a0));
  result = a0;
  say("a0 %ld\n", result);
  a0 = 4;
  asm volatile(".half 0" : "+r"(a0));
  result = a0;
  say("a0 %ld\n", result);
  volatile long zero = 0, minimum = INT64_MIN, minus_one = -1;
  long quotient, remainder;
  asm volatile("div %0, %2, %3\nrem %1, %2, %3" : "=&r"(quotient), "=&r"(remainder) : "r"(minimum), "r"(zero));
  say("%ld %ld\n", quotient, remainder);
  asm volatile("div %0, %2, %3\nrem %1, %2, %3" : "=&r"(quotient), "=&r"(remainder) : "r"(minimum), "r"(minus_one));
  say("%ld %ld\n", quotient, remainder);
  pid_t child = fork();
  if (child == 0) {
    signal(SIGILL, SIG_DFL);
    asm volatile("unimp");
    _exit(0);
  }
  reap("default", child);
  return where == 0;
}
