/* A pipe with 40,000 bytes in it and a writer blocked with 30,000 more: FIONREAD, order, F_SETPIPE_SZ, end of file, SIGPIPE, atomic small writes. */
#include "guest.h"
#include <sys/ioctl.h>

int main(void) {
  int ends[2], available;
  MUST(pipe(ends));
  SHOW(fcntl(ends[0], F_GETPIPE_SZ));
  static char block[70000];
  for (int i = 0; i < 70000; i++) block[i] = i % 251;
  MUST(write(ends[1], block, 40000));
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    ssize_t written = write(ends[1], block + 40000, 30000);
    _exit(written == 30000 ? 3 : 4);
  }
  close(ends[1]);
  sleep_ms(30);
  MUST(ioctl(ends[0], FIONREAD, &available));
  say("in the pipe: %d\n", available >= 40000 && available <= 65536);
  char bytes[5000];
  long total = 0, wrong = 0;
  ssize_t length;
  while ((length = read(ends[0], bytes, sizeof bytes)) > 0) {
    for (ssize_t i = 0; i < length; i++) wrong += bytes[i] != block[total + i];
    total += length;
    if (total < 20000) sleep_ms(5);
  }
  say("read %ld wrong %ld\n", total, wrong);
  reap("writer", child);
  close(ends[0]);
  MUST(pipe2(ends, O_NONBLOCK));
  SHOW(read(ends[0], bytes, 1));
  SHOW(fcntl(ends[1], F_SETPIPE_SZ, 4096));
  SHOW(write(ends[1], block, 4000));
  SHOW(write(ends[1], block, 200));
  SHOW(write(ends[1], block, 96));
  SHOW(write(ends[1], block, 1));
  SHOW(fcntl(ends[1], F_SETPIPE_SZ, 10000));
  SHOW(write(ends[1], block, 70000));
  SHOW(fcntl(ends[1], F_SETPIPE_SZ, 4096));
  SHOW(lseek(ends[0], 0, SEEK_SET));
  SHOW(read(ends[1], bytes, 1));
  close(ends[0]);
  signal(SIGPIPE, SIG_IGN);
  SHOW(write(ends[1], block, 1));
  child = fork();
  if (child == 0) {
    signal(SIGPIPE, SIG_DFL);
    write(ends[1], block, 1);
    _exit(0);
  }
  reap("SIGPIPE", child);
  return 0;
}
