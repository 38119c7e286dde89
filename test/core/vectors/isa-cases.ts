/**
 * The instructions of I, M, A, C, Zicsr, Zba, Zbb and Zbs as vectors: code that takes its operands in a1 and a2 (and a0, the
 * same as a1) and leaves its result in a0. a3 to a7 are free.
 */
import { REG, add, addi, encodeB, encodeI, encodeJ, encodeR, encodeS, encodeU, ld, xor } from './assembler.ts';
import { Random } from './float-operands.ts';

export interface IsaCase {
  readonly name: string;
  readonly code: readonly number[];
  readonly operands: readonly (readonly [bigint, bigint])[];
}

const { zero, ra, a0, a1, a2, a3, a4, a5, sp } = REG;

/** A page and a bit of random bytes, mapped for reading and writing; loads and stores of the vectors are in here. */
export const DATA_VA = 0x40_0000;
export const DATA_BYTES = 0x2000;
const MIDDLE = DATA_VA + 0x1000;

const EDGES = [
  0n, 1n, 2n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_8000_0000n, 0xffff_ffff_ffff_fffen, 0xffff_ffff_ffff_ffffn,
  0x0123_4567_89ab_cdefn, 0x00ff_0000_1000_0080n,
];
const PAIRS_EACH = 72;
const UNARY_EACH = 32;

const random = new Random(2024n);

function anyValue(): bigint {
  const kind = random.below(4);
  if (kind === 0) return random.pick(EDGES);
  if (kind === 1) return BigInt.asUintN(64, BigInt.asIntN(32, random.bits(32)));
  return kind === 2 ? random.bits(64) >> BigInt(random.below(64)) : random.bits(64);
}

function pairs(count: number): [bigint, bigint][] {
  return Array.from({ length: count }, (_, i): [bigint, bigint] => {
    const first = anyValue();
    // now and then the same, so that comparisons are equal
    return [first, i % 9 === 0 ? first : anyValue()];
  });
}

function addresses(alignment: number): [bigint, bigint][] {
  return Array.from({ length: UNARY_EACH }, (_, i): [bigint, bigint] => {
    // around the page boundary, and anywhere else
    const offset = i % 2 === 0 ? random.between(-16, 16) : random.between(-2000, 2000);
    return [BigInt(MIDDLE + Math.floor(offset / alignment) * alignment), anyValue()];
  });
}

const cases: IsaCase[] = [];

function binary(name: string, opcode: number, funct3: number, funct7: number): void {
  cases.push({ name, code: [encodeR(opcode, funct3, funct7, a0, a1, a2)], operands: pairs(PAIRS_EACH) });
}

function immediates(name: string, opcode: number, funct3: number, values: readonly number[]): void {
  for (const value of values) {
    cases.push({ name: `${name} ${value}`, code: [encodeI(opcode, funct3, a0, a1, value)], operands: pairs(UNARY_EACH) });
  }
}

function code(name: string, words: readonly number[], operands: readonly (readonly [bigint, bigint])[] = pairs(UNARY_EACH)): void {
  cases.push({ name, code: words, operands });
}

const OP = 0x33;
const OP_32 = 0x3b;
const OP_IMM = 0x13;
const OP_IMM_32 = 0x1b;

// I: registers
binary('add', OP, 0, 0);
binary('sub', OP, 0, 0x20);
binary('sll', OP, 1, 0);
binary('slt', OP, 2, 0);
binary('sltu', OP, 3, 0);
binary('xor', OP, 4, 0);
binary('srl', OP, 5, 0);
binary('sra', OP, 5, 0x20);
binary('or', OP, 6, 0);
binary('and', OP, 7, 0);
binary('addw', OP_32, 0, 0);
binary('subw', OP_32, 0, 0x20);
binary('sllw', OP_32, 1, 0);
binary('srlw', OP_32, 5, 0);
binary('sraw', OP_32, 5, 0x20);

