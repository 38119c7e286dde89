// oracle: host
/* poll and select: events, bad descriptors, time-outs, signal masks. */
#include "guest.h"
#include <poll.h>
#include <sys/select.h>
#include <sys/syscall.h>

static void on_note(int signal) { say("handler %d\n", signal); }
static long clock_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct pollfd *volatile nowhere = (struct pollfd *)8;
static volatile int many = 2000000;

int main(void) {
  int a[2], b[2];
  MUST(pipe(a));
  MUST(pipe(b));
  struct pollfd p[5] = {{a[0], POLLIN, 7}, {-1, POLLIN, 7}, {99, POLLIN, 7}, {b[1], POLLOUT | POLLIN, 7}, {b[0], 0, 7}};
  SHOW(poll(p, 5, 0));
  for (int i = 0; i < 5; i++) say("  %#x\n", p[i].revents);
  close(b[1]);
  p[3].fd = -1;
  SHOW(poll(p, 5, -1));
  for (int i = 0; i < 5; i++) say("  %#x\n", p[i].revents);
  long start = clock_ms();
  SHOW(poll(p, 1, 100));
  say("waited %d\n", clock_ms() - start >= 99);
  SHOW(poll(NULL, 0, 10));
  SHOW(poll(nowhere, 1, 0));
  SHOW(poll(p, many, 0));
  struct timespec bad = {0, 1000000000};
  SHOW(ppoll(p, 1, &bad, NULL));
  bad.tv_nsec = -1;
  SHOW(ppoll(p, 1, &bad, NULL));

  if (MUST(fork()) == 0) {
    sleep_ms(30);
    MUST(write(a[1], "x", 1));
    _exit(0);
  }
  SHOW(poll(p, 1, 5000));
  say("  %#x\n", p[0].revents);
  wait(NULL);

  fd_set in, out, except;
  FD_ZERO(&in); FD_ZERO(&out); FD_ZERO(&except);
  FD_SET(a[0], &in); FD_SET(b[0], &in); FD_SET(a[1], &out); FD_SET(a[0], &except);
  struct timeval zero = {0, 0};
  SHOW(select(20, &in, &out, &except, &zero));
  say("in %d %d out %d except %d\n", !!FD_ISSET(a[0], &in), !!FD_ISSET(b[0], &in), !!FD_ISSET(a[1], &out), !!FD_ISSET(a[0], &except));
  FD_ZERO(&in);
  FD_SET(60, &in);
  SHOW(select(61, &in, NULL, NULL, &zero));
  SHOW(select(-1, NULL, NULL, NULL, &zero));
  char c;
  MUST(read(a[0], &c, 1));
  FD_ZERO(&in);
  FD_SET(a[0], &in);
  struct timeval soon = {0, 20000};
  SHOW(select(a[0] + 1, &in, NULL, NULL, &soon));
  say("in %d left %ld\n", !!FD_ISSET(a[0], &in), (long)soon.tv_usec);

  struct sigaction action = {.sa_handler = on_note, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  sigset_t blocked, empty, old;
  sigemptyset(&empty);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  raise(SIGUSR1);
  p[0].fd = a[0];
  struct timespec second = {1, 0};
  SHOW(poll(p, 1, 10));
  SHOW(ppoll(p, 1, &second, &empty));
  sigprocmask(SIG_SETMASK, NULL, &old);
  say("blocked again %d\n", sigismember(&old, SIGUSR1));
  raise(SIGUSR1);
  FD_ZERO(&in);
  SHOW(pselect(0, NULL, NULL, NULL, &second, &empty));
  raise(SIGUSR1);
  MUST(write(a[1], "x", 1));
  SHOW(ppoll(p, 1, &second, &empty));
  sigprocmask(SIG_SETMASK, NULL, &old);
  say("blocked again %d\n", sigismember(&old, SIGUSR1));
  SHOW(syscall(SYS_ppoll, p, 1, NULL, &empty, 4));
  int file = MUST(open("/tmp", O_RDONLY | O_DIRECTORY));
  p[0].fd = file;
  p[0].events = POLLIN | POLLOUT;
  SHOW(poll(p, 1, 0));
  say("  directory %#x\n", p[0].revents);
  int place = MUST(open("/tmp", O_PATH));
  p[0].fd = place;
  SHOW(poll(p, 1, 0));
  say("  O_PATH %#x\n", p[0].revents);
  return 0;
}
