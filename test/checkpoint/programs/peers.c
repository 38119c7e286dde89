// cflags: -lutil
/*
 * Two ends of something: `hold KIND` is run by an exec and is killed at a restore, `see KIND` belongs to the container and says
 * what its end tells it.
 */
#include "../../guest/programs/guest.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

static const struct sockaddr_un stream_path = {AF_UNIX, "/stream"}, datagram_path = {AF_UNIX, "/datagram"};
static const char *kind;

static bool is(const char *name) { return strcmp(kind, name) == 0; }

static struct sockaddr_in loopback(void) { return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(7000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}; }

static void fill_descriptor(int fd) {
  MUST(fcntl(fd, F_SETFL, O_NONBLOCK));
  char bytes[4096] = "";
  while (write(fd, bytes, sizeof bytes) > 0) continue;
  MUST(fcntl(fd, F_SETFL, 0));
}

/* Memory of both sides: a robust mutex, and the word that a thread's end clears. */
struct shared {
  pthread_mutex_t mutex;
  int tid;
};

static struct shared *shared_memory(void) {
  int fd = MUST(open("/shared", O_CREAT | O_RDWR, 0644));
  MUST(ftruncate(fd, 4096));
  return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static void for_ever(void) {
  say("holding\n");
  for (;;) pause();
}

static void on_any(int signal) { close(open("/handled", O_CREAT | O_WRONLY, signal)); }

static void at_exit(void) { close(open("/exited", O_CREAT | O_WRONLY, 0644)); }

static void hold(void) {
  if (is("reader")) MUST(open("/fifo", O_RDONLY));
  if (is("writer")) MUST(write(MUST(open("/fifo", O_WRONLY)), "rest", 4));
  if (is("unix") || is("epoll")) {
    int socket_fd = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
    MUST(connect(socket_fd, (const struct sockaddr *)&stream_path, sizeof stream_path));
    if (is("unix")) MUST(write(socket_fd, "rest", 4));
  }
  if (is("datagram")) MUST(bind(MUST(socket(AF_UNIX, SOCK_DGRAM, 0)), (const struct sockaddr *)&datagram_path, sizeof datagram_path));
  if (is("tcp")) {
    struct sockaddr_in address = loopback();
    int socket_fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
    MUST(connect(socket_fd, (struct sockaddr *)&address, sizeof address));
    MUST(write(socket_fd, "rest", 4));
  }
  if (is("listener")) {
    struct sockaddr_in address = loopback();
    int listener = MUST(socket(AF_INET, SOCK_STREAM, 0));
    MUST(bind(listener, (struct sockaddr *)&address, sizeof address));
    MUST(listen(listener, 4));
  }
  if (is("flock")) MUST(flock(MUST(open("/lock", O_CREAT | O_RDWR, 0644)), LOCK_EX));
  if (is("record-lock")) {
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    MUST(fcntl(MUST(open("/lock", O_CREAT | O_RDWR, 0644)), F_SETLK, &all));
  }
  if (is("inotify")) {
    MUST(open("/watched", O_RDONLY));
    MUST(open("/watched", O_WRONLY));
  }
  if (is("mutex")) {
    struct shared *shared = shared_memory();
    syscall(SYS_set_tid_address, &shared->tid);
    shared->tid = 12345;
    pthread_mutex_lock(&shared->mutex);
  }
  if (is("master")) {
    /* The slave's name is told; whoever opens it as the leader of a session gets it as its terminal. */
    int master = MUST(posix_openpt(O_RDWR | O_NOCTTY)), told = MUST(open("/fifo", O_WRONLY)), number;
    MUST(grantpt(master));
    MUST(unlockpt(master));
    MUST(ioctl(master, TIOCGPTN, &number));
    MUST(write(told, &number, sizeof number));
  }
  if (is("slave")) {
    int number;
    MUST(read(MUST(open("/fifo", O_RDONLY)), &number, sizeof number));
    char name[32];
    snprintf(name, sizeof name, "/dev/pts/%d", number);
    MUST(write(MUST(open(name, O_RDWR | O_NOCTTY)), "rest", 4));
  }
  if (is("passed")) {
    int socket_fd = MUST(socket(AF_UNIX, SOCK_STREAM, 0)), out = 1;
    MUST(connect(socket_fd, (const struct sockaddr *)&stream_path, sizeof stream_path));
    char control[CMSG_SPACE(sizeof(int))] = "";
    struct iovec io = {"x", 1};
    struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    *CMSG_FIRSTHDR(&message) = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &out, sizeof out);
    MUST(sendmsg(socket_fd, &message, 0));
  }
  if (is("itself")) {
    for (int signal = 1; signal < 32; signal++) if (signal != SIGKILL && signal != SIGSTOP) on_signal(signal, on_any, 0);
    atexit(at_exit);
    on_signal(SIGCHLD, on_any, 0);
    if (fork() == 0) for (;;) pause();
  }
  for_ever();
}

