/** Sums. A difference is the sum with the second operand's sign flipped. */

import { exponentOf, isInfinite, isNaNBits, isNegative, isSignalingBits, isZero, significandOf } from './classify';
import { FLAG_NV, raise } from './mode';
import { canonicalNaN, infinity, invalid, isZeroNegative, roundTo, shiftRightJam, zero } from './round';

/** Below this, no step of the error-free sum can overflow. */
const SAFE_DOUBLE: f64 = 8.98846567431158e307; // 2^1023, rounded down
const SAFE_SINGLE: f32 = 1.7014117331926443e38; // 2^127, rounded down

/** Returns whether `sum`, which is a + b rounded to nearest, is exact. May say false of an exact sum of huge numbers. */
@inline
export function isSumExact(a: f64, b: f64, sum: f64): bool {
  // What rounding took from b and from a; each difference is exact.
  const fromB = sum - a;
  const lost = a - (sum - fromB) + (b - fromB);
  return lost == 0 && abs(a) < SAFE_DOUBLE;
}

/** Returns the same of singles. */
@inline
export function isSumExactSingle(a: f32, b: f32, sum: f32): bool {
  const fromB = sum - a;
  const lost: f32 = a - (sum - fromB) + (b - fromB);
  return lost == 0 && abs(a) < SAFE_SINGLE;
}

/** Returns the bits, in `format`, of the sum of two doubles given as bits. */
export function addExactly(a: u64, b: u64, mode: u32, format: u32): u64 {
  if (isNaNBits(a) || isNaNBits(b)) {
    if (isSignalingBits(a) || isSignalingBits(b)) raise(FLAG_NV);
    return canonicalNaN(format);
  }
  const negativeA = isNegative(a);
  const negativeB = isNegative(b);
  if (isInfinite(a)) {
    if (isInfinite(b) && negativeA != negativeB) return invalid(format);
    return infinity(negativeA, format);
  }
  if (isInfinite(b)) return infinity(negativeB, format);
  if (isZero(a)) {
    if (isZero(b)) return zero(negativeA == negativeB ? negativeA : isZeroNegative(mode), format);
    return roundTo(negativeB, exponentOf(b), significandOf(b), mode, format);
  }
  if (isZero(b)) return roundTo(negativeA, exponentOf(a), significandOf(a), mode, format);

  let exponent = exponentOf(a);
  let x = significandOf(a) >> 1; // room for a carry; at least ten bits below are zero
  let y = significandOf(b) >> 1;
  const distance = exponent - exponentOf(b);
  if (distance >= 0) {
    y = shiftRightJam(y, <u32>distance);
  } else {
    exponent -= distance;
    x = shiftRightJam(x, <u32>-distance);
  }
  let negative = negativeA;
  let sum: u64;
  if (negativeA == negativeB) {
    sum = x + y;
  } else {
    if (x == y) return zero(isZeroNegative(mode), format);
    if (x < y) negative = negativeB;
    sum = x < y ? y - x : x - y;
  }
  const leading = <i32>clz(sum);
  return roundTo(negative, exponent + 1 - leading, sum << leading, mode, format);
}
