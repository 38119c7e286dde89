/**
 * Conversions between floating-point numbers and integers, and from double to single.
 *
 * To an integer: the double is rounded to an integral double, which is exact in Wasm's own arithmetic, and compared
 * with the range. Outside it, NV is raised and the nearest end of the range is the result; a NaN counts as +∞.
 * 32-bit results are sign-extended, unsigned ones too.
 */

import { exponentOf, isInfinite, isNaNBits, isNegative, isSignalingBits, isZero, significandOf } from './classify';
import { FLAG_NV, FLAG_NX, RDN, RMM, RNE, RTZ, RUP, isInexactSticky, raise } from './mode';
import { SINGLE, canonicalNaN, infinity, roundTo, zero } from './round';

const TWO_31: f64 = 2147483648.0;
const TWO_32: f64 = 4294967296.0;
const TWO_63: f64 = 9223372036854775808.0;
const TWO_64: f64 = 18446744073709551616.0;

/** Returns `value` rounded to an integral number. */
@inline
function integral(value: f64, mode: u32): f64 {
  if (mode == RTZ) return trunc(value);
  return integralOtherwise(value, mode);
}

function integralOtherwise(value: f64, mode: u32): f64 {
  if (mode == RNE) return nearest(value);
  if (mode == RDN) return floor(value);
  if (mode == RUP) return ceil(value);
  const truncated = trunc(value);
  return abs(value - truncated) >= 0.5 ? truncated + copysign(1, value) : truncated;
}

/** Raises NX when rounding changed the value. */
@inline
function noteRounding(value: f64, rounded: f64): void {
  if (rounded != value) raise(FLAG_NX);
}

export function toI32(value: f64, mode: u32): u64 {
  const rounded = integral(value, mode);
  if (rounded >= -TWO_31 && rounded < TWO_31) {
    noteRounding(value, rounded);
    return <u64>(<i64>(<i32>rounded));
  }
  raise(FLAG_NV);
  return rounded < 0 ? 0xffffffff80000000 : 0x7fffffff;
}

export function toU32(value: f64, mode: u32): u64 {
  const rounded = integral(value, mode);
  if (rounded >= 0 && rounded < TWO_32) { // −0 too
    noteRounding(value, rounded);
    return <u64>(<i64>(<i32>(<u32>rounded)));
  }
  raise(FLAG_NV);
  return rounded < 0 ? 0 : 0xffffffffffffffff;
}

export function toI64(value: f64, mode: u32): u64 {
  const rounded = integral(value, mode);
  if (rounded >= -TWO_63 && rounded < TWO_63) {
    noteRounding(value, rounded);
    return <u64>(<i64>rounded);
  }
  raise(FLAG_NV);
  return rounded < 0 ? 0x8000000000000000 : 0x7fffffffffffffff;
}

export function toU64(value: f64, mode: u32): u64 {
  const rounded = integral(value, mode);
  if (rounded >= 0 && rounded < TWO_64) {
    noteRounding(value, rounded);
    return <u64>rounded;
  }
  raise(FLAG_NV);
  return rounded < 0 ? 0 : 0xffffffffffffffff;
}

/** Returns the bits, in `format`, of a signed integer. */
export function fromI64(value: i64, mode: u32, format: u32): u64 {
  if (mode == RNE && (isInexactSticky() || fits(<u64>abs(value), format))) {
    if (format == SINGLE) return <u64>reinterpret<u32>(<f32>value);
    return reinterpret<u64>(<f64>value);
  }
  if (value >= 0) return fromMagnitude(false, <u64>value, mode, format);
  return fromMagnitude(true, <u64>-value, mode, format);
}

/** Returns the bits, in `format`, of an unsigned integer. */
export function fromU64(value: u64, mode: u32, format: u32): u64 {
  if (mode == RNE && (isInexactSticky() || fits(value, format))) {
    if (format == SINGLE) return <u64>reinterpret<u32>(<f32>value);
    return reinterpret<u64>(<f64>value);
  }
  return fromMagnitude(false, value, mode, format);
}

/** Returns whether every integer of this size is exact in `format`. */
@inline
function fits(magnitude: u64, format: u32): bool {
  return magnitude >> (format == SINGLE ? 24 : 53) == 0;
}

function fromMagnitude(negative: bool, magnitude: u64, mode: u32, format: u32): u64 {
  if (magnitude == 0) return 0;
  const leading = <i32>clz(magnitude);
  return roundTo(negative, 63 - leading, magnitude << leading, mode, format);
}

/** Returns the bits of the single nearest to a double given as bits. */
export function narrowExactly(a: u64, mode: u32): u32 {
  if (isNaNBits(a)) {
    if (isSignalingBits(a)) raise(FLAG_NV);
    return <u32>canonicalNaN(SINGLE);
  }
  if (isInfinite(a)) return <u32>infinity(isNegative(a), SINGLE);
  if (isZero(a)) return <u32>zero(isNegative(a), SINGLE);
  return <u32>roundTo(isNegative(a), exponentOf(a), significandOf(a), mode, SINGLE);
}
