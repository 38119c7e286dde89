/* Exit codes and signals of children as wait(2) shows them. */
#include "guest.h"

int main(void) {
  int codes[] = {0, 1, 3, 127, 255, 256 + 7};
  for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
    pid_t child = fork();
    if (child == 0) _exit(codes[i]);
    say("exit(%d): ", codes[i]);
    reap("child", child);
  }
  int signals[] = {SIGKILL, SIGTERM, SIGUSR1, SIGRTMIN, SIGALRM, SIGPIPE};
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
    pid_t child = fork();
    if (child == 0) {
      raise(signals[i]);
      _exit(0);
    }
    reap("child", child);
  }
  SHOW(wait(NULL));
  SHOW(waitpid(getpid(), NULL, 0));
  return 5;
}
