/* Capacity by pages, atomic writes, packets, sizes, end of file, EPIPE. */
#include "guest.h"
#include <poll.h>
#include <sys/ioctl.h>

static int events(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT, 0};
  MUST(poll(&p, 1, 0));
  return p.revents;
}

static char buffer[200000];
static void on_pipe(int signal) { say("signal %d\n", signal); }

static int *volatile nowhere = (int *)8;

int main(void) {
  int p[2], count;
  MUST(pipe2(p, O_NONBLOCK));
  say("empty: reader %#x writer %#x\n", events(p[0]), events(p[1]));
  SHOW(read(p[0], buffer, 10));
  SHOW(read(p[0], buffer, 0));
  SHOW(write(p[1], buffer, 0));
  SHOW(write(p[1], buffer, 70000));
  SHOW(write(p[1], buffer, 1));
  MUST(ioctl(p[0], FIONREAD, &count));
  say("count %d reader %#x writer %#x\n", count, events(p[0]), events(p[1]));
  SHOW(read(p[0], buffer, 4095));
  SHOW(write(p[1], buffer, 1));
  SHOW(read(p[0], buffer, 1));
  say("writer %#x\n", events(p[1]));
  SHOW(write(p[1], buffer, 4097));
  SHOW(write(p[1], buffer, 4096));
  SHOW(read(p[0], buffer, 5000));
  SHOW(write(p[1], buffer, 5000));
  SHOW(fcntl(p[0], F_GETPIPE_SZ));
  SHOW(fcntl(p[0], F_SETPIPE_SZ, 4096));
  while (read(p[0], buffer, sizeof buffer) > 0) continue;
  SHOW(fcntl(p[0], F_SETPIPE_SZ, 5000));
  SHOW(write(p[1], buffer, 20000));
  SHOW(fcntl(p[1], F_SETPIPE_SZ, 100000));
  SHOW(write(p[1], buffer, 200000));
  SHOW(fcntl(p[1], F_SETPIPE_SZ, -1));
  SHOW(fcntl(0, F_GETPIPE_SZ) >= 0 ? 0 : -1);
  close(p[1]);
  say("closed: reader %#x\n", events(p[0]));
  SHOW(read(p[0], buffer, sizeof buffer));
  SHOW(read(p[0], buffer, sizeof buffer));
  close(p[0]);

  MUST(pipe2(p, O_DIRECT));
  SHOW(write(p[1], "packet one", 10));
  SHOW(write(p[1], "two", 3));
  SHOW(write(p[1], buffer, 5000));
  SHOW(read(p[0], buffer, 4));
  SHOW(read(p[0], buffer, 100));
  SHOW(read(p[0], buffer, 10000));
  SHOW(read(p[0], buffer, 10000));
  signal(SIGPIPE, on_pipe);
  close(p[0]);
  say("no reader: writer %#x\n", events(p[1]));
  SHOW(write(p[1], "x", 1));
  SHOW(write(p[1], "x", 0));
  SHOW(read(p[1], buffer, 1));
  SHOW(lseek(p[1], 0, SEEK_SET));
  SHOW(pread(p[0], buffer, 1, 0));
  SHOW(pipe2(p, O_APPEND));
  SHOW(pipe2(nowhere, 0));

  MUST(pipe(p));
  if (MUST(fork()) == 0) {
    close(p[0]);
    memset(buffer, 'w', sizeof buffer);
    say("child wrote %ld\n", (long)write(p[1], buffer, sizeof buffer));
    _exit(0);
  }
  close(p[1]);
  long total = 0, got;
  while ((got = read(p[0], buffer, 30000)) > 0) total += got;
  wait(NULL);
  say("parent read %ld\n", total);
  return 0;
}
