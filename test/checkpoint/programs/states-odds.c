// oracle: host: qemu's user mode passes much of this through to other hands
// modes: nodes options seqpacket privileges async mounts proc-files busy-directory traced
/* What is rarer: nodes of all kinds, options of sockets, cycles of descriptors in flight, rights, signals for input, mounts, open /proc files, tracees. */
#include "states.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

static void nodes(void) {
  int anonymous = MUST(open(".", O_TMPFILE | O_RDWR, 0640)), sparse = MUST(open("sparse", O_CREAT | O_RDWR, 0644));
  MUST(write(anonymous, "no name yet", 11));
  MUST(pwrite(sparse, "x", 1, 1000000));
  MUST(fallocate(sparse, 0, 8192, 4096));
  MUST(link("sparse", "twin"));
  MUST(symlink("sparse", "symbolic"));
  MUST(mknod("zero", S_IFCHR | 0666, makedev(1, 5)));
  struct timespec times[2] = {{1000000000, 123456789}, {2000000000, 987654321}};
  MUST(utimensat(AT_FDCWD, "twin", times, 0));
  MUST(setxattr("sparse", "user.note", "kept", 4, 0));
  MUST(mkdir("sticky", 01777));
  MUST(chmod("sticky", 03751));
  struct stat before, after;
  MUST(stat("sparse", &before));
  point();
  char path[40], text[16] = "";
  snprintf(path, sizeof path, "/proc/self/fd/%d", anonymous);
  SHOW(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
  SHOW(read(MUST(open("named", O_RDONLY)), text, 15));
  say("'%s'\n", text);
  MUST(stat("twin", &after));
  say("same inode %d, links %ld, size %ld, blocks same %d\n", before.st_ino == after.st_ino, (long)after.st_nlink, (long)after.st_size, before.st_blocks == after.st_blocks);
  say("times %ld.%09ld %ld.%09ld, changed at the same %d\n", (long)after.st_atim.tv_sec, after.st_atim.tv_nsec, (long)after.st_mtim.tv_sec, after.st_mtim.tv_nsec, before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
  SHOW(lseek(sparse, 20000, SEEK_DATA));
  SHOW(getxattr("twin", "user.note", text, sizeof text));
  SHOW(readlink("symbolic", text, sizeof text));
  SHOW(read(MUST(open("zero", O_RDONLY)), text, 5));
  MUST(stat("sticky", &after));
  say("mode %o\n", after.st_mode);
}

static void options(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = MUST(socket(AF_INET, SOCK_STREAM, 0)), one = 1, got;
  MUST(bind(listener, (struct sockaddr *)&address, sizeof address));
  MUST(listen(listener, 3));
  MUST(getsockname(listener, (struct sockaddr *)&address, &length));
  int client = MUST(socket(AF_INET, SOCK_STREAM, 0));
  MUST(connect(client, (struct sockaddr *)&address, sizeof address));
  int server = MUST(accept(listener, NULL, NULL));
  struct linger linger = {1, 7};
  struct timeval limit = {0, 300000};
  MUST(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
  MUST(setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one));
  MUST(setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  MUST(setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  MUST(send(server, "peek", 4, 0));
  pid_t waiter = fork();
  if (waiter == 0) {
    char bytes[8];
    MUST(recv(client, bytes, 4, 0));
    ssize_t count = recv(client, bytes, sizeof bytes, 0);
    sleep_ms(20);
    say("waited in vain: %zd %s\n", count, strerrorname_np(errno));
    _exit(0);
  }
  sleep_ms(50);
  point();
  reap("waiter", waiter);
  length = sizeof got;
  MUST(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &got, &length));
  say("no delay %d", got != 0);
  MUST(getsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &got, &length));
  say(", keep alive %d", got != 0);
  length = sizeof linger;
  memset(&linger, 0, sizeof linger);
  MUST(getsockopt(client, SOL_SOCKET, SO_LINGER, &linger, &length));
  say(", linger %d %d\n", linger.l_onoff, linger.l_linger);
  char bytes[8] = "";
  MUST(send(server, "again", 5, 0));
  SHOW(recv(client, bytes, 2, MSG_PEEK));
  SHOW(recv(client, bytes, 7, 0));
  say("'%s'\n", bytes);
}

static void pass(int through, int fd) {
  char control[CMSG_SPACE(sizeof(int))] = "";
  struct iovec io = {"+", 1};
  struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  *CMSG_FIRSTHDR(&message) = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof fd);
  MUST(sendmsg(through, &message, 0));
}

/* Packets with their bounds, a Unix listener with one that waits, and two sockets that lie in each other's queues. */
static void seqpacket(void) {
  int pair[2], cycle[2], ends[2];
  MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
  MUST(send(pair[0], "first", 5, 0));
  MUST(send(pair[0], "second packet", 13, 0));
  MUST(shutdown(pair[0], SHUT_WR));
  struct sockaddr_un path = {AF_UNIX, "listening"};
  int listener = MUST(socket(AF_UNIX, SOCK_STREAM, 0)), client = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
  MUST(bind(listener, (struct sockaddr *)&path, sizeof path));
  MUST(listen(listener, 1));
  MUST(connect(client, (struct sockaddr *)&path, sizeof path));
  MUST(send(client, "hello", 5, 0));
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, cycle));
  MUST(pipe(ends));
  pass(cycle[0], cycle[1]);
  pass(cycle[1], cycle[0]);
  pass(cycle[0], ends[1]);
  MUST(close(cycle[0]));
  MUST(close(cycle[1]));
  MUST(close(ends[1]));
  point();
  char bytes[16] = "";
  SHOW(recv(pair[1], bytes, 3, 0));
  SHOW(recv(pair[1], bytes, sizeof bytes, 0));
  say("'%.13s'\n", bytes);
  SHOW(recv(pair[1], bytes, sizeof bytes, 0));
  int accepted = MUST(accept(listener, NULL, NULL));
  SHOW(recv(accepted, bytes, sizeof bytes, 0));
  say("a cycle that nobody can reach ends its pipe: ");
  MUST(close(accepted));
  MUST(close(client));
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, cycle));
  pass(cycle[0], cycle[1]);
  MUST(close(cycle[0]));
  MUST(close(cycle[1]));
  say("%zd\n", read(ends[0], bytes, 1));
}

