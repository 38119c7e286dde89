/**
 * One 32-bit instruction to slots. Encodings that qemu's rv64 (IMAFDC, Zicsr, Zifencei, Zba, Zbb, Zbs) does not know
 * become ILLEGAL; instructions without effect (hints, x0 as destination) become nothing.
 *
 * Source: The RISC-V Instruction Set Manual, volume I, "RV32/64G Instruction Set Listings"; the Bit-Manipulation manual 1.0.
 */
import { csrExists } from '../hart/csr';
import { PAGE_BYTES } from '../layout';
import { decodeFloat } from './decode-float';
import { funct3Of, funct7Of, immediateB, immediateI, immediateJ, immediateS, immediateU, opcodeOf, rdOf, rs1Of, rs2Of } from './formats';
import { Op } from './operations';
import { FAR, IN_REGISTER, UNLINKED, emit, emitConstant, instructionOffset } from './slot';

/** What `decode` returns: the trace goes on, or this instruction always leaves it. */
export const GOES_ON: bool = false;
export const LEAVES: bool = true;

function illegal(): bool {
  emit(Op.ILLEGAL, 0, 0, 0, 0, 0);
  return LEAVES;
}

/** Emits the slots of the 32-bit instruction `word` at `va`, `bytes` long in memory. */
export function decode(word: u32, va: u64, bytes: u32): bool {
  switch (opcodeOf(word) >> 2) {
    case 0x00:
      return decodeLoad(word);
    case 0x01:
    case 0x09:
    case 0x10:
    case 0x11:
    case 0x12:
    case 0x13:
    case 0x14:
      return decodeFloat(word) ? GOES_ON : illegal();
    case 0x03: // FENCE and FENCE.I: the order is the program's anyhow, and traces follow every store
      return funct3Of(word) <= 1 ? GOES_ON : illegal();
    case 0x04:
      return decodeImmediate(word);
    case 0x05:
      return constant(word, va + <i64>immediateU(word));
    case 0x06:
      return decodeImmediate32(word);
    case 0x08:
      return decodeStore(word);
    case 0x0b:
      return decodeAtomic(word);
    case 0x0c:
      return decodeRegister(word);
    case 0x0d:
      return constant(word, <i64>immediateU(word));
    case 0x0e:
      return decodeRegister32(word);
    case 0x18:
      return decodeBranch(word);
    case 0x19:
      return decodeJumpRegister(word, bytes);
    case 0x1b:
      return decodeJump(word);
    case 0x1c:
      return decodeSystem(word);
    default:
      return illegal();
  }
}

function constant(word: u32, value: u64): bool {
  const rd = rdOf(word);
  if (rd != 0) emitConstant(rd, value);
  return GOES_ON;
}

function unary(word: u32, op: u32, immediate: i32): bool {
  const rd = rdOf(word);
  if (rd != 0) emit(op, rd, rs1Of(word), 0, immediate, 0);
  return GOES_ON;
}

function binary(word: u32, op: u32): bool {
  const rd = rdOf(word);
  if (rd != 0) emit(op, rd, rs1Of(word), rs2Of(word), 0, 0);
  return GOES_ON;
}

function decodeLoad(word: u32): bool {
  const funct3 = funct3Of(word);
  if (funct3 == 7) return illegal();
  const rd = rdOf(word);
  if (rd == 0) {
    emit(Op.LOAD_DISCARD, 0, rs1Of(word), 0, immediateI(word), 1 << (funct3 & 3));
    return GOES_ON;
  }
  let op: u32;
  switch (funct3) {
    case 0:
      op = Op.LB;
      break;
    case 1:
      op = Op.LH;
      break;
    case 2:
      op = Op.LW;
      break;
    case 3:
      op = Op.LD;
      break;
    case 4:
      op = Op.LBU;
      break;
    case 5:
      op = Op.LHU;
      break;
    default:
      op = Op.LWU;
      break;
  }
  emit(op, rd, rs1Of(word), 0, immediateI(word), 0);
  return GOES_ON;
}

function decodeStore(word: u32): bool {
  const funct3 = funct3Of(word);
  if (funct3 > 3) return illegal();
  emit(Op.SB + funct3, 0, rs1Of(word), rs2Of(word), immediateS(word), 0);
  return GOES_ON;
}

function decodeImmediate(word: u32): bool {
  const immediate = immediateI(word);
  switch (funct3Of(word)) {
    case 0:
      return unary(word, Op.ADDI, immediate);
    case 1:
      return decodeShiftLeft(word);
    case 2:
      return unary(word, Op.SLTI, immediate);
    case 3:
      return unary(word, Op.SLTIU, immediate);
    case 4:
      return unary(word, Op.XORI, immediate);
    case 5:
      return decodeShiftRight(word);
    case 6:
      return unary(word, Op.ORI, immediate);
    default:
      return unary(word, Op.ANDI, immediate);
  }
}

