/** A core with one address space and one hart, and no kernel: what tests of memory and of the run loop set up by hand. */
import { Core } from '../../../src/core/core.ts';
import { ACCESS_READ, PAGE_BYTES, PTE_EXEC, PTE_READ, PTE_WRITE } from '../../../src/core/layout.ts';
import { Code } from '../vectors/assembler.ts';

export const READ_WRITE = PTE_READ | PTE_WRITE;
export const READ_EXECUTE = PTE_READ | PTE_EXEC;

export class BareMachine {
  readonly core: Core;
  readonly space: number;
  readonly hart: number;

  constructor(module: WebAssembly.Module, frames = 256) {
    this.core = Core.create(module, { frames });
    this.space = this.core.spaceCreate();
    this.hart = this.core.hartAlloc();
  }

  /** Maps new frames of zeros at `va` on. Returns the first. */
  map(va: number, flags: number, pages = 1, space = this.space): number {
    const frames = Array.from({ length: pages }, (_, i) => this.core.mapNewZero(space, va / PAGE_BYTES + i, flags));
    if (frames.includes(0)) throw new Error('no frame left');
    return frames[0] ?? 0;
  }

  /** Writes bytes to guest memory as a debugger would. */
  poke(va: number, bytes: Uint8Array, space = this.space): void {
    for (let done = 0; done < bytes.length; ) {
      const at = va + done;
      const count = Math.min(bytes.length - done, PAGE_BYTES - (at % PAGE_BYTES));
      const linear = this.core.translateForce(space, at, true);
      if (linear === 0) throw new Error(`nothing mapped at ${at.toString(16)}`);
      this.core.bytes().set(bytes.subarray(done, done + count), linear);
      done += count;
    }
  }

  /** Writes a 64-bit word through the write permission, or throws. */
  pokeWord(va: number, value: bigint, space = this.space): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    this.poke(va, bytes, space);
  }

  peekWord(va: number, space = this.space): bigint {
    const linear = this.core.translate(space, va, ACCESS_READ);
    if (linear === 0) throw new Error(`cannot read ${va.toString(16)}`);
    return this.core.view().getBigUint64(linear, true);
  }

  /** The 64-bit word at `offset` of a frame. */
  frameWord(frame: number, offset = 0): bigint {
    return this.core.view().getBigUint64(frame * PAGE_BYTES + offset, true);
  }

  /** Writes instructions at `va` and sets pc there. */
  program(va: number, ...words: readonly number[]): void {
    const code = new Code(va);
    code.emit(...words);
    this.poke(va, code.bytes());
    this.core.setPc(this.hart, va);
  }

  run(fuel = 1000, space = this.space): number {
    return this.core.run(this.hart, space, fuel);
  }
}
