/**
 * What a bit pattern is, and its parts.
 *
 * The exact operations see a finite number other than zero as
 *
 *   ± significand × 2^(exponent − 63)        significand: u64 with bit 63 set, exponent: that bit's weight
 *
 * so that subnormal numbers are no case of their own. Singles come to them widened to doubles, which is exact.
 */

const EXPONENT: u64 = 0x7ff0000000000000;
const FRACTION: u64 = 0x000fffffffffffff;
const QUIET: u64 = 0x0008000000000000;
const MAGNITUDE: u64 = 0x7fffffffffffffff;

@inline
export function isNegative(bits: u64): bool {
  return <i64>bits < 0;
}

@inline
export function isZero(bits: u64): bool {
  return (bits & MAGNITUDE) == 0;
}

@inline
export function isInfinite(bits: u64): bool {
  return (bits & MAGNITUDE) == EXPONENT;
}

@inline
export function isNaNBits(bits: u64): bool {
  return (bits & MAGNITUDE) > EXPONENT;
}

@inline
export function isSignalingBits(bits: u64): bool {
  return isNaNBits(bits) && (bits & QUIET) == 0;
}

/** Returns the weight of the leading bit of a finite number other than zero: it is in [2^exponent, 2^(exponent + 1)). */
export function exponentOf(bits: u64): i32 {
  const field = <i32>(bits >> 52) & 0x7ff;
  return field != 0 ? field - 1023 : -1011 - <i32>clz(bits & FRACTION);
}

/** Returns the significand of a finite number other than zero, its leading bit at 63. */
export function significandOf(bits: u64): u64 {
  const fraction = bits & FRACTION;
  return (bits & EXPONENT) != 0 ? (fraction << 11) | 0x8000000000000000 : fraction << clz(fraction);
}

/** Returns the double that a single is; of a NaN it keeps the payload and whether it is quiet. */
export function widenBits(bits: u32): u64 {
  if ((bits & 0x7fffffff) <= 0x7f800000) return reinterpret<u64>(<f64>reinterpret<f32>(bits));
  return (<u64>(bits & 0x80000000) << 32) | EXPONENT | (<u64>(bits & 0x7fffff) << 29);
}

/**
 * Returns the mask that fclass answers: 1 −∞, 2 negative normal, 4 negative subnormal, 8 −0, 16 +0, 32 positive
 * subnormal, 64 positive normal, 128 +∞, 256 signaling NaN, 512 quiet NaN.
 *
 * @param isLow     the exponent field is all zeros
 * @param isHigh    the exponent field is all ones
 * @param fraction  the fraction field, shifted so that its first bit is bit 63
 */
export function classify(negative: bool, isLow: bool, isHigh: bool, fraction: u64): u64 {
  if (isHigh) {
    if (fraction != 0) return <i64>fraction < 0 ? 1 << 9 : 1 << 8;
    return negative ? 1 << 0 : 1 << 7;
  }
  if (!isLow) return negative ? 1 << 1 : 1 << 6;
  if (fraction != 0) return negative ? 1 << 2 : 1 << 5;
  return negative ? 1 << 3 : 1 << 4;
}
