/* Holds one of each: what is inspected in a checkpoint of it is compared with what it tells of itself. */
#include "../../guest/programs/guest.h"
#include <dirent.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

static void copy_file(const char *path) {
  char buffer[4096];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  for (ssize_t count; (count = read(fd, buffer, sizeof buffer)) > 0;) write(1, buffer, count);
  close(fd);
}

static void list_fds(void) {
  for (int fd = 0; fd < 64; fd++) {
    char path[64], target[256], info[256];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) continue;
    target[length] = 0;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    int source = open(path, O_RDONLY);
    ssize_t count = read(source, info, sizeof info - 1);
    info[count > 0 ? count : 0] = 0;
    close(source);
    int position = 0, flags = 0;
    sscanf(info, "pos: %d flags: %o", &position, &flags);
    say("fd %d %d %o %s\n", fd, position, flags, target);
  }
}

static void *wait_for_ever(void *argument) {
  pthread_mutex_lock(argument);
  return NULL;
}

int main(void) {
  int file = open("/tmp/held", O_RDWR | O_CREAT, 0640);
  write(file, "0123456789", 10);
  lseek(file, 4, SEEK_SET);
  open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int pipes[2];
  pipe2(pipes, O_NONBLOCK);
  write(pipes[1], "five!", 5);
  int event = eventfd(7, 0);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  struct itimerspec in_a_day = {.it_value = {.tv_sec = 86400}, .it_interval = {.tv_sec = 3}};
  timerfd_settime(timer, 0, &in_a_day, NULL);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, SIGRTMIN + 2);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  signalfd(-1, &signals, 0);
  raise(SIGUSR1);
  signal(SIGUSR2, SIG_IGN);
  int epoll = epoll_create1(0);
  struct epoll_event wanted = {.events = EPOLLIN};
  epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[0], &wanted);
  epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted);
  inotify_add_watch(inotify_init1(0), "/tmp", IN_CREATE);
  int memory = memfd_create("held", 0);
  ftruncate(memory, 8192);
  char *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  strcpy(shared, "in a memfd");

  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  write(pair[0], "abc", 3);
  int named = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "/tmp/held.sock"};
  bind(named, (struct sockaddr *)&path, sizeof path);
  listen(named, 3);
  int caller = socket(AF_UNIX, SOCK_STREAM, 0);
  connect(caller, (struct sockaddr *)&path, sizeof path);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7070), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  bind(listener, (struct sockaddr *)&address, sizeof address);
  listen(listener, 3);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  connect(client, (struct sockaddr *)&address, sizeof address);
  int served = accept(listener, NULL, NULL);
  write(client, "twelve bytes", 12);
  address.sin_port = htons(5353);
  bind(socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&address, sizeof address);
  struct sockaddr_nl route = {.nl_family = AF_NETLINK};
  bind(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), (struct sockaddr *)&route, sizeof route);

  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_t thread;
  pthread_create(&thread, NULL, wait_for_ever, &mutex);
  pid_t stopped = fork();
  if (stopped == 0) {
    raise(SIGSTOP);
    _exit(0);
  }
  waitpid(stopped, NULL, WUNTRACED);
  pid_t dead = fork();
  if (dead == 0) _exit(3);
  siginfo_t info;
  waitid(P_PID, dead, &info, WEXITED | WNOWAIT);
  chdir("/tmp");
  umask(027);
  say("served %d stopped %d dead %d\n", served, stopped, dead);
  list_fds();
  say("maps\n");
  copy_file("/proc/self/maps");
  say("tcp\n");
  copy_file("/proc/net/tcp");
  say("ready\n");
  for (;;) pause();
}
