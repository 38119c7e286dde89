/**
 * The map of linear memory, below the frames. Everything the core keeps lives at an address named here.
 *
 *   0x0000_0000  guard: nothing is kept here, so that address 0 means "none"
 *   0x0000_0400  the running hart (HART_BYTES), copied in and out of its slot by `run`
 *   0x0000_0700  trap operands
 *   (the tables that follow are placed by the files that own them, in `memory/` and `decode/`)
 *
 * A slot of a task that is not running holds the same bytes as the running hart, at the same offsets.
 */

/** Changed whenever a saved offset below changes its meaning: an image made for another layout is refused. */
export const LAYOUT_VERSION: u32 = 1;

export const PAGE_SHIFT: u32 = 12;
export const PAGE_BYTES: u32 = 4096;

/** Where the running hart's registers are. */
export const HART: usize = 0x400;
/** x0..x31, 8 bytes each; x0 reads as zero and is never stored to. */
export const HART_X: usize = HART;
/** f0..f31, 8 bytes each; a single is NaN-boxed. */
export const HART_F: usize = HART + 0x100;
/** Address of the next instruction, u64. */
export const HART_PC: usize = HART + 0x200;
/** fflags, u32: NX 1, UF 2, OF 4, DZ 8, NV 16. */
export const HART_FFLAGS: usize = HART + 0x208;
/** Dynamic rounding mode frm, u32: 0 RNE, 1 RTZ, 2 RDN, 3 RUP, 4 RMM. */
export const HART_FRM: usize = HART + 0x20c;
/** Instructions retired since the hart was made, u64. */
export const HART_RETIRED: usize = HART + 0x210;
/** LR/SC reservation: guest address reserved, or all ones. Dropped at every switch. */
export const HART_RESERVATION: usize = HART + 0x218;
/** Bytes of one hart, running or in its slot. */
export const HART_BYTES: usize = 0x240;

/** Operands of the last trap: the guest address at fault (u64). */
export const TRAP_ADDRESS: usize = 0x700;
/** Operands of the last trap: the instruction word at fault, u32 (illegal instruction). */
export const TRAP_INSTRUCTION: usize = 0x708;
