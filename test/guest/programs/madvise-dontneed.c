// oracle: host: qemu's user mode keeps most advice to itself
/* madvise(2) MADV_DONTNEED gives zero pages again, or the file's; MADV_DONTFORK leaves a hole in the child; bad advice. */
#include "guest.h"
#include <sys/mman.h>

int main(void) {
  char *anonymous = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(anonymous, 'a', 4 * 4096);
  SHOW(madvise(anonymous + 4096, 2 * 4096, MADV_DONTNEED));
  say("%c %d %d %c\n", anonymous[0], anonymous[4096], anonymous[3 * 4096 - 1], anonymous[3 * 4096]);
  int fd = MUST(open("file", O_RDWR | O_CREAT, 0644));
  MUST(write(fd, "content", 7));
  char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  private[0] = 'X';
  SHOW(madvise(private, 4096, MADV_DONTNEED));
  say("%s\n", private);
  char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  shared[0] = 'S';
  SHOW(madvise(shared, 4096, MADV_DONTNEED));
  say("%s\n", shared);
  SHOW(madvise(anonymous, 4096, MADV_DONTFORK));
  pid_t child = fork();
  if (child == 0) {
    SHOW(msync(anonymous, 4096, MS_ASYNC));
    say("child: %c\n", anonymous[3 * 4096]);
    _exit(0);
  }
  reap("child", child);
  SHOW(madvise(anonymous, 4096, MADV_WILLNEED));
  SHOW(madvise(anonymous, 4096, MADV_NORMAL));
  SHOW(madvise(anonymous + 1, 4096, MADV_DONTNEED));
  SHOW(madvise(anonymous, 4096, 7777));
  munmap(anonymous, 4096);
  SHOW(madvise(anonymous, 4 * 4096, MADV_DONTNEED));
  return 0;
}
