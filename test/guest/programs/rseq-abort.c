// oracle: none
/* rseq(2): a sequence that loses the processor goes to its abort handler; a second registration is refused.
   qemu-user has no rseq and the sequence is RISC-V code: the transcript follows the manual page, not a recording. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIGNATURE 0xf1401073

struct area {
  unsigned cpu_id_start, cpu_id;
  unsigned long critical;
  unsigned flags, node_id, mm_cid, padding;
} __attribute__((aligned(32)));

struct sequence {
  unsigned version, flags;
  unsigned long start, length, abort;
} __attribute__((aligned(32)));

int main(void) {
  static struct area area = {.cpu_id = -1}, other;
  static struct sequence critical;
  printf("register: %ld\n", syscall(SYS_rseq, &area, sizeof area, 0, SIGNATURE));
  long again = syscall(SYS_rseq, &area, sizeof area, 0, SIGNATURE);
  printf("again: %ld %s\n", again, strerror(errno));
  again = syscall(SYS_rseq, &other, sizeof other, 0, SIGNATURE);
  printf("elsewhere: %ld %s\n", again, strerror(errno));
  printf("cpu %u\n", area.cpu_id);

  unsigned long aborts = 0, commits = 0;
  for (int round = 0; round < 3; round++) {
    unsigned long aborted;
    __asm__ volatile(
        "la t0, 1f\n sd t0, 8(%[cs])\n la t1, 2f\n sub t1, t1, t0\n sd t1, 16(%[cs])\n la t1, 3f\n sd t1, 24(%[cs])\n"
        "fence\n sd %[cs], 8(%[area])\n"
        "1: li t2, 3000000\n"
        "4: addi t2, t2, -1\n bnez t2, 4b\n" /* long enough to lose the processor */
        "2: li %[aborted], 0\n j 5f\n"
        ".word 0xf1401073\n"
        "3: li %[aborted], 1\n"
        "5:\n"
        : [aborted] "=&r"(aborted)
        : [cs] "r"(&critical), [area] "r"(&area)
        : "t0", "t1", "t2", "memory");
    if (aborted) aborts++;
    else commits++;
  }
  printf("aborted %lu committed %lu\n", aborts, commits);
  printf("unregister: %ld\n", syscall(SYS_rseq, &area, sizeof area, 1, SIGNATURE));
  return 0;
}
