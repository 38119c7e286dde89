/* rename(2): what it replaces, what it refuses, dots and slashes. */
#include "fs.h"

int main(void) {
  work_here();
  put("f", "12345");
  MUST(link("f", "g"));
  MUST(mkdir("a", 0755));
  MUST(mkdir("a/b", 0755));
  MUST(rmdir("a/b"));
  SHOW(rename("f", "f2"));
  look("f");
  SHOW(rename("f2", "g"));
  look("f2");
  look("g");
  SHOW(rename("f2", "f"));
  look("f2");
  SHOW(rename("nope", "x"));
  SHOW(rename("a", "a/b"));
  SHOW(rename("a", "a"));
  SHOW(rename("a", "f"));
  SHOW(rename("f", "a"));
  MUST(mkdir("full", 0755));
  put("full/x", "1");
  SHOW(rename("a", "full"));
  SHOW(rename("full", "a"));
  look("full");
  look("a/x");
  SHOW(rename("a/x", "a/"));
  SHOW(rename("f/", "q"));
  SHOW(rename("f", "q/"));
  SHOW(rename("a/", "q/"));
  look("q/x");
  SHOW(rename("q", "."));
  SHOW(rename(".", "q"));
  SHOW(rename("q/..", "x"));
  SHOW(rename("q", "nodir/x"));
  SHOW(rename("q", "f/x"));
  SHOW(rename("", "x"));
  SHOW(rename("q", ""));
  SHOW(rename("f", "/proc/x"));
  MUST(mkdir("d1", 0755));
  MUST(mkdir("d1/d2", 0755));
  MUST(mkdir("d1/d2/d3", 0755));
  SHOW(rename("d1", "d1/d2/d3/x"));
  SHOW(rename("d1/d2/d3", "d1"));
  SHOW(rename("d1/d2", "d1/d2/d3"));
  SHOW(rename("d1/d2/d3", "d1/d2"));
}
