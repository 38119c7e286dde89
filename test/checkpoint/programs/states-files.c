// oracle: host: qemu's user mode shows itself in /proc and copies what directory streams hold
// modes: unlinked directory cwd flock record-locks inotify transaction descriptors
/* Open files, directories, locks and watches. */
#include "states.h"
#include <dirent.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/syscall.h>

static void tell_link(const char *path) {
  char target[256] = "";
  if (readlink(path, target, sizeof target - 1) < 0) say("%s: %s\n", path, strerrorname_np(errno));
  else say("%s: %s%s\n", path, strstr(target, "(deleted)") ? "deleted " : "", strrchr(target, '/'));
}

static void unlinked(void) {
  char bytes[4096];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)('a' + i % 23);
  int fd = MUST(open("gone", O_CREAT | O_RDWR, 0644));
  MUST(write(fd, bytes, sizeof bytes));
  MUST(write(fd, bytes, sizeof bytes));
  int twin = MUST(dup(fd)), other = MUST(open("gone", O_RDONLY));
  MUST(lseek(fd, 4090, SEEK_SET));
  MUST(unlink("gone"));
  MUST(close(MUST(open("gone", O_CREAT | O_WRONLY, 0600))));
  point();
  char got[13] = "", path[32];
  SHOW(read(fd, got, 12));
  say("'%s'\n", got);
  SHOW(lseek(twin, 0, SEEK_CUR));
  SHOW(lseek(other, 0, SEEK_CUR));
  struct stat stat;
  MUST(fstat(fd, &stat));
  say("links %ld, size %ld, blocks %ld\n", (long)stat.st_nlink, (long)stat.st_size, (long)stat.st_blocks);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  tell_link(path);
  SHOW(ftruncate(fd, 5000));
  SHOW(lseek(fd, 0, SEEK_END));
  SHOW(write(fd, "more", 4));
  SHOW(pread(other, got, 4, 5000));
  say("'%.4s'\n", got);
  int again = MUST(open(path, O_RDWR));
  SHOW(lseek(again, 0, SEEK_END));
  SHOW(linkat(AT_FDCWD, path, AT_FDCWD, "back", AT_SYMLINK_FOLLOW));
}

enum { ENTRIES = 1000 };

static void directory(void) {
  static int times[ENTRIES];
  char name[32];
  MUST(mkdir("many", 0755));
  for (int i = 0; i < ENTRIES; i++) {
    snprintf(name, sizeof name, "many/entry-%d", i);
    MUST(close(MUST(open(name, O_CREAT | O_WRONLY, 0644))));
  }
  DIR *stream = opendir("many");
  struct dirent *entry;
  int dots = 0;
  for (int i = 0; i < 400 && (entry = readdir(stream)) != NULL; i++) {
    if (entry->d_name[0] == '.') dots++;
    else times[atoi(entry->d_name + 6)]++;
  }
  long where = telldir(stream);
  point();
  int early = 0, lost = 0, twice = 0, after = 0;
  while ((entry = readdir(stream)) != NULL) {
    if (entry->d_name[0] == '.') dots++;
    else times[atoi(entry->d_name + 6)]++;
  }
  for (int i = 0; i < ENTRIES; i++) {
    lost += times[i] == 0;
    twice += times[i] > 1;
  }
  seekdir(stream, where);
  while ((entry = readdir(stream)) != NULL) after++;
  rewinddir(stream);
  while ((entry = readdir(stream)) != NULL) early++;
  say("lost %d, twice %d, dots %d, after the place %d, anew %d\n", lost, twice, dots, after, early);
}

static void cwd(void) {
  struct gate go = make_gate(), later = make_gate();
  MUST(mkdir("deleted", 0755));
  MUST(mkdir("jail", 0755));
  MUST(mkdir("above", 0755));
  MUST(mkdir("above/below", 0755));
  MUST(close(MUST(open("above/below/near", O_CREAT | O_WRONLY, 0644))));
  MUST(close(MUST(open("jail/inside", O_CREAT | O_WRONLY, 0644))));
  pid_t jailed = fork();
  if (jailed == 0) {
    MUST(chroot("jail"));
    MUST(chdir("/"));
    pass_gate(go);
    SHOW_OK(open("/inside", O_RDONLY));
    SHOW_OK(open("/proc", O_RDONLY));
    SHOW_OK(chdir(".."));
    SHOW_OK(open("inside", O_RDONLY));
    _exit(0);
  }
  pid_t moved = fork();
  if (moved == 0) {
    MUST(chdir("above/below"));
    pass_gate(later);
    SHOW_OK(open("near", O_RDONLY));
    char path[256] = "";
    say("%s\n", getcwd(path, sizeof path) != NULL && strstr(path, "/elsewhere/below") != NULL ? "elsewhere" : "not there");
    SHOW_OK(open("../../jail/inside", O_RDONLY));
    _exit(0);
  }
  sleep_ms(20);
  MUST(rename("above", "elsewhere"));
  MUST(chdir("deleted"));
  MUST(rmdir("../deleted"));
  point();
  char path[256] = "";
  say("getcwd %s\n", getcwd(path, sizeof path) == NULL ? strerrorname_np(errno) : path);
  tell_link("/proc/self/cwd");
  SHOW_OK(open("new", O_CREAT | O_WRONLY, 0644));
  SHOW_OK(open(".", O_RDONLY));
  SHOW_OK(chdir(".."));
  open_gate(go);
  reap("one", jailed);
  open_gate(later);
  reap("other", moved);
}

