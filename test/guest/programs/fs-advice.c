/* fsync, fadvise64, readahead and sync_file_range: on what they work. */
#include "fs.h"

int main(void) {
  work_here();
  put("f", "x");
  int fd = MUST(open("f", O_RDONLY));
  int ends[2];
  MUST(pipe(ends));
  SHOW(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED));
  SHOW(posix_fadvise(fd, 0, 0, 77));
  SHOW(posix_fadvise(ends[0], 0, 0, 0));
  SHOW(readahead(fd, 0, 100));
  SHOW(readahead(ends[0], 0, 100));
  SHOW(fsync(fd));
  SHOW(fdatasync(fd));
  SHOW(fsync(ends[0]));
  SHOW(fsync(-1));
  SHOW(sync_file_range(fd, 0, 0, 8));
  SHOW(sync_file_range(fd, 0, 0, 2));
  SHOW(sync_file_range(ends[0], 0, 0, 0));
  SHOW(syncfs(fd));
  SHOW(syncfs(-1));
  int dir = MUST(open(".", O_RDONLY));
  SHOW(fsync(dir));
}
