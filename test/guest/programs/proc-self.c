// oracle: host: qemu shows itself in /proc
/* What /proc/self tells of descriptors, directories, memory and limits. */
#include "guest.h"
#include <sys/mman.h>
#include <sys/prctl.h>

static void show_link(const char *path) {
  char target[512] = "";
  ssize_t length = readlink(path, target, sizeof target - 1);
  if (length == -1) say("%s: %s\n", path, strerrorname_np(errno));
  else say("%s: %s\n", path, strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
}

/* The line of a file that begins with `start`. */
static void show_line(const char *path, const char *start) {
  FILE *file = fopen(path, "r");
  char line[512];
  while (file != NULL && fgets(line, sizeof line, file)) {
    if (strncmp(line, start, strlen(start)) == 0) say("%s", line);
  }
  if (file != NULL) fclose(file);
}

int main(void) {
  for (int fd = 3; fd < 64; fd++) close(fd);
  int fd = MUST(open("file", O_RDWR | O_CREAT, 0644));
  MUST(write(fd, "0123456789", 10));
  show_link("/proc/self/fd/3");
  MUST(unlink("file"));
  show_link("/proc/self/fd/3");
  int again = MUST(open("/proc/self/fd/3", O_RDONLY));
  char bytes[16] = "";
  SHOW(read(again, bytes, 5));
  say("%s\n", bytes);
  int memory = MUST(memfd_create("name", 0));
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
  show_link(path);
  show_line("/proc/self/fdinfo/3", "pos:");
  MUST(mkdir("here", 0755));
  MUST(chdir("here"));
  show_link("/proc/self/cwd");
  MUST(rmdir("../here"));
  show_link("/proc/self/cwd");
  MUST(chdir(".."));
  prctl(PR_SET_NAME, "proc name");
  show_line("/proc/self/status", "Name:");
  show_line("/proc/self/status", "Threads:");
  show_line("/proc/self/status", "Uid:");
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  raise(SIGUSR1);
  show_line("/proc/self/status", "SigBlk:");
  signal(SIGUSR2, SIG_IGN);
  show_line("/proc/self/status", "SigIgn:");
  show_line("/proc/self/comm", "");
  int stat = MUST(open("/proc/self/stat", O_RDONLY));
  char text[1024] = "";
  read(stat, text, sizeof text - 1);
  int fields = 1;
  for (char *at = strrchr(text, ')'); *at; at++) fields += *at == ' ';
  say("stat: pid %d, state %c, fields after the name %d\n", atoi(text) == getpid(), strrchr(text, ')')[2], fields - 1);
  pid_t child = fork();
  if (child == 0) for (;;) pause();
  snprintf(path, sizeof path, "/proc/%d/status", child);
  kill(child, SIGSTOP);
  waitpid(child, NULL, WUNTRACED);
  show_line(path, "State:");
  kill(child, SIGKILL);
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  show_line(path, "State:");
  waitpid(child, NULL, 0);
  SHOW(access(path, F_OK));
  say("pid %d\n", readlink("/proc/self", bytes, sizeof bytes) > 0 && atoi(bytes) == getpid());
  SHOW(access("/proc/self/nothing", F_OK));
  SHOW(open("/proc/self/stat", O_WRONLY));
  return 0;
}
