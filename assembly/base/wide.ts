/** Products of 64 × 64 bits, upper half. */

/** Upper 64 bits of the unsigned product. */
@inline
export function mulHighUnsigned(a: u64, b: u64): u64 {
  const aLow = a & 0xffff_ffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffff_ffff;
  const bHigh = b >> 32;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >> 32);
  const other = aLow * bHigh + (middle & 0xffff_ffff);
  return aHigh * bHigh + (middle >> 32) + (other >> 32);
}

/** Upper 64 bits of the signed product. */
@inline
export function mulHighSigned(a: u64, b: u64): u64 {
  const high = mulHighUnsigned(a, b);
  return high - (b & <u64>(<i64>a >> 63)) - (a & <u64>(<i64>b >> 63));
}

/** Upper 64 bits of signed `a` times unsigned `b`. */
@inline
export function mulHighSignedUnsigned(a: u64, b: u64): u64 {
  return mulHighUnsigned(a, b) - (b & <u64>(<i64>a >> 63));
}
