// modes: pipe fifo packets closed
/* Pipes and FIFOs with bytes in them, and with ends that wait. */
#include "states.h"
#include <poll.h>
#include <sys/ioctl.h>

enum { WRITTEN = 70000, CAPACITY = 32768 };

static unsigned char byte_at(int i) { return (unsigned char)(i * 7 + i / 251); }

static void pipe_full(void) {
  static unsigned char bytes[WRITTEN];
  int ends[2];
  MUST(pipe(ends));
  SHOW(fcntl(ends[1], F_SETPIPE_SZ, CAPACITY));
  pid_t writer = fork();
  if (writer == 0) {
    close(ends[0]);
    for (int i = 0; i < WRITTEN; i++) bytes[i] = byte_at(i);
    say("written %zd\n", write(ends[1], bytes, WRITTEN));
    _exit(0);
  }
  close(ends[1]);
  sleep_ms(50);
  point();
  int waiting;
  MUST(ioctl(ends[0], FIONREAD, &waiting));
  say("waiting %d, capacity %d\n", waiting, fcntl(ends[0], F_GETPIPE_SZ));
  int at = 0, wrong = 0;
  for (ssize_t count; (count = read(ends[0], bytes, 5000)) > 0; at += count) {
    for (int i = 0; i < count; i++) wrong += bytes[i] != byte_at(at + i);
  }
  reap("writer", writer);
  say("read %d, wrong %d\n", at, wrong);
}

/* One FIFO with bytes in it, one that a writer waits to open. */
static void fifo(void) {
  MUST(mkfifo("filled", 0644));
  MUST(mkfifo("lonely", 0644));
  int filled = MUST(open("filled", O_RDWR));
  MUST(write(filled, "in the fifo", 11));
  pid_t opener = fork();
  if (opener == 0) {
    close(filled);
    int fd = MUST(open("lonely", O_WRONLY));
    say("opened for writing\n");
    MUST(write(fd, "late", 4));
    _exit(0);
  }
  sleep_ms(50);
  point();
  char bytes[32] = "";
  SHOW(read(filled, bytes, 5));
  say("'%s'\n", bytes);
  int reader = MUST(open("lonely", O_RDONLY));
  reap("opener", opener);
  memset(bytes, 0, sizeof bytes);
  SHOW(read(reader, bytes, sizeof bytes));
  say("'%s'\n", bytes);
  SHOW(read(reader, bytes, sizeof bytes));
  memset(bytes, 0, sizeof bytes);
  MUST(fcntl(filled, F_SETFL, O_NONBLOCK));
  SHOW(read(filled, bytes, sizeof bytes));
  say("'%s'\n", bytes);
  SHOW(read(filled, bytes, sizeof bytes));
}

/* A pipe in packet mode keeps the bounds of what was written. */
static void packets(void) {
  int ends[2];
  MUST(pipe2(ends, O_DIRECT));
  MUST(write(ends[1], "one", 3));
  MUST(write(ends[1], "two two", 7));
  MUST(write(ends[1], "three", 5));
  point();
  MUST(close(ends[1]));
  for (int i = 0; i < 4; i++) {
    char bytes[8] = "";
    ssize_t count = read(ends[0], bytes, 5);
    say("%zd '%s'\n", count, bytes);
  }
}

static void on_broken(int signal) { say("signal %d\n", signal == SIGPIPE); }

/* Ends that nobody has any more: the rest is read, then the end; a write is refused. */
static void closed(void) {
  int rest[2], broken[2];
  MUST(pipe(rest));
  MUST(pipe(broken));
  MUST(write(rest[1], "rest", 4));
  MUST(close(rest[1]));
  MUST(close(broken[0]));
  on_signal(SIGPIPE, on_broken, 0);
  point();
  struct pollfd polled[2] = {{rest[0], POLLIN, 0}, {broken[1], POLLOUT, 0}};
  SHOW(poll(polled, 2, 0));
  say("events %x %x\n", polled[0].revents, polled[1].revents);
  char bytes[8] = "";
  SHOW(read(rest[0], bytes, sizeof bytes));
  SHOW(read(rest[0], bytes, sizeof bytes));
  SHOW(write(broken[1], "x", 1));
}

MODES({"pipe", pipe_full}, {"fifo", fifo}, {"packets", packets}, {"closed", closed})
