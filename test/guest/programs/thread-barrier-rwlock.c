/* Barriers, read-write locks, once, semaphores and priority-inheriting mutexes. */
#include "guest.h"
#include <pthread.h>
#include <semaphore.h>

static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t semaphore;
static int rounds[3], initialized, serial, readers_seen, value;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void initialize(void) { initialized++; }

static void *run(void *number) {
  int me = (int)(long)number;
  pthread_once(&once, initialize);
  for (int round = 0; round < 3; round++) {
    pthread_mutex_lock(&lock);
    rounds[round]++;
    pthread_mutex_unlock(&lock);
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) __sync_fetch_and_add(&serial, 1);
    if (rounds[round] != 4) say("too early\n");
  }
  if (me == 0) {
    pthread_rwlock_wrlock(&rwlock);
    sleep_ms(10);
    value = 5;
    pthread_rwlock_unlock(&rwlock);
  } else {
    sleep_ms(5);
    pthread_rwlock_rdlock(&rwlock);
    __sync_fetch_and_add(&readers_seen, value);
    sleep_ms(5);
    pthread_rwlock_unlock(&rwlock);
  }
  sem_post(&semaphore);
  return NULL;
}

int main(void) {
  pthread_barrier_init(&barrier, NULL, 4);
  sem_init(&semaphore, 0, 0);
  pthread_t threads[4];
  for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, run, (void *)i);
  for (int i = 0; i < 4; i++) sem_wait(&semaphore);
  SHOW(sem_trywait(&semaphore));
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  SHOW(sem_timedwait(&semaphore, &soon));
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  say("rounds %d %d %d, serial %d, once %d, readers %d\n", rounds[0], rounds[1], rounds[2], serial, initialized, readers_seen);
  pthread_rwlock_rdlock(&rwlock);
  say("second reader %d, writer %s\n", pthread_rwlock_tryrdlock(&rwlock), strerrorname_np(pthread_rwlock_trywrlock(&rwlock)));
  pthread_rwlock_unlock(&rwlock);
  pthread_rwlock_unlock(&rwlock);
  say("writer %d\n", pthread_rwlock_trywrlock(&rwlock));
  return 0;
}
