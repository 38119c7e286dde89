// oracle: host: qemu's user mode cannot run riscv64 files by execve
/* Arguments: one of 128 KiB less a byte passes, one byte more is E2BIG; many arguments arrive whole. */
#include "guest.h"

static void run(char **argv, const char *name, size_t bytes) {
  pid_t child = fork();
  if (child == 0) {
    char *text = malloc(bytes + 1);
    memset(text, 'x', bytes);
    text[bytes] = 0;
    char *arguments[] = {argv[0], text, NULL};
    execv(argv[0], arguments);
    say("%s\n", strerrorname_np(errno));
    _exit(1);
  }
  reap(name, child);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    unsigned long sum = 0;
    for (int i = 1; i < argc; i++) sum += strlen(argv[i]);
    say("%d arguments, %lu bytes\n", argc - 1, sum);
    return 0;
  }
  run(argv, "longest", 131071);
  run(argv, "too long", 131072);
  pid_t child = fork();
  if (child == 0) {
    char **many = calloc(3002, sizeof *many);
    many[0] = argv[0];
    for (int i = 1; i <= 3000; i++) asprintf(&many[i], "argument-%d", i);
    execv(argv[0], many);
    _exit(1);
  }
  reap("many", child);
  return 0;
}
