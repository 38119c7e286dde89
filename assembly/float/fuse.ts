/** Fused multiply-add: a × b + c with one rounding. The four instructions differ by the signs of a and c. */

import { mulHighUnsigned } from '../base/wide';
import { MAX_SINGLE, MIN_NORMAL_SINGLE } from './box';
import { exponentOf, isInfinite, isNaNBits, isNegative, isSignalingBits, isZero, significandOf } from './classify';
import { FLAG_NV, FLAG_NX, raise } from './mode';
import { canonicalNaN, infinity, invalid, isZeroNegative, roundTo, shiftRightJam, zero } from './round';

const SIGN: u64 = 0x8000000000000000;
const FRACTION: u64 = 0x000fffffffffffff;
const LEADING: u64 = 0x0010000000000000;

/** Between these every part of `fuse` is normal and finite. */
const SMALLEST_PRODUCT: f64 = 1e-240;
const LARGEST: f64 = 1e300;
const NONE = NaN;

/**
 * Returns a × b + c rounded to nearest, having raised NX if it is inexact; a NaN, with nothing raised, when the
 * case is left to `fuseExactly`.
 *
 * The product is split into what a double holds and what its rounding lost, the sum of the first part and c likewise:
 * a × b + c = sum + (lostBySum + lostByProduct). The two small parts are added with an error of their own, `rest`.
 * That error is too small to change how sum + small rounds, unless sum + small is exactly between two doubles.
 */
@inline
export function fuse(a: f64, b: f64, c: f64): f64 {
  const product = a * b;
  const size = abs(product);
  if (!(size > SMALLEST_PRODUCT && size < LARGEST && abs(c) < LARGEST)) return NONE;
  const x = reinterpret<u64>(a);
  const y = reinterpret<u64>(b);
  const p = reinterpret<u64>(product);
  const xField = (x >> 52) & 0x7ff;
  const yField = (y >> 52) & 0x7ff;
  if (xField == 0 || yField == 0) return NONE;

  const sum = product + c;
  // The smaller one less what of it is in the sum. The branch makes two steps of four: sums of products wait for these.
  let lostBySum: f64;
  if (size >= abs(c)) lostBySum = c - (sum - product);
  else lostBySum = product - (sum - c);

  // The significands' product less the rounded one, in units of its own last bit: below 2^53, though neither is.
  const unit = xField + yField; // biased by 2 × 1075
  const dropped = 52 + (((p >> 52) & 0x7ff) + 1023 - unit);
  const lost = <i64>(((x & FRACTION) | LEADING) * ((y & FRACTION) | LEADING) - (((p & FRACTION) | LEADING) << dropped));
  const lostByProduct = <f64>lost * reinterpret<f64>(((unit - 1127) << 52) | (p & SIGN));

  const small = lostBySum + lostByProduct;
  const result = sum + small;
  const over = small - (result - sum); // exact: sum is 0 or at least as large as small
  if ((reinterpret<u64>(over) & FRACTION) == 0) {
    // Nothing, or a power of two, as half a unit is.
    const fromProduct = small - lostBySum;
    const rest = lostBySum - (small - fromProduct) + (lostByProduct - fromProduct);
    if (rest != 0) return NONE;
    if (over == 0) return result;
  }
  raise(FLAG_NX);
  return result;
}

/**
 * Returns a × b + c of singles, likewise.
 *
 * A double holds the product exactly. The sum is rounded *to odd* there, which a second rounding, to less than half
 * as many bits, cannot tell from the exact sum.
 */
@inline
export function fuseSingle(a: f32, b: f32, c: f32): f32 {
  const product = <f64>a * <f64>b;
  const addend = <f64>c;
  let sum = product + addend;
  const fromAddend = sum - product;
  const lost = product - (sum - fromAddend) + (addend - fromAddend);
  if (lost != 0) {
    const bits = reinterpret<u64>(sum);
    if ((bits & 1) == 0) sum = reinterpret<f64>(<i64>(reinterpret<u64>(lost) ^ bits) < 0 ? bits - 1 : bits + 1);
  }
  const result = <f32>sum;
  if (lost == 0 && <f64>result == sum) return result;
  const size = abs(result);
  if (!(size > MIN_NORMAL_SINGLE && size <= MAX_SINGLE)) return <f32>NONE;
  raise(FLAG_NX);
  return result;
}