/** OP-IMM, funct3 1: shifts to the left, bits by number, and the unary operations of Zbb. */
function decodeShiftLeft(word: u32): bool {
  const shift = <i32>((word >> 20) & 0x3f);
  switch (word >> 26) {
    case 0x00:
      return unary(word, Op.SLLI, shift);
    case 0x0a:
      return unary(word, Op.BSETI, shift);
    case 0x12:
      return unary(word, Op.BCLRI, shift);
    case 0x1a:
      return unary(word, Op.BINVI, shift);
    case 0x18:
      break;
    default:
      return illegal();
  }
  switch (shift) {
    case 0:
      return unary(word, Op.CLZ, 0);
    case 1:
      return unary(word, Op.CTZ, 0);
    case 2:
      return unary(word, Op.CPOP, 0);
    case 4:
      return unary(word, Op.SEXT_B, 0);
    case 5:
      return unary(word, Op.SEXT_H, 0);
    default:
      return illegal();
  }
}

/** OP-IMM, funct3 5. */
function decodeShiftRight(word: u32): bool {
  const shift = <i32>((word >> 20) & 0x3f);
  switch (word >> 26) {
    case 0x00:
      return unary(word, Op.SRLI, shift);
    case 0x10:
      return unary(word, Op.SRAI, shift);
    case 0x12:
      return unary(word, Op.BEXTI, shift);
    case 0x18:
      return unary(word, Op.RORI, shift);
    default:
      break;
  }
  if (word >> 20 == 0x287) return unary(word, Op.ORC_B, 0);
  if (word >> 20 == 0x6b8) return unary(word, Op.REV8, 0);
  return illegal();
}

function decodeImmediate32(word: u32): bool {
  const shift = <i32>((word >> 20) & 0x1f);
  const funct7 = funct7Of(word);
  switch (funct3Of(word)) {
    case 0:
      return unary(word, Op.ADDIW, immediateI(word));
    case 1:
      if (funct7 == 0x00) return unary(word, Op.SLLIW, shift);
      if (funct7 >> 1 == 0x04 >> 1) return unary(word, Op.SLLI_UW, <i32>((word >> 20) & 0x3f));
      if (funct7 != 0x30) return illegal();
      if (shift == 0) return unary(word, Op.CLZW, 0);
      if (shift == 1) return unary(word, Op.CTZW, 0);
      return shift == 2 ? unary(word, Op.CPOPW, 0) : illegal();
    case 5:
      if (funct7 == 0x00) return unary(word, Op.SRLIW, shift);
      if (funct7 == 0x20) return unary(word, Op.SRAIW, shift);
      return funct7 == 0x30 ? unary(word, Op.RORIW, shift) : illegal();
    default:
      return illegal();
  }
}

/** Key of a register-register operation: funct7 and funct3. */
function keyOf(word: u32): u32 {
  return (funct7Of(word) << 3) | funct3Of(word);
}

function decodeRegister(word: u32): bool {
  const key = keyOf(word);
  switch (key) {
    case 0x000:
      return decodeAdd(word);
    case 0x001:
      return binary(word, Op.SLL);
    case 0x002:
      return binary(word, Op.SLT);
    case 0x003:
      return binary(word, Op.SLTU);
    case 0x004:
      return binary(word, Op.XOR);
    case 0x005:
      return binary(word, Op.SRL);
    case 0x006:
      return binary(word, Op.OR);
    case 0x007:
      return binary(word, Op.AND);
    case 0x100:
      return binary(word, Op.SUB);
    case 0x105:
      return binary(word, Op.SRA);
    default:
      break;
  }
  // M: funct7 1, operations in the order of funct3
  if (key >> 3 == 1) return binary(word, Op.MUL + (key & 7));
  return decodeBits(word, key);
}

function decodeAdd(word: u32): bool {
  // a move: ADDI of 0 too, so that there are fewer different pairs
  if (rs2Of(word) == 0) return unary(word, Op.ADDI, 0);
  if (rs1Of(word) != 0 || rdOf(word) == 0) return binary(word, Op.ADD);
  emit(Op.ADDI, rdOf(word), rs2Of(word), 0, 0, 0);
  return GOES_ON;
}

