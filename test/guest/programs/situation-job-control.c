/* A shell's view on a terminal of its own: foreground and background groups, SIGTTIN, SIGTSTP by ^Z, tcsetpgrp, and the hang-up. */
#include "guest.h"
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static struct gate told, go;

static void on_hangup(int signal) {
  (void)signal;
  write(told.ends[1], "h", 1);
}

static void shell(void) {
  on_signal(SIGHUP, on_hangup, 0);
  signal(SIGTTOU, SIG_IGN);
  say("leads the session %d, foreground %d\n", getsid(0) == getpid(), tcgetpgrp(0) == getpgrp());
  pid_t job = fork();
  if (job == 0) {
    setpgid(0, 0);
    signal(SIGTTOU, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    char line[32] = "";
    ssize_t length = read(0, line, sizeof line - 1);
    dprintf(told.ends[1] + 100, "job read %zd '%.*s'\n", length, (int)length - 1, line);
    for (;;) pause();
  }
  setpgid(job, job);
  int status;
  waitpid(job, &status, WUNTRACED);
  dprintf(told.ends[1] + 100, "background read: stopped by TTIN %d\n", WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
  tcsetpgrp(0, job);
  dprintf(told.ends[1] + 100, "foreground is the job %d\n", tcgetpgrp(0) == job);
  kill(-job, SIGCONT);
  open_gate(told);
  waitpid(job, &status, WUNTRACED);
  dprintf(told.ends[1] + 100, "^Z: stopped by TSTP %d\n", WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
  tcsetpgrp(0, getpgrp());
  kill(-job, SIGCONT);
  open_gate(told);
  pass_gate(go);
  kill(job, SIGKILL);
  waitpid(job, &status, 0);
  open_gate(told);
  for (;;) pause();
}

int main(void) {
  told = make_gate();
  go = make_gate();
  int out = dup2(1, told.ends[1] + 100), master, slave;
  MUST(openpty(&master, &slave, NULL, NULL, NULL));
  pid_t session = fork();
  if (session == 0) {
    setsid();
    MUST(ioctl(slave, TIOCSCTTY, 0));
    dup2(slave, 0);
    close(slave);
    close(master);
    shell();
  }
  close(slave);
  pass_gate(told);
  sleep_ms(20);
  MUST(write(master, "a line\n", 7));
  sleep_ms(20);
  MUST(write(master, "\x1a", 1));
  pass_gate(told);
  pid_t foreground;
  SHOW(ioctl(master, TIOCGPGRP, &foreground));
  dprintf(out, "foreground is the shell %d\n", foreground == session);
  open_gate(go);
  pass_gate(told);
  close(master);
  char byte = 0;
  read(told.ends[0], &byte, 1);
  dprintf(out, "hang-up told: %c\n", byte);
  kill(session, SIGKILL);
  reap("session", session);
  return 0;
}
