// modes: eventfd epoll futex threads
/* Event files, epoll sets, and threads that wait for each other. */
#include "states.h"
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

static void event_files(void) {
  int counter = MUST(eventfd(0, EFD_NONBLOCK)), semaphore = MUST(eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK)), full = MUST(eventfd(0, 0));
  uint64_t value = 7;
  MUST(write(counter, &value, 8));
  value = UINT64_MAX - 2;
  MUST(write(full, &value, 8));
  pid_t writer = fork();
  if (writer == 0) {
    value = 5;
    ssize_t written = write(full, &value, 8);
    sleep_ms(20);
    say("written %zd\n", written);
    _exit(0);
  }
  sleep_ms(30);
  point();
  SHOW(read(counter, &value, 8));
  say("counter %lu\n", (unsigned long)value);
  SHOW(read(counter, &value, 8));
  for (int i = 0; i < 4; i++) {
    value = 0;
    SHOW(read(semaphore, &value, 8));
    say("semaphore %lu\n", (unsigned long)value);
  }
  SHOW(waitpid(writer, NULL, WNOHANG));
  SHOW(read(full, &value, 8));
  say("full but for two: %d\n", value == UINT64_MAX - 2);
  reap("writer", writer);
  SHOW(read(full, &value, 8));
  say("then %lu\n", (unsigned long)value);
}

