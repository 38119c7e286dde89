/* Mutexes and condition variables: a bounded queue between producers and consumers; try, timed, recursive and error-checking locks. */
#include "guest.h"
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static int queue[4], length, sum, taken;

static void *produce(void *first) {
  for (int i = 0; i < 25; i++) {
    pthread_mutex_lock(&lock);
    while (length == 4) pthread_cond_wait(&not_full, &lock);
    queue[length++] = (int)(long)first + i;
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

static void *consume(void *unused) {
  for (;;) {
    pthread_mutex_lock(&lock);
    while (length == 0 && taken < 50) pthread_cond_wait(&not_empty, &lock);
    if (taken == 50) {
      pthread_mutex_unlock(&lock);
      return unused;
    }
    sum += queue[--length];
    if (++taken == 50) pthread_cond_broadcast(&not_empty);
    pthread_cond_signal(&not_full);
    pthread_mutex_unlock(&lock);
  }
}

static void *try_locks(void *mutex) {
  say("try: %s\n", strerrorname_np(pthread_mutex_trylock(mutex)));
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 20000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  say("timed: %s\n", strerrorname_np(pthread_mutex_timedlock(mutex, &until)));
  say("unlock another's: %s\n", strerrorname_np(pthread_mutex_unlock(mutex)));
  return NULL;
}

int main(void) {
  pthread_t threads[4];
  for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, i < 2 ? produce : consume, (void *)(i * 1000));
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  say("sum %d taken %d left %d\n", sum, taken, length);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_t checked;
  pthread_mutex_init(&checked, &attributes);
  SHOW(pthread_mutex_lock(&checked));
  say("again: %s\n", strerrorname_np(pthread_mutex_lock(&checked)));
  pthread_create(&threads[0], NULL, try_locks, &checked);
  pthread_join(threads[0], NULL);
  SHOW(pthread_mutex_unlock(&checked));
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_t recursive;
  pthread_mutex_init(&recursive, &attributes);
  SHOW(pthread_mutex_lock(&recursive));
  SHOW(pthread_mutex_lock(&recursive));
  SHOW(pthread_mutex_unlock(&recursive));
  SHOW(pthread_mutex_unlock(&recursive));
  SHOW(pthread_mutex_unlock(&recursive) == EPERM);
  struct timespec past = {1, 0};
  pthread_mutex_lock(&lock);
  say("cond timeout: %s\n", strerrorname_np(pthread_cond_timedwait(&not_empty, &lock, &past)));
  pthread_mutex_unlock(&lock);
  return 0;
}
