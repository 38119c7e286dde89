/** Instruction encodings whose legality is compared with qemu: all of 16 bits, and those of 32 bits that differ in what decides. */

const ENCODINGS_16 = 0x1_0000;

/** A jump to itself would never come back. */
function isJumpToItself16(half: number): boolean {
  const isJump = (half & 0xe003) === 0xa001 && (half & 0x1ffc) === 0;
  const isBranch = (half & 0xc003) === 0xc001 && (half & 0x1c7c) === 0;
  return isJump || isBranch;
}

function* shortWords(): Generator<number> {
  for (let half = 0; half < ENCODINGS_16; half++) {
    if ((half & 3) !== 3 && !isJumpToItself16(half)) yield half;
  }
}

function word(opcode: number, funct3: number, upper12: number, rs1 = 9, rd = 8): number {
  return ((upper12 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode) >>> 0;
}

/** All values of the upper 12 bits, with each of `funct3s`. */
function* allUpper(opcode: number, funct3s: readonly number[], rs1 = 9, rd = 8): Generator<number> {
  for (const funct3 of funct3s) {
    for (let upper = 0; upper < 4096; upper++) yield word(opcode, funct3, upper, rs1, rd);
  }
}

const ALL_FUNCT3 = [0, 1, 2, 3, 4, 5, 6, 7];
const MISC_MEM = 0x0f;
const OP_IMM = 0x13;
const OP_IMM_32 = 0x1b;
const AMO = 0x2f;
const OP = 0x33;
const OP_32 = 0x3b;
const OP_FP = 0x53;
const SYSTEM = 0x73;
const DECIDED_BY_UPPER = new Set([OP_IMM, OP_IMM_32, AMO, OP, OP_32, OP_FP, SYSTEM, MISC_MEM]);

function* longWords(): Generator<number> {
  for (const opcode of [OP_IMM_32, OP_IMM, OP, OP_32, OP_FP, AMO]) yield* allUpper(opcode, ALL_FUNCT3);
  yield* allUpper(SYSTEM, [0], 0, 0);
  yield* allUpper(SYSTEM, [0], 1, 0);
  yield* allUpper(SYSTEM, [1, 2, 4, 6], 0, 8);
  yield* allUpper(SYSTEM, [1, 2, 7], 9, 8);
  for (const funct3 of ALL_FUNCT3) {
    for (let upper = 0; upper < 4096; upper += 37) yield word(MISC_MEM, funct3, upper);
  }
  for (let opcode = 3; opcode < 128; opcode += 4) {
    if (DECIDED_BY_UPPER.has(opcode)) continue;
    for (const funct3 of ALL_FUNCT3) {
      // the two bits that are the format of FMADD, and some others; never a jump to itself
      for (const upper of [0x021, 0x121, 0x221, 0x321, 0x421, 0xfa1, 0x7c1]) yield word(opcode, funct3, upper);
    }
  }
}

/** The encodings, in the order of the recorded bits. */
export function legalityWords(): Uint32Array {
  return Uint32Array.from([...shortWords(), ...longWords()]);
}
