// oracle: host
/* Job control on a pty: controlling terminal, background reads and writes, signals from the keyboard, hang-up. */
#include "guest.h"
#include <sys/ioctl.h>
#include <termios.h>

static int master;
static void on_note(int signal) { say("leader: signal %d\n", signal); }

static void report(const char *who, pid_t child) {
  int status;
  MUST(waitpid(child, &status, WUNTRACED));
  if (WIFSTOPPED(status)) say("%s stopped by %d\n", who, WSTOPSIG(status));
  else if (WIFSIGNALED(status)) say("%s ended by %d\n", who, WTERMSIG(status));
  else say("%s exit %d\n", who, WEXITSTATUS(status));
}

static void leader(const char *name) {
  SHOW(open("/dev/tty", O_RDWR));
  MUST(setsid());
  int tty = MUST(open(name, O_RDWR));
  SHOW(tcgetpgrp(tty) == getpid());
  SHOW(tcgetsid(tty) == getsid(0));
  int own = MUST(open("/dev/tty", O_RDWR));
  SHOW(tcgetpgrp(own) == getpgrp());
  SHOW(ioctl(tty, TIOCSCTTY, 0));
  SHOW(tcsetpgrp(tty, 99999));
  SHOW(tcsetpgrp(tty, -5));
  struct sigaction action = {.sa_handler = on_note, .sa_flags = SA_RESTART};
  sigaction(SIGHUP, &action, NULL);
  sigaction(SIGCONT, &action, NULL);
  sigaction(SIGWINCH, &action, NULL);
  sigaction(SIGINT, &action, NULL);

  pid_t child = MUST(fork());
  if (child == 0) {
    setpgid(0, 0);
    char c;
    long got = read(tty, &c, 1);
    say("child read %ld '%c'\n", got, c);
    _exit(0);
  }
  setpgid(child, child);
  report("reader", child);
  MUST(tcsetpgrp(tty, child));
  MUST(kill(-child, SIGCONT));
  MUST(write(master, "in\n", 3));
  report("reader", child);
  signal(SIGTTOU, SIG_IGN);
  MUST(tcsetpgrp(tty, getpgrp()));
  tcflush(tty, TCIFLUSH);
  signal(SIGTTOU, SIG_DFL);

  child = MUST(fork());
  if (child == 0) {
    setpgid(0, 0);
    signal(SIGTTIN, SIG_IGN);
    char c;
    errno = 0;
    long got = read(tty, &c, 1);
    say("ignoring: %ld %s\n", got, strerrorname_np(errno));
    struct termios t;
    SHOW(tcgetattr(tty, &t));
    MUST(write(tty, "free\n", 5));
    tcsetattr(tty, TCSANOW, &t);
    say("changed\n");
    _exit(0);
  }
  setpgid(child, child);
  report("changer", child);
  MUST(kill(child, SIGKILL));
  report("changer", child);

  struct termios t;
  MUST(tcgetattr(tty, &t));
  t.c_lflag |= TOSTOP;
  MUST(tcsetattr(tty, TCSANOW, &t));
  child = MUST(fork());
  if (child == 0) {
    setpgid(0, 0);
    say("stopped write %ld\n", (long)write(tty, "x", 1));
    _exit(0);
  }
  setpgid(child, child);
  report("writer", child);
  MUST(tcsetpgrp(tty, child));
  MUST(kill(child, SIGCONT));
  report("writer", child);
  signal(SIGTTOU, SIG_IGN);
  MUST(tcsetpgrp(tty, getpgrp()));
  signal(SIGTTOU, SIG_DFL);

  child = MUST(fork());
  if (child == 0) {
    setpgid(0, 0);
    signal(SIGINT, SIG_DFL);
    signal(SIGTTOU, SIG_IGN);
    MUST(tcsetpgrp(tty, getpid()));
    signal(SIGTTOU, SIG_DFL);
    for (;;) pause();
  }
  setpgid(child, child);
  sleep_ms(50);
  MUST(write(master, "\032", 1));
  report("sleeper", child);
  MUST(kill(-child, SIGCONT));
  sleep_ms(20);
  MUST(write(master, "\003", 1));
  report("sleeper", child);
  signal(SIGTTOU, SIG_IGN);
  MUST(tcsetpgrp(tty, getpgrp()));
  MUST(write(master, "\003", 1));
  sleep_ms(20);
  struct winsize size = {10, 20, 0, 0};
  MUST(ioctl(master, TIOCSWINSZ, &size));
  MUST(ioctl(master, TIOCSWINSZ, &size));
  sleep_ms(20);
  SHOW(ioctl(master, TIOCSIG, SIGINT));
  SHOW(ioctl(master, TIOCSIG, SIGTERM));
  SHOW(ioctl(tty, TIOCSTI, "z"));

  child = MUST(fork());
  if (child == 0) {
    setpgid(0, 0);
    signal(SIGHUP, SIG_DFL);
    close(master);
    MUST(tcsetpgrp(tty, getpid()));
    for (;;) pause();
  }
  setpgid(child, child);
  sleep_ms(20);
  close(master);
  sleep_ms(50);
  char c;
  SHOW(read(tty, &c, 1));
  SHOW(write(tty, "x", 1));
  SHOW(open("/dev/tty", O_RDWR));
  say("foreground child lives %d\n", kill(child, 0) == 0 && waitpid(child, NULL, WNOHANG) == 0);
  kill(child, SIGKILL);
  report("child", child);
  _exit(0);
}

int main(void) {
  setpgid(0, 0);
  master = MUST(posix_openpt(O_RDWR | O_NOCTTY));
  MUST(grantpt(master));
  MUST(unlockpt(master));
  char name[40];
  snprintf(name, sizeof name, "%s", ptsname(master));
  setsid();
  pid_t child = MUST(fork());
  if (child == 0) leader(name);
  close(master);
  report("leader", child);

  master = MUST(posix_openpt(O_RDWR | O_NOCTTY));
  MUST(unlockpt(master));
  snprintf(name, sizeof name, "%s", ptsname(master));
  int alive[2];
  MUST(pipe(alive));
  child = MUST(fork());
  if (child == 0) {
    close(alive[0]);
    MUST(setsid());
    MUST(open(name, O_RDWR));
    if (MUST(fork()) == 0) {
      MUST(write(alive[1], "r", 1));
      sleep(20);
      MUST(write(alive[1], "s", 1));
      _exit(0);
    }
    sleep_ms(50);
    _exit(0);
  }
  close(alive[1]);
  report("short leader", child);
  char buffer[10];
  SHOW(read(alive[0], buffer, 1));
  SHOW(read(alive[0], buffer, 1));
  return 0;
}
