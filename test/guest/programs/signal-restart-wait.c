/* What a handler does to waitpid, pause, nanosleep, sigsuspend, select and a lock wait: SA_RESTART helps only some. */
#include "guest.h"
#include <poll.h>
#include <sys/file.h>
#include <sys/select.h>

static int handled;

static void note(int signal) {
  (void)signal;
  handled++;
}

static pid_t poke(int signal, pid_t target) {
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(20);
    kill(target, signal);
    sleep_ms(40);
    _exit(5);
  }
  return child;
}

static void show_after(const char *name, long result) {
  say("%s: %ld %s, handled %d\n", name, result, result == -1 ? strerrorname_np(errno) : "-", handled);
  handled = 0;
}

int main(void) {
  on_signal(SIGUSR1, note, SA_RESTART);
  on_signal(SIGUSR2, note, 0);
  int signals[] = {SIGUSR1, SIGUSR2};
  for (int i = 0; i < 2; i++) {
    say("%s SA_RESTART\n", i == 0 ? "with" : "without");
    int signal = signals[i], status;
    pid_t child = poke(signal, getpid());
    pid_t got = waitpid(child, &status, 0);
    show_after("waitpid", got == -1 ? -1 : got == child);
    if (got == -1) waitpid(child, &status, 0);

    child = poke(signal, getpid());
    show_after("pause", pause());
    waitpid(child, &status, 0);

    child = poke(signal, getpid());
    struct timespec time = {5, 0}, left = {0, 0};
    long result = nanosleep(&time, &left);
    show_after("nanosleep", result);
    say("left %d\n", left.tv_sec == 4 && left.tv_nsec > 900000000);
    waitpid(child, &status, 0);

    child = poke(signal, getpid());
    sigset_t none;
    sigemptyset(&none);
    show_after("sigsuspend", sigsuspend(&none));
    waitpid(child, &status, 0);

    int ends[2];
    MUST(pipe(ends));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    child = poke(signal, getpid());
    show_after("select", select(ends[0] + 1, &set, NULL, NULL, NULL));
    waitpid(child, &status, 0);

    struct pollfd poller = {ends[0], POLLIN, 0};
    child = poke(signal, getpid());
    show_after("poll", poll(&poller, 1, 1000));
    waitpid(child, &status, 0);
  }
  return 0;
}
