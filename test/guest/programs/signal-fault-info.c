/* What SIGSEGV, SIGBUS, SIGILL and SIGTRAP tell: code and address; and their default ends the process. */
#include "guest.h"
#include <setjmp.h>
#include <sys/mman.h>

static sigjmp_buf back;
static char *expected;

static void note(int signal, siginfo_t *info, void *context) {
  (void)context;
  say("signal %d code %d address %s\n", signal, info->si_code, (char *)info->si_addr == expected ? "as expected" : "other");
  siglongjmp(back, 1);
}

#define TRY(at, statement)                        \
  do {                                            \
    expected = (char *)(at);                      \
    say("%s: ", #statement);                      \
    if (sigsetjmp(back, 1) == 0) {                \
      statement;                                  \
      say("nothing\n");                           \
    }                                             \
  } while (0)

int main(void) {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP};
  for (int i = 0; i < 4; i++) sigaction(signals[i], &action, NULL);
  volatile char *null = NULL;
  volatile char *read_only = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  volatile char *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int fd = MUST(open("file", O_RDWR | O_CREAT, 0644));
  MUST(ftruncate(fd, 100));
  volatile char *file = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  TRY(5, (void)null[5]);
  TRY(NULL, null[0] = 1);
  TRY(read_only + 4097, read_only[4097] = 1);
  TRY(read_only, (void)read_only[0]);
  TRY(nothing, (void)nothing[0]);
  TRY(file, file[50] = 'x');
  TRY(file + 4096, (void)file[4096]);
  TRY(file + 5000, file[5000] = 1);
  munmap((void *)read_only, 4096);
  TRY(read_only + 1, (void)read_only[1]);
  TRY(read_only + 4096, (void)read_only[4096]);
  TRY(file, ((void (*)(void))file)());
  pid_t child = fork();
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);
    null[1] = 1;
    _exit(0);
  }
  reap("default", child);
  child = fork();
  if (child == 0) {
    signal(SIGSEGV, SIG_IGN);
    null[1] = 1;
    _exit(0);
  }
  reap("ignored", child);
  child = fork();
  if (child == 0) {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    null[1] = 1;
    _exit(0);
  }
  reap("blocked", child);
  child = fork();
  if (child == 0) abort();
  reap("abort", child);
  return 0;
}
