// oracle: host: qemu's user mode does not see code that is written by another name of its page
/* Code written, run, overwritten and run again: decoded code must follow, also through a second mapping and in another process. */
#include "guest.h"
#include <sys/mman.h>

typedef int (*function)(void);

/* A function that returns `value`, in eight bytes. */
static void encode(uint32_t words[2], int value) {
#ifdef __riscv
  words[0] = (uint32_t)value << 20 | 10 << 7 | 0x13; /* li a0, value */
  words[1] = 0x00008067;                             /* ret */
#else
  unsigned char bytes[8] = {0xb8, value, value >> 8, 0, 0, 0xc3, 0, 0}; /* mov eax, value; ret */
  memcpy(words, bytes, 8);
#endif
}

static void write_code(uint32_t *at, int value) {
  encode(at, value);
  __builtin___clear_cache((char *)at, (char *)(at + 2));
}

int main(void) {
  uint32_t *code = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int sum = 0;
  for (int i = 0; i < 50; i++) {
    write_code(code + i % 3 * 2, i);
    for (int j = 0; j < 3; j++) sum += i >= 2 ? ((function)(code + j * 2))() : 0;
  }
  say("sum %d\n", sum);
  /* A function across a page boundary. */
  uint32_t *edge = code + 1023;
  write_code(edge, 77);
  say("edge %d\n", ((function)edge)());
  uint32_t words[2];
  encode(words, 78);
  edge[0] = words[0];
  __builtin___clear_cache((char *)edge, (char *)(edge + 1));
  say("edge %d\n", ((function)edge)());
  /* Written by one name, run by another. */
  int fd = MUST(memfd_create("code", 0));
  MUST(ftruncate(fd, 4096));
  uint32_t *writable = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  uint32_t *runnable = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  for (int i = 1; i < 4; i++) {
    write_code(writable, i * 100);
    __builtin___clear_cache((char *)runnable, (char *)(runnable + 2));
    say("other name %d\n", ((function)runnable)());
  }
  /* Written through write(2). */
  encode(words, 5);
  MUST(pwrite(fd, words, 8, 0));
  __builtin___clear_cache((char *)runnable, (char *)(runnable + 2));
  say("by write %d\n", ((function)runnable)());
  pid_t child = fork();
  if (child == 0) {
    write_code(code, 1);
    write_code(writable, 2);
    __builtin___clear_cache((char *)runnable, (char *)(runnable + 2));
    say("child %d %d\n", ((function)code)(), ((function)runnable)());
    _exit(0);
  }
  reap("child", child);
  __builtin___clear_cache((char *)runnable, (char *)(runnable + 2));
  say("parent %d %d\n", ((function)code)(), ((function)runnable)());
  return 0;
}