static void flocks(void) {
  int held = MUST(open("lock", O_CREAT | O_RDWR, 0644)), inherited = MUST(dup(held));
  MUST(flock(held, LOCK_EX));
  pid_t waiter = fork();
  if (waiter == 0) {
    int fd = MUST(open("lock", O_RDWR));
    int result = flock(fd, LOCK_SH);
    sleep_ms(20);
    say("the waiter: %d\n", result);
    _exit(0);
  }
  sleep_ms(30);
  point();
  int other = MUST(open("lock", O_RDWR));
  SHOW(flock(other, LOCK_EX | LOCK_NB));
  SHOW(waitpid(waiter, NULL, WNOHANG));
  SHOW(close(held));
  SHOW(flock(other, LOCK_SH | LOCK_NB));
  say("the open file holds it still: its twin lets go\n");
  SHOW(flock(inherited, LOCK_UN));
  reap("waiter", waiter);
  SHOW(flock(other, LOCK_EX | LOCK_NB));
}

static void tell_lock(int fd, const char *what, off_t start, pid_t holder) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
  MUST(fcntl(fd, F_GETLK, &lock));
  say("%s: type %d, from %ld, %ld bytes, by the holder %d\n", what, lock.l_type, (long)lock.l_start, (long)lock.l_len, lock.l_type == F_UNLCK ? -1 : lock.l_pid == holder);
}

static void record_locks(void) {
  struct gate told = make_gate(), go = make_gate();
  int fd = MUST(open("records", O_CREAT | O_RDWR, 0644)), own = MUST(open("records", O_RDWR));
  struct flock ofd = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 500, .l_len = 100};
  MUST(fcntl(own, F_OFD_SETLK, &ofd));
  pid_t holder = fork();
  if (holder == 0) {
    struct flock write_lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 20}, read_lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 0};
    read_lock.l_len = 50;
    MUST(fcntl(fd, F_SETLK, &write_lock));
    MUST(fcntl(fd, F_SETLK, &read_lock));
    open_gate(told);
    pass_gate(go);
    close(MUST(open("records", O_RDONLY)));
    say("the holder has closed a descriptor of the file\n");
    pass_gate(go);
    _exit(0);
  }
  pass_gate(told);
  pid_t waiter = fork();
  if (waiter == 0) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 25, .l_len = 100};
    int result = fcntl(fd, F_SETLKW, &lock);
    sleep_ms(20);
    say("the waiter: %d\n", result);
    _exit(0);
  }
  sleep_ms(30);
  point();
  tell_lock(fd, "byte 10", 10, holder);
  tell_lock(fd, "byte 149", 149, holder);
  tell_lock(fd, "byte 150", 150, holder);
  tell_lock(fd, "byte 500", 500, -1);
  struct flock shared = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 120, .l_len = 10}, denied = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 29, .l_len = 1};
  SHOW(fcntl(fd, F_SETLK, &shared));
  SHOW(fcntl(fd, F_SETLK, &denied));
  shared.l_type = F_UNLCK;
  SHOW(fcntl(fd, F_SETLK, &shared));
  SHOW(waitpid(waiter, NULL, WNOHANG));
  open_gate(go);
  reap("waiter", waiter);
  tell_lock(fd, "byte 10", 10, holder);
  open_gate(go);
  reap("holder", holder);
}

static void tell_events(int fd, int first) {
  char bytes[4096] __attribute__((aligned(8)));
  ssize_t length = read(fd, bytes, sizeof bytes);
  if (length < 0) say("no event: %s\n", strerrorname_np(errno));
  for (ssize_t at = 0; at < length;) {
    struct inotify_event *event = (struct inotify_event *)(bytes + at);
    say("watch %d mask %x %s cookie %d\n", event->wd - first, event->mask, event->len > 0 ? event->name : "-", event->cookie != 0);
    at += sizeof *event + event->len;
  }
}

