/* splice, tee, vmsplice: between pipes and files, errors. */
#include "guest.h"
#include <sys/uio.h>

int main(void) {
  int a[2], b[2];
  char buffer[200];
  MUST(pipe(a));
  MUST(pipe(b));
  int file = MUST(open("/tmp", O_TMPFILE | O_RDWR, 0600));
  MUST(write(file, "0123456789", 10));
  off_t offset = 2;
  SHOW(splice(file, &offset, a[1], NULL, 5, 0));
  say("offset %ld\n", (long)offset);
  SHOW(tee(a[0], b[1], 3, 0));
  SHOW(splice(a[0], NULL, b[1], NULL, 100, 0));
  long got = read(b[0], buffer, 100);
  say("%ld %.*s\n", got, (int)got, buffer);
  SHOW(splice(a[0], NULL, b[1], NULL, 100, SPLICE_F_NONBLOCK));
  SHOW(tee(a[0], b[1], 100, SPLICE_F_NONBLOCK));
  MUST(write(a[1], "to the file", 11));
  offset = 20;
  SHOW(splice(a[0], NULL, file, &offset, 6, 0));
  say("offset %ld\n", (long)offset);
  MUST(lseek(file, 0, SEEK_SET));
  SHOW(splice(a[0], NULL, file, NULL, 100, 0));
  got = pread(file, buffer, 100, 0);
  say("%ld %.5s %.6s\n", got, buffer, buffer + 20);
  struct iovec parts[2] = {{"vm", 2}, {"splice", 6}};
  SHOW(vmsplice(a[1], parts, 2, 0));
  struct iovec into = {buffer, 100};
  SHOW(vmsplice(a[0], &into, 1, 0));
  say("%.8s\n", buffer);
  offset = 0;
  SHOW(splice(a[0], &offset, b[1], NULL, 1, 0));
  SHOW(splice(file, NULL, file, NULL, 1, 0));
  SHOW(splice(a[0], NULL, a[1], NULL, 1, 0));
  SHOW(splice(a[1], NULL, b[1], NULL, 1, 0));
  SHOW(splice(99, NULL, b[1], NULL, 1, 0));
  SHOW(splice(a[0], NULL, b[1], NULL, 0, 0));
  SHOW(splice(a[0], NULL, b[1], NULL, 1, 64));
  SHOW(tee(file, b[1], 1, 0));
  fcntl(file, F_SETFL, O_APPEND);
  MUST(write(a[1], "x", 1));
  SHOW(splice(a[0], NULL, file, NULL, 1, 0));
  MUST(lseek(file, 0, SEEK_END));
  SHOW(splice(file, NULL, a[1], NULL, 1, 0));
  close(a[1]);
  SHOW(splice(a[0], NULL, b[1], NULL, 10, 0));
  SHOW(splice(a[0], NULL, b[1], NULL, 10, 0));
  close(b[0]);
  signal(SIGPIPE, SIG_IGN);
  offset = 0;
  SHOW(splice(file, &offset, b[1], NULL, 5, 0));
  SHOW(sizeof buffer);
  return 0;
}
