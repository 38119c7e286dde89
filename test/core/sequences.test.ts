import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { PAGE_BYTES, TRAP_FUEL } from '../../src/core/layout.ts';
import { BareMachine, READ_EXECUTE, READ_WRITE } from './support/bare-machine.ts';
import { ECALL, encodeB, encodeI, encodeJ, encodeR, encodeS, encodeU } from './vectors/assembler.ts';
import { Random } from './vectors/float-operands.ts';

const CODE = 0x1_0000;
const DATA = 0x40_0000;
/** Always holds an address in the data page; nothing writes it. */
const BASE = 8;
const RA = 1;
const TRIES = 24;

/** Fields of one instruction; every operation takes from them what it needs. */
interface Fields {
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly immediate: number;
}

type Encoder = (fields: Fields) => number;

const register = (opcode: number, funct3: number, funct7: number): Encoder => ({ rd, rs1, rs2 }) => encodeR(opcode, funct3, funct7, rd, rs1, rs2);
const immediate = (opcode: number, funct3: number): Encoder => (fields) => encodeI(opcode, funct3, fields.rd, fields.rs1, fields.immediate);
const shift = (opcode: number, funct3: number, high: number, limit: number): Encoder => (fields) =>
  encodeI(opcode, funct3, fields.rd, fields.rs1, high | (fields.immediate & (limit - 1)));
const load = (funct3: number): Encoder => ({ rd, immediate: offset }) => encodeI(0x03, funct3, rd, BASE, offset & -8);
const store = (funct3: number): Encoder => ({ rs2, immediate: offset }) => encodeS(0x23, funct3, BASE, rs2, offset & -8);
const branch = (funct3: number): Encoder => ({ rs1, rs2 }) => encodeB(funct3, rs1, rs2, 32);

/** The operations that occur in sequences. */
const ENCODERS: Record<string, Encoder> = {
  LI: ({ rd }) => encodeU(0x17, rd, 0x7_ffff), // beyond 31 bits
  ADDI: immediate(0x13, 0),
  XORI: immediate(0x13, 4),
  ANDI: immediate(0x13, 7),
  SLLI: shift(0x13, 1, 0, 64),
  SRLI: shift(0x13, 5, 0, 64),
  SRAI: shift(0x13, 5, 0x400, 64),
  ADDIW: immediate(0x1b, 0),
  SLLIW: shift(0x1b, 1, 0, 32),
  SRLIW: shift(0x1b, 5, 0, 32),
  SRAIW: shift(0x1b, 5, 0x400, 32),
  ADD: register(0x33, 0, 0),
  SUB: register(0x33, 0, 0x20),
  SLTU: register(0x33, 3, 0),
  XOR: register(0x33, 4, 0),
  SRL: register(0x33, 5, 0),
  OR: register(0x33, 6, 0),
  AND: register(0x33, 7, 0),
  ADDW: register(0x3b, 0, 0),
  SUBW: register(0x3b, 0, 0x20),
  MUL: register(0x33, 0, 1),
  MULW: register(0x3b, 0, 1),
  REMU: register(0x33, 7, 1),
  LBU: load(4),
  LHU: load(5),
  LW: load(2),
  LD: load(3),
  SB: store(0),
  SH: store(1),
  SW: store(2),
  SD: store(3),
  FLD: ({ rd, immediate: offset }) => encodeI(0x07, 3, rd, BASE, offset & -8),
  FSD: ({ rs2, immediate: offset }) => encodeS(0x27, 3, BASE, rs2, offset & -8),
  BEQ: branch(0),
  BNE: branch(1),
  BLT: branch(4),
  BGE: branch(5),
  BLTU: branch(6),
  BGEU: branch(7),
  J: () => encodeJ(0, 32),
  JAL: ({ rd }) => encodeJ(rd, 32),
  JR: () => encodeI(0x67, 0, 0, 1, 0),
};

