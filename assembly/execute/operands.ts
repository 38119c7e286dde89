/** Operands of the slot at `slot`. */
import { SLOT_IMMEDIATE, SLOT_RD, SLOT_RS1, SLOT_RS2 } from '../decode/slot';
import { HART_F } from '../layout';
import { getF, getX, setF, setX } from '../hart/registers';

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

/** Sets a register to a single, boxed: in halves, because a constant of 64 bits would take a register of the run loop. */
@inline
export function setFdSingle(slot: usize, bits: u32): void {
  const fd: usize = load<u8>(slot, SLOT_RD);
  store<u32>(fd, bits, HART_F);
  store<u32>(fd, u32.MAX_VALUE, HART_F + 4);
}

/** A 32-bit result, sign-extended. */
@inline
export function extendWord(value: u32): u64 {
  return <u64>(<i64>(<i32>value));
}
