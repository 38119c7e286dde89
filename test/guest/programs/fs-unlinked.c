/* A file that lives on without a name. */
#include "fs.h"

int main(void) {
  work_here();
  char name[64], target[200], buffer[10];
  put("f", "content");
  int fd = MUST(open("f", O_RDWR));
  SHOW(lseek(fd, 3, SEEK_SET));
  SHOW(unlink("f"));
  measure(fd);
  SHOW(write(fd, "more", 4));
  SHOW(pread(fd, buffer, 10, 0));
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  long length = MUST(readlink(name, target, 199));
  target[length] = 0;
  say("%s\n", strrchr(target, '/'));
  int again = MUST(open(name, O_RDONLY));
  SHOW(read(again, buffer, 3));
  SHOW(buffer[0]);
  struct stat st;
  SHOW(stat(name, &st));
  SHOW(st.st_nlink);
  SHOW(linkat(AT_FDCWD, name, AT_FDCWD, "back", AT_SYMLINK_FOLLOW));
  put("f", "new");
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(ftruncate(fd, 2));
  measure(fd);
  measure(again);
  close(fd);
  SHOW(read(again, buffer, 10));
  look("f");
  char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, MUST(open("f", O_RDWR)), 0);
  SHOW(unlink("f"));
  map[0] = 'N';
  SHOW(map[1]);
}
