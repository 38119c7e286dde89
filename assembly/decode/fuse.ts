/**
 * Joins neighbouring slots of a trace, so that the run loop dispatches once for both: the first slot gets the operation of
 * the pair, the second stays what it was, for when the first has to be done the slow way.
 *
 * Which pairs: the most frequent of busybox (ash, awk, sort, gzip), SHA-256, a sieve, memcpy and an integer loop.
 */
import { PAIR_OF, PLAIN_OF } from '../layout';
import { Op } from './operations';
import { SLOT_BYTES, SLOT_IMMEDIATE, SLOT_OP, SLOT_RD, SLOT_RS1 } from './slot';

/** Operations that can be in a pair are below this; it is the width of a row of PAIR_OF. */
const ROW: u32 = 128;
const LONGEST_RUN: u32 = 4;

function pair(first: u32, second: u32, both: u32): void {
  store<u16>(PAIR_OF + (<usize>(first * ROW + second) << 1), <u16>both);
  store<u16>(PLAIN_OF + (<usize>both << 1), <u16>first);
}

/** Fills the tables of pairs; call once. */
export function definePairs(): void {
  for (let op: u32 = 0; op < 1024; op++) store<u16>(PLAIN_OF + (<usize>op << 1), <u16>op);
  for (let op: u32 = Op.LD_RUN2; op <= <u32>Op.LD_RUN4; op++) store<u16>(PLAIN_OF + (<usize>op << 1), <u16>Op.LD);
  for (let op: u32 = Op.SD_RUN2; op <= <u32>Op.SD_RUN4; op++) store<u16>(PLAIN_OF + (<usize>op << 1), <u16>Op.SD);
  pair(Op.ADDI, Op.JR, Op.ADDI_JR);
  pair(Op.LI, Op.LI, Op.LI_LI);
  pair(Op.LI, Op.LD, Op.LI_LD);
  pair(Op.LI, Op.ADDI, Op.LI_ADDI);
  pair(Op.LI, Op.MV, Op.LI_MV);
  pair(Op.LI, Op.BEQ, Op.LI_BEQ);
  pair(Op.LI, Op.BNE, Op.LI_BNE);
  pair(Op.LI, Op.JAL, Op.LI_JAL);
  pair(Op.LI, Op.J, Op.LI_J);
  pair(Op.MV, Op.MV, Op.MV_MV);
  pair(Op.MV, Op.LI, Op.MV_LI);
  pair(Op.MV, Op.LD, Op.MV_LD);
  pair(Op.MV, Op.J, Op.MV_J);
  pair(Op.MV, Op.JAL, Op.MV_JAL);
  pair(Op.MV, Op.BEQ, Op.MV_BEQ);
  pair(Op.ADDI, Op.ADDI, Op.ADDI_ADDI);
  pair(Op.ADDI, Op.ADD, Op.ADDI_ADD);
  pair(Op.ADDI, Op.ADDW, Op.ADDI_ADDW);
  pair(Op.ADDI, Op.LBU, Op.ADDI_LBU);
  pair(Op.ADDI, Op.LD, Op.ADDI_LD);
  pair(Op.ADDI, Op.SD, Op.ADDI_SD);
  pair(Op.ADDI, Op.BNE, Op.ADDI_BNE);
  pair(Op.ADDI, Op.BEQ, Op.ADDI_BEQ);
  pair(Op.ADDI, Op.MV, Op.ADDI_MV);
  pair(Op.ADDI, Op.J, Op.ADDI_J);
  pair(Op.ADDIW, Op.ADDIW, Op.ADDIW_ADDIW);
  pair(Op.ADDIW, Op.J, Op.ADDIW_J);
  pair(Op.ADDIW, Op.BNE, Op.ADDIW_BNE);
  pair(Op.ADDIW, Op.BLT, Op.ADDIW_BLT);
  pair(Op.ADDIW, Op.MULW, Op.ADDIW_MULW);
  pair(Op.ADDW, Op.ADDW, Op.ADDW_ADDW);
  pair(Op.ADDW, Op.ADDIW, Op.ADDW_ADDIW);
  pair(Op.ADDW, Op.AND, Op.ADDW_AND);
  pair(Op.ADDW, Op.XOR, Op.ADDW_XOR);
  pair(Op.ADDW, Op.BNE, Op.ADDW_BNE);
  pair(Op.ADDW, Op.BLTU, Op.ADDW_BLTU);
  pair(Op.ADDW, Op.BGEU, Op.ADDW_BGEU);
  pair(Op.ADD, Op.LBU, Op.ADD_LBU);
  pair(Op.ADD, Op.LW, Op.ADD_LW);
  pair(Op.ADD, Op.LD, Op.ADD_LD);
  pair(Op.ADD, Op.SB, Op.ADD_SB);
  pair(Op.AND, Op.BNE, Op.AND_BNE);
  pair(Op.AND, Op.XOR, Op.AND_XOR);
  pair(Op.ANDI, Op.BEQ, Op.ANDI_BEQ);
  pair(Op.ANDI, Op.BNE, Op.ANDI_BNE);
  pair(Op.ANDI, Op.XOR, Op.ANDI_XOR);
  pair(Op.OR, Op.OR, Op.OR_OR);
  pair(Op.OR, Op.SLLI, Op.OR_SLLI);
  pair(Op.OR, Op.SLLIW, Op.OR_SLLIW);
  pair(Op.SLLI, Op.ADD, Op.SLLI_ADD);
  pair(Op.SLLI, Op.OR, Op.SLLI_OR);
  pair(Op.SLLI, Op.SRLI, Op.SLLI_SRLI);
  pair(Op.SRLI, Op.ADD, Op.SRLI_ADD);
  pair(Op.SLLIW, Op.OR, Op.SLLIW_OR);
  pair(Op.SLLIW, Op.XOR, Op.SLLIW_XOR);
  pair(Op.SLLIW, Op.SRLIW, Op.SLLIW_SRLIW);
  pair(Op.SRLIW, Op.SLLIW, Op.SRLIW_SLLIW);
  pair(Op.SRLIW, Op.OR, Op.SRLIW_OR);
  pair(Op.SRLIW, Op.XOR, Op.SRLIW_XOR);
  pair(Op.XOR, Op.XOR, Op.XOR_XOR);
  pair(Op.XOR, Op.OR, Op.XOR_OR);
  pair(Op.XOR, Op.ADDW, Op.XOR_ADDW);
  pair(Op.XOR, Op.ADDIW, Op.XOR_ADDIW);
  pair(Op.XOR, Op.ANDI, Op.XOR_ANDI);
  pair(Op.XOR, Op.SLLIW, Op.XOR_SLLIW);
  pair(Op.XOR, Op.SRLIW, Op.XOR_SRLIW);
  pair(Op.LBU, Op.LBU, Op.LBU_LBU);
  pair(Op.LBU, Op.ADDI, Op.LBU_ADDI);
  pair(Op.LBU, Op.LI, Op.LBU_LI);
  pair(Op.LBU, Op.BEQ, Op.LBU_BEQ);
  pair(Op.LBU, Op.BNE, Op.LBU_BNE);
  pair(Op.LW, Op.ADDI, Op.LW_ADDI);
  pair(Op.LW, Op.ADDW, Op.LW_ADDW);
  pair(Op.LW, Op.ADDIW, Op.LW_ADDIW);
  pair(Op.LW, Op.SRLIW, Op.LW_SRLIW);
  pair(Op.LD, Op.ADDI, Op.LD_ADDI);
  pair(Op.LD, Op.LI, Op.LD_LI);
  pair(Op.LD, Op.MV, Op.LD_MV);
  pair(Op.LD, Op.SD, Op.LD_SD);
  pair(Op.LD, Op.BEQ, Op.LD_BEQ);
  pair(Op.LD, Op.BNE, Op.LD_BNE);
  pair(Op.SD, Op.LI, Op.SD_LI);
  pair(Op.SD, Op.MV, Op.SD_MV);
  pair(Op.SD, Op.LD, Op.SD_LD);
  pair(Op.SD, Op.ADDI, Op.SD_ADDI);
  pair(Op.SD, Op.JAL, Op.SD_JAL);
  pair(Op.SB, Op.ADDW, Op.SB_ADDW);
  pair(Op.SB, Op.ADDIW, Op.SB_ADDIW);
  pair(Op.SB, Op.ADDI, Op.SB_ADDI);
  pair(Op.SB, Op.BNE, Op.SB_BNE);
  pair(Op.BEQ, Op.LI, Op.BEQ_LI);
  pair(Op.BEQ, Op.MV, Op.BEQ_MV);
  pair(Op.BEQ, Op.LD, Op.BEQ_LD);
  pair(Op.BEQ, Op.LBU, Op.BEQ_LBU);
  pair(Op.BEQ, Op.ADDI, Op.BEQ_ADDI);
  pair(Op.BEQ, Op.BEQ, Op.BEQ_BEQ);
  pair(Op.BNE, Op.LBU, Op.BNE_LBU);
  pair(Op.BNE, Op.LD, Op.BNE_LD);
  pair(Op.BNE, Op.LI, Op.BNE_LI);
  pair(Op.BNE, Op.ADDI, Op.BNE_ADDI);
  pair(Op.BNE, Op.MV, Op.BNE_MV);
}

