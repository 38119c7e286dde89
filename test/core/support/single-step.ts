/** Executes one instruction at a time in the core, on registers set by the caller. */
import { Core } from '../../../src/core/core.ts';
import { PAGE_BYTES, PTE_EXEC } from '../../../src/core/layout.ts';

const CODE_VA = 0x10000;

export class SingleStep {
  readonly core: Core;
  readonly hart: number;
  private readonly space: number;
  private readonly frame: number;

  constructor(module: WebAssembly.Module) {
    this.core = Core.create(module, { frames: 64 });
    this.hart = this.core.hartAlloc();
    this.space = this.core.spaceCreate();
    this.frame = this.core.mapNewZero(this.space, CODE_VA / PAGE_BYTES, PTE_EXEC);
  }

  /** Sets the instruction that `step` executes, a 32-bit one. */
  load(word: number): void {
    this.core.frameForWrite(this.frame);
    this.core.view().setUint32(this.frame * PAGE_BYTES, word, true);
  }

  /** Executes the instruction. Returns TRAP_FUEL or the cause of its trap. */
  step(): number {
    this.core.setPc(this.hart, CODE_VA);
    return this.core.run(this.hart, this.space, 1);
  }
}
