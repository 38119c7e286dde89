/** Quotients. */

import { exponentOf, isInfinite, isNaNBits, isNegative, isSignalingBits, isZero, significandOf } from './classify';
import { FLAG_DZ, FLAG_NV, raise } from './mode';
import { canonicalNaN, infinity, invalid, roundTo, zero } from './round';

/**
 * Returns the bits, in `format`, of the quotient of two doubles given as bits.
 *
 * Wasm's quotient of the significands, both 53-bit integers, is within half a unit of the 53rd bit; the remainder that
 * belongs to it fits in 64 bits though the products do not, tells whether the quotient is one too large, and gives
 * ten bits more.
 */
export function divideExactly(a: u64, b: u64, mode: u32, format: u32): u64 {
  if (isNaNBits(a) || isNaNBits(b)) {
    if (isSignalingBits(a) || isSignalingBits(b)) raise(FLAG_NV);
    return canonicalNaN(format);
  }
  const negative = isNegative(a ^ b);
  if (isInfinite(a)) return isInfinite(b) ? invalid(format) : infinity(negative, format);
  if (isInfinite(b)) return zero(negative, format);
  if (isZero(b)) {
    if (isZero(a)) return invalid(format);
    raise(FLAG_DZ);
    return infinity(negative, format);
  }
  if (isZero(a)) return zero(negative, format);

  let x = significandOf(a) >> 11;
  const y = significandOf(b) >> 11;
  let exponent = exponentOf(a) - exponentOf(b);
  if (x < y) {
    x <<= 1;
    exponent -= 1;
  }
  // x / y is in [1, 2): the quotient has its leading bit at 52.
  let quotient = <u64>((<f64>x / <f64>y) * 4503599627370496.0);
  let remainder = <i64>((x << 52) - quotient * y);
  if (remainder < 0) {
    quotient -= 1;
    remainder += <i64>y;
  }
  const scaled = <u64>remainder << 10;
  const more = scaled / y;
  const significand = (quotient << 11) | (more << 1) | u64(scaled != more * y);
  return roundTo(negative, exponent, significand, mode, format);
}
