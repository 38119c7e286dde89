/*
 * Finds out which instruction encodings are legal on the machine it runs on (qemu-riscv64-static), for generate-isa.ts.
 *
 *   request   word u32       until end of input; a 16-bit instruction has its low two bits not both set
 *   answer    u8             1 when executing it raised SIGILL, else 0
 *
 * Everything happens in the signal handler: each instruction stands alone in a page of ebreaks with nothing mapped around
 * it, and whatever signal comes back tells whether it was an instruction.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define CODE ((uint16_t *)0x2000000000)
#define CODE_BYTES 4096
#define C_EBREAK 0x9002
/* What every register holds: an address that nothing is mapped at. */
#define POISON 0x3000000000

static uint32_t *words;
static size_t count, current;
static uint8_t *answers;
static mcontext_t saved;
static int is_running;

static void prepare(mcontext_t *context)
{
    uint16_t *at = CODE + CODE_BYTES / 4;

    at[0] = at[1] = at[2] = C_EBREAK;
    at[0] = words[current];
    if ((words[current] & 3) == 3)
        at[1] = words[current] >> 16;
    __builtin___clear_cache((char *)at, (char *)(at + 3));
    for (int i = 1; i < 32; i++)
        context->__gregs[i] = POISON;
    context->__gregs[0] = (uintptr_t)at;
}

static void on_signal(int signal, siginfo_t *info, void *user)
{
    mcontext_t *context = &((ucontext_t *)user)->uc_mcontext;

    (void)info;
    if (!is_running) {
        is_running = 1;
        saved = *context;
    } else {
        answers[current++] = signal == SIGILL;
    }
    if (current < count) {
        prepare(context);
    } else {
        *context = saved;
        context->__gregs[0] += 2;
    }
}

int main(void)
{
    static uint8_t stack[1 << 16];
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    size_t room = 1 << 22;

    words = malloc(room * sizeof *words);
    count = fread(words, sizeof *words, room, stdin);
    answers = calloc(count + 1, 1);
    if (mmap(CODE, CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != CODE)
        return 1;
    for (int i = 0; i < CODE_BYTES / 2; i++)
        CODE[i] = C_EBREAK;
    sigaltstack(&alternate, NULL);
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGTRAP, &action, NULL);
    __asm__ volatile(".option push\n.option rvc\nc.ebreak\n.option pop" ::: "memory");
    fwrite(answers, 1, count, stdout);
    return 0;
}
