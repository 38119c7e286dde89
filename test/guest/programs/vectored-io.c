/* readv, writev, preadv and pwritev: pieces in order, empty pieces, limits, and a bad address in the middle. */
#include "guest.h"
#include <limits.h>
#include <sys/mman.h>
#include <sys/uio.h>

int main(void) {
  int fd = MUST(open("file", O_RDWR | O_CREAT, 0644));
  struct iovec out[] = {{"one", 3}, {"", 0}, {"-two-", 5}, {"three", 5}};
  SHOW(writev(fd, out, 4));
  char a[5] = "", b[20] = "";
  struct iovec in[] = {{a, 4}, {NULL, 0}, {b, 19}};
  SHOW(preadv(fd, in, 3, 1));
  say("'%s' '%s'\n", a, b);
  SHOW(pwritev(fd, out, 1, 20));
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(lseek(fd, 0, SEEK_SET));
  memset(a, 0, sizeof a);
  memset(b, 0, sizeof b);
  SHOW(readv(fd, in, 3));
  say("'%s' '%s' %d\n", a, b, b[17]);
  SHOW(readv(fd, in, 0));
  SHOW(readv(fd, in, -1));
  SHOW(readv(fd, in, IOV_MAX + 1));
  struct iovec negative[] = {{a, (size_t)-1}, {b, 1}};
  SHOW(readv(fd, negative, 2));
  SHOW(readv(fd, (struct iovec *)8, 1));
  int ends[2];
  MUST(pipe(ends));
  char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page + 4096, 4096);
  memset(page, 'p', 4096);
  struct iovec broken[] = {{"good", 4}, {page + 4096, 10}};
  SHOW(writev(ends[1], broken + 1, 1));
  SHOW(write(ends[1], page + 4096, 1));
  SHOW(write(fd, page + 4090, 6));
  SHOW(preadv2(fd, in, 3, 0, 0));
  return 0;
}
