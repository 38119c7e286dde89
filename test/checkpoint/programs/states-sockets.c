// oracle: host: qemu's user mode has sockets of the host, which know nothing of its processes
// modes: rights tcp listener datagrams server
/* Sockets with data, descriptors, connections and clients in flight. */
#include "states.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static void send_with(int socket, const char *text, const int *fds, int count) {
  char control[CMSG_SPACE(4 * sizeof(int))] = "";
  struct iovec io = {(char *)text, strlen(text)};
  struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
  }
  MUST(sendmsg(socket, &message, 0));
}

static int receive_with(int socket, int *fds) {
  char control[256] __attribute__((aligned(8))), text[32] = "";
  struct iovec io = {text, sizeof text - 1};
  struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg(socket, &message, MSG_DONTWAIT);
  int count = 0;
  bool hasCredentials = false;
  if (length < 0) {
    say("nothing: %s\n", strerrorname_np(errno));
    return 0;
  }
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_type == SCM_RIGHTS) {
      count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
      memcpy(fds, CMSG_DATA(header), count * sizeof(int));
    }
    if (header->cmsg_type == SCM_CREDENTIALS) hasCredentials = ((struct ucred *)CMSG_DATA(header))->pid == getpid();
  }
  say("'%s' with %d descriptors, from me %d\n", text, count, hasCredentials);
  return count;
}

/* A queue of datagrams, in which the only references to a file, a pipe and another socket are on their way. */
static void rights(void) {
  int pair[2], inner[2], ends[2], fds[4], on = 1;
  MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, inner));
  MUST(pipe(ends));
  MUST(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
  int file = MUST(open("passed", O_CREAT | O_RDWR, 0644));
  MUST(write(file, "0123456789", 10));
  MUST(lseek(file, 4, SEEK_SET));
  MUST(write(ends[1], "in the pipe", 11));
  send_with(pair[0], "file", &file, 1);
  send_with(pair[0], "plain", NULL, 0);
  send_with(pair[0], "more", (int[]){ends[0], inner[1]}, 2);
  MUST(write(inner[0], "through", 7));
  MUST(close(file));
  MUST(close(ends[0]));
  MUST(close(inner[1]));
  MUST(unlink("passed"));
  point();
  char text[16] = "";
  receive_with(pair[1], fds);
  SHOW(read(fds[0], text, 3));
  say("'%s', offset %ld\n", text, (long)lseek(fds[0], 0, SEEK_CUR));
  receive_with(pair[1], fds);
  receive_with(pair[1], fds);
  SHOW(read(fds[0], text, sizeof text - 1));
  say("'%s'\n", text);
  memset(text, 0, sizeof text);
  SHOW(read(fds[1], text, sizeof text - 1));
  say("'%s'\n", text);
  receive_with(pair[1], fds);
  MUST(write(fds[1], "back", 4));
  SHOW(read(inner[0], text, sizeof text - 1));
  struct ucred peer;
  socklen_t length = sizeof peer;
  MUST(getsockopt(inner[0], SOL_SOCKET, SO_PEERCRED, &peer, &length));
  say("peer is me %d, uid %d\n", peer.pid == getpid(), peer.uid);
}

static struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listen_at(struct sockaddr_in *address) {
  int listener = MUST(socket(AF_INET, SOCK_STREAM, 0));
  socklen_t length = sizeof *address;
  *address = loopback(0);
  MUST(bind(listener, (struct sockaddr *)address, sizeof *address));
  MUST(listen(listener, 8));
  MUST(getsockname(listener, (struct sockaddr *)address, &length));
  return listener;
}

static int connect_to(const struct sockaddr_in *address) {
  int connection = MUST(socket(AF_INET, SOCK_STREAM, 0));
  MUST(connect(connection, (const struct sockaddr *)address, sizeof *address));
  return connection;
}

