/* waitid(2): WNOHANG, WNOWAIT leaves the news, and the fields of siginfo. */
#include "guest.h"

static void show_info(const char *when, int result, const siginfo_t *info, pid_t child) {
  say("%s: %d", when, result);
  if (result == 0 && info->si_pid != 0) {
    say(" signo %d code %d status %d pid %s", info->si_signo, info->si_code, info->si_status, info->si_pid == child ? "child" : "other");
  }
  say("\n");
}

int main(void) {
  struct gate gate = make_gate();
  siginfo_t info = {0};
  pid_t child = fork();
  if (child == 0) {
    pass_gate(gate);
    _exit(42);
  }
  show_info("running", waitid(P_PID, child, &info, WEXITED | WNOHANG), &info, child);
  open_gate(gate);
  show_info("first", waitid(P_PID, child, &info, WEXITED | WNOWAIT), &info, child);
  show_info("again", waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), &info, child);
  show_info("take", waitid(P_PGID, 0, &info, WEXITED), &info, child);
  SHOW(waitid(P_PID, child, &info, WEXITED));
  SHOW(waitid(P_PID, child, &info, 0));
  child = fork();
  if (child == 0) pause();
  kill(child, SIGKILL);
  show_info("killed", waitid(P_PID, child, &info, WEXITED), &info, child);
  SHOW(waitid(99, child, &info, WEXITED));
  return 0;
}
