// oracle: host
/* Pseudoterminals: locking, both ends, hang-up, VMIN and VTIME, packet mode, sizes. */
#include "guest.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int events(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI, 0};
  MUST(poll(&p, 1, 0));
  return p.revents;
}
static char buffer[20000];
static void reads(int fd, const char *what) {
  sleep_ms(10);
  errno = 0;
  long got = read(fd, buffer, 1000);
  if (got == -1) say("%s: %s\n", what, strerrorname_np(errno));
  else {
    char line[300] = "";
    for (long i = 0; i < got; i++) snprintf(line + strlen(line), 8, buffer[i] < ' ' || buffer[i] > '~' ? "\\%03o" : "%c", (unsigned char)buffer[i]);
    say("%s: %ld '%s'\n", what, got, line);
  }
}
static long clock_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
static int slave_fd;
static void modes(int min, int time, int icanon, int echo) {
  struct termios t;
  MUST(tcgetattr(slave_fd, &t));
  t.c_lflag &= ~(ICANON | ECHO);
  if (icanon) t.c_lflag |= ICANON;
  if (echo) t.c_lflag |= ECHO;
  t.c_cc[VMIN] = min;
  t.c_cc[VTIME] = time;
  MUST(tcsetattr(slave_fd, TCSANOW, &t));
}

int main(void) {
  int master = MUST(posix_openpt(O_RDWR | O_NOCTTY)), number, value;
  MUST(ioctl(master, TIOCGPTN, &number));
  char name[40];
  snprintf(name, sizeof name, "/dev/pts/%d", number);
  say("name right %d\n", strcmp(ptsname(master), name) == 0);
  SHOW(open(name, O_RDWR | O_NOCTTY));
  MUST(ioctl(master, TIOCGPTLCK, &value));
  say("lock %d\n", value);
  MUST(grantpt(master));
  MUST(unlockpt(master));
  fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
  say("before slave: %#x\n", events(master));
  reads(master, "master");
  SHOW(write(master, "early\n", 6));
  int slave = MUST(open(name, O_RDWR | O_NOCTTY));
  slave_fd = slave;
  fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
  reads(slave, "slave early");
  reads(master, "master early");
  say("isatty %d %d\n", isatty(master), isatty(slave));
  struct stat st;
  MUST(fstat(slave, &st));
  say("type %o rdev %d:%d\n", st.st_mode & S_IFMT, (int)(st.st_rdev >> 8 & 0xfff), (int)(st.st_rdev & 0xff) - number);
  struct winsize size;
  MUST(ioctl(slave, TIOCGWINSZ, &size));
  say("size %d %d\n", size.ws_row, size.ws_col);
  size = (struct winsize){25, 90, 0, 0};
  MUST(ioctl(master, TIOCSWINSZ, &size));
  MUST(ioctl(slave, TIOCGWINSZ, &size));
  say("size %d %d\n", size.ws_row, size.ws_col);

  MUST(write(master, "line\nrest", 9));
  sleep_ms(10);
  say("slave %#x master %#x\n", events(slave), events(master));
  MUST(ioctl(slave, FIONREAD, &value));
  say("waiting %d\n", value);
  reads(slave, "canonical");
  reads(slave, "half a line");
  reads(master, "echo");
  modes(1, 0, 0, 0);
  reads(slave, "raw");
  modes(5, 0, 0, 0);
  MUST(write(master, "abc", 3));
  sleep_ms(10);
  say("three of five: %#x\n", events(slave));
  fcntl(slave, F_SETFL, O_RDWR);
  if (MUST(fork()) == 0) {
    sleep_ms(60);
    MUST(write(master, "defg", 4));
    _exit(0);
  }
  reads(slave, "five or more");
  wait(NULL);
  modes(0, 2, 0, 0);
  long start = clock_ms();
  reads(slave, "VTIME alone");
  say("waited %d\n", clock_ms() - start >= 195);
  modes(0, 0, 0, 0);
  reads(slave, "neither");
  modes(10, 1, 0, 0);
  if (MUST(fork()) == 0) {
    sleep_ms(50);
    MUST(write(master, "x", 1));
    sleep_ms(50);
    MUST(write(master, "y", 1));
    _exit(0);
  }
  reads(slave, "between bytes");
  wait(NULL);
  modes(1, 0, 1, 1);

  value = 1;
  SHOW(ioctl(master, TIOCPKT, &value));
  MUST(write(slave, "data", 4));
  reads(master, "packet");
  MUST(tcflush(slave, TCIOFLUSH));
  sleep_ms(10);
  say("flushed %#x\n", events(master));
  reads(master, "flush");
  MUST(tcflow(slave, TCOOFF));
  reads(master, "stop");
  fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
  SHOW(write(slave, "x", 1));
  say("stopped %#x\n", events(slave));
  MUST(tcflow(slave, TCOON));
  reads(master, "start");
  reads(master, "nothing");
  value = 0;
  MUST(ioctl(master, TIOCPKT, &value));

  SHOW(ioctl(master, TIOCGPGRP, &value));
  SHOW(ioctl(slave, TIOCGPGRP, &value));
  SHOW(ioctl(slave, TIOCGSID, &value));
  SHOW(ioctl(slave, TIOCNOTTY));
  SHOW(ioctl(slave, TIOCGETD, &value));
  SHOW(ioctl(slave, TIOCMGET, &value));
  SHOW(ioctl(slave, TIOCGPTN, &value));
  SHOW(ioctl(slave, TIOCPKT, &value));
  SHOW(ioctl(slave, TIOCOUTQ, &value));
  SHOW(ioctl(slave, TCFLSH, 5));
  SHOW(ioctl(slave, TCXONC, 5));
  SHOW(ioctl(slave, TCSBRK, 1));
  SHOW(ioctl(slave, 0x5499, 0));
  SHOW(ioctl(slave, TIOCEXCL));
  SHOW(ioctl(slave, TIOCNXCL));
  SHOW(ioctl(slave, TCGETS, 8));
  int peer = MUST(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
  say("peer is %s\n", strcmp(ttyname(peer), name) == 0 ? "the slave" : ttyname(peer));
  close(peer);

  memset(buffer, 'q', sizeof buffer);
  fcntl(master, F_SETFL, O_RDWR);
  if (MUST(fork()) == 0) {
    fcntl(slave, F_SETFL, O_RDWR);
    close(master);
    say("child wrote %ld\n", (long)write(slave, buffer, sizeof buffer));
    _exit(0);
  }
  long total = 0;
  while (total < (long)sizeof buffer) total += MUST(read(master, buffer, 3000));
  wait(NULL);
  say("parent read %ld\n", total);
  fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);

  MUST(write(slave, "last words", 10));
  close(slave);
  sleep_ms(10);
  say("slave closed %#x\n", events(master));
  reads(master, "rest");
  reads(master, "end");
  SHOW(write(master, "x", 1));
  slave = MUST(open(name, O_RDWR | O_NOCTTY));
  reads(master, "open again");
  close(master);
  say("master closed %#x\n", events(slave));
  reads(slave, "slave");
  SHOW(write(slave, "x", 1));
  SHOW(ioctl(slave, TIOCGWINSZ, &size));
  SHOW(open(name, O_RDWR));
  return 0;
}
