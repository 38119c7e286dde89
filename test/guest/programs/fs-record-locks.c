/* fcntl(2) record locks: ranges split and join, and what a process loses by a close. */
#include "fs.h"

static int lock(int fd, int command, int type, long start, long length) {
  struct flock request = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  int result = fcntl(fd, command, &request);
  if (command == F_GETLK && result == 0) say("  type %d start %ld length %ld\n", request.l_type, (long)request.l_start, (long)request.l_len);
  return result;
}

static void in_child(void (*act)(int), int fd) {
  if (MUST(fork()) == 0) {
    act(fd);
    _exit(0);
  }
  wait(NULL);
}

static void try_locks(int fd) {
  SHOW(lock(fd, F_SETLK, F_WRLCK, 0, 10));
  SHOW(lock(fd, F_SETLK, F_RDLCK, 0, 10));
  SHOW(lock(fd, F_SETLK, F_WRLCK, 10, 10));
  SHOW(lock(fd, F_GETLK, F_WRLCK, 0, 0));
  SHOW(lock(fd, F_GETLK, F_WRLCK, 50, 0));
  SHOW(lock(fd, F_GETLK, F_RDLCK, 30, 5));
  SHOW(lock(fd, F_SETLK, F_WRLCK, 0, 0));
}

static void ask_locks(int fd) {
  SHOW(lock(fd, F_GETLK, F_WRLCK, 0, 0));
  SHOW(lock(fd, F_GETLK, F_WRLCK, 5, 0));
  SHOW(lock(fd, F_GETLK, F_WRLCK, 7, 0));
}

int main(void) {
  work_here();
  int fd = MUST(open("f", O_RDWR | O_CREAT, 0644));
  SHOW(lock(fd, F_SETLK, F_WRLCK, 0, 10));
  SHOW(lock(fd, F_SETLK, F_RDLCK, 30, 10));
  in_child(try_locks, fd);
  SHOW(lock(fd, F_SETLK, F_UNLCK, 3, 2));
  in_child(ask_locks, fd);
  SHOW(lock(fd, F_SETLK, F_WRLCK, 3, 2));
  in_child(ask_locks, fd);
  SHOW(lock(fd, F_SETLK, F_RDLCK, 2, 3));
  in_child(ask_locks, fd);
  SHOW(lock(fd, F_SETLK, 7, 0, 0));
  SHOW(lock(fd, F_SETLK, F_RDLCK, -1, 0));
  SHOW(lock(fd, F_SETLK, F_RDLCK, 5, -10));
  SHOW(lock(fd, F_SETLK, F_RDLCK, 5, -5));
  int reader = MUST(open("f", O_RDONLY));
  SHOW(lock(reader, F_SETLK, F_WRLCK, 0, 1));
  int writer = MUST(open("f", O_WRONLY));
  SHOW(lock(writer, F_SETLK, F_RDLCK, 0, 1));
  SHOW(lock(-1, F_SETLK, F_RDLCK, 0, 1));
  SHOW(fcntl(fd, F_SETLK, (void *)bad_address));
  close(reader);
  in_child(ask_locks, fd);
}