static void privileges(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{0}}, got[2];
  data[0].permitted = 1u << CAP_CHOWN | 1u << CAP_KILL | 1u << CAP_NET_RAW;
  data[0].effective = 1u << CAP_KILL;
  data[0].inheritable = 1u << CAP_CHOWN;
  MUST(prctl(PR_CAPBSET_DROP, CAP_SYS_TIME));
  MUST(prctl(PR_SET_KEEPCAPS, 1));
  MUST(syscall(SYS_capset, &header, data));
  MUST(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
  point();
  MUST(syscall(SYS_capget, &header, got));
  say("permitted %x effective %x inheritable %x\n", got[0].permitted, got[0].effective, got[0].inheritable);
  say("bounding %d %d, ambient %d %d, keep %d\n", prctl(PR_CAPBSET_READ, CAP_SYS_TIME), prctl(PR_CAPBSET_READ, CAP_CHOWN), prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0),
      prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0), prctl(PR_GET_KEEPCAPS));
  SHOW(chown(".", 1, 1));
  SHOW(prctl(PR_CAPBSET_DROP, CAP_KILL));
}

static volatile sig_atomic_t inputs;

static void on_input(int signal) {
  (void)signal;
  inputs++;
}

static void tell_input(const char *what) {
  sleep_ms(10);
  say("%s: told %s\n", what, inputs > 0 ? "so" : "nothing");
  inputs = 0;
}

static void on_info(int signal, siginfo_t *info, void *context) {
  (void)context;
  say("signal %d, code %d, descriptor the same %d\n", signal - SIGRTMIN, info->si_code, info->si_fd == 9);
}

/* A socket that sends SIGIO, and a pipe that sends a signal of its own with what and where. */
static void async(void) {
  int pair[2], ends[2];
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  MUST(pipe(ends));
  MUST(dup2(ends[0], 9));
  on_signal(SIGIO, on_input, 0);
  struct sigaction action = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO};
  MUST(sigaction(SIGRTMIN + 3, &action, NULL));
  MUST(fcntl(pair[1], F_SETOWN, getpid()));
  MUST(fcntl(pair[1], F_SETFL, O_ASYNC | O_NONBLOCK));
  MUST(fcntl(9, F_SETOWN, -getpgrp()));
  MUST(fcntl(9, F_SETSIG, SIGRTMIN + 3));
  MUST(fcntl(9, F_SETFL, O_ASYNC));
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  point();
  say("owner is me %d, asynchronous %d\n", fcntl(pair[1], F_GETOWN) == getpid(), (fcntl(pair[1], F_GETFL) & O_ASYNC) != 0);
  tell_input("before");
  MUST(write(pair[0], "x", 1));
  tell_input("input");
  char byte;
  MUST(read(pair[1], &byte, 1));
  inputs = 0;
  MUST(fcntl(pair[1], F_SETFL, O_NONBLOCK));
  MUST(write(pair[0], "y", 1));
  tell_input("taken back");
  MUST(fcntl(9, F_SETOWN, getpid()));
  MUST(write(ends[1], "z", 1));
  sleep_ms(10);
  MUST(sigaction(SIGRTMIN + 3, &ignore, NULL));
}

