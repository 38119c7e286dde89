// oracle: qemu, riscv64 only
/* The auxiliary vector and the layout of a fresh process. */
#include "guest.h"
#include <elf.h>
#include <sys/auxv.h>

int main(int argc, char **argv, char **environment) {
  say("argc %d, argv ends %d\n", argc, argv[argc] == NULL);
  say("page %ld, clock ticks %ld\n", getauxval(AT_PAGESZ), getauxval(AT_CLKTCK));
  say("uid %ld euid %ld gid %ld egid %ld secure %ld\n", getauxval(AT_UID), getauxval(AT_EUID), getauxval(AT_GID), getauxval(AT_EGID), getauxval(AT_SECURE));
  Elf64_Phdr *headers = (Elf64_Phdr *)getauxval(AT_PHDR);
  int loads = 0, tls = 0;
  for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) {
    loads += headers[i].p_type == PT_LOAD;
    tls += headers[i].p_type == PT_TLS;
  }
  say("headers of %ld bytes, %d segments, %d of thread-local data\n", getauxval(AT_PHENT), loads, tls);
  say("entry is in the program: %d\n", getauxval(AT_ENTRY) > 0x10000 && getauxval(AT_ENTRY) < 0x200000);
  unsigned long features = getauxval(AT_HWCAP);
  for (char letter = 'A'; letter <= 'Z'; letter++) {
    if (strchr("IMAFDC", letter)) say("%c %d\n", letter, (int)(features >> (letter - 'A') & 1));
  }
  say("interpreter at %ld\n", getauxval(AT_BASE));
  const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
  int zeros = 0;
  for (int i = 0; i < 16; i++) zeros += random[i] == 0;
  say("random bytes: %d\n", zeros < 8);
  say("strings are above: %d %d\n", (char *)argv < argv[0], (char *)argv < (char *)environment);
  say("name of the file: %s\n", strrchr((char *)getauxval(AT_EXECFN), '/') + 1);
  unsigned long here;
  say("stack pointer near: %d, aligned %d\n", (char *)&here < (char *)argv, (unsigned long)__builtin_frame_address(0) % 16 == 0);
  return 0;
}
