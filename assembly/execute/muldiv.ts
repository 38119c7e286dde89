/**
 * M: multiplication and division. Nothing traps: x / 0 is all ones, x % 0 is x, and the one quotient that overflows is its
 * dividend. A 32-bit quotient is the low half of the 64-bit one of the extended operands, in these cases too.
 */
import { mulHighSigned, mulHighSignedUnsigned, mulHighUnsigned } from '../base/wide';
import { setRd, setRdWord, x1, x2 } from './operands';

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
export function mul(slot: usize): void {
  setRd(slot, x1(slot) * x2(slot));
}

@inline
export function mulh(slot: usize): void {
  setRd(slot, mulHighSigned(x1(slot), x2(slot)));
}

@inline
export function mulhsu(slot: usize): void {
  setRd(slot, mulHighSignedUnsigned(x1(slot), x2(slot)));
}

@inline
export function mulhu(slot: usize): void {
  setRd(slot, mulHighUnsigned(x1(slot), x2(slot)));
}

@inline
export function div(slot: usize): void {
  setRd(slot, divideSigned(x1(slot), x2(slot)));
}

@inline
export function divu(slot: usize): void {
  setRd(slot, divideUnsigned(x1(slot), x2(slot)));
}

@inline
export function rem(slot: usize): void {
  setRd(slot, remainderSigned(x1(slot), x2(slot)));
}

@inline
export function remu(slot: usize): void {
  setRd(slot, remainderUnsigned(x1(slot), x2(slot)));
}

@inline
export function mulw(slot: usize): void {
  setRdWord(slot, <u32>x1(slot) * <u32>x2(slot));
}

@inline
export function divw(slot: usize): void {
  setRdWord(slot, <u32>divideSigned(<i64>(<i32>x1(slot)), <i64>(<i32>x2(slot))));
}

@inline
export function divuw(slot: usize): void {
  setRdWord(slot, <u32>divideUnsigned(<u64>(<u32>x1(slot)), <u64>(<u32>x2(slot))));
}

@inline
export function remw(slot: usize): void {
  setRdWord(slot, <u32>remainderSigned(<i64>(<i32>x1(slot)), <i64>(<i32>x2(slot))));
}

@inline
export function remuw(slot: usize): void {
  setRdWord(slot, <u32>remainderUnsigned(<u64>(<u32>x1(slot)), <u64>(<u32>x2(slot))));
}
