/* flock(2) belongs to the open file, not the process; OFD locks too; waiting and conversion. */
#include "guest.h"
#include <sys/file.h>

int main(void) {
  int first = MUST(open("file", O_RDWR | O_CREAT, 0644)), second = MUST(open("file", O_RDWR)), copy = dup(first);
  SHOW(flock(first, LOCK_EX));
  SHOW(flock(second, LOCK_SH | LOCK_NB));
  SHOW(flock(copy, LOCK_EX | LOCK_NB));
  pid_t child = fork();
  if (child == 0) {
    say("the child has its parent's lock: %d\n", flock(first, LOCK_EX | LOCK_NB) == 0);
    SHOW(flock(first, LOCK_SH));
    _exit(0);
  }
  reap("child", child);
  SHOW(flock(second, LOCK_SH | LOCK_NB));
  SHOW(flock(first, LOCK_EX | LOCK_NB));
  SHOW(flock(second, LOCK_UN));
  SHOW(flock(first, LOCK_EX | LOCK_NB));
  close(first);
  SHOW(flock(second, LOCK_EX | LOCK_NB));
  struct gate waiting = make_gate();
  child = fork();
  if (child == 0) {
    int own = open("file", O_RDWR);
    open_gate(waiting);
    SHOW(flock(own, LOCK_EX));
    say("child has it\n");
    _exit(0);
  }
  pass_gate(waiting);
  sleep_ms(20);
  say("unlock\n");
  flock(copy, LOCK_UN);
  reap("child", child);
  int third = MUST(open("file", O_RDWR)), fourth = MUST(open("file", O_RDWR));
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10};
  SHOW(fcntl(third, F_OFD_SETLK, &lock));
  SHOW(fcntl(fourth, F_OFD_SETLK, &lock));
  SHOW(fcntl(fourth, F_OFD_GETLK, &lock));
  say("type %d pid %d\n", lock.l_type == F_WRLCK, lock.l_pid);
  SHOW(fcntl(third, F_SETLK, &(struct flock){.l_type = F_WRLCK, .l_len = 5}));
  close(open("file", O_RDONLY));
  SHOW(fcntl(fourth, F_OFD_SETLK, &(struct flock){.l_type = F_RDLCK, .l_len = 5}));
  close(third);
  SHOW(fcntl(fourth, F_OFD_SETLK, &(struct flock){.l_type = F_RDLCK, .l_len = 5}));
  SHOW(flock(fourth, 77));
  SHOW(flock(99, LOCK_EX));
  return 0;
}