// I: immediates
const IMMEDIATES = [0, 1, -1, 2047, -2048, 0x555, -0x2ab];
immediates('addi', OP_IMM, 0, IMMEDIATES);
immediates('slti', OP_IMM, 2, IMMEDIATES);
immediates('sltiu', OP_IMM, 3, IMMEDIATES);
immediates('xori', OP_IMM, 4, IMMEDIATES);
immediates('ori', OP_IMM, 6, IMMEDIATES);
immediates('andi', OP_IMM, 7, IMMEDIATES);
immediates('addiw', OP_IMM_32, 0, IMMEDIATES);
const SHIFTS = [0, 1, 7, 31, 32, 63];
const WORD_SHIFTS = [0, 1, 7, 31];
immediates('slli', OP_IMM, 1, SHIFTS);
immediates('srli', OP_IMM, 5, SHIFTS);
immediates('srai', OP_IMM, 5, SHIFTS.map((shift) => 0x400 | shift));
immediates('slliw', OP_IMM_32, 1, WORD_SHIFTS);
immediates('srliw', OP_IMM_32, 5, WORD_SHIFTS);
immediates('sraiw', OP_IMM_32, 5, WORD_SHIFTS.map((shift) => 0x400 | shift));
for (const upper of [0, 1, 0x7ffff, 0x80000, 0xfffff, 0x12345]) {
  code(`lui ${upper}`, [encodeU(0x37, a0, upper)], [[0n, 0n]]);
  code(`auipc ${upper}`, [encodeU(0x17, a0, upper)], [[0n, 0n]]);
}

// M
['mul', 'mulh', 'mulhsu', 'mulhu', 'div', 'divu', 'rem', 'remu'].forEach((name, funct3) => binary(name, OP, funct3, 1));
for (const [funct3, name] of [[0, 'mulw'], [4, 'divw'], [5, 'divuw'], [6, 'remw'], [7, 'remuw']] as const) binary(name, OP_32, funct3, 1);

// Zba, Zbb, Zbs
binary('add.uw', OP_32, 0, 0x04);
for (const [funct3, shift] of [[2, 1], [4, 2], [6, 3]] as const) {
  binary(`sh${shift}add`, OP, funct3, 0x10);
  binary(`sh${shift}add.uw`, OP_32, funct3, 0x10);
}
immediates('slli.uw', OP_IMM_32, 1, SHIFTS.map((shift) => 0x080 | shift));
binary('andn', OP, 7, 0x20);
binary('orn', OP, 6, 0x20);
binary('xnor', OP, 4, 0x20);
['clz', 'ctz', 'cpop'].forEach((name, i) => {
  immediates(name, OP_IMM, 1, [0x600 | i]);
  immediates(`${name}w`, OP_IMM_32, 1, [0x600 | i]);
});
immediates('sext.b', OP_IMM, 1, [0x604]);
immediates('sext.h', OP_IMM, 1, [0x605]);
immediates('orc.b', OP_IMM, 5, [0x287]);
immediates('rev8', OP_IMM, 5, [0x6b8]);
code('zext.h', [encodeR(OP_32, 4, 0x04, a0, a1, 0)]);
['min', 'minu', 'max', 'maxu'].forEach((name, i) => binary(name, OP, 4 + i, 0x05));
binary('rol', OP, 1, 0x30);
binary('ror', OP, 5, 0x30);
binary('rolw', OP_32, 1, 0x30);
binary('rorw', OP_32, 5, 0x30);
immediates('rori', OP_IMM, 5, SHIFTS.map((shift) => 0x600 | shift));
immediates('roriw', OP_IMM_32, 5, WORD_SHIFTS.map((shift) => 0x600 | shift));
for (const [name, funct3, funct7] of [['bset', 1, 0x14], ['bclr', 1, 0x24], ['bext', 5, 0x24], ['binv', 1, 0x34]] as const) {
  binary(name, OP, funct3, funct7);
  immediates(`${name}i`, OP_IMM, funct3, SHIFTS.map((shift) => (funct7 << 5) | shift));
}

