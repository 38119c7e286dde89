/** Programs made of vectors: the same ELF file runs under qemu and in the core. */
import { Code, ECALL, REG, addi, bne, encodeI, encodeR, encodeS, ld, sd, staticElf, encodeB, encodeJ, encodeU } from './assembler.ts';
import { Random } from './float-operands.ts';
import { DATA_BYTES, DATA_VA, isaCases, vectorCount } from './isa-cases.ts';

const CODE_VA = 0x1_0000;
const OPERANDS_VA = 0x80_0000;
const OUT_VA = 0x100_0000;
const STACK_VA = DATA_VA + DATA_BYTES / 2;

const READ_EXECUTE = 5;
const READ_ONLY = 4;
const READ_WRITE = 6;
const SYS_write = 64;
const SYS_exit = 93;

const { zero, a0, a1, a2, a7, s0, s1, s2, sp } = REG; // a block leaves sp alone: the base of its first registers

function randomBytes(seed: bigint, count: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length: count }, () => random.below(256));
}

function emitWriteAndExit(code: Code, end: number): void {
  code.emit(addi(a2, end, 0));
  code.loadConstant(a1, OUT_VA);
  code.emit(encodeR(0x33, 0, 0x20, a2, a2, a1), addi(a0, zero, 1), addi(a7, zero, SYS_write), ECALL);
  code.emit(addi(a0, zero, 0), addi(a7, zero, SYS_exit), ECALL);
}

function elf(code: Code, operands: Uint8Array, outBytes: number): Uint8Array {
  return staticElf(CODE_VA, [
    { va: CODE_VA, bytes: code.bytes(), flags: READ_EXECUTE },
    { va: DATA_VA, bytes: randomBytes(7n, DATA_BYTES), flags: READ_WRITE },
    { va: OPERANDS_VA, bytes: operands, flags: READ_ONLY },
    { va: OUT_VA, bytes: new Uint8Array(0), flags: READ_WRITE, memoryBytes: outBytes },
  ]);
}

/** Executes every vector of `isaCases` in order, and writes the results, 8 bytes each, to its standard output. */
export function vectorProgram(): Uint8Array {
  const code = new Code(CODE_VA);
  code.loadConstant(sp, STACK_VA);
  code.loadConstant(s0, OPERANDS_VA);
  code.loadConstant(s1, OUT_VA);
  for (const each of isaCases) {
    code.loadConstant(s2, each.operands.length);
    const loop = code.here;
    code.emit(ld(a1, s0, 0), ld(a2, s0, 8), addi(a0, a1, 0), ...each.code);
    code.emit(sd(a0, s1, 0), addi(s1, s1, 8), addi(s0, s0, 16), addi(s2, s2, -1));
    code.emit(bne(s2, zero, loop - code.here));
  }
  emitWriteAndExit(code, s1);
  const operands = BigUint64Array.from(isaCases.flatMap((each) => each.operands.flat()));
  return elf(code, new Uint8Array(operands.buffer), vectorCount * 8);
}

/** Registers of a block that is its own: x3 the data, x4 the results, x31 how often it runs. */
const DATA_REG = 3;
const OUT_REG = 4;
const COUNTER = 31;
const KEPT = [1, ...Array.from({ length: 26 }, (_, i) => i + 5)];
const ROUNDS = 3;
const BLOCK_LENGTH = 28;

/** Bytes of results of one block: its registers. */
export const BLOCK_BYTES = KEPT.length * 8;
export const BLOCKS = 1600;

/** Picks instructions as compilers do: few operations make up most, and an instruction often uses what the one before made. */
class BlockWriter {
  private readonly random: Random;
  private last = 5;

  constructor(random: Random) {
    this.random = random;
  }

  private register(): number {
    return this.random.pick(KEPT);
  }

  private source(): number {
    if (this.random.chance(2)) return this.last;
    return this.random.chance(12) ? zero : this.register();
  }

  private destination(): number {
    if (this.random.chance(40)) return zero;
    this.last = this.random.chance(3) ? this.last : this.register();
    return this.last;
  }

  private immediate(): number {
    return this.random.chance(3) ? this.random.between(-2048, 2047) : this.random.between(-16, 16);
  }

  private offset(bytes: number): number {
    const any = this.random.between(-1024, 1016);
    return this.random.chance(8) ? any : any & -bytes;
  }

  /** The next instructions, as words. */
  next(): number[] {
    const { random } = this;
    switch (random.below(15)) {
      case 0:
        return [addi(this.destination(), this.source(), this.immediate())];
      case 1:
        return [addi(this.destination(), random.chance(2) ? zero : this.source(), random.chance(2) ? 0 : this.immediate())];
      case 2:
        return this.load();
      case 3:
        return this.store();
      case 4:
        return this.runOfDoublewords();
      case 5:
        return [this.branch()];
      case 6:
        return [encodeI(0x13, random.pick([2, 3, 4, 6, 7]), this.destination(), this.source(), this.immediate())];
      case 7:
        return [this.shift()];
      case 8:
        return [encodeI(0x1b, 0, this.destination(), this.source(), this.immediate())];
      case 9:
        return [encodeR(random.pick([0x33, 0x3b]), 0, random.pick([0, 0, 0x20, 1]), this.destination(), this.source(), this.source())];
      case 10:
        return [encodeR(0x33, random.pick([1, 2, 3, 4, 5, 6, 7]), random.pick([0, 0, 0, 1]), this.destination(), this.source(), this.source())];
      case 11:
        return [encodeU(random.pick([0x37, 0x17]), this.destination(), random.below(0x10_0000))];
      case 12:
        return this.compressed();
      case 13:
        return this.seldom();
      default:
        return [encodeR(0x33, random.pick([4, 6, 7]), 0, this.destination(), this.source(), this.source())];
    }
  }