static void tell_read(int fd) {
  char bytes[32] = "";
  for (int i = 0; i < 2; i++) {
    ssize_t count = read(fd, bytes, sizeof bytes - 1);
    if (count > 0) say("read '%s'\n", bytes);
    else say("read: %s\n", count == 0 ? "the end" : strerrorname_np(errno));
  }
}

static void tell_write(int fd) {
  char bytes[8192] = "";
  signal(SIGPIPE, SIG_IGN);
  ssize_t count = write(fd, bytes, sizeof bytes);
  say("write: %s\n", count > 0 ? "taken" : strerrorname_np(errno));
}

static int accept_one(int family) {
  int listener = MUST(socket(family, SOCK_STREAM, 0));
  struct sockaddr_in address = loopback();
  MUST(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)));
  if (family == AF_UNIX) MUST(bind(listener, (const struct sockaddr *)&stream_path, sizeof stream_path));
  else MUST(bind(listener, (struct sockaddr *)&address, sizeof address));
  MUST(listen(listener, 4));
  say("ready\n");
  return MUST(accept(listener, NULL, NULL));
}

static void on_hangup(int signal) { say("%s\n", sigabbrev_np(signal)); }

/* Waits till the restore is done: the holder's file is not there before, and does not come. */
static void wait_for_restore(void) {
  char text[16] = "";
  MUST(read(MUST(open("/proc/gvisor/checkpoint", O_RDONLY)), text, sizeof text - 1));
  say("%s", text);
}

