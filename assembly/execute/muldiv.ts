/**
 * M: multiplication and division. Nothing traps: x / 0 is all ones, x % 0 is x, and the one quotient that overflows is its
 * dividend. A 32-bit quotient is the low half of the 64-bit one of the extended operands, in these cases too.
 */
import { mulHighSigned, mulHighSignedUnsigned, mulHighUnsigned } from '../base/wide';
import { extendWord, x2 } from './operands';

@inline
function divideSigned(a: i64, b: i64): i64 {
  return b == 0 ? -1 : b == -1 ? -a : a / b;
}

@inline
function divideUnsigned(a: u64, b: u64): u64 {
  return b == 0 ? u64.MAX_VALUE : a / b;
}

@inline
function remainderSigned(a: i64, b: i64): i64 {
  return b == 0 ? a : b == -1 ? 0 : a % b;
}

@inline
function remainderUnsigned(a: u64, b: u64): u64 {
  return b == 0 ? a : a % b;
}

@inline
export function mul(slot: usize, a: u64): u64 {
  return a * x2(slot);
}

@inline
export function mulh(slot: usize, a: u64): u64 {
  return mulHighSigned(a, x2(slot));
}

@inline
export function mulhsu(slot: usize, a: u64): u64 {
  return mulHighSignedUnsigned(a, x2(slot));
}

@inline
export function mulhu(slot: usize, a: u64): u64 {
  return mulHighUnsigned(a, x2(slot));
}

@inline
export function div(slot: usize, a: u64): u64 {
  return divideSigned(a, x2(slot));
}

@inline
export function divu(slot: usize, a: u64): u64 {
  return divideUnsigned(a, x2(slot));
}

@inline
export function rem(slot: usize, a: u64): u64 {
  return remainderSigned(a, x2(slot));
}

@inline
export function remu(slot: usize, a: u64): u64 {
  return remainderUnsigned(a, x2(slot));
}

@inline
export function mulw(slot: usize, a: u64): u64 {
  return extendWord(<u32>a * <u32>x2(slot));
}

@inline
export function divw(slot: usize, a: u64): u64 {
  return extendWord(<u32>divideSigned(<i64>(<i32>a), <i64>(<i32>x2(slot))));
}

@inline
export function divuw(slot: usize, a: u64): u64 {
  return extendWord(<u32>divideUnsigned(<u64>(<u32>a), <u64>(<u32>x2(slot))));
}

@inline
export function remw(slot: usize, a: u64): u64 {
  return extendWord(<u32>remainderSigned(<i64>(<i32>a), <i64>(<i32>x2(slot))));
}

@inline
export function remuw(slot: usize, a: u64): u64 {
  return extendWord(<u32>remainderUnsigned(<u64>(<u32>a), <u64>(<u32>x2(slot))));
}
