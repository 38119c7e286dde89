/**
 * Joins neighbouring slots of a trace, so that the run loop dispatches once for several instructions: the first slot gets
 * the operation of the sequence, the others stay what they were, for when the sequence has to be left in the middle.
 *
 * Which sequences: those that took most dispatches away in busybox (ash, awk, sed, gzip, md5sum, find, sort, ls, ps, tar),
 * SHA-256, a sieve, memcpy and an integer loop. Real code has few that stand out, so there are many.
 *
 * A link of a sequence can ask that an instruction takes the result of the one before as its rs1; its value then need not
 * go through the registers in memory.
 *
 * The tree of sequences has a row for each beginning: for each operation the row it leads to (u16), for any operands at 0
 * and for linked ones at 0x100; the operation of the sequence that ends here (u16) is at 0x200.
 */
import { FUSE_PLAN, FUSE_ROW_BYTES, FUSE_TREE, PLAIN_OF } from '../layout';
import { Op } from './operations';
import { SLOT_BYTES, SLOT_IMMEDIATE, SLOT_OP, SLOT_RD, SLOT_RS1, SLOT_RS2 } from './slot';

/** Operations that can be part of a sequence are below this. */
const PLAIN_OPERATIONS: u32 = 128;
const ALL_OPERATIONS: u32 = 512;
const LINKED: usize = 0x100;
const ENDS_AS: usize = 0x200;
const LONGEST_RUN: u32 = 8;

let rows: u32 = 1;

function step(row: u32, op: u32, isLinked: bool): u32 {
  const edge = FUSE_TREE + <usize>row * FUSE_ROW_BYTES + (isLinked ? LINKED : 0) + (op << 1);
  if (load<u16>(edge) == 0) {
    store<u16>(edge, <u16>rows);
    rows++;
  }
  return load<u16>(edge);
}

function ends(row: u32, first: u32, fused: u32): void {
  store<u16>(FUSE_TREE + <usize>row * FUSE_ROW_BYTES, <u16>fused, ENDS_AS);
  store<u16>(PLAIN_OF + (<usize>fused << 1), <u16>first);
}

/** `links` says which instructions take the result of the one before: bit 0 the second, bit 1 the third, bit 2 the fourth. */
function pair(a: u32, b: u32, links: u32, fused: u32): void {
  ends(step(step(0, a, false), b, (links & 1) != 0), a, fused);
}

function triple(a: u32, b: u32, c: u32, links: u32, fused: u32): void {
  ends(step(step(step(0, a, false), b, (links & 1) != 0), c, (links & 2) != 0), a, fused);
}

function quadruple(a: u32, b: u32, c: u32, d: u32, links: u32, fused: u32): void {
  const third = step(step(step(0, a, false), b, (links & 1) != 0), c, (links & 2) != 0);
  ends(step(third, d, (links & 4) != 0), a, fused);
}

