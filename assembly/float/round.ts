/**
 * Rounding of an exact result to a format, with its flags: the one place where a result becomes bits.
 *
 * An exact result is a sign, an exponent and a significand as `classify.ts` draws them; bits that did not fit below
 * bit 0 are *jammed*: bit 0 is set when any of them was. Eleven bits or more are discarded here, so a jammed bit
 * only ever says "not exact", never which way a tie falls.
 */

import { CANONICAL_NAN_DOUBLE, CANONICAL_NAN_SINGLE, SIGN_DOUBLE, SIGN_SINGLE } from './box';
import { FLAG_NV, FLAG_NX, FLAG_OF, FLAG_UF, RDN, RMM, RNE, RUP, raise } from './mode';

/** Formats of a result. A single's bits are in the lower half of what is returned. */
export const SINGLE: u32 = 0;
export const DOUBLE: u32 = 1;

/** Shifts right; bit 0 of the result is set when a bit that was set is lost. */
@inline
export function shiftRightJam(value: u64, count: u32): u64 {
  if (count >= 64) return u64(value != 0);
  return (value >> count) | u64((value & ((<u64>1 << count) - 1)) != 0);
}

/** Returns the bits of ±0. */
export function zero(negative: bool, format: u32): u64 {
  if (!negative) return 0;
  return format == SINGLE ? <u64>SIGN_SINGLE : SIGN_DOUBLE;
}

/** Returns the bits of ±∞. */
export function infinity(negative: bool, format: u32): u64 {
  return zero(negative, format) | (format == SINGLE ? 0x7f800000 : 0x7ff0000000000000);
}

/** Returns the bits of the canonical NaN. */
export function canonicalNaN(format: u32): u64 {
  return format == SINGLE ? <u64>CANONICAL_NAN_SINGLE : CANONICAL_NAN_DOUBLE;
}

/** Answers an invalid operation: raises NV and returns the bits of the canonical NaN. */
export function invalid(format: u32): u64 {
  raise(FLAG_NV);
  return canonicalNaN(format);
}

/** Returns the sign of a sum of two numbers that cancel: − when rounding down. */
@inline
export function isZeroNegative(mode: u32): bool {
  return mode == RDN;
}

/**
 * Rounds ± significand × 2^(exponent − 63), bit 63 of the significand set, and raises NX, UF and OF as it does.
 *
 * @returns the bits of the result in `format`
 */
export function roundTo(negative: bool, exponent: i32, significand: u64, mode: u32, format: u32): u64 {
  const isSingle = format == SINGLE;
  const discarded: u64 = isSingle ? 40 : 11; // bits below the last one kept
  const fractionBits: u64 = 63 - discarded;
  const bias = isSingle ? 127 : 1023;
  const half: u64 = <u64>1 << (discarded - 1);
  const mask: u64 = half + (half - 1);

  let step: u64 = 0; // added, then truncated
  if (mode == RNE || mode == RMM) step = half;
  else if (mode == (negative ? RDN : RUP)) step = mask;

  let field = exponent + bias;
  let isTiny = false;
  if (field <= 0) {
    // One place below the smallest normal number, rounding may still reach it.
    isTiny = field < 0 || significand + step >= significand;
    significand = shiftRightJam(significand, <u32>(1 - field));
    field = 1; // together with the leading bit now missing: exponent field 0
  }

  const lost = significand & mask;
  let rounded = significand + step;
  const carry = rounded < significand;
  rounded >>= discarded;
  if (mode == RNE && lost == half) rounded &= ~(<u64>1);
  if (carry) rounded |= <u64>2 << fractionBits;

  // The leading bit adds one to the exponent field, a carry out of it another.
  const magnitude = (<u64>(field - 1) << fractionBits) + rounded;
  if (field >= 2 * bias && magnitude >= <u64>(2 * bias + 1) << fractionBits) {
    raise(FLAG_OF | FLAG_NX);
    const largest = infinity(negative, format) - 1;
    return step == 0 ? largest : largest + 1;
  }
  if (lost != 0) raise(isTiny ? FLAG_UF | FLAG_NX : FLAG_NX);
  return zero(negative, format) | magnitude;
}
