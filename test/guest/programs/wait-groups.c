/* waitpid(2) by process group, and which children a wait is about. */
#include "guest.h"

int main(void) {
  pid_t children[4];
  for (int i = 0; i < 4; i++) {
    children[i] = fork();
    if (children[i] == 0) _exit(10 + i);
    setpgid(children[i], i == 0 ? 0 : i == 3 ? children[2] : i == 2 ? children[2] : 0);
  }
  int status;
  SHOW(waitpid(0, &status, WNOHANG));
  siginfo_t info;
  MUST(waitid(P_PID, children[2], &info, WEXITED | WNOWAIT));
  MUST(waitid(P_PID, children[3], &info, WEXITED | WNOWAIT));
  int sum = 0;
  for (int i = 0; i < 2; i++) {
    pid_t got = waitpid(-children[2], &status, 0);
    sum += WEXITSTATUS(status);
    say("group: %s\n", got == children[2] || got == children[3] ? "member" : "other");
  }
  say("sum %d\n", sum);
  SHOW(waitpid(-children[2], &status, 0) == -1 ? errno == ECHILD : 99);
  say("%d\n", waitpid(children[1], &status, 0) == children[1] && WEXITSTATUS(status) == 11);
  say("%d\n", waitpid(-1, &status, 0) == children[0] && WEXITSTATUS(status) == 10);
  SHOW(waitpid(-1, &status, 0));
  SHOW(waitpid(children[0], &status, 0x40000));
  return 0;
}
