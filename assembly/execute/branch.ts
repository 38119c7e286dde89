/** Conditions and targets of jumps. `a` is the value of rs1. */
import { SLOT_AUX, SLOT_COUNT, SLOT_PC } from '../decode/slot';
import { immediate, x1, x2 } from './operands';

@inline
export function isEqual(slot: usize, a: u64): bool {
  return a == x2(slot);
}

@inline
export function isLess(slot: usize, a: u64): bool {
  return <i64>a < <i64>x2(slot);
}

@inline
export function isLessUnsigned(slot: usize, a: u64): bool {
  return a < x2(slot);
}

/** Instructions of the trace retired when the one at `slot` is. */
@inline
export function countAt(slot: usize): u32 {
  return load<u8>(slot, SLOT_COUNT);
}

/** Guest address of the instruction at `slot`. */
@inline
export function pcAt(slot: usize, pageVa: u64): u64 {
  return pageVa + <u64>load<u16>(slot, SLOT_PC);
}

/** Target of a direct jump. */
@inline
export function targetOf(slot: usize, pageVa: u64): u64 {
  return pcAt(slot, pageVa) + immediate(slot);
}

/** Target of JR and JALR. */
@inline
export function registerTarget(slot: usize): u64 {
  return (x1(slot) + immediate(slot)) & ~(<u64>1);
}

/** First slot of the trace to go on in, UNLINKED, FAR or IN_REGISTER. */
@inline
export function linkOf(slot: usize): u32 {
  return load<u32>(slot, SLOT_AUX);
}
