// oracle: host: qemu's user mode cannot run riscv64 files by execve
/* Scripts: one argument after the interpreter, scripts that name scripts, and what cannot be run. */
#include "guest.h"
#include <sys/syscall.h>

static void make(const char *path, const char *text, mode_t mode) {
  int fd = MUST(open(path, O_CREAT | O_WRONLY | O_TRUNC, 0700));
  MUST(write(fd, text, strlen(text)));
  MUST(fchmod(fd, mode));
  close(fd);
}

static void run(char **argv, const char *path) {
  pid_t child = fork();
  if (child == 0) {
    char *arguments[] = {"zero", "one", "two words", NULL}, *environment[] = {"SCRIPT=1", NULL};
    execve(path, arguments, environment);
    say("%s: %s\n", path, strerrorname_np(errno));
    _exit(1);
  }
  reap(path, child);
}

int main(int argc, char **argv) {
  if (getenv("SCRIPT")) {
    for (int i = 1; i < argc; i++) say("[%s]", argv[i]);
    say("\n");
    return argc;
  }
  char text[4096], self[1024];
  if (argv[0][0] == '/') snprintf(self, sizeof self, "%s", argv[0]);
  MUST(symlink(self, "self"));
  char here[512];
  MUST((long)getcwd(here, sizeof here));
  MUST(chdir(here));
  make("plain", "#!self\nrest\n", 0755);
  run(argv, "./plain");
  make("spaces", "#!  self   -a  b c  \t\nrest\n", 0755);
  run(argv, "./spaces");
  make("no-newline", "#!self x", 0755);
  run(argv, "./no-newline");
  make("nested-1", "#!./plain one-arg\n", 0755);
  run(argv, "./nested-1");
  strcpy(text, "#!./plain\n");
  for (int i = 2; i <= 7; i++) {
    char name[32];
    snprintf(name, sizeof name, "deep-%d", i);
    make(name, text, 0755);
    snprintf(text, sizeof text, "#!./deep-%d\n", i);
    if (i == 2 || i >= 5) run(argv, name);
  }
  make("loop", "#!./loop\n", 0755);
  run(argv, "./loop");
  make("missing", "#!/no/such/interpreter\n", 0755);
  run(argv, "./missing");
  make("empty", "#!\nexit 3\n", 0755);
  run(argv, "./empty");
  make("text", "echo hello\n", 0755);
  run(argv, "./text");
  make("nothing", "", 0755);
  run(argv, "./nothing");
  make("not-executable", "#!self\n", 0644);
  run(argv, "./not-executable");
  MUST(mkdir("directory", 0755));
  run(argv, "./directory");
  run(argv, "./text/below");
  run(argv, "./absent");
  return 0;
}
