/* What the programs about ptrace(2) use: registers of a stopped tracee by what they mean, and its stops in words. */
#include "guest.h"
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <linux/ptrace.h>

#if defined(__riscv)
#include <asm/ptrace.h>
typedef struct user_regs_struct registers;
#define CALL_NUMBER a7
#define CALL_RESULT a0
#define CALL_ARGUMENT_2 a1
#define CALL_ARGUMENT_3 a2
#define BREAKPOINT_WORD(word) (((word) & ~0xffffffffL) | 0x00100073L)
#define AFTER_BREAKPOINT 0
#else
typedef struct user_regs_struct registers;
#define pc rip
#define CALL_NUMBER orig_rax
#define CALL_RESULT rax
#define CALL_ARGUMENT_2 rsi
#define CALL_ARGUMENT_3 rdx
#define BREAKPOINT_WORD(word) (((word) & ~0xffL) | 0xccL)
#define AFTER_BREAKPOINT 1
#endif

__attribute__((unused)) static registers get_registers(pid_t pid) {
  registers all;
  struct iovec room = {&all, sizeof all};
  MUST(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &room));
  return all;
}

__attribute__((unused)) static void set_registers(pid_t pid, registers all) {
  struct iovec room = {&all, sizeof all};
  MUST(ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &room));
}

__attribute__((unused)) static const char *call_name(long number) {
  switch (number) {
    case SYS_getppid: return "getppid";
    case SYS_write: return "write";
    case SYS_read: return "read";
    case SYS_close: return "close";
    case SYS_nanosleep: return "nanosleep";
    case SYS_clock_nanosleep: return "clock_nanosleep";
    case SYS_restart_syscall: return "restart_syscall";
    case SYS_rt_sigreturn: return "rt_sigreturn";
    case SYS_rt_sigsuspend: return "rt_sigsuspend";
    case SYS_exit_group: return "exit_group";
    case SYS_execve: return "execve";
    case SYS_kill: return "kill";
    case -1: return "none";
    default: return "another call";
  }
}

__attribute__((unused)) static const char *signal_name(int signal) {
  const char *name = sigabbrev_np(signal);
  return name == NULL ? "?" : name;
}

/* What a wait told. */
__attribute__((unused)) static void say_status(const char *who, int status) {
  static const char *const events[] = {"", "fork", "vfork", "clone", "exec", "vfork done", "exit"};
  int event = status >> 16;
  if (WIFEXITED(status)) say("%s: exit %d\n", who, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) say("%s: killed by %s\n", who, signal_name(WTERMSIG(status)));
  else if (WIFCONTINUED(status)) say("%s: continued\n", who);
  else if (event == PTRACE_EVENT_STOP) say("%s: event stop, %s\n", who, signal_name(WSTOPSIG(status)));
  else if (event != 0) say("%s: event %s, %s\n", who, events[event], signal_name(WSTOPSIG(status)));
  else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) say("%s: at a call\n", who);
  else say("%s: stopped, %s\n", who, signal_name(WSTOPSIG(status)));
}

/* Waits for `pid`, a thread or a process, and says what it told. */
__attribute__((unused)) static int next_stop(const char *who, pid_t pid) {
  int status = 0;
  pid_t found = waitpid(pid, &status, __WALL);
  if (found == -1) say("%s: waitpid %s\n", who, strerrorname_np(errno));
  else say_status(who, status);
  return status;
}

/* A line of /proc/PID/status. */
__attribute__((unused)) static void say_proc(const char *who, pid_t pid, const char *field) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  int fd = MUST(open(path, O_RDONLY));
  long size = MUST(read(fd, text, sizeof text - 1));
  text[size] = 0;
  close(fd);
  char *line = strstr(text, field);
  if (line == NULL) return say("%s: no %s\n", who, field);
  line[strcspn(line, "\n")] = 0;
  say("%s: %s\n", who, line);
}

/* Waits until a process is in the state `letter`, as /proc/PID/stat shows it. */
__attribute__((unused)) static void await_state(pid_t pid, char letter) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  for (int tries = 0; tries < 2000; tries++) {
    int fd = MUST(open(path, O_RDONLY));
    long size = MUST(read(fd, text, sizeof text - 1));
    text[size] = 0;
    close(fd);
    char *end = strrchr(text, ')');
    if (end != NULL && end[2] == letter) return;
    sleep_ms(1);
  }
  say("a process never came into state %c\n", letter);
  _exit(97);
}