  private load(): number[] {
    const funct3 = this.random.below(7);
    return [encodeI(0x03, funct3, this.destination(), DATA_REG, this.offset(1 << (funct3 & 3)))];
  }

  private store(): number[] {
    const funct3 = this.random.below(4);
    return [encodeS(0x23, funct3, DATA_REG, this.source(), this.offset(1 << funct3))];
  }

  private runOfDoublewords(): number[] {
    const { random } = this;
    const step = random.pick([8, -8, 16]);
    const first = this.offset(8) >> 1;
    const isLoad = random.chance(2);
    return Array.from({ length: random.between(2, 6) }, (_, i) => {
      const offset = first + i * step;
      return isLoad ? ld(this.destination(), DATA_REG, offset) : sd(this.register(), DATA_REG, offset);
    });
  }

  private branch(): number {
    // forward, over the next instruction of 32 bits, which `block` makes sure of
    return encodeB(this.random.pick([0, 1, 4, 5, 6, 7]), this.source(), this.source(), 8);
  }

  private shift(): number {
    const isWord = this.random.chance(2);
    const amount = this.random.below(isWord ? 32 : 64);
    const [funct3, high] = this.random.pick([[1, 0], [5, 0], [5, 0x400]] as const);
    return encodeI(isWord ? 0x1b : 0x13, funct3, this.destination(), this.source(), high | amount);
  }

  /** Two instructions of 16 bits, so that what follows is aligned as before. */
  private compressed(): number[] {
    const { random } = this;
    const rd = this.register();
    const rs2 = this.register();
    const any6 = (random.below(2) << 12) | (random.below(32) << 2);
    const short = random.below(8) << 7;
    return Array.from({ length: 2 }, () => {
      switch (random.below(6)) {
        case 0:
          return 0x0001 | (rd << 7) | any6; // c.addi
        case 1:
          return 0x4001 | (rd << 7) | any6; // c.li
        case 2:
          return 0x8002 | (rd << 7) | (rs2 << 2); // c.mv
        case 3:
          return 0x9002 | (rd << 7) | (rs2 << 2); // c.add
        case 4:
          return 0x8801 | short | any6; // c.andi
        default:
          return 0x8c01 | short | (random.below(4) << 5) | (random.below(8) << 2); // c.sub, c.xor, c.or, c.and
      }
    });
  }

  private seldom(): number[] {
    const { random } = this;
    const rd = this.destination();
    const rs1 = this.source();
    const rs2 = this.source();
    switch (random.below(8)) {
      case 0:
        return [encodeR(0x33, random.pick([2, 4, 6]), 0x10, rd, rs1, rs2)]; // sh1add, sh2add, sh3add
      case 1:
        return [encodeR(0x33, random.pick([4, 5, 6, 7]), 0x05, rd, rs1, rs2)]; // min, minu, max, maxu
      case 2:
        return [encodeR(0x33, random.pick([4, 6, 7]), 0x20, rd, rs1, rs2)]; // xnor, orn, andn
      case 3:
        return [encodeR(0x33, random.pick([1, 5]), 0x30, rd, rs1, rs2)]; // rol, ror
      case 4:
        return [encodeI(0x13, 1, rd, rs1, random.pick([0x600, 0x601, 0x602, 0x604, 0x605]))];
      case 5:
        return [encodeR(0x53, 0, 0x79, 8, rs1, 0), encodeR(0x53, 0, 0x71, rd, 8, 0)]; // fmv.d.x, fmv.x.d
      case 6:
        return [encodeR(0x2f, 3, 0x00, rd, DATA_REG, rs2)]; // amoadd.d
      default:
        return [encodeJ(rd, 4)];
    }
  }
}

function writeBlock(code: Code, random: Random): void {
  const writer = new BlockWriter(random);
  KEPT.forEach((register, i) => code.emit(ld(register, sp, i * 8)));
  code.emit(addi(COUNTER, zero, ROUNDS));
  const loop = code.here;
  for (let i = 0; i < BLOCK_LENGTH; i++) {
    const words = writer.next();
    code.emit(...words);
    // a branch is followed by one instruction of 32 bits, and sometimes goes past it
    if (words.some((word) => (word & 0x7f) === 0x63)) code.emit(addi(random.pick(KEPT), random.pick(KEPT), 1));
  }
  code.emit(addi(COUNTER, COUNTER, -1), bne(COUNTER, zero, 8), encodeJ(zero, 8), encodeJ(zero, loop - (code.here + 12)));
  KEPT.forEach((register, i) => code.emit(sd(register, OUT_REG, i * 8)));
  code.emit(addi(OUT_REG, OUT_REG, BLOCK_BYTES));
}


/** Executes random blocks, each several times over, and writes the registers each ends with, BLOCK_BYTES a block. */
export function blockProgram(seed: bigint): Uint8Array {
  const random = new Random(seed);
  const code = new Code(CODE_VA);
  code.loadConstant(DATA_REG, STACK_VA);
  code.loadConstant(OUT_REG, OUT_VA);
  code.loadConstant(sp, OPERANDS_VA);
  for (let i = 0; i < BLOCKS; i++) {
    writeBlock(code, random);
    code.emit(addi(sp, sp, 8));
  }
  emitWriteAndExit(code, OUT_REG);
  return elf(code, randomBytes(seed, (BLOCKS + KEPT.length) * 8), BLOCKS * BLOCK_BYTES);
}