/** Fills the tables; call once. */
export function defineSequences(): void {
  for (let op: u32 = 0; op < ALL_OPERATIONS; op++) store<u16>(PLAIN_OF + (<usize>op << 1), <u16>op);
  for (let op: u32 = Op.LD_RUN2; op <= <u32>Op.LD_RUN8; op++) store<u16>(PLAIN_OF + (<usize>op << 1), <u16>Op.LD);
  for (let op: u32 = Op.SD_RUN2; op <= <u32>Op.SD_RUN8; op++) store<u16>(PLAIN_OF + (<usize>op << 1), <u16>Op.SD);
  pair(Op.LI, Op.ADDI, 0, Op.LI_ADDI);
  pair(Op.LI, Op.LD, 0, Op.LI_LD);
  pair(Op.ADDI, Op.ADD, 0, Op.ADDI_ADD);
  pair(Op.ADDI, Op.ADDI, 0, Op.ADDI_ADDI);
  pair(Op.ADDI, Op.ADDIW, 0, Op.ADDI_ADDIW);
  triple(Op.ADDI, Op.ADDIW, Op.BLT, 0, Op.ADDI_ADDIW_BLT);
  triple(Op.ADDI, Op.ADDI, Op.ADDI, 0, Op.ADDI_ADDI_ADDI);
  quadruple(Op.ADDI, Op.ADDI, Op.ADDI, Op.ADDI, 0, Op.ADDI_ADDI_ADDI_ADDI);
  quadruple(Op.ADDI, Op.ADDI, Op.ADDI, Op.JAL, 0, Op.ADDI_ADDI_ADDI_JAL);
  quadruple(Op.ADDI, Op.ADDI, Op.ANDI, Op.JAL, 0, Op.ADDI_ADDI_ANDI_JAL);
  triple(Op.ADDI, Op.ADDI, Op.BNE, 0, Op.ADDI_ADDI_BNE);
  quadruple(Op.ADDI, Op.ADDW, Op.BGE, Op.SLLIW, 0, Op.ADDI_ADDW_BGE_SLLIW);
  pair(Op.ADDI, Op.ANDI, 0, Op.ADDI_ANDI);
  quadruple(Op.ADDI, Op.ANDI, Op.ADDI, Op.BLTU, 4, Op.ADDI_ANDI_ADDI_TO_BLTU);
  pair(Op.ADDI, Op.BEQ, 0, Op.ADDI_BEQ);
  pair(Op.ADDI, Op.BGEU, 0, Op.ADDI_BGEU);
  pair(Op.ADDI, Op.BNE, 0, Op.ADDI_BNE);
  triple(Op.ADDI, Op.BNE, Op.ADDI, 0, Op.ADDI_BNE_ADDI);
  pair(Op.ADDI, Op.JAL, 0, Op.ADDI_JAL);
  pair(Op.ADDI, Op.JR, 0, Op.ADDI_JR);
  quadruple(Op.ADDI, Op.LBU, Op.LBU, Op.BEQ, 4, Op.ADDI_LBU_LBU_TO_BEQ);
  pair(Op.ADDI, Op.LD, 0, Op.ADDI_LD);
  triple(Op.ADDI, Op.LD, Op.ADDI, 0, Op.ADDI_LD_ADDI);
  triple(Op.ADDI, Op.LD, Op.LD, 0, Op.ADDI_LD_LD);
  pair(Op.ADDI, Op.SD, 0, Op.ADDI_SD);
  quadruple(Op.ADDI, Op.ADDI, Op.SLLI, Op.ADD, 5, Op.ADDI_TO_ADDI_SLLI_TO_ADD);
  quadruple(Op.ADDI, Op.ADD, Op.LW, Op.BNE, 7, Op.ADDI_TO_ADD_TO_LW_TO_BNE);
  triple(Op.ADDI, Op.LBU, Op.BNE, 3, Op.ADDI_TO_LBU_TO_BNE);
  quadruple(Op.XORI, Op.XOR, Op.AND, Op.XOR, 0, Op.XORI_XOR_AND_XOR);
  pair(Op.ANDI, Op.ADDI, 0, Op.ANDI_ADDI);
  triple(Op.ANDI, Op.ADDI, Op.BNE, 0, Op.ANDI_ADDI_BNE);
  pair(Op.ANDI, Op.BNE, 0, Op.ANDI_BNE);
  quadruple(Op.ANDI, Op.XORI, Op.SLLIW, Op.SRL, 0, Op.ANDI_XORI_SLLIW_SRL);
  quadruple(Op.ANDI, Op.XOR, Op.ADDIW, Op.BNE, 0, Op.ANDI_XOR_ADDIW_BNE);
  pair(Op.SLLI, Op.ADDI, 0, Op.SLLI_ADDI);
  pair(Op.SLLI, Op.ADD, 1, Op.SLLI_TO_ADD);
  quadruple(Op.SLLI, Op.BLT, Op.SLLI, Op.BLT, 5, Op.SLLI_TO_BLT_SLLI_TO_BLT);
  pair(Op.SLLI, Op.OR, 1, Op.SLLI_TO_OR);
  quadruple(Op.SLLI, Op.OR, Op.SLLI, Op.OR, 5, Op.SLLI_TO_OR_SLLI_TO_OR);
  pair(Op.SLLI, Op.SRLI, 1, Op.SLLI_TO_SRLI);
  triple(Op.SLLI, Op.SRLI, Op.ADD, 3, Op.SLLI_TO_SRLI_TO_ADD);
  quadruple(Op.SLLI, Op.SRLI, Op.ADD, Op.SB, 7, Op.SLLI_TO_SRLI_TO_ADD_TO_SB);
  quadruple(Op.ADDIW, Op.ADDIW, Op.ADDIW, Op.ADDIW, 0, Op.ADDIW_ADDIW_ADDIW_ADDIW);
  quadruple(Op.ADDIW, Op.ADDI, Op.ANDI, Op.BNE, 0, Op.ADDIW_ADDI_ANDI_BNE);
  quadruple(Op.ADDIW, Op.ADDI, Op.BEQ, Op.ANDI, 0, Op.ADDIW_ADDI_BEQ_ANDI);
  quadruple(Op.ADDIW, Op.ADDW, Op.ADDIW, Op.ADDW, 0, Op.ADDIW_ADDW_ADDIW_ADDW);
  pair(Op.ADDIW, Op.BNE, 0, Op.ADDIW_BNE);
  quadruple(Op.ADDIW, Op.LW, Op.SRLIW, Op.SLLIW, 0, Op.ADDIW_LW_SRLIW_SLLIW);
  pair(Op.ADDIW, Op.SW, 0, Op.ADDIW_SW);
  quadruple(Op.SLLIW, Op.SRLIW, Op.ADDW, Op.XOR, 0, Op.SLLIW_SRLIW_ADDW_XOR);
  quadruple(Op.SLLIW, Op.SRLIW, Op.OR, Op.OR, 2, Op.SLLIW_SRLIW_TO_OR_OR);
  pair(Op.SLLIW, Op.SRAIW, 1, Op.SLLIW_TO_SRAIW);
  pair(Op.SLLIW, Op.XOR, 1, Op.SLLIW_TO_XOR);
  triple(Op.SLLIW, Op.XOR, Op.ANDI, 3, Op.SLLIW_TO_XOR_TO_ANDI);
  quadruple(Op.SLLIW, Op.XOR, Op.SRLIW, Op.XOR, 7, Op.SLLIW_TO_XOR_TO_SRLIW_TO_XOR);
  quadruple(Op.SRLIW, Op.SLLIW, Op.SRLIW, Op.SLLIW, 0, Op.SRLIW_SLLIW_SRLIW_SLLIW);
  quadruple(Op.SRLIW, Op.SRLIW, Op.OR, Op.SLLIW, 0, Op.SRLIW_SRLIW_OR_SLLIW);
  quadruple(Op.SRLIW, Op.XOR, Op.SLLIW, Op.XOR, 7, Op.SRLIW_TO_XOR_TO_SLLIW_TO_XOR);
  quadruple(Op.SRLIW, Op.XOR, Op.XOR, Op.SRLIW, 0, Op.SRLIW_XOR_XOR_SRLIW);
  pair(Op.ADD, Op.ADD, 0, Op.ADD_ADD);
  quadruple(Op.ADD, Op.BLT, Op.SD, Op.JR, 0, Op.ADD_BLT_SD_JR);
  pair(Op.ADD, Op.LD, 0, Op.ADD_LD);
  quadruple(Op.ADD, Op.SD, Op.LD, Op.LD, 0, Op.ADD_SD_LD_LD);
  quadruple(Op.ADD, Op.ADD, Op.LBU, Op.BNE, 7, Op.ADD_TO_ADD_TO_LBU_TO_BNE);
  pair(Op.ADD, Op.LBU, 1, Op.ADD_TO_LBU);
  pair(Op.ADD, Op.LW, 1, Op.ADD_TO_LW);
  quadruple(Op.ADD, Op.LW, Op.ADD, Op.JR, 7, Op.ADD_TO_LW_TO_ADD_TO_JR);
  quadruple(Op.ADD, Op.XORI, Op.AND, Op.AND, 6, Op.ADD_XORI_TO_AND_TO_AND);
  triple(Op.XOR, Op.SLLIW, Op.XOR, 3, Op.XOR_TO_SLLIW_TO_XOR);
  triple(Op.XOR, Op.SRLIW, Op.XOR, 3, Op.XOR_TO_SRLIW_TO_XOR);
  triple(Op.XOR, Op.XOR, Op.ADDW, 0, Op.XOR_XOR_ADDW);
  pair(Op.OR, Op.OR, 0, Op.OR_OR);
  quadruple(Op.AND, Op.ADD, Op.OR, Op.OR, 3, Op.AND_TO_ADD_TO_OR_OR);
  quadruple(Op.AND, Op.BEQ, Op.ADDI, Op.BEQ, 1, Op.AND_TO_BEQ_ADDI_BEQ);
  pair(Op.AND, Op.BNE, 1, Op.AND_TO_BNE);
  triple(Op.AND, Op.SLLI, Op.ADD, 3, Op.AND_TO_SLLI_TO_ADD);
  pair(Op.ADDW, Op.BGEU, 0, Op.ADDW_BGEU);
  pair(Op.ADDW, Op.BLTU, 0, Op.ADDW_BLTU);
  quadruple(Op.ADDW, Op.ADDW, Op.ADDIW, Op.SW, 1, Op.ADDW_TO_ADDW_ADDIW_SW);
  quadruple(Op.ADDW, Op.XOR, Op.OR, Op.ADDW, 0, Op.ADDW_XOR_OR_ADDW);
  pair(Op.LBU, Op.ADDI, 0, Op.LBU_ADDI);
  quadruple(Op.LBU, Op.ADDI, Op.ADDW, Op.BNE, 0, Op.LBU_ADDI_ADDW_BNE);
  quadruple(Op.LBU, Op.ADDI, Op.ADD, Op.SB, 4, Op.LBU_ADDI_ADD_TO_SB);
  quadruple(Op.LBU, Op.ADDI, Op.BNE, Op.ADDIW, 0, Op.LBU_ADDI_BNE_ADDIW);
  pair(Op.LBU, Op.LBU, 0, Op.LBU_LBU);
  quadruple(Op.LBU, Op.LBU, Op.LBU, Op.LBU, 0, Op.LBU_LBU_LBU_LBU);
  quadruple(Op.LBU, Op.SLLI, Op.OR, Op.LBU, 2, Op.LBU_SLLI_TO_OR_LBU);
  pair(Op.LBU, Op.BEQ, 1, Op.LBU_TO_BEQ);
  pair(Op.LBU, Op.BNE, 1, Op.LBU_TO_BNE);
  triple(Op.LBU, Op.BNE, Op.LBU, 1, Op.LBU_TO_BNE_LBU);
  quadruple(Op.LHU, Op.BGEU, Op.ADDIW, Op.BNE, 4, Op.LHU_BGEU_ADDIW_TO_BNE);
  pair(Op.LW, Op.ADDI, 0, Op.LW_ADDI);
  pair(Op.LW, Op.LW, 0, Op.LW_LW);
  quadruple(Op.LW, Op.SLLIW, Op.SLLIW, Op.LW, 0, Op.LW_SLLIW_SLLIW_LW);
  triple(Op.LW, Op.BEQ, Op.ADDI, 1, Op.LW_TO_BEQ_ADDI);
  quadruple(Op.LW, Op.BEQ, Op.ADDI, Op.SUB, 5, Op.LW_TO_BEQ_ADDI_TO_SUB);
  pair(Op.LD, Op.ADDI, 0, Op.LD_ADDI);
  triple(Op.LD, Op.ADDI, Op.JR, 0, Op.LD_ADDI_JR);
  pair(Op.LD, Op.BNE, 0, Op.LD_BNE);
  quadruple(Op.LD, Op.LD, Op.XOR, Op.ADDI, 2, Op.LD_LD_TO_XOR_ADDI);
  pair(Op.LD, Op.SD, 0, Op.LD_SD);
  pair(Op.LD, Op.BEQ, 1, Op.LD_TO_BEQ);
  quadruple(Op.LD, Op.LD, Op.SD, Op.ADDI, 1, Op.LD_TO_LD_SD_ADDI);
  pair(Op.SD, Op.ADDI, 0, Op.SD_ADDI);
  quadruple(Op.SD, Op.ADDI, Op.SLLI, Op.SRLI, 4, Op.SD_ADDI_SLLI_TO_SRLI);
  pair(Op.SD, Op.LD, 0, Op.SD_LD);
  quadruple(Op.FSD, Op.FSD, Op.FSD, Op.FSD, 0, Op.FSD_FSD_FSD_FSD);
  pair(Op.BEQ, Op.ADDI, 0, Op.BEQ_ADDI);
  pair(Op.BEQ, Op.LBU, 0, Op.BEQ_LBU);
  pair(Op.BEQ, Op.LD, 0, Op.BEQ_LD);
  pair(Op.BNE, Op.LBU, 0, Op.BNE_LBU);
  quadruple(Op.BNE, Op.LBU, Op.ADDI, Op.ADD, 0, Op.BNE_LBU_ADDI_ADD);
  pair(Op.BNE, Op.LD, 0, Op.BNE_LD);
  quadruple(Op.BGEU, Op.ADDI, Op.LD, Op.BNE, 0, Op.BGEU_ADDI_LD_BNE);
}

