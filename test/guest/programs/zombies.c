/* Two zombies that exit 3 and signal 9 have made, and a stopped child: each waited for once, with its status and usage. */
#include "guest.h"
#include <sys/resource.h>

int main(void) {
  pid_t exited = fork();
  if (exited == 0) _exit(3);
  struct gate ready = make_gate();
  pid_t killed = fork();
  if (killed == 0) {
    open_gate(ready);
    for (;;) pause();
  }
  pid_t stopped = fork();
  if (stopped == 0) for (;;) pause();
  pass_gate(ready);
  kill(killed, SIGKILL);
  kill(stopped, SIGSTOP);
  siginfo_t info;
  MUST(waitid(P_PID, exited, &info, WEXITED | WNOWAIT));
  MUST(waitid(P_PID, killed, &info, WEXITED | WNOWAIT));
  MUST(waitid(P_PID, stopped, &info, WSTOPPED | WNOWAIT));
  sleep_ms(50);
  SHOW(kill(exited, 0));
  SHOW(kill(exited, SIGTERM));
  struct rusage usage;
  int status;
  say("%d", wait4(killed, &status, 0, &usage) == killed);
  say(" %d", WTERMSIG(status));
  say(" %d\n", usage.ru_maxrss > 0);
  say("%d", wait4(stopped, &status, WUNTRACED, &usage) == stopped);
  say(" %d\n", WSTOPSIG(status));
  say("%d", waitpid(exited, &status, 0) == exited);
  say(" %d\n", WEXITSTATUS(status));
  SHOW(kill(exited, 0));
  SHOW(waitpid(exited, &status, 0));
  kill(stopped, SIGKILL);
  reap("stopped", stopped);
  return 0;
}
