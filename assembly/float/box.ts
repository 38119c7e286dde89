/**
 * Registers f0..f31 and the singles in them. `reg` is everywhere 8 × the register's number.
 *
 *   63              32 31              0
 *   ├─────────────────┼────────────────┤
 *   │ all ones        │ single         │   NaN-boxed: as a double it is a quiet NaN
 *   └─────────────────┴────────────────┘
 *
 * An operation on singles takes a register whose upper half is not all ones for the canonical NaN. Only moves
 * and stores (fmv.x.w, fsw) take the lower half as it is.
 *
 * @source The RISC-V Instruction Set Manual, volume I, chapter "D": NaN Boxing of Narrower Values
 */

import { HART_F, HART_X } from '../layout';

/** What every operation that makes a NaN answers: positive, quiet, no payload. */
export const CANONICAL_NAN_SINGLE: u32 = 0x7fc00000;
export const CANONICAL_NAN_DOUBLE: u64 = 0x7ff8000000000000;

export const SIGN_SINGLE: u32 = 0x80000000;
export const SIGN_DOUBLE: u64 = 0x8000000000000000;

/** Smallest normal and largest finite numbers. */
export const MIN_NORMAL_SINGLE: f32 = 1.1754943508222875e-38;
export const MAX_SINGLE: f32 = 3.4028234663852886e38;
export const MIN_NORMAL_DOUBLE: f64 = 2.2250738585072014e-308;
export const MAX_DOUBLE: f64 = 1.7976931348623157e308;

const BOX: u64 = 0xffffffff00000000;
const UPPER_HALF: usize = HART_F + 4;

/** Returns the bits of the single in `reg`, the canonical NaN when it is not boxed. */
@inline
export function singleBits(reg: usize): u32 {
  return load<u32>(reg, UPPER_HALF) == 0xffffffff ? load<u32>(reg, HART_F) : CANONICAL_NAN_SINGLE;
}

/** Returns the single in `reg`, a NaN when it is not boxed. */
@inline
export function single(reg: usize): f32 {
  return reinterpret<f32>(singleBits(reg));
}

/** Stores a single, boxed. */
@inline
export function setSingleBits(reg: usize, bits: u32): void {
  store<u64>(reg, BOX | <u64>bits, HART_F);
}

/** Stores a single that is no NaN, boxed. */
@inline
export function setSingle(reg: usize, value: f32): void {
  setSingleBits(reg, reinterpret<u32>(value));
}

@inline
export function doubleBits(reg: usize): u64 {
  return load<u64>(reg, HART_F);
}

@inline
export function double(reg: usize): f64 {
  return load<f64>(reg, HART_F);
}

@inline
export function setDoubleBits(reg: usize, bits: u64): void {
  store<u64>(reg, bits, HART_F);
}

@inline
export function setDouble(reg: usize, value: f64): void {
  store<f64>(reg, value, HART_F);
}

@inline
export function integer(reg: usize): u64 {
  return load<u64>(reg, HART_X);
}

/** Stores an integer result; x0 is never stored to. */
@inline
export function setInteger(reg: usize, value: u64): void {
  if (reg != 0) store<u64>(reg, value, HART_X);
}

/** Returns the lower half of `reg`, boxed or not. */
@inline
export function lowerHalf(reg: usize): u32 {
  return load<u32>(reg, HART_F);
}
