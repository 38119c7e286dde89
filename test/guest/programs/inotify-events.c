// oracle: host
/* inotify: what is told, merging, moves, one-shot, removal. */
#include "guest.h"
#include <dirent.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

static unsigned cookie;
static void drain(int fd, const char *what) {
  static char buffer[8192] __attribute__((aligned(8)));
  long got = read(fd, buffer, sizeof buffer);
  say("%s:%s\n", what, got == -1 ? strerrorname_np(errno) : "");
  for (char *at = buffer; at < buffer + got;) {
    struct inotify_event *event = (struct inotify_event *)at;
    const char *tie = event->cookie == 0 ? "" : event->cookie == cookie ? " same cookie" : " cookie";
    if (event->cookie != 0) cookie = event->cookie;
    say("  watch %d mask %#x%s name '%s' %d\n", event->wd, event->mask, tie, event->len > 0 ? event->name : "", event->len);
    at += sizeof *event + event->len;
  }
}

int main(void) {
  char directory[64], path[100], other[100];
  snprintf(directory, sizeof directory, "/tmp/inotify-%d", getpid());
  MUST(mkdir(directory, 0700));
  MUST(chdir(directory));
  int fd = MUST(inotify_init1(IN_NONBLOCK)), count;
  SHOW(inotify_add_watch(fd, ".", IN_ALL_EVENTS));
  SHOW(inotify_add_watch(fd, "absent", IN_ALL_EVENTS));
  SHOW(inotify_add_watch(fd, ".", 0));
  SHOW(inotify_add_watch(0, ".", IN_CREATE));
  SHOW(inotify_add_watch(fd, ".", IN_ALL_EVENTS | IN_MASK_CREATE));
  drain(fd, "nothing");
  int file = MUST(open("file", O_CREAT | O_RDWR, 0600));
  MUST(write(file, "abc", 3));
  MUST(write(file, "abc", 3));
  char c;
  MUST(pread(file, &c, 1, 0));
  MUST(ftruncate(file, 0));
  MUST(fchmod(file, 0640));
  close(file);
  MUST(ioctl(fd, FIONREAD, &count));
  say("bytes %d\n", count);
  char small[8];
  SHOW(read(fd, small, sizeof small));
  drain(fd, "create write read truncate chmod close");
  SHOW(inotify_add_watch(fd, "file", IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF));
  MUST(rename("file", "renamed-to-something-longer"));
  drain(fd, "rename");
  MUST(link("renamed-to-something-longer", "second"));
  drain(fd, "link");
  MUST(unlink("second"));
  drain(fd, "unlink second");
  MUST(unlink("renamed-to-something-longer"));
  drain(fd, "unlink last");
  MUST(mkdir("sub", 0700));
  MUST(rmdir("sub"));
  drain(fd, "mkdir rmdir");
  MUST(symlink("nowhere", "link"));
  MUST(unlink("link"));
  drain(fd, "symlink");
  SHOW(inotify_rm_watch(fd, 1));
  SHOW(inotify_rm_watch(fd, 1));
  drain(fd, "removed");
  SHOW(inotify_add_watch(fd, ".", IN_CREATE | IN_ONESHOT));
  MUST(mknod("a", S_IFREG | 0600, 0));
  MUST(mknod("b", S_IFREG | 0600, 0));
  drain(fd, "one-shot");
  SHOW(inotify_add_watch(fd, "a", IN_ONLYDIR | IN_OPEN));
  SHOW(inotify_add_watch(fd, "a", IN_OPEN));
  SHOW(inotify_add_watch(fd, "a", IN_CLOSE | IN_MASK_ADD));
  close(MUST(open("a", O_RDONLY)));
  drain(fd, "added");
  snprintf(path, sizeof path, "%s/a", directory);
  snprintf(other, sizeof other, "%s/b", directory);
  MUST(rename(path, other));
  drain(fd, "replace");
  MUST(unlink(other));
  drain(fd, "gone");
  MUST(chdir("/"));
  int self = MUST(inotify_add_watch(fd, directory, IN_DELETE_SELF));
  MUST(rmdir(directory));
  drain(fd, "directory gone");
  SHOW(inotify_rm_watch(fd, self));
  SHOW(inotify_init1(4));
  return 0;
}