/** Zba, Zbb and Zbs, as far as they are register-register and of 64 bits. */
function decodeBits(word: u32, key: u32): bool {
  switch (key) {
    case 0x02c:
    case 0x02d:
    case 0x02e:
    case 0x02f:
      return binary(word, (key & 7) == 4 ? Op.MIN : (key & 7) == 5 ? Op.MINU : (key & 7) == 6 ? Op.MAX : Op.MAXU);
    case 0x082:
      return binary(word, Op.SH1ADD);
    case 0x084:
      return binary(word, Op.SH2ADD);
    case 0x086:
      return binary(word, Op.SH3ADD);
    case 0x0a1:
      return binary(word, Op.BSET);
    case 0x104:
      return binary(word, Op.XNOR);
    case 0x106:
      return binary(word, Op.ORN);
    case 0x107:
      return binary(word, Op.ANDN);
    case 0x121:
      return binary(word, Op.BCLR);
    case 0x125:
      return binary(word, Op.BEXT);
    case 0x181:
      return binary(word, Op.ROL);
    case 0x185:
      return binary(word, Op.ROR);
    case 0x1a1:
      return binary(word, Op.BINV);
    default:
      return illegal();
  }
}

function decodeRegister32(word: u32): bool {
  switch (keyOf(word)) {
    case 0x000:
      return binary(word, Op.ADDW);
    case 0x001:
      return binary(word, Op.SLLW);
    case 0x005:
      return binary(word, Op.SRLW);
    case 0x100:
      return binary(word, Op.SUBW);
    case 0x105:
      return binary(word, Op.SRAW);
    case 0x008:
      return binary(word, Op.MULW);
    case 0x00c:
      return binary(word, Op.DIVW);
    case 0x00d:
      return binary(word, Op.DIVUW);
    case 0x00e:
      return binary(word, Op.REMW);
    case 0x00f:
      return binary(word, Op.REMUW);
    case 0x020:
      return binary(word, Op.ADD_UW);
    case 0x024:
      return rs2Of(word) == 0 ? unary(word, Op.ZEXT_H, 0) : illegal();
    case 0x082:
      return binary(word, Op.SH1ADD_UW);
    case 0x084:
      return binary(word, Op.SH2ADD_UW);
    case 0x086:
      return binary(word, Op.SH3ADD_UW);
    case 0x181:
      return binary(word, Op.ROLW);
    case 0x185:
      return binary(word, Op.RORW);
    default:
      return illegal();
  }
}

/** What the aux of a jump is at first: whether the target, `offset` from here, is in the same page. */
function linkState(offset: i32): u32 {
  return <u32>(<i32>instructionOffset() + offset) < PAGE_BYTES ? UNLINKED : FAR;
}

function decodeBranch(word: u32): bool {
  const funct3 = funct3Of(word);
  if (funct3 == 2 || funct3 == 3) return illegal();
  const offset = immediateB(word);
  const op: u32 = funct3 < 2 ? Op.BEQ + funct3 : Op.BLT + (funct3 - 4);
  emit(op, 0, rs1Of(word), rs2Of(word), offset, linkState(offset));
  return GOES_ON;
}

function decodeJump(word: u32): bool {
  const offset = immediateJ(word);
  emit(rdOf(word) == 0 ? Op.J : Op.JAL, rdOf(word), 0, 0, offset, linkState(offset));
  return LEAVES;
}

function decodeJumpRegister(word: u32, bytes: u32): bool {
  if (funct3Of(word) != 0) return illegal();
  if (rdOf(word) == 0) emit(Op.JR, 0, rs1Of(word), 0, immediateI(word), IN_REGISTER);
  else emit(Op.JALR, rdOf(word), rs1Of(word), 0, immediateI(word), bytes);
  return LEAVES;
}

function decodeAtomic(word: u32): bool {
  const funct3 = funct3Of(word);
  if (funct3 != 2 && funct3 != 3) return illegal();
  const kind = word >> 27;
  let op: u32 = Op.AMO;
  switch (kind) {
    case 0x02:
      if (rs2Of(word) != 0) return illegal();
      op = Op.LR;
      break;
    case 0x03:
      op = Op.SC;
      break;
    case 0x00:
    case 0x01:
    case 0x04:
    case 0x08:
    case 0x0c:
    case 0x10:
    case 0x14:
    case 0x18:
    case 0x1c:
      break;
    default:
      return illegal();
  }
  emit(op, rdOf(word), rs1Of(word), rs2Of(word), <i32>kind, 1 << funct3);
  return GOES_ON;
}

function decodeSystem(word: u32): bool {
  const funct3 = funct3Of(word);
  if (funct3 == 0) {
    if (word == 0x0000_0073) emit(Op.ECALL, 0, 0, 0, 0, 0);
    else if (word == 0x0010_0073) emit(Op.EBREAK, 0, 0, 0, 0, 0);
    else return illegal();
    return LEAVES;
  }
  // 1 write, 2 set, 3 clear; 4 more: the operand is the field of rs1 itself
  const operation = funct3 & 3;
  const csr = word >> 20;
  const isWrite = operation == 1 || rs1Of(word) != 0;
  if (operation == 0 || !csrExists(csr, isWrite)) return illegal();
  emit(Op.CSR, rdOf(word), rs1Of(word), funct3, <i32>csr, isWrite ? 1 : 0);
  return GOES_ON;
}
