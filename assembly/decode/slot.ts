/**
 * Decoded instructions, written one after the other into a trace.
 *
 *    0    2    3     4     5       6           8                12               16
 *    ├────┼────┼─────┼─────┼───────┼───────────┼────────────────┼────────────────┤
 *    │ op │ rd │ rs1 │ rs2 │ count │ pc offset │ immediate      │ aux            │
 *    └────┴────┴─────┴─────┴───────┴───────────┴────────────────┴────────────────┘
 *
 * Registers are byte offsets, number × 8. `count` is how many instructions of the trace are retired once this one is;
 * `pc offset` is the instruction's place in its page. LI has a 64-bit constant at 8. In jumps aux is where to go on: the
 * first slot of the target's trace, UNLINKED until it is known, FAR if the target is in another page, which can be
 * another frame in another address space and so is looked up each time; IN_REGISTER in JR.
 */

import { Op } from './operations';

export const SLOT_BYTES: usize = 16;

export const SLOT_OP: usize = 0;
export const SLOT_RD: usize = 2;
export const SLOT_RS1: usize = 3;
export const SLOT_RS2: usize = 4;
export const SLOT_COUNT: usize = 5;
export const SLOT_PC: usize = 6;
export const SLOT_IMMEDIATE: usize = 8;
export const SLOT_AUX: usize = 12;

export const UNLINKED: u32 = 0;
export const FAR: u32 = 1;
export const IN_REGISTER: u32 = 2;
/** Links above this are addresses of slots. */
export const LAST_STATE: u32 = IN_REGISTER;

/** Where the next slot goes. */
let next: usize = 0;
/** Instructions decoded so far, the one being decoded included. */
let count: u32 = 0;
/** Place in its page of the instruction being decoded. */
let pcOffset: u32 = 0;

export function beginSlots(at: usize): void {
  next = at;
  count = 0;
}

/** Begins an instruction at `offset` of its page: the slots up to the next call are its. */
export function beginInstruction(offset: u32): void {
  pcOffset = offset;
  count++;
}

export function instructionOffset(): u32 {
  return pcOffset;
}

/** Instructions begun since `beginSlots`. */
export function instructionCount(): u32 {
  return count;
}

export function nextSlot(): usize {
  return next;
}

export function emit(op: u32, rd: u32, rs1: u32, rs2: u32, immediate: i32, aux: u32): void {
  store<u16>(next, <u16>op, SLOT_OP);
  store<u8>(next, <u8>rd, SLOT_RD);
  store<u8>(next, <u8>rs1, SLOT_RS1);
  store<u8>(next, <u8>rs2, SLOT_RS2);
  store<u8>(next, <u8>count, SLOT_COUNT);
  store<u16>(next, <u16>pcOffset, SLOT_PC);
  store<i32>(next, immediate, SLOT_IMMEDIATE);
  store<u32>(next, aux, SLOT_AUX);
  next += SLOT_BYTES;
}

/** rd = value: as ADDI of x0 where the value fits, so that there are fewer different pairs. */
export function emitConstant(rd: u32, value: u64): void {
  if (<i64>value == <i64>(<i32>value)) emit(Op.ADDI, rd, 0, 0, <i32>value, 0);
  else emit(Op.LI, rd, 0, 0, <i32>value, <u32>(value >> 32));
}

/** Continues at `offset` of the page, which is no instruction but the end of a trace. */
export function emitEnd(op: u32, offset: u32, aux: u32): void {
  pcOffset = offset;
  emit(op, 0, 0, 0, 0, aux);
}
