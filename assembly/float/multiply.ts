/** Products. */

import { mulHighUnsigned } from '../base/wide';
import { exponentOf, isInfinite, isNaNBits, isNegative, isSignalingBits, isZero, significandOf } from './classify';
import { FLAG_NV, raise } from './mode';
import { canonicalNaN, infinity, invalid, roundTo, zero } from './round';

const FRACTION: u64 = 0x000fffffffffffff;
const LEADING: u64 = 0x0010000000000000;

/**
 * Returns whether `product`, which is a × b rounded to nearest and normal, is exact. Says false when a or b is
 * subnormal.
 *
 * The significands' product has 105 or 106 bits, 53 of which were kept; the others are in its lower 64, which
 * one multiplication gives. Whether 52 or 53 were dropped shows in the exponent; where rounding itself carried
 * into the exponent, bits among the lower 52 were lost too.
 */
export function isProductExact(a: f64, b: f64, product: f64): bool {
  const x = reinterpret<u64>(a);
  const y = reinterpret<u64>(b);
  const xField = <u32>(x >> 52) & 0x7ff;
  const yField = <u32>(y >> 52) & 0x7ff;
  if (xField == 0 || yField == 0) return false;
  const field = <u32>(reinterpret<u64>(product) >> 52) & 0x7ff;
  const dropped = 52 + (field + 1023 - xField - yField);
  const low = ((x & FRACTION) | LEADING) * ((y & FRACTION) | LEADING);
  return low << (64 - dropped) == 0;
}

/** Returns the bits, in `format`, of the product of two doubles given as bits. */
export function multiplyExactly(a: u64, b: u64, mode: u32, format: u32): u64 {
  if (isNaNBits(a) || isNaNBits(b)) {
    if (isSignalingBits(a) || isSignalingBits(b)) raise(FLAG_NV);
    return canonicalNaN(format);
  }
  const negative = isNegative(a ^ b);
  if (isInfinite(a) || isInfinite(b)) {
    if (isZero(a) || isZero(b)) return invalid(format);
    return infinity(negative, format);
  }
  if (isZero(a) || isZero(b)) return zero(negative, format);

  const x = significandOf(a);
  const y = significandOf(b);
  let exponent = exponentOf(a) + exponentOf(b) + 1;
  let significand = mulHighUnsigned(x, y);
  const low = x * y;
  if (<i64>significand >= 0) {
    significand = (significand << 1) | (low >> 63);
    exponent -= 1;
  }
  // Bit 0 is far below the last bit kept, so it may stand for all of the lower half.
  return roundTo(negative, exponent, significand | u64(low != 0), mode, format);
}
