/** Zba, Zbb and Zbs. Each function returns what the slot's operation makes of `a`, the value of rs1; none can trap. */
import { orCombineBytes } from '../base/bits';
import { extendWord, shift, x2 } from './operands';

@inline
export function addUw(slot: usize, a: u64): u64 {
  return <u64>(<u32>a) + x2(slot);
}

@inline
export function sh1add(slot: usize, a: u64): u64 {
  return (a << 1) + x2(slot);
}

@inline
export function sh2add(slot: usize, a: u64): u64 {
  return (a << 2) + x2(slot);
}

@inline
export function sh3add(slot: usize, a: u64): u64 {
  return (a << 3) + x2(slot);
}

@inline
export function sh1addUw(slot: usize, a: u64): u64 {
  return (<u64>(<u32>a) << 1) + x2(slot);
}

@inline
export function sh2addUw(slot: usize, a: u64): u64 {
  return (<u64>(<u32>a) << 2) + x2(slot);
}

@inline
export function sh3addUw(slot: usize, a: u64): u64 {
  return (<u64>(<u32>a) << 3) + x2(slot);
}

@inline
export function slliUw(slot: usize, a: u64): u64 {
  return <u64>(<u32>a) << shift(slot);
}

@inline
export function andn(slot: usize, a: u64): u64 {
  return a & ~x2(slot);
}

@inline
export function orn(slot: usize, a: u64): u64 {
  return a | ~x2(slot);
}

@inline
export function xnor(slot: usize, a: u64): u64 {
  return ~(a ^ x2(slot));
}

@inline
export function countLeading(a: u64): u64 {
  return clz<u64>(a);
}

@inline
export function countTrailing(a: u64): u64 {
  return ctz<u64>(a);
}

@inline
export function countOnes(a: u64): u64 {
  return popcnt<u64>(a);
}

@inline
export function countLeadingWord(a: u64): u64 {
  return clz<u32>(<u32>a);
}

@inline
export function countTrailingWord(a: u64): u64 {
  return ctz<u32>(<u32>a);
}

@inline
export function countOnesWord(a: u64): u64 {
  return popcnt<u32>(<u32>a);
}

@inline
export function maxSigned(slot: usize, a: u64): u64 {
  const b = x2(slot);
  return <i64>a > <i64>b ? a : b;
}

@inline
export function maxUnsigned(slot: usize, a: u64): u64 {
  const b = x2(slot);
  return a > b ? a : b;
}

@inline
export function minSigned(slot: usize, a: u64): u64 {
  const b = x2(slot);
  return <i64>a < <i64>b ? a : b;
}

@inline
export function minUnsigned(slot: usize, a: u64): u64 {
  const b = x2(slot);
  return a < b ? a : b;
}

@inline
export function sextB(a: u64): u64 {
  return <i64>(<i8>a);
}

@inline
export function sextH(a: u64): u64 {
  return <i64>(<i16>a);
}

@inline
export function zextH(a: u64): u64 {
  return <u64>(<u16>a);
}

@inline
export function rotateLeft(slot: usize, a: u64): u64 {
  return rotl<u64>(a, x2(slot));
}

@inline
export function rotateRight(slot: usize, a: u64): u64 {
  return rotr<u64>(a, x2(slot));
}

@inline
export function rotateRightI(slot: usize, a: u64): u64 {
  return rotr<u64>(a, shift(slot));
}

@inline
export function rotateLeftWord(slot: usize, a: u64): u64 {
  return extendWord(rotl<u32>(<u32>a, <u32>x2(slot)));
}

@inline
export function rotateRightWord(slot: usize, a: u64): u64 {
  return extendWord(rotr<u32>(<u32>a, <u32>x2(slot)));
}

@inline
export function rotateRightWordI(slot: usize, a: u64): u64 {
  return extendWord(rotr<u32>(<u32>a, <u32>shift(slot)));
}

@inline
export function orcB(a: u64): u64 {
  return orCombineBytes(a);
}

@inline
export function rev8(a: u64): u64 {
  return bswap<u64>(a);
}

@inline
export function bclr(slot: usize, a: u64): u64 {
  return a & ~(<u64>1 << (x2(slot) & 63));
}

@inline
export function bclri(slot: usize, a: u64): u64 {
  return a & ~(<u64>1 << shift(slot));
}

@inline
export function bext(slot: usize, a: u64): u64 {
  return (a >> (x2(slot) & 63)) & 1;
}

@inline
export function bexti(slot: usize, a: u64): u64 {
  return (a >> shift(slot)) & 1;
}

@inline
export function binv(slot: usize, a: u64): u64 {
  return a ^ (<u64>1 << (x2(slot) & 63));
}

@inline
export function binvi(slot: usize, a: u64): u64 {
  return a ^ (<u64>1 << shift(slot));
}

@inline
export function bset(slot: usize, a: u64): u64 {
  return a | (<u64>1 << (x2(slot) & 63));
}

@inline
export function bseti(slot: usize, a: u64): u64 {
  return a | (<u64>1 << shift(slot));
}