static void add(int set, int fd, unsigned events, int id) {
  struct epoll_event event = {events, {.u32 = (unsigned)id}};
  MUST(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
}

/* Events of a set by id, in the order of the ids. */
static void tell_ready(const char *name, int set) {
  struct epoll_event events[8];
  int count = epoll_wait(set, events, 8, 0);
  say("%s:", name);
  for (unsigned id = 0; id < 8; id++) {
    for (int i = 0; i < count; i++) if (events[i].data.u32 == id) say(" %u:%x", id, events[i].events);
  }
  say("\n");
}

static void epoll_sets(void) {
  int ends[2], pair[2], level = MUST(epoll_create1(0)), nested = MUST(epoll_create1(0));
  MUST(pipe(ends));
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  int event = MUST(eventfd(1, 0)), once = MUST(eventfd(1, 0)), timer = MUST(timerfd_create(CLOCK_MONOTONIC, 0));
  add(level, ends[0], EPOLLIN | EPOLLET, 0);
  add(level, pair[0], EPOLLIN | EPOLLOUT, 1);
  add(level, event, EPOLLIN, 2);
  add(level, once, EPOLLIN | EPOLLONESHOT, 3);
  add(level, timer, EPOLLIN, 4);
  add(nested, level, EPOLLIN, 5);
  MUST(write(ends[1], "x", 1));
  struct itimerspec soon = {{0, 0}, {0, 10000000}};
  MUST(timerfd_settime(timer, 0, &soon, NULL));
  sleep_ms(20);
  tell_ready("before", level);
  int idle[2], waiting = MUST(epoll_create1(0));
  MUST(pipe(idle));
  add(waiting, idle[0], EPOLLIN, 6);
  pid_t waiter = fork();
  if (waiter == 0) {
    struct epoll_event got;
    int count = epoll_wait(waiting, &got, 1, -1);
    say("the waiter has %d: %u:%x\n", count, got.data.u32, got.events);
    _exit(0);
  }
  sleep_ms(20);
  point();
  tell_ready("the edge told once, the one-shot disarmed", level);
  tell_ready("nested", nested);
  MUST(write(ends[1], "y", 1));
  tell_ready("a new edge", level);
  struct epoll_event armed = {EPOLLIN | EPOLLONESHOT, {.u32 = 3}};
  SHOW(epoll_ctl(level, EPOLL_CTL_MOD, once, &armed));
  tell_ready("armed again", level);
  tell_ready("and disarmed", level);
  SHOW(epoll_ctl(level, EPOLL_CTL_ADD, timer, &armed));
  uint64_t count;
  MUST(read(timer, &count, 8));
  MUST(read(event, &count, 8));
  SHOW(epoll_ctl(level, EPOLL_CTL_DEL, pair[0], NULL));
  tell_ready("nothing left", level);
  tell_ready("nested", nested);
  MUST(write(idle[1], "z", 1));
  reap("waiter", waiter);
}

/* Waiters of one futex in shared memory: woken as many as are asked for, the rest moved to another. */
static void futexes(void) {
  enum { WAITERS = 5 };
  uint32_t *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t waiters[WAITERS];
  for (int i = 0; i < WAITERS; i++) {
    waiters[i] = fork();
    if (waiters[i] != 0) continue;
    long result = syscall(SYS_futex, &words[0], FUTEX_WAIT_BITSET, 0, NULL, NULL, i == 4 ? 2 : 1);
    __atomic_add_fetch(&words[2], 1, __ATOMIC_SEQ_CST);
    _exit(result == 0 ? 0 : errno);
  }
  sleep_ms(40);
  point();
  SHOW(syscall(SYS_futex, &words[0], FUTEX_WAIT, 1, NULL, NULL, 0));
  SHOW(syscall(SYS_futex, &words[0], FUTEX_WAKE_BITSET, 1, NULL, NULL, 2));
  sleep_ms(20);
  say("woken %u\n", words[2]);
  SHOW(syscall(SYS_futex, &words[0], FUTEX_CMP_REQUEUE, 1, 2, &words[1], 0));
  sleep_ms(20);
  say("woken %u\n", words[2]);
  SHOW(syscall(SYS_futex, &words[1], FUTEX_WAKE, 10, NULL, NULL, 0));
  SHOW(syscall(SYS_futex, &words[0], FUTEX_WAKE, 10, NULL, NULL, 0));
  for (int i = 0; i < WAITERS; i++) reap("waiter", waiters[i]);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, robust;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int is_open, computed;
static struct gate die, sum_up;
static __thread int own = 1;

static void *wait_for_condition(void *argument) {
  own += (int)(long)argument;
  pthread_mutex_lock(&lock);
  while (!is_open) pthread_cond_wait(&condition, &lock);
  pthread_mutex_unlock(&lock);
  return (void *)(long)own;
}

static void *sleep_a_while(void *argument) {
  sleep_ms(300);
  return argument;
}

static void *compute(void *argument) {
  volatile int *stop = argument;
  int rounds = 0;
  while (!__atomic_load_n(stop, __ATOMIC_SEQ_CST)) {
    computed = 0;
    for (int i = 0; i < 1000; i++) computed += i;
    if (++rounds % 16 == 0) sleep_ms(1);
  }
  return (void *)(long)computed;
}

static void *join_another(void *argument) {
  void *result;
  pthread_join(*(pthread_t *)argument, &result);
  return (void *)((long)result + 1000);
}

static void *hold_and_die(void *argument) {
  pthread_mutex_lock(&robust);
  open_gate(sum_up);
  pass_gate(die);
  return argument;
}

static void threads(void) {
  die = make_gate();
  sum_up = make_gate();
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &attributes);
  pthread_t waiting[4], sleeper, computer, joiner, holder;
  static volatile int stop;
  for (long i = 0; i < 4; i++) pthread_create(&waiting[i], NULL, wait_for_condition, (void *)(i * 10));
  pthread_create(&sleeper, NULL, sleep_a_while, (void *)7L);
  pthread_create(&joiner, NULL, join_another, &sleeper);
  pthread_create(&computer, NULL, compute, (void *)&stop);
  pthread_create(&holder, NULL, hold_and_die, NULL);
  pass_gate(sum_up);
  sleep_ms(40);
  point();
  long sum = 0;
  void *result;
  say("held: %s\n", strerrorname_np(pthread_mutex_trylock(&robust)));
  pthread_mutex_lock(&lock);
  is_open = 1;
  pthread_cond_broadcast(&condition);
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < 4; i++) {
    pthread_join(waiting[i], &result);
    sum += (long)result;
  }
  say("sum of those that waited %ld\n", sum);
  pthread_join(joiner, &result);
  say("joined %ld\n", (long)result);
  stop = 1;
  pthread_join(computer, &result);
  say("computed %ld\n", (long)result);
  open_gate(die);
  say("its holder has died: %s\n", strerrorname_np(pthread_mutex_lock(&robust)));
  int consistent = pthread_mutex_consistent(&robust);
  say("made consistent: %d, unlocked: %d\n", consistent, pthread_mutex_unlock(&robust));
  pthread_join(holder, NULL);
  say("free again: %d\n", pthread_mutex_lock(&robust));
}

MODES({"eventfd", event_files}, {"epoll", epoll_sets}, {"futex", futexes}, {"threads", threads})