// Loads and stores, aligned or not, across the page boundary too
['lb', 'lh', 'lw', 'ld', 'lbu', 'lhu', 'lwu'].forEach((name, funct3) => {
  for (const offset of [0, -5, 2040]) {
    const operands = addresses(1).map(([va, other]) => [va - BigInt(offset), other] as const);
    code(`${name} ${offset}`, [encodeI(0x03, funct3, a0, a1, offset)], operands);
  }
});
['sb', 'sh', 'sw', 'sd'].forEach((name, funct3) => {
  for (const offset of [0, 11]) {
    // a0 = what is there then, mixed with both neighbours
    const words = [encodeS(0x23, funct3, a1, a2, offset), ld(a0, a1, offset), ld(a3, a1, offset - 8), ld(a4, a1, offset + 8)];
    code(`${name} ${offset}`, [...words, xor(a0, a0, a3), add(a0, a0, a4)], addresses(1));
  }
});

// Jumps: a0 tells whether it was taken
const BRANCHES = ['beq', 'bne', '', '', 'blt', 'bge', 'bltu', 'bgeu'];
BRANCHES.forEach((name, funct3) => {
  if (name === '') return;
  code(name, [addi(a3, zero, 1), encodeB(funct3, a1, a2, 8), addi(a3, zero, 2), addi(a0, a3, 0)], pairs(PAIRS_EACH));
  const back = [encodeJ(zero, 12), addi(a3, zero, 1), encodeJ(zero, 12), addi(a3, zero, 2), encodeB(funct3, a1, a2, -12), addi(a0, a3, 0)];
  code(`${name} back`, back, pairs(UNARY_EACH));
});
code('jal', [encodeJ(a0, 8), addi(a0, a0, 64), addi(a0, a0, 1)], [[0n, 0n]]);
code('jalr', [encodeU(0x17, a3, 0), encodeI(0x67, 0, a0, a3, 13), addi(a0, a0, 64), addi(a0, a0, 1)], [[0n, 0n]]);
code('jalr over its base', [encodeU(0x17, a0, 0), encodeI(0x67, 0, a0, a0, 12), addi(a0, a0, 64), addi(a0, a0, 1)], [[0n, 0n]]);

// A: a0 is the old value, mixed with what is there then
const AMOS = { amoadd: 0x00, amoswap: 0x01, amoxor: 0x04, amoor: 0x08, amoand: 0x0c, amomin: 0x10, amomax: 0x14, amominu: 0x18, amomaxu: 0x1c };
for (const [suffix, funct3] of [['w', 2], ['d', 3]] as const) {
  const mixed = [ld(a4, a1, 0), encodeI(OP_IMM, 1, a5, a0, 1), add(a0, a0, a5), xor(a0, a0, a4)];
  const where = addresses(8);
  for (const [name, funct5] of Object.entries(AMOS)) {
    code(`${name}.${suffix}`, [encodeR(0x2f, funct3, funct5 << 2, a0, a1, a2), ...mixed], where);
    code(`${name}.${suffix} x0`, [encodeR(0x2f, funct3, (funct5 << 2) | 3, 0, a1, a2), ...mixed], where);
  }
  const lr = encodeR(0x2f, funct3, 0x02 << 2, a3, a1, 0);
  const sc = encodeR(0x2f, funct3, 0x03 << 2, a0, a1, a2);
  code(`lr.${suffix}`, [encodeR(0x2f, funct3, 0x02 << 2, a0, a1, 0)], where);
  code(`lr.${suffix} sc.${suffix}`, [lr, sc, add(a0, a0, a3), ...mixed], where);
  code(`sc.${suffix} alone`, [sc, ...mixed], where);
  code(`sc.${suffix} elsewhere`, [lr, addi(a1, a1, 8), sc, ...mixed], where);
  code(`sc.${suffix} twice`, [lr, sc, addi(a2, a2, 1), sc, ...mixed], where);
  code(`sc.${suffix} after a store`, [lr, encodeS(0x23, 3, a1, a2, 0), addi(a2, a2, 1), sc, ...mixed], where);
}

