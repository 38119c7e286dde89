// What the kernel costs, one kind of call a run: `sys KIND COUNT [DIRECTORY [RUNNER]]`.
//
// `exec` runs this program again as RUNNER PROGRAM nothing, where RUNNER is what makes it run on this machine.
#include "bench.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *directory = "/tmp";
static const char *runner;
static const char *self;

static void require(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}

static void null_calls(long count) {
  while (count-- > 0) syscall(SYS_getppid);
}

static void writes(long count) {
  const int fd = open("/dev/null", O_WRONLY);
  require(fd >= 0, "open");
  while (count-- > 0) require(write(fd, "x", 1) == 1, "write");
}

static void stats(long count) {
  struct stat status;
  while (count-- > 0) {
    require(stat(directory, &status) == 0, "stat");
    const int fd = open(directory, O_RDONLY);
    require(fd >= 0 && close(fd) == 0, "open, close");
  }
}

static void files(long count) {
  char name[300], content[64];
  memset(content, 'c', sizeof content);
  while (count-- > 0) {
    snprintf(name, sizeof name, "%.200s/bench-%d-%ld", directory, getpid(), count % 64);
    const int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0600);
    require(fd >= 0, "open");
    require(write(fd, content, sizeof content) == sizeof content, "write");
    require(close(fd) == 0 && unlink(name) == 0, "close, unlink");
  }
}

static void pipe_round_trips(long count) {
  int there[2], back[2];
  char byte = 1;
  require(pipe(there) == 0 && pipe(back) == 0, "pipe");
  const pid_t child = fork();
  require(child >= 0, "fork");
  if (child == 0) {
    close(there[1]);
    while (read(there[0], &byte, 1) == 1) require(write(back[1], &byte, 1) == 1, "write");
    _exit(0);
  }
  close(there[0]);
  while (count-- > 0) require(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1, "round trip");
  close(there[1]);
  require(waitpid(child, NULL, 0) == child, "waitpid");
}

static void children(long count, int runs_program) {
  while (count-- > 0) {
    int status = -1;
    const pid_t child = fork();
    require(child >= 0, "fork");
    if (child == 0) {
      if (runs_program && runner != NULL) execl(runner, runner, self, "nothing", (char *)NULL);
      if (runs_program) execl(self, self, "nothing", (char *)NULL);
      _exit(runs_program ? 127 : 0);
    }
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
  }
}

static void forks(long count) {
  children(count, 0);
}

static void execs(long count) {
  children(count, 1);
}

static void page_touches(long count) {
  volatile char *memory = mmap(NULL, (size_t)count * 4096 + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(memory != MAP_FAILED, "mmap");
  for (long page = 0; page < count; page++) memory[page * 4096] = 1;
}

static const struct {
  const char *name;
  void (*run)(long count);
} KINDS[] = {
  {"null", null_calls}, {"write", writes}, {"stat", stats}, {"create", files}, {"pipe", pipe_round_trips},
  {"fork", forks}, {"exec", execs}, {"touch", page_touches},
};

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "nothing") == 0) return 0;
  const long count = count_argument(argc, argv, 2, 0);
  self = argv[0];
  if (argc > 3) directory = argv[3];
  if (argc > 4) runner = argv[4];
  for (size_t i = 0; argc > 1 && i < sizeof KINDS / sizeof *KINDS; i++) {
    if (strcmp(argv[1], KINDS[i].name) != 0) continue;
    KINDS[i].run(count);
    return print_result(argv[1], (uint64_t)count);
  }
  fprintf(stderr, "sys: KIND COUNT [DIRECTORY [RUNNER]]\n");
  return 2;
}
