/* A mapping past the end of its file: SIGBUS; after ftruncate pages go, and come back as zeros when the file grows. */
#include "guest.h"
#include <setjmp.h>
#include <sys/mman.h>

static sigjmp_buf back;

static void note(int signal, siginfo_t *info, void *context) {
  (void)context;
  say("[signal %d code %d] ", signal, info->si_code);
  siglongjmp(back, 1);
}

static void look(const char *when, volatile char *at) {
  if (sigsetjmp(back, 1) == 0) say("%s: %d\n", when, *at);
  else say("%s\n", when);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(SIGBUS, &action, NULL);
  int fd = MUST(open("file", O_RDWR | O_CREAT, 0644));
  char block[4096];
  memset(block, 7, sizeof block);
  for (int i = 0; i < 4; i++) MUST(write(fd, block, sizeof block));
  char *shared = mmap(NULL, 6 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *private = mmap(NULL, 6 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  look("in the file", shared + 3 * 4096);
  look("past it", shared + 4 * 4096);
  private[4096] = 9;
  private[3 * 4096] = 9;
  SHOW(ftruncate(fd, 4096 + 100));
  look("last page", shared + 4096 + 99);
  look("rest of the last page", shared + 4096 + 100);
  look("cut off", shared + 2 * 4096);
  look("private copy in the file", private + 4096);
  look("private copy cut off", private + 3 * 4096);
  SHOW(ftruncate(fd, 4 * 4096));
  look("grown again", shared + 2 * 4096);
  look("grown again, tail", shared + 4096 + 100);
  shared[2 * 4096] = 5;
  SHOW(pread(fd, block, 1, 2 * 4096));
  say("file has %d\n", block[0]);
  /* What cannot be read for a syscall is EFAULT. */
  SHOW(write(1, shared + 5 * 4096, 10));
  SHOW(ftruncate(fd, 0));
  look("empty", shared);
  return 0;
}