/** The operation that the slot's own instruction asks for, whatever it is joined with. */
export function plainOperation(op: u32): u32 {
  return load<u16>(PLAIN_OF + (<usize>op << 1));
}

@inline
function opAt(slot: usize): u32 {
  return load<u16>(slot, SLOT_OP);
}

function isCommutative(op: u32): bool {
  switch (<i32>op) {
    case Op.ADD:
    case Op.ADDW:
    case Op.AND:
    case Op.OR:
    case Op.XOR:
    case Op.XNOR:
    case Op.MUL:
    case Op.MULW:
    case Op.BEQ:
    case Op.BNE:
      return true;
    default:
      return false;
  }
}

/** Whether the rs1 of the instruction at `slot` is the result of the one before; operands are exchanged if that makes it so. */
function isLinked(slot: usize): bool {
  const rd = load<u8>(slot - SLOT_BYTES, SLOT_RD);
  if (rd == 0) return false;
  const rs1 = load<u8>(slot, SLOT_RS1);
  if (rs1 == rd) return true;
  if (load<u8>(slot, SLOT_RS2) != rd || !isCommutative(opAt(slot))) return false;
  store<u8>(slot, rd, SLOT_RS1);
  store<u8>(slot, rs1, SLOT_RS2);
  return true;
}

