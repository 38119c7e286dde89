/* mknod(2): nodes of each kind, and devices by number wherever the node is. */
#include "fs.h"

int main(void) {
  work_here();
  char buffer[5];
  SHOW(mknod("reg", S_IFREG | 0640, 0));
  look("reg");
  SHOW(mknod("plain", 0600, 0));
  look("plain");
  SHOW(mknod("dir", S_IFDIR | 0640, 0));
  SHOW(mknod("bad", 0170000, 0));
  SHOW(mknod("reg", S_IFREG | 0640, 0));
  SHOW(mknod("reg/x", S_IFREG, 0));
  SHOW(mknod("slash/", S_IFREG, 0));
  SHOW(mknod("null", S_IFCHR | 0666, 0x103));
  int fd = MUST(open("null", O_RDWR));
  SHOW(write(fd, "12345", 5));
  SHOW(read(fd, buffer, 5));
  SHOW(mknod("zero", S_IFCHR | 0666, 0x105));
  fd = MUST(open("zero", O_RDONLY));
  memset(buffer, 1, 5);
  SHOW(read(fd, buffer, 5));
  SHOW(buffer[4]);
  SHOW(mknod("none", S_IFCHR | 0666, 0x6363));
  SHOW(open("none", O_RDWR));
  SHOW(mknod("sock", S_IFSOCK | 0666, 0));
  SHOW(open("sock", O_RDWR));
  SHOW(mknod("fifo", S_IFIFO | 0600, 0));
  look("fifo");
  SHOW(unlink("fifo"));
  look("fifo");
}
