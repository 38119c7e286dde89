/** Square roots. */

import { exponentOf, isInfinite, isNaNBits, isNegative, isSignalingBits, isZero, significandOf } from './classify';
import { FLAG_NV, raise } from './mode';
import { canonicalNaN, infinity, invalid, roundTo, zero } from './round';

/**
 * Returns the bits, in `format`, of the square root of a double given as bits.
 *
 * As in a division: Wasm's root of the significand gives 53 bits, possibly one too large, and the remainder the
 * bits that follow.
 */
export function squareRootExactly(a: u64, mode: u32, format: u32): u64 {
  if (isNaNBits(a)) {
    if (isSignalingBits(a)) raise(FLAG_NV);
    return canonicalNaN(format);
  }
  if (isZero(a)) return zero(isNegative(a), format);
  if (isNegative(a)) return invalid(format);
  if (isInfinite(a)) return infinity(false, format);

  const exponent = exponentOf(a);
  const x = (significandOf(a) >> 11) << (exponent & 1);
  // The root of x × 2^52, an integer with its leading bit at 52.
  let root = <u64>(sqrt(<f64>x) * 67108864.0);
  let remainder = <i64>((x << 52) - root * root);
  if (remainder < 0) {
    root -= 1;
    remainder += <i64>(2 * root + 1);
  }
  for (let i = 0; i < 2; i++) {
    remainder <<= 2;
    const step = <i64>(4 * root + 1); // (2 root + 1)² − (2 root)²
    root <<= 1;
    if (remainder >= step) {
      remainder -= step;
      root += 1;
    }
  }
  return roundTo(false, exponent >> 1, (root << 9) | u64(remainder != 0), mode, format);
}
