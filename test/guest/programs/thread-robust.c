// oracle: host: qemu's user mode does not mark the robust mutexes of a process that is killed
/* Robust mutexes: the next locker of a dead owner's mutex gets EOWNERDEAD, among threads and among processes. */
#include "guest.h"
#include <pthread.h>
#include <sys/mman.h>

static pthread_mutex_t *shared;

static void *die_with_lock(void *mutex) {
  pthread_mutex_lock(mutex);
  return NULL;
}

int main(void) {
  shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(shared, &attributes);
  pthread_t thread;
  pthread_create(&thread, NULL, die_with_lock, shared);
  pthread_join(thread, NULL);
  say("thread: %s\n", strerrorname_np(pthread_mutex_lock(shared)));
  SHOW(pthread_mutex_consistent(shared));
  SHOW(pthread_mutex_unlock(shared));
  SHOW(pthread_mutex_lock(shared));
  SHOW(pthread_mutex_unlock(shared));
  struct gate locked = make_gate();
  pid_t child = fork();
  if (child == 0) {
    pthread_mutex_lock(shared);
    open_gate(locked);
    for (;;) pause();
  }
  pass_gate(locked);
  pid_t killer = fork();
  if (killer == 0) {
    sleep_ms(20);
    kill(child, SIGKILL);
    _exit(0);
  }
  say("killed process: %s\n", strerrorname_np(pthread_mutex_lock(shared)));
  reap("holder", child);
  reap("killer", killer);
  SHOW(pthread_mutex_unlock(shared));
  say("not made consistent: %s\n", strerrorname_np(pthread_mutex_lock(shared)));
  return 0;
}