/* As init: says what it is told of children that it has adopted. */
static void see_children(void) {
  on_signal(SIGCHLD, on_hangup, SA_RESTART);
  say("ready\n");
  for (;;) {
    int status;
    pid_t child = waitpid(-1, &status, 0);
    if (child > 0) say("child ended by %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    else pause();
  }
}

static void see(void) {
  if (is("children")) see_children();
  if (is("reader")) {
    int fd = MUST(open("/fifo", O_WRONLY));
    fill_descriptor(fd);
    tell_write(fd);
  }
  if (is("writer")) {
    int fd = MUST(open("/fifo", O_RDONLY));
    tell_read(fd);
    say("again: %zd\n", read(fd, &(char){0}, 1));
  }
  if (is("unix")) {
    int fd = accept_one(AF_UNIX);
    tell_read(fd);
    tell_write(fd);
  }
  if (is("epoll")) {
    int fd = accept_one(AF_UNIX), set = MUST(epoll_create1(0));
    struct epoll_event event = {EPOLLIN | EPOLLRDHUP, {0}};
    MUST(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
    MUST(epoll_wait(set, &event, 1, -1));
    say("events%s%s%s\n", event.events & EPOLLIN ? " in" : "", event.events & EPOLLRDHUP ? " rdhup" : "", event.events & EPOLLHUP ? " hup" : "");
  }
  if (is("datagram")) {
    int fd = MUST(socket(AF_UNIX, SOCK_DGRAM, 0));
    say("ready\n");
    sleep_ms(100);
    MUST(connect(fd, (const struct sockaddr *)&datagram_path, sizeof datagram_path));
    wait_for_restore();
    sleep_ms(10);
    tell_write(fd);
  }
  if (is("tcp")) {
    int fd = accept_one(AF_INET);
    tell_read(fd);
    tell_write(fd);
    sleep_ms(10);
    tell_write(fd);
  }
  if (is("listener")) {
    struct sockaddr_in address = loopback();
    wait_for_restore();
    sleep_ms(10);
    int client = MUST(socket(AF_INET, SOCK_STREAM, 0)), own = MUST(socket(AF_INET, SOCK_STREAM, 0));
    say("connect: %s\n", connect(client, (struct sockaddr *)&address, sizeof address) == 0 ? "done" : strerrorname_np(errno));
    say("bind: %s\n", bind(own, (struct sockaddr *)&address, sizeof address) == 0 ? "done" : strerrorname_np(errno));
  }
  if (is("flock")) {
    int fd = MUST(open("/lock", O_CREAT | O_RDWR, 0644));
    sleep_ms(100);
    SHOW(flock(fd, LOCK_EX));
  }
  if (is("record-lock")) {
    struct flock some = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 1};
    int fd = MUST(open("/lock", O_CREAT | O_RDWR, 0644));
    sleep_ms(100);
    SHOW(fcntl(fd, F_SETLKW, &some));
  }
  if (is("inotify")) {
    MUST(close(MUST(open("/watched", O_CREAT | O_WRONLY, 0644))));
    int fd = MUST(inotify_init1(0));
    MUST(inotify_add_watch(fd, "/watched", IN_CLOSE));
    say("ready\n");
    for (int i = 0; i < 2; i++) {
      struct inotify_event event;
      MUST(read(fd, &event, sizeof event));
      say("closed %s\n", event.mask == IN_CLOSE_WRITE ? "after writing" : event.mask == IN_CLOSE_NOWRITE ? "after reading" : "?");
    }
  }
  if (is("mutex")) {
    struct shared *shared = shared_memory();
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&shared->mutex, &attributes);
    sleep_ms(100);
    say("lock: %s\n", strerrorname_np(pthread_mutex_lock(&shared->mutex)));
    say("the word that its end would have cleared: %d\n", shared->tid);
  }
  if (is("master")) {
    int number, out = dup(1);
    MUST(read(MUST(open("/fifo", O_RDONLY)), &number, sizeof number));
    setsid();
    char name[32];
    snprintf(name, sizeof name, "/dev/pts/%d", number);
    int slave = MUST(open(name, O_RDWR));
    on_signal(SIGHUP, on_hangup, 0);
    on_signal(SIGCONT, on_hangup, 0);
    char byte;
    ssize_t count = read(slave, &byte, 1);
    if (count < 0) count = read(slave, &byte, 1);
    dprintf(out, "read: %zd\n", count);
    dprintf(out, "write: %s\n", write(slave, "x", 1) < 0 ? strerrorname_np(errno) : "taken");
  }
  if (is("slave")) {
    int number, master = MUST(posix_openpt(O_RDWR | O_NOCTTY));
    MUST(unlockpt(master));
    MUST(ioctl(master, TIOCGPTN, &number));
    int fd = MUST(open("/fifo", O_WRONLY));
    MUST(write(fd, &number, sizeof number));
    tell_read(master);
  }
  if (is("passed")) {
    int listening = accept_one(AF_UNIX), fd;
    char control[64] __attribute__((aligned(8))), byte;
    struct iovec io = {&byte, 1};
    struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    MUST(recvmsg(listening, &message, 0));
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    MUST(write(fd, "through the descriptor\n", 23));
    wait_for_restore();
    SHOW(write(fd, "x", 1));
    struct stat stat;
    SHOW(fstat(fd, &stat));
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  kind = argv[2];
  if (strcmp(argv[1], "hold") == 0) hold();
  else see();
  return 0;
}
