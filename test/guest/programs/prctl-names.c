/* Names of processes and threads, dumpable, no_new_privs, and uname. */
#include "guest.h"
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

static void show_name(const char *who) {
  char name[17] = "";
  prctl(PR_GET_NAME, name);
  say("%s: '%s'\n", who, name);
}

static void *run(void *unused) {
  show_name("thread");
  prctl(PR_SET_NAME, "worker");
  show_name("thread");
  return unused;
}

int main(void) {
  SHOW(prctl(PR_SET_NAME, "a name that is too long"));
  show_name("main");
  pthread_t thread;
  pthread_create(&thread, NULL, run, NULL);
  pthread_join(thread, NULL);
  show_name("main");
  char name[32];
  say("%d ", pthread_setname_np(pthread_self(), "sixteen letters!"));
  say("%d ", pthread_setname_np(pthread_self(), "fifteen letters"));
  pthread_getname_np(pthread_self(), name, sizeof name);
  say("%s\n", name);
  pid_t child = fork();
  if (child == 0) {
    show_name("child");
    _exit(0);
  }
  reap("child", child);
  SHOW(prctl(PR_GET_DUMPABLE));
  SHOW(prctl(PR_SET_DUMPABLE, 0));
  SHOW(prctl(PR_GET_DUMPABLE));
  SHOW(prctl(PR_SET_DUMPABLE, 7));
  SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(123456));
  struct utsname names;
  SHOW(uname(&names));
  say("%s\n", names.sysname);
  SHOW(sethostname("renamed", 7) == 0 ? 0 : -1);
  return 0;
}
