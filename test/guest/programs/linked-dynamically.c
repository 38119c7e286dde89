// oracle: qemu, riscv64 only
// cflags: -dynamic -pie -fPIE
/* A position-independent program with an interpreter: libraries are mapped and relocated, symbols found, thread-local data set up. */
#include "guest.h"
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <sys/auxv.h>

static __thread int mine = 3;
static int (*const table[])(const char *) = {puts, atoi};

static void *run(void *unused) {
  mine += 4;
  say("thread: %d, errno of its own %d\n", mine, errno);
  return unused;
}

__attribute__((constructor)) static void before_main(void) { say("constructor\n"); }
__attribute__((destructor)) static void after_main(void) { say("destructor\n"); }

int main(int argc, char **argv) {
  volatile double two = 2;
  errno = 5;
  pthread_t thread;
  pthread_create(&thread, NULL, run, NULL);
  pthread_join(thread, NULL);
  say("main: %d %d, cos(2) = %.12f, atoi %d\n", mine, errno, cos(two), table[1]("42"));
  say("interpreter: %d\n", getauxval(AT_BASE) != 0);
  Dl_info info;
  say("a symbol of the library: %d %s\n", dladdr(dlsym(RTLD_DEFAULT, "strtoul"), &info) != 0, strrchr(info.dli_fname, '/') + 1);
  say("own: %d\n", dladdr((void *)table, &info) != 0 && info.dli_fbase != NULL);
  say("missing library: %d\n", dlopen("libnothing.so", RTLD_NOW) == NULL);
  pid_t child = fork();
  if (child == 0) {
    mine = 9;
    _exit(mine + (int)sin(0));
  }
  reap("child", child);
  return argc;
}
