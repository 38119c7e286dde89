/* fcntl locks: ranges split and merge, F_GETLK tells owner and range, waiting, deadlock, and closing any descriptor drops them. */
#include "guest.h"

static int file;

static long lock(int command, int type, off_t start, off_t length) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  return fcntl(file, command, &lock);
}

static void show_conflict(const char *when, int type, off_t start, off_t length, pid_t owner) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  if (fcntl(file, F_GETLK, &lock) == -1) say("%s: %s\n", when, strerrorname_np(errno));
  else if (lock.l_type == F_UNLCK) say("%s: free\n", when);
  else say("%s: %s %ld+%ld of the parent %d\n", when, lock.l_type == F_RDLCK ? "read" : "write", (long)lock.l_start, (long)lock.l_len, lock.l_pid == owner);
}

int main(void) {
  file = MUST(open("file", O_RDWR | O_CREAT, 0644));
  MUST(ftruncate(file, 1000));
  struct gate to_child = make_gate(), to_parent = make_gate();
  pid_t parent = getpid();
  SHOW(lock(F_SETLK, F_WRLCK, 0, 100));
  SHOW(lock(F_SETLK, F_RDLCK, 200, 0));
  SHOW(lock(F_SETLK, F_UNLCK, 40, 20));
  pid_t child = fork();
  if (child == 0) {
    show_conflict("0", F_RDLCK, 0, 10, parent);
    show_conflict("40", F_WRLCK, 40, 20, parent);
    show_conflict("59", F_WRLCK, 59, 2, parent);
    show_conflict("read 300", F_RDLCK, 300, 10, parent);
    show_conflict("write 300", F_WRLCK, 300, 10, parent);
    SHOW(lock(F_SETLK, F_RDLCK, 300, 10));
    SHOW(lock(F_SETLK, F_WRLCK, 90, 20));
    SHOW(lock(F_SETLK, F_WRLCK, 100, 20));
    open_gate(to_parent);
    SHOW(lock(F_SETLKW, F_WRLCK, 0, 10));
    say("child has it\n");
    open_gate(to_parent);
    pass_gate(to_child);
    _exit(0);
  }
  pass_gate(to_parent);
  SHOW(lock(F_SETLK, F_WRLCK, 300, 5));
  sleep_ms(20);
  say("parent lets go\n");
  MUST(lock(F_SETLK, F_UNLCK, 0, 40));
  pass_gate(to_parent);
  show_conflict("0 again", F_WRLCK, 0, 5, parent);
  /* Closing another descriptor of the file drops all of this process's locks on it. */
  close(open("file", O_RDONLY));
  pid_t probe = fork();
  if (probe == 0) {
    show_conflict("after close", F_WRLCK, 60, 40, parent);
    _exit(0);
  }
  reap("probe", probe);
  open_gate(to_child);
  reap("child", child);
  show_conflict("after its end", F_WRLCK, 0, 0, parent);
  /* Two that wait for each other. */
  SHOW(lock(F_SETLK, F_WRLCK, 0, 1));
  child = fork();
  if (child == 0) {
    lock(F_SETLK, F_WRLCK, 1, 1);
    open_gate(to_parent);
    long result = lock(F_SETLKW, F_WRLCK, 0, 1);
    _exit(result == 0 ? 7 : 8);
  }
  pass_gate(to_parent);
  sleep_ms(20);
  SHOW(lock(F_SETLKW, F_WRLCK, 1, 1));
  SHOW(lock(F_SETLK, F_UNLCK, 0, 0));
  reap("child", child);
  struct flock bad = {.l_type = 99};
  SHOW(fcntl(file, F_SETLK, &bad));
  bad = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = -5};
  SHOW(fcntl(file, F_SETLK, &bad));
  int ro = open("file", O_RDONLY);
  struct flock write_lock = {.l_type = F_WRLCK};
  SHOW(fcntl(ro, F_SETLK, &write_lock));
  return 0;
}