static void inotify(void) {
  MUST(mkdir("watched", 0755));
  MUST(mkdir("other", 0755));
  int fd = MUST(inotify_init1(IN_NONBLOCK)), first = MUST(inotify_add_watch(fd, "watched", IN_ALL_EVENTS));
  MUST(inotify_add_watch(fd, "other", IN_MOVED_TO | IN_DELETE_SELF));
  int file = MUST(open("watched/a", O_CREAT | O_WRONLY, 0644));
  MUST(write(file, "x", 1));
  MUST(write(file, "x", 1));
  MUST(rename("watched/a", "other/b"));
  point();
  struct pollfd polled = {fd, POLLIN, 0};
  SHOW(poll(&polled, 1, 0));
  tell_events(fd, first);
  tell_events(fd, first);
  MUST(close(file));
  MUST(rename("other/b", "watched/c"));
  MUST(rename("watched/c", "other/d"));
  tell_events(fd, first);
  MUST(unlink("other/d"));
  MUST(rmdir("other"));
  tell_events(fd, first);
  SHOW(inotify_rm_watch(fd, first));
  tell_events(fd, first);
}

/* A transaction as databases make it: the old page in a journal, the new one in the file, a lock on it, and nothing committed. */
static void transaction(void) {
  struct gate told = make_gate(), go = make_gate();
  char page[4096], got[4096];
  memset(page, 'o', sizeof page);
  int fd = MUST(open("base", O_CREAT | O_RDWR, 0644));
  for (int i = 0; i < 8; i++) MUST(write(fd, page, sizeof page));
  pid_t writer = fork();
  if (writer == 0) {
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    MUST(fcntl(fd, F_SETLK, &all));
    int journal = MUST(open("journal", O_CREAT | O_EXCL | O_RDWR, 0600));
    for (int i = 2; i < 5; i++) {
      MUST(pread(fd, got, sizeof got, i * 4096));
      MUST(write(journal, got, sizeof got));
      memset(page, 'n', sizeof page);
      MUST(pwrite(fd, page, sizeof page, i * 4096));
    }
    fdatasync(journal);
    open_gate(told);
    pass_gate(go);
    for (int i = 2; i < 5; i++) {
      MUST(pread(journal, got, sizeof got, (i - 2) * 4096));
      MUST(pwrite(fd, got, sizeof got, i * 4096));
    }
    MUST(unlink("journal"));
    all.l_type = F_UNLCK;
    MUST(fcntl(fd, F_SETLK, &all));
    _exit(0);
  }
  pass_gate(told);
  point();
  struct flock any = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1};
  SHOW(fcntl(fd, F_SETLK, &any));
  SHOW(access("journal", F_OK));
  MUST(pread(fd, got, 1, 3 * 4096));
  say("not committed: %c\n", got[0]);
  open_gate(go);
  SHOW(fcntl(fd, F_SETLKW, &any));
  reap("writer", writer);
  SHOW(access("journal", F_OK));
  int old = 0;
  MUST(lseek(fd, 0, SEEK_SET));
  while (read(fd, got, sizeof got) == sizeof got) {
    for (size_t i = 0; i < sizeof got; i++) old += got[i] == 'o';
  }
  say("rolled back: %d bytes\n", old);
}

/* Descriptors with their flags; two of one open file, one of another; O_APPEND, O_PATH, close-on-exec. */
static void descriptors(void) {
  int fd = MUST(open("file", O_CREAT | O_RDWR | O_APPEND, 0644)), twin = MUST(dup(fd)), path = MUST(open("file", O_PATH)), high = MUST(fcntl(fd, F_DUPFD_CLOEXEC, 70));
  MUST(fcntl(twin, F_SETFL, O_NONBLOCK));
  MUST(write(fd, "0123456789", 10));
  MUST(lseek(fd, 2, SEEK_SET));
  point();
  say("flags: append %d, non-blocking %d\n", (fcntl(fd, F_GETFL) & O_APPEND) != 0, (fcntl(high, F_GETFL) & O_NONBLOCK) != 0);
  say("close on exec: %d %d %d\n", fcntl(fd, F_GETFD), fcntl(twin, F_GETFD), fcntl(high, F_GETFD));
  SHOW(high);
  char bytes[4] = "";
  SHOW(read(path, bytes, 3));
  SHOW(read(twin, bytes, 3));
  say("'%s'\n", bytes);
  SHOW(lseek(high, 0, SEEK_CUR));
  SHOW(open("/dev/null", O_RDONLY) - path);
}

MODES({"unlinked", unlinked}, {"directory", directory}, {"cwd", cwd}, {"flock", flocks}, {"record-locks", record_locks}, {"inotify", inotify},
      {"transaction", transaction}, {"descriptors", descriptors})