static unsigned mix(unsigned hash, const unsigned char *bytes, ssize_t count) {
  for (ssize_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 16777619;
  return hash;
}

enum { STREAM_BYTES = 2 << 20 };

static void tcp(void) {
  struct sockaddr_in address, name, peer;
  int listener = listen_at(&address);
  static unsigned char bytes[65536];
  pid_t sender = fork();
  if (sender == 0) {
    int out = connect_to(&address);
    unsigned hash = 0;
    for (int sent = 0; sent < STREAM_BYTES; sent += (int)sizeof bytes) {
      for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(((unsigned)i * 2654435761u + (unsigned)sent) >> 13);
      for (size_t at = 0; at < sizeof bytes;) at += MUST(write(out, bytes + at, sizeof bytes - at));
      hash = mix(hash, bytes, sizeof bytes);
    }
    MUST(shutdown(out, SHUT_WR));
    char text[32] = "";
    while (read(out, text, 1) == 1 && text[0] != '.') continue;
    sleep_ms(20);
    say("sender: sent %x, told the end\n", hash);
    SHOW(read(out, text, sizeof text));
    _exit(0);
  }
  int in = MUST(accept(listener, NULL, NULL));
  MUST(write(in, "half the other way", 18));
  sleep_ms(100);
  point();
  socklen_t length = sizeof name;
  MUST(getsockname(in, (struct sockaddr *)&name, &length));
  MUST(getpeername(in, (struct sockaddr *)&peer, &length));
  int error = -1;
  socklen_t size = sizeof error;
  MUST(getsockopt(in, SOL_SOCKET, SO_ERROR, &error, &size));
  say("same port %d, peer on loopback %d, error %d\n", name.sin_port == address.sin_port, peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK), error);
  SHOW(waitpid(sender, NULL, WNOHANG));
  unsigned hash = 0;
  long total = 0;
  for (ssize_t count; (count = read(in, bytes, sizeof bytes)) > 0; total += count) hash = mix(hash, bytes, count);
  say("received %ld, %x\n", total, hash);
  MUST(write(in, ".", 1));
  MUST(close(in));
  reap("sender", sender);
}

/* Connections that nobody has accepted yet, in their order. */
static void listener(void) {
  struct sockaddr_in address;
  int listening = listen_at(&address), first = connect_to(&address), second = connect_to(&address);
  MUST(write(first, "early data", 10));
  pid_t gone = fork();
  if (gone == 0) {
    int third = connect_to(&address);
    MUST(write(third, "gone", 4));
    _exit(0);
  }
  reap("gone", gone);
  sleep_ms(20);
  point();
  int rival = MUST(socket(AF_INET, SOCK_STREAM, 0));
  SHOW(bind(rival, (struct sockaddr *)&address, sizeof address));
  struct pollfd polled = {listening, POLLIN, 0};
  SHOW(poll(&polled, 1, 0));
  for (int i = 0; i < 3; i++) {
    struct sockaddr_in from, name;
    socklen_t length = sizeof from;
    int accepted = MUST(accept(listening, (struct sockaddr *)&from, &length)), client = i == 0 ? first : second;
    char text[32] = "";
    if (i < 2) {
      MUST(getsockname(client, (struct sockaddr *)&name, &length));
      say("in order %d\n", from.sin_port == name.sin_port);
    }
    if (i == 1) MUST(write(second, "later data", 10));
    SHOW(read(accepted, text, sizeof text - 1));
    say("'%s'\n", text);
    if (i == 2) SHOW(read(accepted, text, sizeof text - 1));
    else {
      MUST(write(accepted, "answer", 6));
      SHOW(read(client, text, sizeof text - 1));
    }
  }
  int fourth = connect_to(&address);
  SHOW_OK(accept(listening, NULL, NULL));
  MUST(close(fourth));
  MUST(close(listening));
  int refused = MUST(socket(AF_INET, SOCK_STREAM, 0));
  SHOW(connect(refused, (struct sockaddr *)&address, sizeof address));
}