/** How many slots from `slot` on are `op` at the same base, with offsets going one way in steps of doublewords. */
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
    const distance = load<i32>(at, SLOT_IMMEDIATE) - load<i32>(at - SLOT_BYTES, SLOT_IMMEDIATE);
    if ((distance & 7) != 0 || (length > 1 && distance > 0 != isUp)) break;
    isUp = distance > 0;
    length++;
  }
  return length;
}

/** The plan for the slot number `i`: dispatches from there to the end u16, operation u16, slots it takes u16. */
@inline
function planOf(i: u32): usize {
  return FUSE_PLAN + (<usize>i << 3);
}

function consider(i: u32, op: u32, slots: u32): void {
  const plan = planOf(i);
  const dispatches: u32 = 1 + <u32>load<u16>(planOf(i + slots));
  if (dispatches >= <u32>load<u16>(plan)) return;
  store<u16>(plan, <u16>dispatches);
  store<u16>(plan, <u16>op, 2);
  store<u16>(plan, <u16>slots, 4);
}

/** Considers the sequences that go on from `row` with the slot number `i + length`. */
function considerSequences(i: u32, row: u32, length: u32, slot: usize, end: usize): void {
  const fused = load<u16>(FUSE_TREE + <usize>row * FUSE_ROW_BYTES, ENDS_AS);
  if (fused != 0) consider(i, fused, length);
  if (slot >= end || opAt(slot) >= PLAIN_OPERATIONS) return;
  const edge = FUSE_TREE + <usize>row * FUSE_ROW_BYTES + (opAt(slot) << 1);
  const linked = load<u16>(edge, LINKED);
  if (linked != 0 && length > 0 && isLinked(slot)) considerSequences(i, linked, length + 1, slot + SLOT_BYTES, end);
  const any = load<u16>(edge);
  if (any != 0) considerSequences(i, any, length + 1, slot + SLOT_BYTES, end);
}

/** Joins the slots from `first` to `end` so that there are as few dispatches as can be. */
export function fuse(first: usize, end: usize): void {
  const count = <u32>((end - first) / SLOT_BYTES);
  store<u16>(planOf(count), 0);
  for (let i: u32 = count; i-- > 0; ) {
    const slot = first + <usize>i * SLOT_BYTES;
    const op = opAt(slot);
    store<u16>(planOf(i), u16.MAX_VALUE);
    consider(i, op, 1);
    if (op == Op.LD || op == Op.SD) {
      const longest = runLength(slot, end, op);
      for (let length: u32 = 2; length <= longest; length++) {
        if (length != 7) consider(i, (op == Op.LD ? <u32>Op.LD_RUN2 : <u32>Op.SD_RUN2) + (length == 8 ? 5 : length - 2), length);
      }
    }
    considerSequences(i, 0, 0, slot, end);
  }
  for (let i: u32 = 0; i < count; i += load<u16>(planOf(i), 4)) {
    store<u16>(first + <usize>i * SLOT_BYTES, load<u16>(planOf(i), 2), SLOT_OP);
  }
}
