import type { CoreExports } from './exports.ts';
import { HART_BYTES, HART_F, HART_FFLAGS, HART_FRM, HART_PC, HART_RETIRED, HART_X, TRAP_ADDRESS, TRAP_INSTRUCTION } from './layout.ts';
import { LinearMemory, word } from './linear-memory.ts';

const TWO_32 = 2 ** 32;

/** The harts of a core: their slots, which hold the registers, and what runs them. */
export abstract class Harts extends LinearMemory {
  /** Where the slots begin: asked for once, for registers are read many times a syscall. */
  private readonly harts: number;

  constructor(exports: CoreExports, memory: WebAssembly.Memory) {
    super(exports, memory);
    this.harts = exports.hartAddress(0) >>> 0;
  }

  // Slots and slices

  /** Takes a slot with all registers zero, 0 when all are taken. */
  hartAlloc(): number {
    return this.exports.hartAlloc();
  }

  hartFree(slot: number): void {
    this.exports.hartFree(slot);
  }

  /** Linear address of the slot's registers, drawn in layout.ts. It never changes. */
  hartAddress(slot: number): number {
    return this.harts + slot * HART_BYTES;
  }

  /**
   * Runs exactly `fuel` instructions, or to the first trap. Returns TRAP_FUEL or the cause; pc stays on the instruction that
   * trapped. TRAP_FAULT_WRITE at a page whose PTE permits writing means that no frame was left for its copy.
   */
  run(slot: number, space: number, fuel: number): number {
    return this.exports.run(slot, space, fuel);
  }

  /** Instructions retired by the last `run`. */
  lastRetired(): number {
    return this.exports.lastRetired() >>> 0;
  }

  /** Sets what rdtime reads from the next slice on: ticks of 100 ns, and how many instructions make one. */
  setTimeCsr(ticks: bigint, instructionsPerTick: number): void {
    this.exports.setTimeCsr(Number(ticks & 0xffff_ffffn), Number((ticks >> 32n) & 0xffff_ffffn), instructionsPerTick);
  }

  /** As `setTimeCsr`, from a monotonic time in ns that advances by 1 ns an instruction. */
  setTimeNs(monotonicNs: number): void {
    const ticks = Math.floor(monotonicNs / 100);
    this.exports.setTimeCsr(ticks >>> 0, Math.floor(ticks / TWO_32), 100);
  }

  /** Copies all registers of one slot to another. */
  copyHart(from: number, to: number): void {
    const start = this.hartAddress(from);
    this.bytes().copyWithin(this.hartAddress(to), start, start + HART_BYTES);
  }

  /** Sets all registers of a slot to zero. */
  clearHart(slot: number): void {
    const start = this.hartAddress(slot);
    this.bytes().fill(0, start, start + HART_BYTES);
  }

  /** Guest address at fault of the last trap; exact below 2^53. */
  trapAddress(): number {
    const words = this.words();
    return word(words, TRAP_ADDRESS) + word(words, TRAP_ADDRESS + 4) * TWO_32;
  }

  /** Instruction word of the last TRAP_ILLEGAL; the upper half is 0 if it is a 16-bit one. */
  trapInstruction(): number {
    return word(this.words(), TRAP_INSTRUCTION);
  }

  // Registers

  /** x`i` as an unsigned number; values from 2^53 on lose low bits. */
  regU(slot: number, i: number): number {
    const at = this.hartAddress(slot) + HART_X + i * 8;
    const words = this.words();
    return word(words, at) + word(words, at + 4) * TWO_32;
  }

  /** Low half of x`i` as a signed number. */
  regS32(slot: number, i: number): number {
    return this.regLo(slot, i) | 0;
  }

  /** Low half of x`i`. */
  regLo(slot: number, i: number): number {
    return word(this.words(), this.hartAddress(slot) + HART_X + i * 8);
  }

  /** High half of x`i`. */
  regHi(slot: number, i: number): number {
    return word(this.words(), this.hartAddress(slot) + HART_X + i * 8 + 4);
  }

  /** x`i`, all 64 bits, unsigned. */
  regBig(slot: number, i: number): bigint {
    return this.view().getBigUint64(this.hartAddress(slot) + HART_X + i * 8, true);
  }

  /** Sets x`i` to an integer of at most 53 bits and its sign. */
  setReg(slot: number, i: number, value: number): void {
    if (i === 0) return;
    this.setWide(this.hartAddress(slot) + HART_X + i * 8, value);
  }

  /** Sets x`i` to the low 64 bits of `value`. */
  setRegBig(slot: number, i: number, value: bigint): void {
    if (i === 0) return;
    this.view().setBigUint64(this.hartAddress(slot) + HART_X + i * 8, BigInt.asUintN(64, value), true);
  }

  /** Address of the next instruction. */
  pc(slot: number): number {
    const at = this.hartAddress(slot) + HART_PC;
    const words = this.words();
    return word(words, at) + word(words, at + 4) * TWO_32;
  }

  setPc(slot: number, va: number): void {
    this.setWide(this.hartAddress(slot) + HART_PC, va);
  }

  /** f`i` as its bits; a single is NaN-boxed. */
  getF(slot: number, i: number): bigint {
    return this.view().getBigUint64(this.hartAddress(slot) + HART_F + i * 8, true);
  }

  setF(slot: number, i: number, bits: bigint): void {
    this.view().setBigUint64(this.hartAddress(slot) + HART_F + i * 8, BigInt.asUintN(64, bits), true);
  }

  /** fcsr: frm in bits 7:5, fflags in bits 4:0. */
  fcsr(slot: number): number {
    const at = this.hartAddress(slot);
    const words = this.words();
    return (word(words, at + HART_FRM) << 5) | word(words, at + HART_FFLAGS);
  }

  setFcsr(slot: number, fcsr: number): void {
    const at = this.hartAddress(slot);
    const words = this.words();
    words[(at + HART_FRM) >>> 2] = (fcsr >>> 5) & 7;
    words[(at + HART_FFLAGS) >>> 2] = fcsr & 0x1f;
  }

  /** Instructions retired since the hart was made. */
  retired(slot: number): number {
    const at = this.hartAddress(slot) + HART_RETIRED;
    const words = this.words();
    return word(words, at) + word(words, at + 4) * TWO_32;
  }
}