static void datagrams(void) {
  struct sockaddr_in here = loopback(0), from;
  socklen_t length = sizeof here;
  int receiver = MUST(socket(AF_INET, SOCK_DGRAM, 0)), sender = MUST(socket(AF_INET, SOCK_DGRAM, 0)), waiting;
  MUST(bind(receiver, (struct sockaddr *)&here, sizeof here));
  MUST(getsockname(receiver, (struct sockaddr *)&here, &length));
  MUST(connect(sender, (struct sockaddr *)&here, sizeof here));
  MUST(send(sender, "one", 3, 0));
  MUST(send(sender, "", 0, 0));
  MUST(send(sender, "three", 5, 0));
  int named = MUST(socket(AF_UNIX, SOCK_DGRAM, 0)), other = MUST(socket(AF_UNIX, SOCK_DGRAM, 0));
  struct sockaddr_un path = {AF_UNIX, "name"}, abstract = {AF_UNIX, "\0hidden"}, got = {0};
  MUST(bind(named, (struct sockaddr *)&path, sizeof path));
  MUST(bind(other, (struct sockaddr *)&abstract, sizeof abstract.sun_family + 7));
  MUST(sendto(other, "unix", 4, 0, (struct sockaddr *)&path, sizeof path));
  point();
  MUST(ioctl(receiver, FIONREAD, &waiting));
  say("waiting %d\n", waiting);
  for (int i = 0; i < 3; i++) {
    char text[8] = "";
    ssize_t count = recvfrom(receiver, text, 3, 0, (struct sockaddr *)&from, &length);
    say("%zd '%s'\n", count, text);
  }
  SHOW(sendto(receiver, "back", 4, 0, (struct sockaddr *)&from, sizeof from));
  char text[8] = "";
  SHOW(recv(sender, text, sizeof text, MSG_DONTWAIT));
  length = sizeof got;
  SHOW(recvfrom(named, text, sizeof text, 0, (struct sockaddr *)&got, &length));
  say("from '%s', %d bytes\n", got.sun_path + 1, (int)length);
  SHOW(sendto(named, "yes", 3, 0, (struct sockaddr *)&got, length));
  SHOW(recv(other, text, sizeof text, MSG_DONTWAIT));
}

/* A server of values with twenty clients: some wait to be served, one value was promised, and a child writes all values down. */
static void server(void) {
  enum { CLIENTS = 20, VALUES = 300 };
  struct sockaddr_un path = {AF_UNIX, "server"};
  struct gate dump = make_gate();
  int listening = MUST(socket(AF_UNIX, SOCK_STREAM, 0)), values[VALUES];
  MUST(bind(listening, (struct sockaddr *)&path, sizeof path));
  MUST(listen(listening, CLIENTS));
  pid_t clients[CLIENTS], dumper;
  struct pollfd served[CLIENTS];
  for (int i = 0; i < CLIENTS; i++) {
    clients[i] = fork();
    if (clients[i] == 0) {
      int connection = MUST(socket(AF_UNIX, SOCK_STREAM, 0)), answer = -1;
      MUST(connect(connection, (struct sockaddr *)&path, sizeof path));
      MUST(write(connection, &i, sizeof i));
      MUST(read(connection, &answer, sizeof answer));
      _exit(answer == i * i % 251 ? 0 : 1);
    }
    served[i] = (struct pollfd){MUST(accept(listening, NULL, NULL)), POLLIN, 0};
  }
  for (int i = 0; i < VALUES; i++) values[i] = i * i;
  dumper = fork();
  if (dumper == 0) {
    int fd = MUST(open("dump", O_CREAT | O_WRONLY, 0644));
    for (int i = 0; i < VALUES; i++) {
      MUST(write(fd, &values[i], sizeof values[i]));
      if (i == 100) {
        open_gate(dump);
        sleep_ms(150);
      }
    }
    _exit(0);
  }
  pass_gate(dump);
  for (int i = 0; i < VALUES; i++) values[i] = -1;
  sleep_ms(30);
  point();
  int asked = 0;
  while (asked < CLIENTS) {
    MUST(poll(served, CLIENTS, -1));
    for (int i = 0; i < CLIENTS; i++) {
      int number, answer;
      if ((served[i].revents & POLLIN) == 0 || read(served[i].fd, &number, sizeof number) != sizeof number) continue;
      answer = number * number % 251;
      MUST(write(served[i].fd, &answer, sizeof answer));
      served[i].fd = -1;
      asked++;
    }
  }
  int wrong = 0, sum = 0, value;
  for (int i = 0; i < CLIENTS; i++) {
    int status;
    waitpid(clients[i], &status, 0);
    wrong += status != 0;
  }
  reap("dumper", dumper);
  int fd = MUST(open("dump", O_RDONLY)), count = 0;
  while (read(fd, &value, sizeof value) == sizeof value) {
    sum += value == count * count;
    count++;
  }
  say("clients served wrongly %d; written down %d of %d, changed since %d\n", wrong, sum, count, values[7]);
}

MODES({"rights", rights}, {"tcp", tcp}, {"listener", listener}, {"datagrams", datagrams}, {"server", server})
