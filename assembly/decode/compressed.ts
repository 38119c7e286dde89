/**
 * The C extension of RV64: every 16-bit instruction stands for one of 32 bits.
 *
 * Source: The RISC-V Instruction Set Manual, volume I, chapter "C" (code map for RV64C).
 */

const LOAD: u32 = 0x03;
const LOAD_FP: u32 = 0x07;
const OP_IMM: u32 = 0x13;
const OP_IMM_32: u32 = 0x1b;
const STORE: u32 = 0x23;
const STORE_FP: u32 = 0x27;
const OP: u32 = 0x33;
const LUI: u32 = 0x37;
const OP_32: u32 = 0x3b;
const BRANCH: u32 = 0x63;
const JALR: u32 = 0x67;
const JAL: u32 = 0x6f;
const EBREAK_WORD: u32 = 0x0010_0073;

const RA: u32 = 1;
const SP: u32 = 2;

/** Not an instruction. */
export const RESERVED: u32 = 0;

function bits(half: u32, low: u32, count: u32): u32 {
  return (half >> low) & ((1 << count) - 1);
}

function iType(opcode: u32, funct3: u32, rd: u32, rs1: u32, immediate: u32): u32 {
  return (immediate << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;
}

function sType(opcode: u32, funct3: u32, rs1: u32, rs2: u32, immediate: u32): u32 {
  return ((immediate >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | ((immediate & 0x1f) << 7) | opcode;
}

function rType(opcode: u32, funct7: u32, funct3: u32, rd: u32, rs1: u32, rs2: u32): u32 {
  return (funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;
}

function jType(rd: u32, offset: u32): u32 {
  const low = ((offset & 0x7fe) << 20) | ((offset & 0x800) << 9);
  return (offset & 0x10_0000) << 11 | low | (offset & 0xf_f000) | (rd << 7) | JAL;
}

function bType(funct3: u32, rs1: u32, offset: u32): u32 {
  const high = ((offset & 0x1000) << 19) | ((offset & 0x7e0) << 20);
  return high | (rs1 << 15) | (funct3 << 12) | ((offset & 0x1e) << 7) | ((offset & 0x800) >> 4) | BRANCH;
}

/** Six-bit signed immediate of bits 12 and 6:2. */
function immediate6(half: u32): u32 {
  return <u32>((<i32>(half << 19) >> 31) << 5) | bits(half, 2, 5);
}

/** Offset of c.lw, c.sw. */
function wordOffset(half: u32): u32 {
  return (bits(half, 10, 3) << 3) | (bits(half, 6, 1) << 2) | (bits(half, 5, 1) << 6);
}

/** Offset of c.ld, c.sd, c.fld, c.fsd. */
function doubleOffset(half: u32): u32 {
  return (bits(half, 10, 3) << 3) | (bits(half, 5, 2) << 6);
}

/** The 32-bit instruction that `half`, whose two low bits are not both set, stands for; RESERVED when it is none. */
export function expand(half: u32): u32 {
  const quadrant = half & 3;
  if (quadrant == 0) return expandQuadrant0(half);
  return quadrant == 1 ? expandQuadrant1(half) : expandQuadrant2(half);
}

function expandQuadrant0(half: u32): u32 {
  const rd = 8 + bits(half, 2, 3);
  const rs1 = 8 + bits(half, 7, 3);
  switch (half >> 13) {
    case 0: { // c.addi4spn
      const immediate = (bits(half, 7, 4) << 6) | (bits(half, 11, 2) << 4) | (bits(half, 5, 1) << 3) | (bits(half, 6, 1) << 2);
      return immediate == 0 ? RESERVED : iType(OP_IMM, 0, rd, SP, immediate);
    }
    case 1:
      return iType(LOAD_FP, 3, rd, rs1, doubleOffset(half));
    case 2:
      return iType(LOAD, 2, rd, rs1, wordOffset(half));
    case 3:
      return iType(LOAD, 3, rd, rs1, doubleOffset(half));
    case 5:
      return sType(STORE_FP, 3, rs1, rd, doubleOffset(half));
    case 6:
      return sType(STORE, 2, rs1, rd, wordOffset(half));
    case 7:
      return sType(STORE, 3, rs1, rd, doubleOffset(half));
    default:
      return RESERVED;
  }
}

function expandQuadrant1(half: u32): u32 {
  const rd = bits(half, 7, 5);
  const immediate = immediate6(half) & 0xfff;
  switch (half >> 13) {
    case 0: // c.addi, c.nop
      return iType(OP_IMM, 0, rd, rd, immediate);
    case 1: // c.addiw
      return rd == 0 ? RESERVED : iType(OP_IMM_32, 0, rd, rd, immediate);
    case 2: // c.li
      return iType(OP_IMM, 0, rd, 0, immediate);
    case 3:
      return rd == SP ? expandAddi16sp(half) : expandLui(half, rd);
    case 4:
      return expandArithmetic(half);
    case 5:
      return jType(0, jumpOffset(half));
    case 6:
      return bType(0, 8 + bits(half, 7, 3), branchOffset(half));
    default:
      return bType(1, 8 + bits(half, 7, 3), branchOffset(half));
  }
}

function expandAddi16sp(half: u32): u32 {
  const low = (bits(half, 6, 1) << 4) | (bits(half, 2, 1) << 5) | (bits(half, 5, 1) << 6) | (bits(half, 3, 2) << 7);
  const immediate = <u32>((<i32>(half << 19) >> 31) << 9) | low;
  return immediate == 0 ? RESERVED : iType(OP_IMM, 0, SP, SP, immediate & 0xfff);
}

function expandLui(half: u32, rd: u32): u32 {
  const immediate = immediate6(half) << 12;
  return immediate == 0 ? RESERVED : immediate | (rd << 7) | LUI;
}

function expandArithmetic(half: u32): u32 {
  const rd = 8 + bits(half, 7, 3);
  const rs2 = 8 + bits(half, 2, 3);
  const shift = (bits(half, 12, 1) << 5) | bits(half, 2, 5);
  switch (bits(half, 10, 2)) {
    case 0: // c.srli
      return iType(OP_IMM, 5, rd, rd, shift);
    case 1: // c.srai
      return iType(OP_IMM, 5, rd, rd, 0x400 | shift);
    case 2: // c.andi
      return iType(OP_IMM, 7, rd, rd, immediate6(half) & 0xfff);
    default:
      break;
  }
  switch ((bits(half, 12, 1) << 2) | bits(half, 5, 2)) {
    case 0: // c.sub
      return rType(OP, 0x20, 0, rd, rd, rs2);
    case 1: // c.xor
      return rType(OP, 0, 4, rd, rd, rs2);
    case 2: // c.or
      return rType(OP, 0, 6, rd, rd, rs2);
    case 3: // c.and
      return rType(OP, 0, 7, rd, rd, rs2);
    case 4: // c.subw
      return rType(OP_32, 0x20, 0, rd, rd, rs2);
    case 5: // c.addw
      return rType(OP_32, 0, 0, rd, rd, rs2);
    default:
      return RESERVED;
  }
}

/** Offset of c.j: bits 11|4|9:8|10|6|7|3:1|5 of it in bits 12:2. */
function jumpOffset(half: u32): u32 {
  const middle = (bits(half, 11, 1) << 4) | (bits(half, 9, 2) << 8) | (bits(half, 8, 1) << 10) | (bits(half, 7, 1) << 6);
  const low = (bits(half, 6, 1) << 7) | (bits(half, 3, 3) << 1) | (bits(half, 2, 1) << 5);
  return <u32>((<i32>(half << 19) >> 31) << 11) | middle | low;
}

/** Offset of c.beqz, c.bnez: bits 8|4:3 of it in bits 12:10, 7:6|2:1|5 in bits 6:2. */
function branchOffset(half: u32): u32 {
  const high = (bits(half, 10, 2) << 3) | (bits(half, 5, 2) << 6);
  return <u32>((<i32>(half << 19) >> 31) << 8) | high | (bits(half, 3, 2) << 1) | (bits(half, 2, 1) << 5);
}

function expandQuadrant2(half: u32): u32 {
  const rd = bits(half, 7, 5);
  const rs2 = bits(half, 2, 5);
  switch (half >> 13) {
    case 0: // c.slli
      return iType(OP_IMM, 1, rd, rd, (bits(half, 12, 1) << 5) | rs2);
    case 1: // c.fldsp
      return iType(LOAD_FP, 3, rd, SP, doubleStackOffset(half));
    case 2: { // c.lwsp
      const offset = (bits(half, 12, 1) << 5) | (bits(half, 4, 3) << 2) | (bits(half, 2, 2) << 6);
      return rd == 0 ? RESERVED : iType(LOAD, 2, rd, SP, offset);
    }
    case 3: // c.ldsp
      return rd == 0 ? RESERVED : iType(LOAD, 3, rd, SP, doubleStackOffset(half));
    case 4:
      return expandMove(half, rd, rs2);
    case 5: // c.fsdsp
      return sType(STORE_FP, 3, SP, rs2, (bits(half, 10, 3) << 3) | (bits(half, 7, 3) << 6));
    case 6: // c.swsp
      return sType(STORE, 2, SP, rs2, (bits(half, 9, 4) << 2) | (bits(half, 7, 2) << 6));
    default: // c.sdsp
      return sType(STORE, 3, SP, rs2, (bits(half, 10, 3) << 3) | (bits(half, 7, 3) << 6));
  }
}

/** Offset of c.ldsp, c.fldsp. */
function doubleStackOffset(half: u32): u32 {
  return (bits(half, 12, 1) << 5) | (bits(half, 5, 2) << 3) | (bits(half, 2, 3) << 6);
}

function expandMove(half: u32, rd: u32, rs2: u32): u32 {
  if (bits(half, 12, 1) == 0) {
    if (rs2 != 0) return rType(OP, 0, 0, rd, 0, rs2); // c.mv
    return rd == 0 ? RESERVED : iType(JALR, 0, 0, rd, 0); // c.jr
  }
  if (rs2 != 0) return rType(OP, 0, 0, rd, rd, rs2); // c.add
  return rd == 0 ? EBREAK_WORD : iType(JALR, 0, RA, rd, 0); // c.jalr
}