static void mounts(void) {
  MUST(mkdir("a", 0755));
  MUST(mkdir("b", 0755));
  MUST(mount("none", "a", "tmpfs", 0, "size=1m"));
  MUST(close(MUST(open("a/file", O_CREAT | O_WRONLY, 0644))));
  MUST(mount("a", "b", NULL, MS_BIND, NULL));
  MUST(mount(NULL, "b", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
  int open_below = MUST(open("a/file", O_RDWR));
  MUST(umount2("a", MNT_DETACH));
  point();
  SHOW(write(open_below, "detached", 8));
  SHOW(open("b/new", O_CREAT | O_WRONLY, 0644));
  SHOW(access("a/file", F_OK));
  char text[16] = "";
  int again = MUST(open("b/file", O_RDONLY));
  SHOW(read(again, text, 15));
  say("'%s'\n", text);
  SHOW(umount("b"));
  MUST(close(again));
  SHOW(umount("b"));
  SHOW(access("b/file", F_OK));
}

/* Files of /proc that are open, half read, of this process and of one that has ended. */
static void proc_files(void) {
  pid_t child = fork();
  if (child == 0) for (;;) pause();
  char path[40], text[64] = "";
  snprintf(path, sizeof path, "/proc/%d/status", child);
  int status = MUST(open(path, O_RDONLY)), mounts_fd = MUST(open("/proc/self/mounts", O_RDONLY)), memory = MUST(open("/proc/self/mem", O_RDWR));
  snprintf(path, sizeof path, "/proc/%d", child);
  int directory = MUST(open(path, O_RDONLY | O_DIRECTORY));
  MUST(read(mounts_fd, text, 5));
  static volatile int value = 7;
  point();
  kill(child, SIGKILL);
  reap("child", child);
  SHOW(read(status, text, sizeof text));
  SHOW(openat(directory, "status", O_RDONLY));
  SHOW(lseek(mounts_fd, 0, SEEK_CUR));
  int nine = 9;
  SHOW(pwrite(memory, &nine, sizeof nine, (off_t)(uintptr_t)&value));
  say("value %d\n", value);
}

/* A directory that is read while its names come and go, one that was removed while it was read, and one that was moved. */
static void busy_directory(void) {
  char name[32];
  MUST(mkdir("busy", 0755));
  MUST(mkdir("gone", 0755));
  MUST(mkdir("moved", 0755));
  MUST(close(MUST(open("moved/inside", O_CREAT | O_WRONLY, 0644))));
  for (int i = 0; i < 300; i++) {
    snprintf(name, sizeof name, "busy/%d", i);
    MUST(close(MUST(open(name, O_CREAT | O_WRONLY, 0644))));
  }
  static int seen[300];
  DIR *busy = opendir("busy"), *gone = opendir("gone");
  int moved = MUST(open("moved", O_RDONLY | O_DIRECTORY));
  struct dirent *entry;
  for (int i = 0; i < 100 && (entry = readdir(busy)) != NULL; i++) if (entry->d_name[0] != '.') seen[atoi(entry->d_name)]++;
  MUST(rmdir("gone"));
  MUST(rename("moved", "busy/elsewhere"));
  point();
  for (int i = 0; i < 300; i += 3) {
    snprintf(name, sizeof name, "busy/%d", i);
    MUST(unlink(name));
  }
  while ((entry = readdir(busy)) != NULL) if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') seen[atoi(entry->d_name)]++;
  int lost = 0, twice = 0;
  for (int i = 0; i < 300; i++) {
    lost += seen[i] == 0 && i % 3 != 0;
    twice += seen[i] > 1;
  }
  say("lost %d, twice %d\n", lost, twice);
  errno = 0;
  rewinddir(gone);
  say("of a removed one: %s\n", readdir(gone) == NULL ? "nothing" : "something");
  SHOW_OK(openat(moved, "inside", O_RDONLY));
  SHOW_OK(openat(moved, "../elsewhere/inside", O_RDONLY));
}

/* A tracee that stands at the entry of a system call; its tracer looks into it, changes it, and follows it to its end. */
static void traced(void) {
  static volatile long value = 5;
  pid_t child = fork();
  if (child == 0) {
    MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
    syscall(SYS_kill, getpid(), SIGSTOP);
    for (int i = 0; i < 3; i++) syscall(SYS_getppid);
    syscall(SYS_exit_group, (int)value);
  }
  int status, stops = 0;
  MUST(waitpid(child, &status, 0));
  MUST(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT));
  MUST(ptrace(PTRACE_SYSCALL, child, 0, 0));
  MUST(waitpid(child, &status, 0));
  point();
  say("stopped at a call %d\n", WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80));
  SHOW(waitpid(child, &status, WNOHANG));
  SHOW(ptrace(PTRACE_PEEKDATA, child, &value, 0));
  SHOW(ptrace(PTRACE_POKEDATA, child, &value, 7));
  do {
    MUST(ptrace(PTRACE_SYSCALL, child, 0, 0));
    MUST(waitpid(child, &status, 0));
    if (WIFSTOPPED(status) && status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) say("about to end after %d stops\n", stops);
    stops++;
  } while (!WIFEXITED(status));
  say("exit %d\n", WEXITSTATUS(status));
}

MODES({"nodes", nodes}, {"options", options}, {"seqpacket", seqpacket}, {"privileges", privileges}, {"async", async}, {"mounts", mounts}, {"proc-files", proc_files},
      {"busy-directory", busy_directory}, {"traced", traced})
