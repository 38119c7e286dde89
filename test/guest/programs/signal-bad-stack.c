// oracle: host: qemu's user mode hangs over the overflow
/* A handler that cannot be entered because its stack is bad: SIGSEGV, and death when that has no stack either; an alternate stack that overflows. */
#include "guest.h"
#include <sys/mman.h>

static void note(int signal) { say("handler %d\n", signal == SIGUSR1); }

static void on_fault(int signal) {
  (void)signal;
  say("SIGSEGV on the alternate stack\n");
  _exit(5);
}

static void raise_without_stack(void) {
#ifdef __riscv
  register long a0 asm("a0") = getpid();
  register long a1 asm("a1") = SIGUSR1;
  register long a7 asm("a7") = 129;
  asm volatile("li sp, 64\necall" : : "r"(a0), "r"(a1), "r"(a7) : "memory");
#else
  asm volatile("mov $64, %%rsp\nsyscall" : : "a"(62l), "D"((long)getpid()), "S"((long)SIGUSR1) : "memory", "rcx", "r11");
#endif
  for (;;) continue;
}

static void deeper(int signal) {
  volatile char block[200];
  block[0] = 1;
  raise(signal);
  block[199] = block[0];
}

int main(void) {
  on_signal(SIGUSR1, note, 0);
  pid_t child = fork();
  if (child == 0) raise_without_stack();
  reap("no stack", child);
  child = fork();
  if (child == 0) {
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
    sigaltstack(&stack, NULL);
    on_signal(SIGSEGV, on_fault, SA_ONSTACK);
    raise_without_stack();
  }
  reap("alternate stack for the fault", child);
  child = fork();
  if (child == 0) {
    stack_t stack = {.ss_sp = malloc(32768), .ss_size = 32768};
    sigaltstack(&stack, NULL);
    on_signal(SIGUSR2, deeper, SA_ONSTACK | SA_NODEFER);
    raise(SIGUSR2);
    _exit(0);
  }
  reap("alternate stack overflows", child);
  return 0;
}
