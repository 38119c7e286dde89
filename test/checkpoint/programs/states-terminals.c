// cflags: -lutil
// modes: pty raw timed session
/* Terminals in the middle of a line, in raw mode, and with a session on them. */
#include "states.h"
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static int open_pair(int *slave) {
  int master;
  struct winsize size = {33, 99, 0, 0};
  MUST(openpty(&master, slave, NULL, NULL, &size));
  return master;
}

static void tell(const char *what, const char *bytes, ssize_t count) {
  if (count < 0) {
    say("%s: %s\n", what, strerrorname_np(errno));
    return;
  }
  char text[400] = "";
  for (ssize_t i = 0, at = 0; i < count && at < 390; i++) {
    if (bytes[i] >= ' ' && bytes[i] < 127) text[at++] = bytes[i];
    else at += snprintf(text + at, sizeof text - at, "\\%o", bytes[i] & 255);
  }
  say("%s: '%s'\n", what, text);
}

static void take(const char *what, int fd) {
  char bytes[256];
  struct pollfd polled = {fd, POLLIN, 0};
  if (poll(&polled, 1, 50) == 0) say("%s: nothing\n", what);
  else tell(what, bytes, read(fd, bytes, sizeof bytes));
}

/* A whole line and a half in canonical mode; output and echo that the master has not taken. */
static void pty(void) {
  int slave, master = open_pair(&slave);
  MUST(write(master, "whole line\nhalf lime", 20));
  sleep_ms(50);
  MUST(write(slave, "out\tput\n", 8));
  sleep_ms(50);
  point();
  struct winsize size;
  int waiting;
  MUST(ioctl(slave, TIOCGWINSZ, &size));
  say("size %d x %d\n", size.ws_row, size.ws_col);
  MUST(ioctl(slave, FIONREAD, &waiting));
  say("to be read %d\n", waiting);
  take("master", master);
  take("line", slave);
  take("not yet", slave);
  MUST(write(master, "\177\177ne\n", 5));
  take("line", slave);
  take("echo", master);
  MUST(write(master, "gone\025kept\004", 10));
  take("line", slave);
  take("echo", master);
  MUST(close(slave));
  take("hung up", master);
}

static void raw(void) {
  int slave, master = open_pair(&slave);
  struct termios settings, now;
  MUST(tcgetattr(slave, &settings));
  cfmakeraw(&settings);
  settings.c_cc[VMIN] = 3;
  settings.c_cc[VTIME] = 0;
  settings.c_cc[VINTR] = 7;
  settings.c_oflag |= OPOST | OLCUC;
  MUST(tcsetattr(slave, TCSANOW, &settings));
  pid_t reader = fork();
  if (reader == 0) {
    for (int i = 0; i < 2; i++) {
      char bytes[16];
      ssize_t count = read(slave, bytes, sizeof bytes);
      tell("keys", bytes, count);
    }
    _exit(0);
  }
  MUST(write(master, "\003x", 2));
  sleep_ms(30);
  point();
  MUST(tcgetattr(slave, &now));
  say("same settings %d\n", memcmp(&now, &settings, sizeof now) == 0);
  MUST(write(master, "\r", 1));
  sleep_ms(30);
  MUST(write(master, "\033[A", 3));
  reap("reader", reader);
  MUST(write(slave, "upper\n", 6));
  take("master", master);
}

/* A read that ends a while after its last key. */
static void timed(void) {
  int slave, master = open_pair(&slave);
  struct termios settings;
  MUST(tcgetattr(slave, &settings));
  cfmakeraw(&settings);
  settings.c_cc[VMIN] = 10;
  settings.c_cc[VTIME] = 3;
  MUST(tcsetattr(slave, TCSANOW, &settings));
  pid_t reader = fork();
  if (reader == 0) {
    char bytes[16];
    long start = now_ms();
    ssize_t count = read(slave, bytes, sizeof bytes);
    tell("keys", bytes, count);
    say("a while after the last: %d\n", now_ms() - start > 300);
    _exit(0);
  }
  MUST(write(master, "ab", 2));
  sleep_ms(100);
  point();
  MUST(write(master, "c", 1));
  reap("reader", reader);
}

static struct gate told, go;

static void on_hangup(int signal) {
  (void)signal;
  open_gate(told);
}

/* A session on a terminal: a leader, a group in front, one in the background that was stopped for reading, and one stopped by ^Z. */
static void session(void) {
  told = make_gate();
  go = make_gate();
  int slave, master = open_pair(&slave), out = dup(1);
  pid_t leader = fork();
  if (leader == 0) {
    MUST(close(master));
    MUST(login_tty(slave));
    dup2(out, 1);
    signal(SIGTTOU, SIG_IGN);
    on_signal(SIGHUP, on_hangup, 0);
    pid_t jobs[2];
    int status;
    for (int i = 0; i < 2; i++) {
      jobs[i] = fork();
      if (jobs[i] == 0) {
        setpgid(0, 0);
        signal(SIGHUP, SIG_DFL);
        char line[32];
        if (i == 1) {
          tcsetpgrp(0, getpgrp());
          open_gate(told);
        }
        ssize_t count = read(0, line, sizeof line);
        tell("job read", line, count);
        for (;;) pause();
      }
      MUST(waitpid(jobs[i], &status, WUNTRACED));
      say("job %d stopped by %s\n", i, sigabbrev_np(WSTOPSIG(status)));
    }
    open_gate(told);
    pass_gate(go);
    say("in front: the second job %d\n", tcgetpgrp(0) == jobs[1]);
    say("both are still stopped: %d\n", waitpid(-1, &status, WNOHANG));
    kill(-jobs[1], SIGKILL);
    MUST(waitpid(jobs[1], &status, 0));
    MUST(tcsetpgrp(0, jobs[0]));
    kill(-jobs[0], SIGCONT);
    open_gate(told);
    MUST(waitpid(jobs[0], &status, 0));
    say("the job in front was ended by %s\n", sigabbrev_np(WTERMSIG(status)));
    pass_gate(go);
    _exit(0);
  }
  pass_gate(told);
  MUST(close(slave));
  sleep_ms(20);
  MUST(write(master, "\032", 1));
  pass_gate(told);
  sleep_ms(20);
  point();
  open_gate(go);
  pass_gate(told);
  sleep_ms(20);
  MUST(write(master, "a line\n", 7));
  sleep_ms(20);
  MUST(write(master, "\003", 1));
  sleep_ms(20);
  MUST(close(master));
  pass_gate(told);
  say("hung up\n");
  open_gate(go);
  reap("leader", leader);
}

MODES({"pty", pty}, {"raw", raw}, {"timed", timed}, {"session", session})
