/** Operands of the slot at `slot`. */
import { SLOT_IMMEDIATE, SLOT_RD, SLOT_RS1, SLOT_RS2 } from '../decode/slot';
import { getF, getX, setF, setX } from '../hart/registers';

/** Upper half of a register that holds a single. */
export const NAN_BOX: u64 = 0xffff_ffff_0000_0000;

@inline
export function x1(slot: usize): u64 {
  return getX(load<u8>(slot, SLOT_RS1));
}

@inline
export function x2(slot: usize): u64 {
  return getX(load<u8>(slot, SLOT_RS2));
}

@inline
export function f2(slot: usize): u64 {
  return getF(load<u8>(slot, SLOT_RS2));
}

/** The immediate, sign-extended. */
@inline
export function immediate(slot: usize): i64 {
  return load<i32>(slot, SLOT_IMMEDIATE);
}

/** The immediate as a number of bits to shift by. */
@inline
export function shift(slot: usize): u64 {
  return load<u32>(slot, SLOT_IMMEDIATE);
}

@inline
export function setRd(slot: usize, value: u64): void {
  setX(load<u8>(slot, SLOT_RD), value);
}

@inline
export function setFd(slot: usize, value: u64): void {
  setF(load<u8>(slot, SLOT_RD), value);
}

/** A 32-bit result, sign-extended. */
@inline
export function extendWord(value: u32): u64 {
  return <u64>(<i64>(<i32>value));
}
