/* Stops and continues as WUNTRACED and WCONTINUED tell of them: once each, the newest only. */
#include "guest.h"

static void show_status(const char *when, pid_t result, const int *word) {
  int status = *word;
  if (result == 0) say("%s: nothing\n", when);
  else if (WIFSTOPPED(status)) say("%s: stopped by %d\n", when, WSTOPSIG(status));
  else if (WIFCONTINUED(status)) say("%s: continued\n", when);
  else if (WIFSIGNALED(status)) say("%s: signal %d\n", when, WTERMSIG(status));
  else say("%s: %x\n", when, status);
}

int main(void) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) for (;;) pause();
  kill(child, SIGSTOP);
  show_status("stop", waitpid(child, &status, WUNTRACED), &status);
  show_status("stop again", waitpid(child, &status, WUNTRACED | WNOHANG), &status);
  kill(child, SIGCONT);
  show_status("continue", waitpid(child, &status, WCONTINUED), &status);
  show_status("continue again", waitpid(child, &status, WCONTINUED | WNOHANG), &status);
  kill(child, SIGSTOP);
  siginfo_t info;
  MUST(waitid(P_PID, child, &info, WSTOPPED | WNOWAIT));
  say("siginfo: code %d status %d\n", info.si_code, info.si_status);
  kill(child, SIGCONT);
  MUST(waitid(P_PID, child, &info, WCONTINUED));
  say("siginfo: code %d status %d\n", info.si_code, info.si_status);
  show_status("the stop is gone", waitpid(child, &status, WUNTRACED | WNOHANG), &status);
  kill(child, SIGSTOP);
  waitpid(child, &status, WUNTRACED);
  kill(child, SIGKILL);
  show_status("kill", waitpid(child, &status, WUNTRACED), &status);
  return 0;
}
