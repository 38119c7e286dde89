// oracle: host (under qemu the program that runs is qemu)
/* A running program is not written, a written file not run. */
#include "fs.h"

int main(void) {
  work_here();
  SHOW(open("/proc/self/exe", O_WRONLY));
  SHOW(open("/proc/self/exe", O_RDONLY | O_TRUNC));
  SHOW(truncate("/proc/self/exe", 0));
  SHOW_OK(open("/proc/self/exe", O_RDONLY));
  put("f", "#!/bin/true\n");
  MUST(chmod("f", 0755));
  int fd = MUST(open("f", O_WRONLY));
  SHOW(execl("f", "f", NULL));
  close(fd);
  struct stat st;
  MUST(stat("f", &st));
  SHOW(st.st_size);
}