/** The operation that the slot's own instruction asks for, whatever it is joined with. */
export function plainOperation(op: u32): u32 {
  return load<u16>(PLAIN_OF + (<usize>op << 1));
}

@inline
function opAt(slot: usize): u32 {
  return load<u16>(slot, SLOT_OP);
}

/** How many slots from `slot` on are `op` at the same base, in reach of one TLB entry. */
function runLength(slot: usize, end: usize, op: u32): u32 {
  const base = load<u8>(slot, SLOT_RS1);
  let isUp = false;
  let length: u32 = 1;
  let at = slot;
  while (length < LONGEST_RUN && at + SLOT_BYTES < end) {
    // a load into the base ends the run
    if (op == Op.LD && load<u8>(at, SLOT_RD) == base) break;
    at += SLOT_BYTES;
    if (opAt(at) != op || load<u8>(at, SLOT_RS1) != base) break;
    const step = load<i32>(at, SLOT_IMMEDIATE) - load<i32>(at - SLOT_BYTES, SLOT_IMMEDIATE);
    if ((step & 7) != 0 || (length > 1 && step > 0 != isUp)) break;
    isUp = step > 0;
    length++;
  }
  return length;
}

/** Joins what can be joined in the slots from `first` to `end`. */
export function fuse(first: usize, end: usize): void {
  let slot = first;
  while (slot + SLOT_BYTES < end) {
    const op = opAt(slot);
    if (op == Op.LD || op == Op.SD) {
      const length = runLength(slot, end, op);
      if (length > 1) {
        store<u16>(slot, <u16>((op == Op.LD ? <u32>Op.LD_RUN2 : <u32>Op.SD_RUN2) + length - 2), SLOT_OP);
        slot += <usize>length * SLOT_BYTES;
        continue;
      }
    }
    const next = opAt(slot + SLOT_BYTES);
    const both: u32 = op < ROW && next < ROW ? <u32>load<u16>(PAIR_OF + (<usize>(op * ROW + next) << 1)) : 0;
    if (both != 0) {
      store<u16>(slot, <u16>both, SLOT_OP);
      slot += SLOT_BYTES;
    }
    slot += SLOT_BYTES;
  }
}
