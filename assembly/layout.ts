/**
 * The map of linear memory. Everything the core keeps lives at an address named here.
 *
 *   0x0000_0000  guard: nothing is kept here, so that address 0 means "none"
 *   0x0000_0400  the running hart (HART_BYTES), copied in and out of its slot by `run`
 *   0x0000_0700  trap operands, cells of the run loop
 *   0x0000_0800  fixed cells of the page work (`snapshot/`)
 *   0x0000_1000  read TLB, write TLB
 *   0x0000_3000  table of operations before fusing
 *   0x0000_8000  static data of the compiler (`memoryBase` in asconfig.json)
 *   0x0001_0000  address spaces
 *   0x0021_0000  hart slots
 *   0x0045_0000  buffer of whoever fills frames
 *   0x0046_0000  tables of the page work (`snapshot/`)
 *   0x0048_0000  jump cache
 *   0x004a_0000  tables of fused operations
 *   0x0050_0000  frame metadata, one array per column
 *   0x01d0_0000  trace hash, traces
 *   0x02e0_0000  pages: frames, page tables, scratch; up to the end of memory
 *
 * Areas that are not used yet cost nothing: an engine commits pages of memory on first touch.
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
/** Dynamic rounding mode frm, u32: 0 RNE, 1 RTZ, 2 RDN, 3 RUP, 4 RMM; 5 to 7 are invalid but can be stored. */
export const HART_FRM: usize = HART + 0x20c;
/** Instructions retired since the hart was made, u64. */
export const HART_RETIRED: usize = HART + 0x210;
/** LR/SC reservation: guest address reserved, or all ones. */
export const HART_RESERVATION: usize = HART + 0x218;
/** The value LR loaded, sign-extended: SC stores only over the same value, so a switch need not drop the reservation. */
export const HART_RESERVED_VALUE: usize = HART + 0x220;
/** Bytes of one hart, running or in its slot. */
export const HART_BYTES: usize = 0x240;

/** Operands of the last trap: the guest address at fault (u64). */
export const TRAP_ADDRESS: usize = 0x700;
/** Operands of the last trap: the instruction word at fault, u32 (illegal instruction). */
export const TRAP_INSTRUCTION: usize = 0x708;
/** ASID of the running address space, which tags its entries in the jump cache, u32. */
export const RUN_ASID: usize = 0x710;
/** Slot address at which the run loop left, u32. */
export const RUN_SLOT: usize = 0x718;
/** Fuel left when the run loop left, u32. */
export const RUN_FUEL: usize = 0x71c;
/** Guest address at which to go on (left for a look-up) or of the page that holds the slot (left elsewhere), u64. */
export const RUN_PC: usize = 0x720;

/** Fixed cells of `snapshot/`, up to 0x1000. */
export const PAGE_WORK_CELLS: usize = 0x800;

/** Guest addresses are below 2^38, the user half of Sv39. */
export const ADDRESS_BITS: u32 = 38;
/** Number of virtual pages of a space. */
export const SPACE_PAGES: u32 = 1 << (ADDRESS_BITS - PAGE_SHIFT);

/** Entries of each TLB; 16 bytes an entry: page address u64, addend u32 (linear = low half of address + addend), free. */
export const TLB_ENTRIES: usize = 256;
export const READ_TLB: usize = 0x1000;
export const WRITE_TLB: usize = 0x2000;

/** Entries of the jump cache; 16 bytes an entry: guest address u64, trace u32, ASID u32. */
export const JUMP_ENTRIES: usize = 4096;
export const JUMP_CACHE: usize = 0x48_0000;

/** For each operation the one its slot had before it was fused, u16. */
export const PLAIN_OF: usize = 0x3000;
/** Which sequences of operations are fused: see decode/fuse.ts. */
export const FUSE_TREE: usize = 0x4a_0000;
export const FUSE_ROW_BYTES: usize = 0x208;
/** While a trace is fused: the best way on from each of its slots, 8 bytes each. */
export const FUSE_PLAN: usize = 0x4f_0000;

/** Address space records; space 0 is never used. */
export const SPACES: usize = 0x1_0000;
export const SPACE_BYTES: usize = 512;
export const SPACE_LIMIT: u32 = 4096;

/** Hart slots; slot 0 is never used. */
export const HART_SLOTS: usize = 0x21_0000;
export const HART_SLOT_LIMIT: u32 = 4096;

/** Two pages to work in while a frame is given its content. */
export const FILL_BUFFER: usize = 0x45_0000;

/** Tables of `snapshot/`, up to FRAME_REFS: hash tables of the compressor, tables of the checksum. */
export const PAGE_WORK_TABLES: usize = 0x46_0000;

/** Most frames a memory can have: 4 GiB of 4 KiB. Columns of frame metadata are u32, by frame number. */
export const FRAME_NUMBERS: usize = 1 << 20;
/** References to the frame; 0 when it is free or not a guest frame. */
export const FRAME_REFS: usize = 0x50_0000;
/** Epoch of the last change. */
export const FRAME_DIRTY_EPOCH: usize = FRAME_REFS + FRAME_NUMBERS * 4;
/** First trace decoded from the frame (address), 0 for none. */
export const FRAME_TRACES: usize = FRAME_DIRTY_EPOCH + FRAME_NUMBERS * 4;
/** While a freeze is active: the page that holds the frozen content, 0 when the frame itself does. */
export const FRAME_FROZEN_COPY: usize = FRAME_TRACES + FRAME_NUMBERS * 4;
/** Next page in whatever list the page is in. */
export const PAGE_NEXT: usize = FRAME_FROZEN_COPY + FRAME_NUMBERS * 4;
/** Where the content of the frame is to come from, in the words of who restores it; 0 when the frame has it. */
export const FRAME_SOURCE: usize = PAGE_NEXT + FRAME_NUMBERS * 4;

/** Heads of the chains of traces, u32, by hash of guest address and frame. */
export const TRACE_HASH: usize = FRAME_SOURCE + FRAME_NUMBERS * 4;
export const TRACE_HASH_ENTRIES: usize = 1 << 16;
/** Place for a trace of one instruction that is not kept. */
export const STEP_TRACE: usize = TRACE_HASH + TRACE_HASH_ENTRIES * 4;
/** While a trace is decoded: the stretches of the page it has gone through, two u16 each. */
export const TRACE_STRETCHES: usize = STEP_TRACE + 0x800;
/** Traces, one after the other; all dropped when the arena is full. */
export const TRACE_ARENA: usize = 0x1e0_0000;
export const TRACE_ARENA_END: usize = 0x2e0_0000;

/** First page that is handed out. */
export const FIRST_PAGE: u32 = <u32>(TRACE_ARENA_END >> 12);
