/* A directory read half, changed, and read on; rewinddir, telldir and seekdir; names that appear exactly once. */
#include "guest.h"
#include <dirent.h>

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(void) {
  MUST(mkdir("dir", 0755));
  MUST(chdir("dir"));
  char name[32];
  for (int i = 0; i < 120; i++) {
    snprintf(name, sizeof name, "file-%03d", i);
    close(MUST(open(name, O_CREAT | O_WRONLY, 0600)));
  }
  MUST(mkdir("sub", 0755));
  MUST(symlink("x", "link"));
  DIR *dir = opendir(".");
  char *names[400];
  int count = 0, types[16] = {0};
  for (int i = 0; i < 40; i++) {
    struct dirent *entry = readdir(dir);
    names[count++] = strdup(entry->d_name);
    types[entry->d_type]++;
  }
  /* Remove some of what was read and some of what was not; nothing that stays may be lost or come twice. */
  for (int i = 0; i < 120; i += 10) {
    snprintf(name, sizeof name, "file-%03d", i);
    MUST(unlink(name));
  }
  struct dirent *entry;
  while ((entry = readdir(dir)) != NULL) {
    names[count++] = strdup(entry->d_name);
    types[entry->d_type]++;
  }
  qsort(names, count, sizeof *names, compare);
  int twice = 0, kept = 0;
  for (int i = 0; i < count; i++) {
    if (i > 0 && strcmp(names[i], names[i - 1]) == 0) twice++;
    int number;
    if (sscanf(names[i], "file-%d", &number) == 1 && number % 10 != 0) kept++;
  }
  say("twice %d, kept %d, directories %d, links %d\n", twice, kept, types[DT_DIR], types[DT_LNK]);
  say("first two: %s %s\n", names[0], names[1]);
  rewinddir(dir);
  count = 0;
  long middle = 0;
  char at_middle[300] = "";
  while ((entry = readdir(dir)) != NULL) {
    if (++count == 50) middle = telldir(dir);
    if (count == 51) strcpy(at_middle, entry->d_name);
  }
  say("after rewind %d\n", count);
  seekdir(dir, middle);
  entry = readdir(dir);
  say("seekdir: %d\n", entry != NULL && strcmp(entry->d_name, at_middle) == 0);
  closedir(dir);
  int fd = open("file-001", O_RDONLY);
  say("not a directory: %s\n", fdopendir(fd) == NULL ? strerrorname_np(errno) : "opened");
  MUST(chdir("sub"));
  dir = opendir(".");
  MUST(rmdir("../sub"));
  count = 0;
  while (readdir(dir) != NULL) count++;
  say("entries of a removed directory %d\n", count);
  SHOW(open("new", O_CREAT | O_WRONLY, 0600));
  SHOW(mkdir("new", 0700));
  return 0;
}
