/* After fork(2) stores of parent and child stay apart, page by page, in both directions; a grandchild too. */
#include "guest.h"
#include <sys/mman.h>

static int initialized = 41;
static int zeroed[4096];

int main(void) {
  int *anonymous = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int local = 1;
  int *heap = malloc(100 * sizeof(int));
  for (int i = 0; i < 16; i++) anonymous[i * 1024] = i;
  heap[7] = 7;
  struct gate to_child = make_gate(), to_parent = make_gate();
  pid_t child = fork();
  if (child == 0) {
    initialized++;
    zeroed[2000] = 5;
    local = 2;
    heap[7] = 70;
    anonymous[3 * 1024] = 300;
    shared[0] = 1;
    open_gate(to_parent);
    pass_gate(to_child);
    say("child: %d %d %d %d %d %d %d\n", initialized, zeroed[2000], local, heap[7], anonymous[3 * 1024], anonymous[5 * 1024], shared[1]);
    pid_t grandchild = fork();
    if (grandchild == 0) {
      anonymous[5 * 1024] = 555;
      shared[2] = anonymous[3 * 1024];
      _exit(anonymous[5 * 1024] == 555 ? 0 : 1);
    }
    reap("grandchild", grandchild);
    say("child: %d %d\n", anonymous[5 * 1024], shared[2]);
    _exit(0);
  }
  pass_gate(to_parent);
  say("parent: %d %d %d %d %d %d\n", initialized, zeroed[2000], local, heap[7], anonymous[3 * 1024], shared[0]);
  anonymous[5 * 1024] = 500;
  zeroed[2000] = 6;
  shared[1] = 11;
  open_gate(to_child);
  reap("child", child);
  say("parent: %d %d %d %d\n", zeroed[2000], anonymous[5 * 1024], anonymous[3 * 1024], shared[2]);
  return 0;
}
