// oracle: host: qemu's user mode does not know MAP_FIXED_NOREPLACE over a mapping
/* MAP_FIXED over parts of mappings, MAP_FIXED_NOREPLACE, mprotect and munmap that split them. */
#include "guest.h"
#include <setjmp.h>
#include <sys/mman.h>

static sigjmp_buf back;

static void note(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)context;
  siglongjmp(back, info->si_code);
}

static char *base;

/* For each of eight pages: r, w, - (no access), or x (nothing mapped). */
static void show_pages(const char *when) {
  char map[9] = "";
  for (int i = 0; i < 8; i++) {
    volatile char *page = base + i * 4096;
    int code = sigsetjmp(back, 1);
    if (code == 0) {
      (void)*page;
      code = sigsetjmp(back, 1);
      if (code == 0) *page = *page;
      map[i] = code == 0 ? 'w' : 'r';
    } else {
      map[i] = code == SEGV_MAPERR ? 'x' : '-';
    }
  }
  say("%s: %s\n", when, map);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  base = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 8; i++) base[i * 4096] = 'a' + i;
  show_pages("mapped");
  SHOW(mprotect(base + 4096, 2 * 4096, PROT_READ));
  show_pages("protected");
  SHOW(munmap(base + 4 * 4096, 4096));
  show_pages("unmapped");
  say("fixed %d\n", mmap(base + 5 * 4096, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == base + 5 * 4096);
  show_pages("fixed");
  say("noreplace over: %s\n", mmap(base, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED ? strerrorname_np(errno) : "mapped");
  say("noreplace in the gap: %d\n", mmap(base + 4 * 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == base + 4 * 4096);
  show_pages("filled");
  SHOW(mprotect(base, 8 * 4096, PROT_READ | PROT_WRITE));
  show_pages("all");
  for (int i = 0; i < 8; i++) say("%c", base[i * 4096] ? base[i * 4096] : '0');
  say("\n");
  SHOW(munmap(base + 2 * 4096, 4096));
  SHOW(mprotect(base, 4 * 4096, PROT_READ));
  show_pages("up to the hole");
  SHOW(mprotect(base + 1, 4096, PROT_READ));
  SHOW(munmap(base + 1, 4096));
  SHOW(munmap(base, 0));
  SHOW(munmap(base, 64 * 4096) == 0 ? 0 : -1);
  show_pages("gone");
  return 0;
}
