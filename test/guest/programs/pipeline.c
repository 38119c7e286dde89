/* Three processes in a pipeline, all blocked in read with half of the input written; then the rest, and the statuses. */
#include "guest.h"
#include <ctype.h>

static int compare(const void *a, const void *b) { return strcmp(a, b); }

/* cat */
static int copy(void) {
  char block[64];
  ssize_t length;
  while ((length = read(0, block, sizeof block)) > 0) MUST(write(1, block, length));
  return 0;
}

/* sort */
static int sort(void) {
  static char lines[100][32];
  int count = 0;
  while (fgets(lines[count], 32, stdin)) count++;
  qsort(lines, count, 32, compare);
  for (int i = 0; i < count; i++) fputs(lines[i], stdout);
  fflush(stdout);
  return count == 8 ? 4 : 5;
}

/* uniq -c */
static int count_equal(int out) {
  char line[32], last[32] = "";
  int count = 0;
  dup2(out, 1);
  for (;;) {
    bool is_end = fgets(line, sizeof line, stdin) == NULL;
    if (count > 0 && (is_end || strcmp(line, last) != 0)) say("%7d %s", count, last), count = 0;
    if (is_end) return 6;
    strcpy(last, line);
    count++;
  }
}

int main(void) {
  int pipes[3][2], out = dup(1);
  pid_t children[3];
  for (int i = 0; i < 3; i++) MUST(pipe(pipes[i]));
  for (int i = 0; i < 3; i++) {
    children[i] = fork();
    if (children[i] == 0) {
      dup2(pipes[i][0], 0);
      if (i < 2) dup2(pipes[i + 1][1], 1);
      for (int j = 0; j < 3; j++) close(pipes[j][0]), close(pipes[j][1]);
      exit(i == 0 ? copy() : i == 1 ? sort() : count_equal(out));
    }
  }
  for (int i = 0; i < 3; i++) {
    close(pipes[i][0]);
    if (i > 0) close(pipes[i][1]);
  }
  MUST(write(pipes[0][1], "pear\napple\nfig\nap", 17));
  sleep_ms(30);
  say("half is written\n");
  MUST(write(pipes[0][1], "ple\npear\nfig\nfig\nkiwi\n", 22));
  close(pipes[0][1]);
  for (int i = 2; i >= 0; i--) reap(i == 0 ? "cat" : i == 1 ? "sort" : "uniq", children[i]);
  return 0;
}