/** Returns the bits, in `format`, of a × b + c, doubles given as bits. */
export function fuseExactly(a: u64, b: u64, c: u64, mode: u32, format: u32): u64 {
  const isProductInvalid = (isInfinite(a) && isZero(b)) || (isZero(a) && isInfinite(b)); // whatever c is
  if (isNaNBits(a) || isNaNBits(b) || isNaNBits(c) || isProductInvalid) {
    if (isSignalingBits(a) || isSignalingBits(b) || isSignalingBits(c) || isProductInvalid) raise(FLAG_NV);
    return canonicalNaN(format);
  }
  const negativeProduct = isNegative(a ^ b);
  const negativeC = isNegative(c);
  if (isInfinite(a) || isInfinite(b)) {
    if (isInfinite(c) && negativeC != negativeProduct) return invalid(format);
    return infinity(negativeProduct, format);
  }
  if (isInfinite(c)) return infinity(negativeC, format);
  if (isZero(a) || isZero(b)) {
    if (!isZero(c)) return roundTo(negativeC, exponentOf(c), significandOf(c), mode, format);
    return zero(negativeC == negativeProduct ? negativeC : isZeroNegative(mode), format);
  }

  // The product as 128 bits, (high, low), its leading bit at 127.
  const x = significandOf(a);
  const y = significandOf(b);
  let exponent = exponentOf(a) + exponentOf(b) + 1;
  let high = mulHighUnsigned(x, y);
  let low = x * y;
  if (<i64>high >= 0) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    exponent -= 1;
  }
  if (isZero(c)) return roundTo(negativeProduct, exponent, high | u64(low != 0), mode, format);

  // Both with one place of room for a carry, and aligned to the greater exponent.
  low = (low >> 1) | (high << 63); // the product's last 22 bits are zero: nothing is lost
  high >>= 1;
  let cHigh = significandOf(c) >> 1;
  let cLow: u64 = 0;
  const distance = exponent - exponentOf(c);
  if (distance >= 0) {
    cLow = shiftLowRightJam(cHigh, cLow, <u32>distance);
    cHigh = distance < 64 ? cHigh >> distance : 0;
  } else {
    exponent -= distance;
    low = shiftLowRightJam(high, low, <u32>-distance);
    high = -distance < 64 ? high >> -distance : 0;
  }

  let negative = negativeProduct;
  if (negativeProduct == negativeC) {
    low += cLow;
    high += cHigh + u64(low < cLow);
  } else {
    if (high == cHigh && low == cLow) return zero(isZeroNegative(mode), format);
    const isCGreater = high < cHigh || (high == cHigh && low < cLow);
    if (isCGreater) {
      negative = negativeC;
      high = cHigh - high - u64(cLow < low);
      low = cLow - low;
    } else {
      high = high - cHigh - u64(low < cLow);
      low = low - cLow;
    }
  }
  if (high == 0) {
    high = low;
    low = 0;
    exponent -= 64;
  }
  const leading = <u32>clz(high);
  const significand = leading == 0 ? high : (high << leading) | (low >> (64 - leading));
  return roundTo(negative, exponent + 1 - <i32>leading, significand | u64(low << leading != 0), mode, format);
}

/** Returns the lower half of the 128 bits (high, low) shifted right, its bit 0 set when a bit that was set is lost. */
function shiftLowRightJam(high: u64, low: u64, count: u32): u64 {
  if (count == 0) return low;
  if (count < 64) return shiftRightJam(low, count) | (high << (64 - count));
  if (count == 64) return high | u64(low != 0);
  return shiftRightJam(high, count - 64) | u64(low != 0);
}
