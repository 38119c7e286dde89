import type { Core } from '../../core/core.ts';
import { keptAddress } from '../mm/kept-address.ts';

/** Index of a0 among the x registers. */
const A0 = 10;

/**
 * The six arguments of the syscall that a task has trapped on, read from its registers on demand.
 * One object serves all calls; it is not kept.
 */
export class SyscallArgs {
  core: Core;
  slot = 0;

  constructor(core: Core) {
    this.core = core;
  }

  /** Argument as an address, exact as far as any can be mapped (`keptAddress`). */
  addr(index: number): number {
    return keptAddress(this.core.regU(this.slot, A0 + index));
  }

  /** Argument as a byte count (size_t). */
  sizeBytes(index: number): number {
    return this.core.regU(this.slot, A0 + index);
  }

  /** Argument as a C int. */
  i32(index: number): number {
    return this.core.regS32(this.slot, A0 + index);
  }

  /** Argument as a C unsigned int. */
  u32(index: number): number {
    return this.core.regLo(this.slot, A0 + index);
  }

  /** Argument as a descriptor. */
  fd(index: number): number {
    return this.core.regS32(this.slot, A0 + index);
  }

  /** Argument as a signed 64-bit offset; exact within ±2⁵³. */
  offset(index: number): number {
    return (this.core.regHi(this.slot, A0 + index) | 0) * 0x1_0000_0000 + this.core.regLo(this.slot, A0 + index);
  }

  /** Argument as all its 64 bits, unsigned. */
  u64(index: number): bigint {
    return this.core.regBig(this.slot, A0 + index);
  }
}
