/* fork(2) in a process with threads: the child has one, the handlers of pthread_atfork run, pending signals and timers stay behind. */
#include "guest.h"
#include <pthread.h>
#include <sys/time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int ticks;

static void *tick(void *unused) {
  for (;;) {
    pthread_mutex_lock(&lock);
    ticks++;
    pthread_mutex_unlock(&lock);
    sleep_ms(1);
  }
  return unused;
}

static void prepare(void) {
  say("prepare\n");
  pthread_mutex_lock(&lock);
}

static void in_parent(void) { pthread_mutex_unlock(&lock); }

static void in_child(void) {
  pthread_mutex_unlock(&lock);
  say("child handler\n");
}

static void *forks(void *unused) {
  pid_t child = fork();
  if (child == 0) {
    say("forked by a thread: tid is pid %d\n", gettid() == getpid());
    int before = ticks;
    sleep_ms(20);
    say("ticks stand still: %d\n", ticks == before);
    sigset_t pending;
    sigpending(&pending);
    say("pending: %d, alarm left: %u\n", sigismember(&pending, SIGUSR1), alarm(0));
    pthread_t thread;
    pthread_create(&thread, NULL, tick, NULL);
    sleep_ms(20);
    say("a new thread runs: %d\n", ticks > before);
    exit(3);
  }
  reap("child", child);
  return unused;
}

int main(void) {
  pthread_atfork(prepare, in_parent, in_child);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  kill(getpid(), SIGUSR1);
  alarm(100);
  pthread_t ticker, forker;
  pthread_create(&ticker, NULL, tick, NULL);
  sleep_ms(5);
  pthread_create(&forker, NULL, forks, NULL);
  pthread_join(forker, NULL);
  sigset_t pending;
  sigpending(&pending);
  say("parent: pending %d, alarm left %d\n", sigismember(&pending, SIGUSR1), alarm(0) > 0);
  return 0;
}
