/* brk(2): grows and shrinks by bytes, pages come zeroed again, fork keeps it; malloc through it. */
#include "guest.h"
#include <malloc.h>

int main(void) {
  char *start = sbrk(0);
  say("grow: %d\n", sbrk(10000) == start);
  memset(start, 'h', 10000);
  say("end: %ld\n", (long)((char *)sbrk(0) - start));
  SHOW(brk(start + 100));
  SHOW(brk(start + 10000));
  say("kept %c, zero again %d\n", start[99], start[9999]);
  pid_t child = fork();
  if (child == 0) {
    say("child: %d %c\n", (char *)sbrk(0) == start + 10000, start[50]);
    sbrk(4096);
    start[50] = 'c';
    _exit(0);
  }
  reap("child", child);
  say("parent: %d %c\n", (char *)sbrk(0) == start + 10000, start[50]);
  SHOW(brk((char *)0x3fffffffff) == -1 ? -1 : 0);
  say("unchanged: %d\n", (char *)sbrk(0) == start + 10000);
  char *blocks[200];
  unsigned long sum = 0;
  for (int i = 0; i < 200; i++) {
    blocks[i] = malloc(i * 37 + 1);
    memset(blocks[i], i, i * 37 + 1);
  }
  for (int i = 0; i < 200; i += 2) free(blocks[i]);
  for (int i = 0; i < 200; i += 2) blocks[i] = calloc(1, i * 53 + 1);
  for (int i = 0; i < 200; i++) sum += (unsigned char)blocks[i][i * 37];
  say("sum %lu\n", sum);
  char *large = malloc(1 << 20);
  large[(1 << 20) - 1] = 1;
  large = realloc(large, 3 << 20);
  say("large %d\n", large[(1 << 20) - 1]);
  free(large);
  return 0;
}
