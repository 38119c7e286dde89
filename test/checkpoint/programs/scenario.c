/* What the checkpoint scenarios need and busybox has no applet for: one mode each, chosen by the first argument. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ptrace.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t children;

static void on_child(int signal) {
  (void)signal;
  children++;
}

static void *sleeper(void *argument) {
  (void)argument;
  for (;;) pause();
}

static void say(const char *text) {
  if (write(1, text, strlen(text)) < 0) _exit(1);
}

/* Sleeps for ever, reporting each SIGCHLD that a handler saw. */
static int report_children(void) {
  int told = 0;
  say("ready\n");
  for (;;) {
    if (children != told) {
      told = children;
      say("SIGCHLD\n");
    }
    sleep(1);
  }
}

static int threads(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, sleeper, NULL);
  say("two threads\n");
  sleeper(NULL);
  return 0;
}

/* Holds a lock until it dies. */
static int lock_hold(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT, 0644);
  if (flock(fd, LOCK_EX) != 0) return 1;
  say("locked\n");
  sleeper(NULL);
  return 0;
}

/* Forks a child that waits for the lock and says when it has it. */
static int lock_wait(const char *path) {
  if (fork() == 0) {
    int fd = open(path, O_RDWR | O_CREAT, 0644);
    sleep(2);
    if (flock(fd, LOCK_EX) != 0) return 1;
    say("child has the lock\n");
    sleeper(NULL);
  }
  for (;;) wait(NULL);
}

static int epoll(void) {
  struct epoll_event event;
  int fd = epoll_create1(0);
  say("waiting\n");
  int count = epoll_wait(fd, &event, 1, -1);
  printf("epoll_wait %d errno %d\n", count, count < 0 ? errno : 0);
  fflush(stdout);
  sleeper(NULL);
  return 0;
}

/* A tree under a subreaper: a grandchild whose parent has ended. */
static int subreaper(void) {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (fork() == 0) {
    if (fork() == 0) sleeper(NULL);
    _exit(0);
  }
  wait(NULL);
  say("subreaper\n");
  sleeper(NULL);
  return 0;
}

/* A child that has exited with 3, waited for after some time. */
static int zombie(void) {
  pid_t child = fork();
  if (child == 0) _exit(3);
  say("zombie\n");
  sleep(5);
  int status = 0;
  pid_t waited = waitpid(child, &status, 0);
  printf("waited %s status %d\n", waited == child ? "for the child" : "in vain", WEXITSTATUS(status));
  fflush(stdout);
  sleeper(NULL);
  return 0;
}

static void tell(const char *what, long result) {
  printf("%s %ld errno %d\n", what, result, result < 0 ? errno : 0);
  fflush(stdout);
}

/* What an open /proc/gvisor/checkpoint answers before the next checkpoint, and after it. */
static int notice(void) {
  char text[16] = {0};
  int fd = open("/proc/gvisor/checkpoint", O_RDWR | O_NONBLOCK);
  struct pollfd polled = {.fd = fd, .events = POLLIN};
  tell("open", fd > 2);
  tell("read", read(fd, text, sizeof text));
  tell("poll", poll(&polled, 1, 0));
  tell("empty write", write(fd, "", 0));
  tell("write behind the beginning", pwrite(fd, "1", 1, 1));
  tell("fchmod", fchmod(fd, 0600));
  say("waiting\n");
  tell("poll", poll(&polled, 1, -1));
  tell("readable", (polled.revents & POLLIN) != 0);
  tell("read", read(fd, text, sizeof text));
  say(text);
  tell("end", read(fd, text, sizeof text));
  tell("lseek", lseek(fd, 3, SEEK_SET));
  tell("read", read(fd, text, sizeof text));
  sleeper(NULL);
  return 0;
}

static int sleep_for(const char *seconds) {
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  say("sleeping\n");
  sleep((unsigned)atoi(seconds));
  clock_gettime(CLOCK_MONOTONIC, &after);
  printf("slept %ld s\n", (long)(after.tv_sec - before.tv_sec));
  fflush(stdout);
  sleeper(NULL);
  return 0;
}

/* Traces process `pid` with `options`, and leaves it stopped. */
static int trace_stopped(const char *pid, long options) {
  pid_t tracee = atoi(pid);
  int status = 0;
  if (ptrace(PTRACE_SEIZE, tracee, 0, options) != 0 || ptrace(PTRACE_INTERRUPT, tracee, 0, 0) != 0) return 1;
  if (waitpid(tracee, &status, __WALL) != tracee || status >> 16 != PTRACE_EVENT_STOP) return 1;
  say("traced\n");
  sleeper(NULL);
  return 0;
}

/* Traces the process whose pid is in a file as soon as there is one; says how it ends and whether it can be waited for again. */
static int trace_named(const char *path) {
  char text[16];
  int fd, status = 0;
  while ((fd = open(path, O_RDONLY)) == -1 || read(fd, text, sizeof text) <= 0) sleep(1);
  pid_t tracee = atoi(text);
  if (ptrace(PTRACE_SEIZE, tracee, 0, 0) != 0) return 1;
  say("tracing\n");
  tell("wait", waitpid(tracee, &status, __WALL) == tracee);
  tell("status", status);
  tell("again", waitpid(tracee, &status, __WALL));
  sleeper(NULL);
  return 0;
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  struct sigaction action = {0};
  action.sa_handler = on_child;
  if (strcmp(mode, "threads") == 0) return threads();
  if (strcmp(mode, "lock-hold") == 0) return lock_hold(argv[2]);
  if (strcmp(mode, "lock-wait") == 0) return lock_wait(argv[2]);
  if (strcmp(mode, "epoll") == 0) return epoll();
  if (strcmp(mode, "subreaper") == 0) return subreaper();
  if (strcmp(mode, "zombie") == 0) return zombie();
  if (strcmp(mode, "notice") == 0) return notice();
  if (strcmp(mode, "sleep") == 0) return sleep_for(argv[2]);
  if (strcmp(mode, "trace") == 0) return trace_stopped(argv[2], 0);
  if (strcmp(mode, "trace-exitkill") == 0) return trace_stopped(argv[2], PTRACE_O_EXITKILL);
  if (strcmp(mode, "trace-named") == 0) return trace_named(argv[2]);
  if (strcmp(mode, "ignore-children") == 0) {
    signal(SIGCHLD, SIG_IGN);
    return report_children();
  }
  if (strcmp(mode, "nocldwait") == 0) {
    action.sa_flags = SA_NOCLDWAIT | SA_RESTART;
    sigaction(SIGCHLD, &action, NULL);
    return report_children();
  }
  return 2;
}
