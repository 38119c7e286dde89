/*
 * Executes F and D instructions on the machine it runs on (qemu-riscv64-static) for generate-float.ts.
 *
 *   request   0 word u32   4 fcsr u32   8 f11 u64, x11 too   16 f12 u64   24 f13 u64     until end of input
 *   answer    0 f10 u64    8 x10 u64   16 fcsr u64
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

struct request { uint32_t word, fcsr; uint64_t a, b, c; };
struct answer { uint64_t f, x, fcsr; };

void execute(const uint32_t *code, const struct request *request, struct answer *answer);

__asm__(
    ".globl execute\n"
    "execute:\n"
    "  addi sp, sp, -16\n"
    "  sd ra, 0(sp)\n"
    "  sd a2, 8(sp)\n"
    "  mv t0, a0\n"
    "  lw t1, 4(a1)\n"
    "  fld fa1, 8(a1)\n"
    "  fld fa2, 16(a1)\n"
    "  fld fa3, 24(a1)\n"
    "  ld a1, 8(a1)\n"
    "  li a0, 0\n"
    "  fmv.d.x fa0, zero\n"
    "  fscsr t1\n"
    "  jalr t0\n"
    "  frcsr t1\n"
    "  ld t0, 8(sp)\n"
    "  fsd fa0, 0(t0)\n"
    "  sd a0, 8(t0)\n"
    "  sd t1, 16(t0)\n"
    "  ld ra, 0(sp)\n"
    "  addi sp, sp, 16\n"
    "  ret\n");

int main(void)
{
    uint32_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct request request;
    struct answer answer;

    if (code == MAP_FAILED)
        return 1;
    code[1] = 0x00008067; /* ret */
    while (fread(&request, sizeof request, 1, stdin) == 1) {
        if (code[0] != request.word) {
            code[0] = request.word;
            __builtin___clear_cache((char *)code, (char *)(code + 2));
        }
        execute(code, &request, &answer);
        if (fwrite(&answer, sizeof answer, 1, stdout) != 1)
            return 1;
    }
    return 0;
}
