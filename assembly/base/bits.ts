/** Bit fiddling the instruction set needs and Wasm lacks. */

/** Sets each byte to all ones if it has any bit set, else to zero. */
export function orCombineBytes(value: u64): u64 {
  const low7 = 0x7f7f_7f7f_7f7f_7f7f;
  // bit 7 of each byte: set if the byte is not zero
  const nonZero = (((value & low7) + low7) | value) & ~(<u64>low7);
  return (nonZero >> 7) * 0xff;
}
