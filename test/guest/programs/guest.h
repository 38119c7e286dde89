/* What every guest program uses. Each line goes out with one write(2), so that forked processes never repeat or mix lines. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

__attribute__((format(printf, 1, 2), unused)) static void say(const char *format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (write(1, line, length) != length) _exit(99);
}

/* Prints a call and what it returns; of a failure the name of its errno. */
#define SHOW(call) (errno = 0, show(#call, (long)(call)))

__attribute__((unused)) static long show(const char *text, long result) {
  int saved = errno;
  if (result == -1) say("%s = -1 %s\n", text, saved == 0 ? "?" : strerrorname_np(saved));
  else say("%s = %ld\n", text, result);
  errno = saved;
  return result;
}

/* As SHOW, of a call whose result is an accident: only success or failure is printed. */
#define SHOW_OK(call) (errno = 0, show_ok(#call, (long)(call)))

__attribute__((unused)) static long show_ok(const char *text, long result) {
  int saved = errno;
  if (result == -1) say("%s = -1 %s\n", text, strerrorname_np(saved));
  else say("%s ok\n", text);
  errno = saved;
  return result;
}

/* Ends the program with a sentence when something goes wrong that it is not about. */
#define MUST(call) must(#call, (long)(call))

__attribute__((unused)) static long must(const char *text, long result) {
  if (result != -1) return result;
  say("%s failed: %s\n", text, strerrorname_np(errno));
  _exit(98);
}

__attribute__((unused)) static void sleep_ms(long milliseconds) {
  struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  while (nanosleep(&left, &left) == -1 && errno == EINTR) continue;
}

/* Milliseconds of CLOCK_MONOTONIC. */
__attribute__((unused)) static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for one child and says how it ended. */
__attribute__((unused)) static void reap(const char *name, pid_t pid) {
  int status;
  if (waitpid(pid, &status, 0) != pid) say("%s: waitpid %s\n", name, strerrorname_np(errno));
  else if (WIFEXITED(status)) say("%s: exit %d\n", name, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) say("%s: signal %d\n", name, WTERMSIG(status));
  else say("%s: status %x\n", name, status);
}

/* Sets a handler without flags but `flags`. */
__attribute__((unused)) static void on_signal(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  MUST(sigaction(signal, &action, NULL));
}

/* One-byte gates between processes: `open_gate` lets one `pass_gate` through. */
struct gate {
  int ends[2];
};

__attribute__((unused)) static struct gate make_gate(void) {
  struct gate gate;
  MUST(pipe(gate.ends));
  return gate;
}

__attribute__((unused)) static void open_gate(struct gate gate) {
  MUST(write(gate.ends[1], "!", 1));
}

__attribute__((unused)) static void pass_gate(struct gate gate) {
  char byte;
  while (read(gate.ends[0], &byte, 1) == -1 && errno == EINTR) continue;
}
