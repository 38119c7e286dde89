/* The stack grows on demand up to RLIMIT_STACK; beyond it is SIGSEGV. */
#include "guest.h"
#include <sys/resource.h>

static int dive(int depth) {
  volatile char block[1024];
  block[0] = depth;
  if (depth == 0) return 0;
  return dive(depth - 1) + (block[0] == (char)depth);
}

int main(void) {
  say("%d\n", dive(1000));
  pid_t child = fork();
  if (child == 0) {
    say("child: %d\n", dive(500));
    struct rlimit limit;
    getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = 300 * 1024;
    MUST(setrlimit(RLIMIT_STACK, &limit));
    dive(100000);
    _exit(0);
  }
  reap("limited", child);
  volatile char far_below[200000];
  far_below[0] = 1;
  far_below[199999] = 2;
  say("%d\n", far_below[0] + far_below[199999]);
  return 0;
}
