/* Reading directories: every entry once, whatever changes while it is read. */
#include "fs.h"

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Entries by name, with their types. */
static void list(const char *path) {
  DIR *stream = opendir(path);
  if (stream == NULL) {
    say("%s: %s\n", path, strerrorname_np(errno));
    return;
  }
  char *names[400];
  int count = 0;
  for (struct dirent *entry; (entry = readdir(stream)) != NULL;) MUST(asprintf(&names[count++], "%s:%d", entry->d_name, entry->d_type));
  closedir(stream);
  qsort(names, count, sizeof *names, by_name);
  say("%s holds %d:", path, count);
  for (int i = 0; i < count; i++) say(" %s", names[i]);
  say("\n");
}

int main(void) {
  work_here();
  list(".");
  MUST(mkdir("d", 0755));
  put("f", "x");
  MUST(symlink("x", "l"));
  MUST(mkfifo("p", 0600));
  MUST(mknod("s", S_IFSOCK | 0600, 0));
  list(".");
  list("d");
  list("nope");
  list("f");
  for (int i = 0; i < 300; i++) {
    char name[20];
    snprintf(name, sizeof name, "d/file%03d", i);
    put(name, "");
  }
  static char buffer[1024];
  char seen[300] = {0};
  int fd = MUST(open("d", O_RDONLY));
  int count = 0;
  long length;
  while ((length = syscall(SYS_getdents64, fd, buffer, 256)) > 0) {
    for (long at = 0; at < length;) {
      struct dirent64 *entry = (void *)(buffer + at);
      at += entry->d_reclen;
      if (entry->d_name[0] != 'f') continue;
      int i = atoi(entry->d_name + 4);
      if (seen[i]++) say("twice %s\n", entry->d_name);
      count++;
      char name[300];
      snprintf(name, sizeof name, "d/%s", entry->d_name);
      MUST(unlink(name));
      if (i % 30 != 0) continue;
      snprintf(name, sizeof name, "d/new%03d", i);
      put(name, "");
    }
  }
  SHOW(length);
  SHOW(count);
  list("d");
  SHOW(lseek(fd, 0, SEEK_SET));
  SHOW(syscall(SYS_getdents64, fd, buffer, 5));
  SHOW(syscall(SYS_getdents64, fd, bad_address, 256));
  SHOW(syscall(SYS_getdents64, 777, buffer, 256));
  SHOW(syscall(SYS_getdents64, MUST(open("f", O_RDONLY)), buffer, 256));
  DIR *stream = opendir("d");
  long positions[20];
  char names[20][20];
  int k = 0;
  for (; k < 12; k++) {
    positions[k] = telldir(stream);
    struct dirent *entry = readdir(stream);
    if (entry == NULL) break;
    snprintf(names[k], 20, "%.19s", entry->d_name);
  }
  bool same = true;
  while (k-- > 0) {
    seekdir(stream, positions[k]);
    struct dirent *entry = readdir(stream);
    if (entry == NULL || strcmp(entry->d_name, names[k]) != 0) same = false;
  }
  SHOW(same);
  closedir(stream);
  MUST(mkdir("gone", 0755));
  int gone = MUST(open("gone", O_RDONLY));
  MUST(rmdir("gone"));
  SHOW(syscall(SYS_getdents64, gone, buffer, 256));
  SHOW(openat(gone, "x", O_CREAT | O_WRONLY, 0644));
  SHOW(mkdirat(gone, "x", 0755));
  SHOW_OK(openat(gone, ".", O_RDONLY));
  SHOW_OK(openat(gone, "..", O_RDONLY));
  struct stat st;
  MUST(mkdir("n", 0755));
  MUST(mkdir("n/a", 0755));
  MUST(mkdir("n/b", 0755));
  MUST(stat("n", &st));
  SHOW(st.st_nlink);
  MUST(rename("n/a", "na"));
  MUST(stat("n", &st));
  SHOW(st.st_nlink);
  MUST(rmdir("n/b"));
  MUST(stat("n", &st));
  SHOW(st.st_nlink);
}