// Zicsr: the floating-point status is the only state user mode can write
for (const [name, csr] of [['fflags', 1], ['frm', 2], ['fcsr', 3]] as const) {
  ['csrrw', 'csrrs', 'csrrc', 'csrrwi', 'csrrsi', 'csrrci'].forEach((operation, i) => {
    const funct3 = i < 3 ? i + 1 : i + 2;
    const operand = i < 3 ? a2 : 0x15;
    const seed = [encodeI(0x73, 1, zero, a1, 3)];
    const after = [encodeI(0x73, 2, a4, zero, 3), encodeI(OP_IMM, 1, a4, a4, 8), add(a0, a0, a4), encodeI(0x73, 1, zero, zero, 3)];
    code(`${operation} ${name}`, [...seed, encodeI(0x73, funct3, a0, operand, csr), ...after]);
    code(`${operation} ${name} x0`, [...seed, encodeI(0x73, funct3, a0, zero, csr), ...after]);
  });
}

// x0 as destination: nothing happens to it
code('x0', [add(zero, a1, a2), encodeR(OP, 0, 1, zero, a1, a2), encodeU(0x37, zero, 5), add(a0, zero, a1)]);
code('fence', [0x0ff0_000f, 0x0000_100f, addi(a0, a1, 1)]);

// C. x8 to x15 in the short fields: a0 is 2, a1 3, a2 4.
const half = (quadrant: number, funct3: number, bits: number): number => (funct3 << 13) | bits | quadrant;
const ca = (funct2: number, bit12: number): number => half(1, 4, (bit12 << 12) | (3 << 10) | (2 << 7) | (funct2 << 5) | (4 << 2));
code('c.sub', [ca(0, 0)]);
code('c.xor', [ca(1, 0)]);
code('c.or', [ca(2, 0)]);
code('c.and', [ca(3, 0)]);
code('c.subw', [ca(0, 1)]);
code('c.addw', [ca(1, 1)]);
for (const value of [0, 1, 31, 32, 63, 42]) {
  const six = ((value >> 5) << 12) | ((value & 31) << 2);
  code(`c.addi ${value}`, [half(1, 0, six | (a0 << 7))]);
  code(`c.addiw ${value}`, [half(1, 1, six | (a0 << 7))]);
  code(`c.li ${value}`, [half(1, 2, six | (a0 << 7))]);
  if (value !== 0) {
    code(`c.lui ${value}`, [half(1, 3, six | (a0 << 7))]);
    code(`c.addi16sp ${value}`, [half(1, 3, six | (sp << 7)), addi(a0, sp, 0), encodeU(0x37, sp, MIDDLE >> 12)]);
    code(`c.slli ${value}`, [half(2, 0, six | (a0 << 7))]);
    code(`c.srli ${value}`, [half(1, 4, six | (2 << 7))]);
    code(`c.srai ${value}`, [half(1, 4, six | (1 << 10) | (2 << 7))]);
  }
  code(`c.andi ${value}`, [half(1, 4, six | (2 << 10) | (2 << 7))]);
}
code('c.mv', [half(2, 4, (a0 << 7) | (a2 << 2))]);
code('c.add', [half(2, 4, (1 << 12) | (a0 << 7) | (a2 << 2))]);
for (let bit = 5; bit < 13; bit++) {
  code(`c.addi4spn bit ${bit}`, [half(0, 0, (1 << bit) | (2 << 2))], [[0n, 0n]]);
}
for (let bit = 0; bit < 5; bit++) {
  const at = bit < 3 ? 10 + bit : 2 + bit;
  code(`c.lw bit ${at}`, [half(0, 2, (1 << at) | (3 << 7) | (2 << 2))], addresses(4));
  code(`c.ld bit ${at}`, [half(0, 3, (1 << at) | (3 << 7) | (2 << 2))], addresses(8));
  const after = [0, 8, 64, 128, 32, 16].flatMap((offset) => [ld(a3, a1, offset & ~7), xor(a0, a0, a3)]);
  code(`c.sw bit ${at}`, [half(0, 6, (1 << at) | (3 << 7) | (4 << 2)), ...after], addresses(8));
  code(`c.sd bit ${at}`, [half(0, 7, (1 << at) | (3 << 7) | (4 << 2)), ...after], addresses(8));
  code(`c.fld bit ${at}`, [half(0, 1, (1 << at) | (3 << 7) | (2 << 2)), encodeR(0x53, 0, 0x71, a0, 10, 0)], addresses(8));
  const toF = encodeR(0x53, 0, 0x79, 12, a2, 0);
  code(`c.fsd bit ${at}`, [toF, half(0, 5, (1 << at) | (3 << 7) | (4 << 2)), ...after], addresses(8));
}
const stackAfter = [0, 3, 4, 5, 6, 7, 8].flatMap((i) => [ld(a3, sp, i < 3 ? 0 : 1 << i), xor(a0, a0, a3)]);
for (let bit = 2; bit < 13; bit++) {
  if (bit >= 7) {
    code(`c.swsp bit ${bit}`, [half(2, 6, (1 << bit) | (a2 << 2)), ...stackAfter]);
    code(`c.sdsp bit ${bit}`, [half(2, 7, (1 << bit) | (a2 << 2)), ...stackAfter]);
    code(`c.fsdsp bit ${bit}`, [encodeR(0x53, 0, 0x79, 12, a2, 0), half(2, 5, (1 << bit) | (12 << 2)), ...stackAfter]);
  }
  if (bit < 7 || bit === 12) {
    code(`c.lwsp bit ${bit}`, [half(2, 2, (1 << bit) | (a0 << 7))]);
    code(`c.ldsp bit ${bit}`, [half(2, 3, (1 << bit) | (a0 << 7))]);
    code(`c.fldsp bit ${bit}`, [half(2, 1, (1 << bit) | (10 << 7)), encodeR(0x53, 0, 0x71, a0, 10, 0)]);
  }
}
// Over three instructions of 16 bits: the offset is 8.
const skipped = [half(1, 0, (a0 << 7) | (1 << 2)), half(1, 0, (a0 << 7) | (2 << 2)), half(1, 0, (a0 << 7) | (4 << 2))];
code('c.j', [half(1, 5, 1 << 5), ...skipped]);
code('c.beqz', [half(1, 6, (4 << 7) | (1 << 10)), ...skipped]);
code('c.bnez', [half(1, 7, (4 << 7) | (1 << 10)), ...skipped]);
code('c.jr', [encodeU(0x17, a3, 0), addi(a3, a3, 14), half(2, 4, a3 << 7), ...skipped.slice(1), addi(a0, a0, 9)], [[0n, 0n]]);
code('c.jalr', [encodeU(0x17, a3, 0), addi(a3, a3, 14), half(2, 4, (1 << 12) | (a3 << 7)), ...skipped.slice(1), add(a0, a0, ra)], [[0n, 0n]]);

/**
 * qemu before 8.0 counts the trailing zeros of a word that is all zero on into the upper half; `isa.test.ts` holds ctzw of
 * such words to the manual instead.
 */
function withoutZeroWords({ name, code: words, operands }: IsaCase): IsaCase {
  if (name.split(' ')[0] !== 'ctzw') return { name, code: words, operands };
  return { name, code: words, operands: operands.filter(([first]) => (first & 0xffff_ffffn) !== 0n) };
}

export const isaCases: readonly IsaCase[] = cases.map(withoutZeroWords);
export const vectorCount = isaCases.reduce((sum, { operands }) => sum + operands.length, 0);
