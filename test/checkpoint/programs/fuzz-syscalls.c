/* Random system calls with hostile arguments, a child for each seed. Says "done" when all seeds are through. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long state;
static char area[65536];

static unsigned long next(void) {
  state = state * 6364136223846793005ul + 1442695040888963407ul;
  return state >> 17;
}

static long argument(char *page) {
  switch (next() % 12) {
    case 0: return 0;
    case 1: return -1;
    case 2: return (long)(next() % 16);
    case 3: return (long)(area + next() % sizeof area);
    case 4: return (long)(page + 4096 - next() % 64); /* the next page is not mapped */
    case 5: return 0x7fffffff;
    case 6: return (long)0x8000000000000000ul;
    case 7: return (long)(1ul << (next() % 64));
    case 8: return -100; /* AT_FDCWD */
    case 9: return (long)next();
    case 10: return 4096;
    default: return (long)(next() % 300);
  }
}

static void child(unsigned long seed) {
  state = seed * 2654435761u + 1;
  char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page + 4096, 4096);
  for (size_t i = 0; i < sizeof area; i++) area[i] = (char)next();
  strcpy(area, "/tmp/f");
  alarm(1);
  for (int i = 0; i < 400; i++) {
    long number = (long)(next() % 455);
    if (number == 93 || number == 94 || number == 139 || number == 129 || number == 130 || number == 131) continue; /* ends, returns, kills */
    if (number == 220 || number == 435 || number == 138 || number == 240) continue; /* clones, queued signals */
    syscall(number, argument(page), argument(page), argument(page), argument(page), argument(page), argument(page));
  }
  _exit(0);
}

int main(int argc, char **argv) {
  unsigned long first = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, count = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
  for (unsigned long seed = first; seed < first + count; seed++) {
    pid_t pid = fork();
    if (pid == 0) child(seed);
    int status;
    waitpid(pid, &status, 0);
  }
  write(1, "done\n", 5);
  return 0;
}
