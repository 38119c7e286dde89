// modes: shared private sealed code
/* Memory: who shares it, who has copied it, what it lets be done, and code that was made in it. */
#include "states.h"
#include <setjmp.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *map(int flags, int fd, size_t pages) {
  char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (at == MAP_FAILED) MUST(-1);
  return at;
}

/* Three processes, and four kinds of memory that they share. */
static void shared(void) {
  int file = MUST(open("mapped", O_CREAT | O_RDWR, 0644)), memory = MUST(open("/dev/shm/states", O_CREAT | O_RDWR | O_TRUNC, 0600)), own = MUST(memfd_create("own", 0));
  MUST(ftruncate(file, 2 * PAGE + 100));
  MUST(ftruncate(memory, PAGE));
  MUST(ftruncate(own, PAGE));
  char *kinds[4] = {map(MAP_SHARED | MAP_ANONYMOUS, -1, 2), map(MAP_SHARED, file, 3), map(MAP_SHARED, memory, 1), map(MAP_SHARED, own, 1)};
  MUST(unlink("/dev/shm/states"));
  struct gate go[2] = {make_gate(), make_gate()};
  pid_t others[2];
  for (int i = 0; i < 2; i++) {
    others[i] = fork();
    if (others[i] != 0) continue;
    for (int k = 0; k < 4; k++) kinds[k][i] = (char)('a' + i);
    pass_gate(go[i]);
    for (int k = 0; k < 4; k++) kinds[k][10 + i] = (char)(kinds[k][5] + i);
    if (i == 0) kinds[0][PAGE] = 'z';
    _exit(0);
  }
  sleep_ms(40);
  point();
  for (int k = 0; k < 4; k++) kinds[k][5] = (char)('p' + k);
  for (int i = 0; i < 2; i++) {
    open_gate(go[i]);
    reap("other", others[i]);
  }
  for (int k = 0; k < 4; k++) say("kind %d: '%.2s' '%.2s'\n", k, kinds[k], kinds[k] + 10);
  say("a page touched for the first time: %c\n", kinds[0][PAGE]);
  char text[16] = "";
  MUST(pread(file, text, 15, 0));
  say("the file has '%.2s' '%.2s'\n", text, text + 10);
  MUST(pwrite(file, "written", 7, PAGE));
  say("and shows '%s'\n", kinds[1] + PAGE);
  MUST(pread(own, text, 15, 0));
  say("the memory file has '%.2s' '%.2s'\n", text, text + 10);
}

static sigjmp_buf back;

static void on_fault(int signal) { siglongjmp(back, signal); }

static const char *touch(volatile char *at) {
  int signal = sigsetjmp(back, 1);
  if (signal == 0) *at = 'T';
  return signal == 0 ? "written" : sigabbrev_np(signal);
}

/* Pages that a fork has made two of, by either side; protection; a guard; a file changed privately. */
static void private(void) {
  on_signal(SIGSEGV, on_fault, 0);
  on_signal(SIGBUS, on_fault, 0);
  int fd = MUST(open("base", O_CREAT | O_RDWR, 0644));
  MUST(write(fd, "the file", 8));
  char *pages = map(MAP_PRIVATE | MAP_ANONYMOUS, -1, 8), *file = map(MAP_PRIVATE, fd, 2), *heap = malloc(300000);
  for (int i = 0; i < 8; i++) pages[i * PAGE] = (char)('0' + i);
  memset(heap, 'h', 300000);
  struct gate go = make_gate();
  pid_t child = fork();
  if (child == 0) {
    pages[0] = 'c';
    file[0] = 'C';
    heap[299999] = 'c';
    pass_gate(go);
    say("child: %c %c %c '%.8s' %c %c\n", pages[0], pages[PAGE], pages[2 * PAGE], file, heap[0], heap[299999]);
    pages[PAGE] = 'c';
    say("child: %s\n", touch(pages + 4 * PAGE));
    _exit(0);
  }
  sleep_ms(20);
  pages[2 * PAGE] = 'p';
  MUST(mprotect(pages + 4 * PAGE, PAGE, PROT_READ));
  MUST(mprotect(pages + 5 * PAGE, PAGE, PROT_NONE));
  MUST(munmap(pages + 6 * PAGE, PAGE));
  MUST(madvise(pages + 7 * PAGE, PAGE, MADV_DONTNEED));
  point();
  say("read-only %s, none %s, unmapped %s, past the end %s\n", touch(pages + 4 * PAGE), touch(pages + 5 * PAGE), touch(pages + 6 * PAGE), touch(file + PAGE));
  open_gate(go);
  reap("child", child);
  say("parent: %c %c %c '%.8s' %c %c %d\n", pages[0], pages[PAGE], pages[2 * PAGE], file, heap[0], heap[299999], pages[7 * PAGE]);
  MUST(mprotect(pages + 4 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE));
  say("what was protected: %c %c\n", pages[4 * PAGE], pages[5 * PAGE]);
  say("and now %s\n", touch(pages + 5 * PAGE));
  char text[9] = "";
  MUST(pread(fd, text, 8, 0));
  say("the file itself: '%s'\n", text);
}

static void sealed(void) {
  int fd = MUST(memfd_create("sealed", MFD_ALLOW_SEALING)), sealed_at_once = MUST(memfd_create("plain", 0));
  MUST(ftruncate(fd, 2 * PAGE));
  MUST(pwrite(fd, "fixed", 5, 0));
  MUST(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
  point();
  say("seals %x %x\n", fcntl(fd, F_GET_SEALS), fcntl(sealed_at_once, F_GET_SEALS));
  SHOW(write(fd, "x", 1));
  SHOW(ftruncate(fd, PAGE));
  SHOW(ftruncate(fd, 3 * PAGE));
  SHOW(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
  SHOW(fcntl(sealed_at_once, F_ADD_SEALS, F_SEAL_GROW));
  char text[6] = "";
  SHOW(pread(fd, text, 5, 0));
  say("'%s'\n", text);
}

/* Writes a function that returns `value`. */
static void write_function(unsigned char *at, int value) {
#ifdef __riscv
  uint32_t code[] = {(uint32_t)value << 20 | 0x513, 0x8067}; /* li a0, value; ret */
  memcpy(at, code, sizeof code);
#else
  at[0] = 0xb8; /* mov eax, value; ret */
  memcpy(at + 1, &value, 4);
  at[5] = 0xc3;
#endif
  __builtin___clear_cache((char *)at, (char *)at + 16);
}

typedef int (*function)(void);

/* Code that was made and has run; after the point it runs on, and is made anew in the same place. */
static void code(void) {
  unsigned char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int sum = 0;
  write_function(at, 40);
  write_function(at + 64, 41);
  for (int i = 0; i < 100; i++) sum += ((function)at)() + ((function)(at + 64))();
  write_function(at + 64, 42);
  say("sum %d\n", sum);
  point();
  say("%d %d\n", ((function)at)(), ((function)(at + 64))());
  write_function(at, 50);
  for (int i = 0; i < 100; i++) sum += ((function)at)();
  say("sum %d\n", sum);
  MUST(mprotect(at, PAGE, PROT_READ | PROT_EXEC));
  say("%d\n", ((function)(at + 64))());
}

MODES({"shared", shared}, {"private", private}, {"sealed", sealed}, {"code", code})
