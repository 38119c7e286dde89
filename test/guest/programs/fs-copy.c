/* sendfile(2) and copy_file_range(2): whose offset moves. */
#include "fs.h"
#include <sys/sendfile.h>

int main(void) {
  work_here();
  char buffer[100];
  put("src", "0123456789");
  int source = MUST(open("src", O_RDONLY));
  int out = MUST(open("dst", O_RDWR | O_CREAT, 0644));
  int append = MUST(open("app", O_RDWR | O_CREAT | O_APPEND, 0644));
  int ends[2];
  MUST(pipe(ends));
  SHOW(sendfile(out, source, NULL, 4));
  SHOW(lseek(source, 0, SEEK_CUR));
  off_t at = 6;
  SHOW(sendfile(out, source, &at, 100));
  SHOW(at);
  SHOW(lseek(source, 0, SEEK_CUR));
  SHOW(sendfile(source, out, NULL, 4));
  SHOW(sendfile(append, source, NULL, 4));
  SHOW(sendfile(ends[1], source, NULL, 100));
  SHOW(read(ends[0], buffer, 100));
  at = -1;
  SHOW(sendfile(out, source, &at, 4));
  off_t from = 2;
  off_t to = 0;
  SHOW(copy_file_range(source, &from, out, &to, 5, 0));
  SHOW(from);
  SHOW(to);
  SHOW(copy_file_range(source, NULL, out, NULL, 100, 0));
  SHOW(copy_file_range(out, &from, out, &to, 3, 0));
  from = 0;
  to = 1;
  SHOW(copy_file_range(out, &from, out, &to, 3, 0));
  SHOW(copy_file_range(source, &from, append, NULL, 3, 0));
  SHOW(copy_file_range(source, &from, source, &to, 3, 0));
  SHOW(copy_file_range(source, &from, out, &to, 3, 1));
  SHOW(copy_file_range(ends[0], NULL, out, &to, 3, 0));
  int dir = MUST(open(".", O_RDONLY));
  SHOW(copy_file_range(dir, NULL, out, &to, 3, 0));
  look("dst");
}
