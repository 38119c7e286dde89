/* renameat2(2): not replacing, and exchanging. */
#include "fs.h"

int main(void) {
  work_here();
  put("m", "m");
  put("n", "nn");
  MUST(mkdir("d1", 0755));
  MUST(mkdir("d1/d2", 0755));
  SHOW(renameat2(AT_FDCWD, "m", AT_FDCWD, "n", RENAME_NOREPLACE));
  SHOW(renameat2(AT_FDCWD, "m", AT_FDCWD, "o", RENAME_NOREPLACE));
  SHOW(renameat2(AT_FDCWD, "o", AT_FDCWD, "m", 0));
  SHOW(renameat2(AT_FDCWD, "m", AT_FDCWD, "n", RENAME_EXCHANGE));
  look("m");
  look("n");
  SHOW(renameat2(AT_FDCWD, "m", AT_FDCWD, "d1", RENAME_EXCHANGE));
  look("m");
  look("d1");
  look("m/d2");
  SHOW(renameat2(AT_FDCWD, "m", AT_FDCWD, "zz", RENAME_EXCHANGE));
  SHOW(renameat2(AT_FDCWD, "m", AT_FDCWD, "zz", RENAME_EXCHANGE | RENAME_NOREPLACE));
  SHOW(renameat2(AT_FDCWD, "m", AT_FDCWD, "zz", 8));
  SHOW(renameat2(AT_FDCWD, "m", AT_FDCWD, "m/d2/q", RENAME_EXCHANGE));
  SHOW(renameat2(AT_FDCWD, "m/d2", AT_FDCWD, "m", RENAME_EXCHANGE));
  SHOW(renameat2(AT_FDCWD, "n", AT_FDCWD, ".", RENAME_NOREPLACE));
  SHOW(renameat2(AT_FDCWD, "n", AT_FDCWD, "n", RENAME_NOREPLACE));
  SHOW(renameat2(AT_FDCWD, "n", AT_FDCWD, "n", RENAME_EXCHANGE));
}
