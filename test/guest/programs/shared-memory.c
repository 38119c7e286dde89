/* Memory shared by three processes: anonymous, by a file, by a memfd with seals; private pages stay apart. */
#include "guest.h"
#include <sys/mman.h>

int main(void) {
  int *anonymous = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int memory = MUST(memfd_create("shared", MFD_ALLOW_SEALING | MFD_CLOEXEC));
  MUST(ftruncate(memory, 8192));
  int *mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  int private = 1;
  struct gate turns[3] = {make_gate(), make_gate(), make_gate()};
  pid_t children[2];
  for (int i = 0; i < 2; i++) {
    children[i] = fork();
    if (children[i] == 0) {
      pass_gate(turns[i]);
      private += i + 10;
      anonymous[i + 1] = anonymous[i] + 1;
      mapped[1024 + i] = private;
      int value;
      pread(memory, &value, 4, 4096 + 4 * i);
      say("child %d: private %d file %d\n", i, private, value);
      open_gate(turns[i + 1]);
      _exit(0);
    }
  }
  anonymous[0] = 100;
  open_gate(turns[0]);
  pass_gate(turns[2]);
  say("parent: %d %d, %d %d, private %d\n", anonymous[1], anonymous[2], mapped[1024], mapped[1025], private);
  for (int i = 0; i < 2; i++) reap("child", children[i]);
  SHOW(fcntl(memory, F_GET_SEALS));
  SHOW(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK));
  SHOW(ftruncate(memory, 4096));
  SHOW(ftruncate(memory, 12288));
  SHOW(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE));
  munmap(mapped, 8192);
  SHOW(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW));
  SHOW(write(memory, "x", 1));
  SHOW(ftruncate(memory, 16384));
  say("map for writing: %s\n", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0) == MAP_FAILED ? strerrorname_np(errno) : "mapped");
  say("map for reading: %s\n", mmap(NULL, 4096, PROT_READ, MAP_SHARED, memory, 0) == MAP_FAILED ? strerrorname_np(errno) : "mapped");
  SHOW(fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL));
  SHOW(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK));
  SHOW(fcntl(memory, F_GET_SEALS));
  int plain = MUST(memfd_create("plain", 0));
  SHOW(fcntl(plain, F_ADD_SEALS, F_SEAL_SHRINK));
  return 0;
}
