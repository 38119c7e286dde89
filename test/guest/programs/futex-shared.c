/* Futexes and semaphores between processes: shared anonymous memory, a shared file at two addresses. */
#include "guest.h"
#include <linux/futex.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct area {
  int word;
  sem_t semaphore;
  int order[4];
};

int main(void) {
  int fd = MUST(open("area", O_RDWR | O_CREAT, 0600));
  MUST(ftruncate(fd, 8192));
  struct area *one = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  sem_init(&one->semaphore, 1, 0);
  pid_t child = fork();
  if (child == 0) {
    struct area *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    say("other address: %d\n", two != one);
    munmap(one, 8192);
    long result = syscall(SYS_futex, &two->word, FUTEX_WAIT, 0, NULL, NULL, 0);
    say("child: %ld word %d\n", result, two->word);
    two->order[0] = 1;
    sem_post(&two->semaphore);
    sem_post(&two->semaphore);
    _exit(0);
  }
  sleep_ms(20);
  one->word = 8;
  say("private does not match: %ld\n", syscall(SYS_futex, &one->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
  say("woken %ld\n", syscall(SYS_futex, &one->word, FUTEX_WAKE, 1, NULL, NULL, 0));
  sem_wait(&one->semaphore);
  sem_wait(&one->semaphore);
  say("order %d\n", one->order[0]);
  reap("child", child);
  int *anonymous = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  child = fork();
  if (child == 0) {
    syscall(SYS_futex, anonymous, FUTEX_WAIT, 0, NULL, NULL, 0);
    _exit(*anonymous);
  }
  sleep_ms(20);
  *anonymous = 6;
  say("woken %ld\n", syscall(SYS_futex, anonymous, FUTEX_WAKE, 1, NULL, NULL, 0));
  reap("anonymous", child);
  return 0;
}
