/* A FIFO's two ends wait for one another. */
#include "guest.h"
#include <poll.h>

static int events(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT, 0};
  MUST(poll(&p, 1, 0));
  return p.revents;
}
static void on_alarm(int signal) { (void)signal; }

int main(void) {
  char path[64], buffer[100];
  snprintf(path, sizeof path, "/tmp/fifo-%d", getpid());
  MUST(mkfifo(path, 0600));
  SHOW(open(path, O_WRONLY | O_NONBLOCK));
  int reader = MUST(open(path, O_RDONLY | O_NONBLOCK));
  say("reader alone %#x\n", events(reader));
  SHOW(read(reader, buffer, 1));
  int writer = MUST(open(path, O_WRONLY | O_NONBLOCK));
  say("both: reader %#x writer %#x\n", events(reader), events(writer));
  SHOW(write(writer, "hello", 5));
  close(writer);
  say("writer left %#x\n", events(reader));
  SHOW(read(reader, buffer, 100));
  SHOW(read(reader, buffer, 100));
  say("still %#x\n", events(reader));
  close(reader);
  if (MUST(fork()) == 0) {
    sleep_ms(50);
    int fd = MUST(open(path, O_WRONLY));
    MUST(write(fd, "from the child", 14));
    _exit(0);
  }
  reader = MUST(open(path, O_RDONLY));
  SHOW(read(reader, buffer, 100));
  SHOW(read(reader, buffer, 100));
  wait(NULL);
  close(reader);
  int both = MUST(open(path, O_RDWR));
  say("both in one %#x\n", events(both));
  SHOW(write(both, "self", 4));
  SHOW(read(both, buffer, 100));
  close(both);
  if (MUST(fork()) == 0) {
    sleep_ms(50);
    close(MUST(open(path, O_RDONLY)));
    _exit(0);
  }
  writer = MUST(open(path, O_WRONLY));
  sleep_ms(50);
  signal(SIGPIPE, SIG_IGN);
  SHOW(write(writer, "x", 1));
  close(writer);
  wait(NULL);
  struct sigaction action = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &action, NULL);
  alarm(1);
  SHOW(open(path, O_RDONLY));
  MUST(unlink(path));
  return 0;
}
