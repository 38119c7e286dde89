/** A very small RV64 assembler: enough to put instruction vectors into an ELF file without any tool chain. */

/** Register numbers by ABI name. */
export const REG = {
  zero: 0, ra: 1, sp: 2, gp: 3, tp: 4, t0: 5, t1: 6, t2: 7, s0: 8, s1: 9, a0: 10, a1: 11, a2: 12, a3: 13, a4: 14, a5: 15,
  a6: 16, a7: 17, s2: 18, s3: 19, s4: 20, s5: 21, s6: 22, s7: 23, s8: 24, s9: 25, s10: 26, s11: 27, t3: 28, t4: 29, t5: 30, t6: 31,
} as const;

export function encodeR(opcode: number, funct3: number, funct7: number, rd: number, rs1: number, rs2: number): number {
  return ((funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode) >>> 0;
}

export function encodeI(opcode: number, funct3: number, rd: number, rs1: number, immediate: number): number {
  return (((immediate & 0xfff) << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode) >>> 0;
}

export function encodeS(opcode: number, funct3: number, rs1: number, rs2: number, immediate: number): number {
  const upper = (immediate >> 5) & 0x7f;
  return ((upper << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | ((immediate & 0x1f) << 7) | opcode) >>> 0;
}

export function encodeB(funct3: number, rs1: number, rs2: number, offset: number): number {
  const upper = (((offset >> 12) & 1) << 6) | ((offset >> 5) & 0x3f);
  const lower = (((offset >> 1) & 0xf) << 1) | ((offset >> 11) & 1);
  return ((upper << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (lower << 7) | 0x63) >>> 0;
}

export function encodeU(opcode: number, rd: number, upper20: number): number {
  return (((upper20 & 0xf_ffff) << 12) | (rd << 7) | opcode) >>> 0;
}

export function encodeJ(rd: number, offset: number): number {
  const bits = (((offset >> 20) & 1) << 19) | (((offset >> 1) & 0x3ff) << 9) | (((offset >> 11) & 1) << 8) | ((offset >> 12) & 0xff);
  return ((bits << 12) | (rd << 7) | 0x6f) >>> 0;
}

export const addi = (rd: number, rs1: number, immediate: number): number => encodeI(0x13, 0, rd, rs1, immediate);
export const ld = (rd: number, rs1: number, offset: number): number => encodeI(0x03, 3, rd, rs1, offset);
export const sd = (rs2: number, rs1: number, offset: number): number => encodeS(0x23, 3, rs1, rs2, offset);
export const xor = (rd: number, rs1: number, rs2: number): number => encodeR(0x33, 4, 0, rd, rs1, rs2);
export const add = (rd: number, rs1: number, rs2: number): number => encodeR(0x33, 0, 0, rd, rs1, rs2);
export const bne = (rs1: number, rs2: number, offset: number): number => encodeB(1, rs1, rs2, offset);
export const ECALL = 0x73;

/** Code that grows; 16-bit instructions have their low two bits not both set. */
export class Code {
  readonly va: number;
  private readonly halves: number[] = [];

  constructor(va: number) {
    this.va = va;
  }

  /** Address of the next instruction. */
  get here(): number {
    return this.va + this.halves.length * 2;
  }

  emit(...words: readonly number[]): void {
    for (const word of words) {
      this.halves.push(word & 0xffff);
      if ((word & 3) === 3) this.halves.push(word >>> 16);
    }
  }

  /** rd = value, below 2^31. */
  loadConstant(rd: number, value: number): void {
    const low = (value << 20) >> 20;
    this.emit(encodeU(0x37, rd, (value - low) >>> 12), encodeI(0x1b, 0, rd, rd, low));
  }

  bytes(): Uint8Array {
    return new Uint8Array(Uint16Array.from(this.halves).buffer);
  }
}

const EHDR_BYTES = 64;
const PHDR_BYTES = 56;
const PT_LOAD = 1;

export interface Segment {
  readonly va: number;
  readonly bytes: Uint8Array;
  /** 1 execute, 2 write, 4 read. */
  readonly flags: number;
  readonly memoryBytes?: number;
}

/** A static riscv64 ELF file of segments that begin at page boundaries. */
export function staticElf(entry: number, segments: readonly Segment[]): Uint8Array {
  const page = 4096;
  const offsets: number[] = [];
  let end = page;
  for (const { bytes } of segments) {
    offsets.push(end);
    end += Math.ceil(bytes.length / page) * page;
  }
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 243, true); // EM_RISCV
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, BigInt(EHDR_BYTES), true);
  view.setUint32(48, 0x5, true); // RVC, double float ABI
  view.setUint16(52, EHDR_BYTES, true);
  view.setUint16(54, PHDR_BYTES, true);
  view.setUint16(56, segments.length, true);
  segments.forEach(({ va, bytes, flags, memoryBytes }, i) => {
    const at = EHDR_BYTES + i * PHDR_BYTES;
    const offset = offsets[i] ?? 0;
    view.setUint32(at, PT_LOAD, true);
    view.setUint32(at + 4, flags, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, BigInt(va), true);
    view.setBigUint64(at + 24, BigInt(va), true);
    view.setBigUint64(at + 32, BigInt(bytes.length), true);
    view.setBigUint64(at + 40, BigInt(memoryBytes ?? bytes.length), true);
    view.setBigUint64(at + 48, BigInt(page), true);
    file.set(bytes, offset);
  });
  return file;
}