/** The sequences as `decode/fuse.ts` defines them, and runs of loads and stores. */
function sequences(): string[][] {
  const source = readFileSync('assembly/decode/fuse.ts', 'utf8');
  const defined = [...source.matchAll(/^ {2}(?:pair|triple|quadruple)\((.*), \d+, Op\.\w+\);$/gm)].map(([, operations = '']) =>
    operations.split(', ').map((operation) => operation.replace('Op.', '')),
  );
  const runs = ['LD', 'SD'].flatMap((operation) => [2, 3, 4, 5, 6, 7, 8, 9].map((length) => Array<string>(length).fill(operation)));
  return [...defined, ...runs];
}

/** A program of the sequence, `tries` times over with other operands, linked to each other or not. */
function program(operations: readonly string[], random: Random): number[] {
  const words: number[] = [];
  for (let i = 0; i < TRIES; i++) {
    let last = 10;
    const isUp = random.chance(2);
    const offset = random.between(-120, 0);
    operations.forEach((operation, k) => {
      const encode = ENCODERS[operation];
      if (encode === undefined) throw new Error(`no encoding for ${operation}`);
      const rd = random.between(10, 15);
      const rs1 = random.chance(2) ? last : random.between(9, 15);
      const rs2 = random.chance(3) ? last : random.chance(8) ? 0 : random.between(9, 15);
      const isRun = operations[0] === operation && operations.length > 4;
      const value = isRun ? offset * 8 + (isUp ? k : -k) * 8 : random.between(-100, 100) * (random.chance(4) ? 1 : 8);
      words.push(encode({ rd, rs1, rs2, immediate: value }));
      last = rd;
    });
    // where taken branches go, from whichever of the sequence: something to tell by how many instructions were skipped
    for (let k = 0; k < 10; k++) words.push(encodeI(0x13, 0, 9, 9, 1 << k));
  }
  words.push(ECALL);
  return words;
}

let machine: BareMachine;
beforeAll(() => {
  machine = new BareMachine(new WebAssembly.Module(readFileSync('build/core.wasm')));
  machine.map(CODE, READ_EXECUTE, 2);
  machine.map(DATA, READ_WRITE, 2);
});

/** Registers and data after the program ran in slices of `slice`. */
function outcome(words: readonly number[], seed: bigint, slice: number, base: number): unknown {
  const { core, space } = machine;
  const random = new Random(seed);
  const hart = core.hartAlloc();
  const data = BigUint64Array.from({ length: (2 * PAGE_BYTES) / 8 }, () => random.bits(64));
  machine.poke(CODE, new Uint8Array(Uint32Array.from(words).buffer));
  machine.poke(DATA, new Uint8Array(data.buffer));
  for (let i = 9; i < 16; i++) core.setRegBig(hart, i, random.chance(3) ? random.bits(6) : random.bits(64));
  core.setReg(hart, BASE, base);
  core.setReg(hart, RA, CODE + (words.length - 1) * 4); // where JR goes
  core.setPc(hart, CODE);
  let cause: number;
  do cause = core.run(hart, space, slice);
  while (cause === TRAP_FUEL);
  const result = {
    cause,
    pc: core.pc(hart),
    retired: core.retired(hart),
    x: Array.from({ length: 32 }, (_, i) => core.regBig(hart, i)),
    f: Array.from({ length: 32 }, (_, i) => core.getF(hart, i)),
    data: [0, 1].map((page) => Buffer.from(core.frameBytes(core.pte(space, DATA / PAGE_BYTES + page) >>> 12)).toString('base64')),
  };
  core.hartFree(hart);
  return result;
}

describe('a sequence that is done at once', () => {
  const all = sequences();

  it('is one of at least 90', () => {
    expect(all.length).toBeGreaterThanOrEqual(90);
  });

  it('leaves what its instructions leave one by one, within a page and across two', () => {
    all.forEach((operations, i) => {
      const words = program(operations, new Random(BigInt(i + 1)));
      for (const base of [DATA + 2000, DATA + PAGE_BYTES, DATA + PAGE_BYTES + 4]) {
        const seed = BigInt(1000 + i);
        expect(outcome(words, seed, 100_000, base), operations.join(' ')).toEqual(outcome(words, seed, 1, base));
      }
    });
  });
});
