import type { CoreExports } from './exports.ts';

const TWO_32 = 2 ** 32;

/**
 * The linear memory of a core.
 *
 * The views of `bytes()`, `words()` and `view()` do not survive a growth of memory: ask for them again after any call that
 * may allocate.
 */
export abstract class LinearMemory {
  readonly exports: CoreExports;
  private readonly memory: WebAssembly.Memory;
  private byteView: Uint8Array;
  private wordView: Uint32Array;
  private dataView: DataView;

  constructor(exports: CoreExports, memory: WebAssembly.Memory) {
    this.exports = exports;
    this.memory = memory;
    this.byteView = new Uint8Array(memory.buffer);
    this.wordView = new Uint32Array(memory.buffer);
    this.dataView = new DataView(memory.buffer);
  }

  /** All of linear memory, by bytes. */
  bytes(): Uint8Array {
    if (this.byteView.length === 0) this.byteView = new Uint8Array(this.memory.buffer);
    return this.byteView;
  }

  /** All of linear memory, by aligned 32-bit words: index is address / 4. */
  words(): Uint32Array {
    if (this.wordView.length === 0) this.wordView = new Uint32Array(this.memory.buffer);
    return this.wordView;
  }

  /** All of linear memory, for values of any size and alignment. */
  view(): DataView {
    if (this.byteView.length === 0 || this.dataView.buffer !== this.byteView.buffer) {
      this.dataView = new DataView(this.bytes().buffer);
    }
    return this.dataView;
  }

  /** Linear address of a buffer of at least `bytes` bytes, 0 when memory cannot grow. It is the caller's up to the next call. */
  scratchAddress(bytes: number): number {
    return this.exports.scratchAddress(bytes) >>> 0;
  }

  /** Writes an integer of at most 53 bits and its sign as 64 bits at the aligned address `at`. */
  protected setWide(at: number, value: number): void {
    const words = this.words();
    words[at >>> 2] = value >>> 0;
    words[(at + 4) >>> 2] = Math.floor(value / TWO_32) >>> 0;
  }
}

/** The aligned word at linear address `at`, which the caller knows to be inside memory. */
export function word(words: Uint32Array, at: number): number {
  return words[at >>> 2] as number;
}
