/** Constants that `assembly/` and TypeScript share. */

export const PAGE_SHIFT = 12;
export const PAGE_BYTES = 4096;

/** Guest addresses are below this. */
export const ADDRESS_LIMIT = 2 ** 38;

export const PTE_READ = 1;
export const PTE_WRITE = 2;
export const PTE_EXEC = 4;
/** Stores go to the frame whatever its references; a fork keeps them together. */
export const PTE_SHARED = 8;

export const ACCESS_READ = 1;
export const ACCESS_WRITE = 2;
export const ACCESS_EXEC = 4;

/** Why `run` came back. */
export const TRAP_FUEL = 0;
export const TRAP_ECALL = 1;
export const TRAP_EBREAK = 2;
/** `trapInstruction()` is the instruction word. */
export const TRAP_ILLEGAL = 3;
/** `trapAddress()` is the address at fault, in this cause and the ones below. */
export const TRAP_FAULT_READ = 4;
export const TRAP_FAULT_WRITE = 5;
export const TRAP_FAULT_EXEC = 6;
/** An AMO, LR or SC whose address is not a multiple of its size. */
export const TRAP_MISALIGNED_ATOMIC = 7;

/** Bytes of a hart slot, and the offsets in it. */
export const HART_BYTES = 0x240;
export const HART_X = 0;
export const HART_F = 0x100;
export const HART_PC = 0x200;
export const HART_FFLAGS = 0x208;
export const HART_FRM = 0x20c;
export const HART_RETIRED = 0x210;
export const HART_RESERVATION = 0x218;

/** Linear addresses of the operands of the last trap. */
export const TRAP_ADDRESS = 0x700;
export const TRAP_INSTRUCTION = 0x708;
