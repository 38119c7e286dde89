/** Zba, Zbb and Zbs. Each function does what the slot says; none can trap. */
import { orCombineBytes } from '../base/bits';
import { setRd, setRdWord, shift, x1, x2 } from './operands';

@inline
export function addUw(slot: usize): void {
  setRd(slot, <u64>(<u32>x1(slot)) + x2(slot));
}

@inline
export function sh1add(slot: usize): void {
  setRd(slot, (x1(slot) << 1) + x2(slot));
}

@inline
export function sh2add(slot: usize): void {
  setRd(slot, (x1(slot) << 2) + x2(slot));
}

@inline
export function sh3add(slot: usize): void {
  setRd(slot, (x1(slot) << 3) + x2(slot));
}

@inline
export function sh1addUw(slot: usize): void {
  setRd(slot, (<u64>(<u32>x1(slot)) << 1) + x2(slot));
}

@inline
export function sh2addUw(slot: usize): void {
  setRd(slot, (<u64>(<u32>x1(slot)) << 2) + x2(slot));
}

@inline
export function sh3addUw(slot: usize): void {
  setRd(slot, (<u64>(<u32>x1(slot)) << 3) + x2(slot));
}

@inline
export function slliUw(slot: usize): void {
  setRd(slot, <u64>(<u32>x1(slot)) << shift(slot));
}

@inline
export function andn(slot: usize): void {
  setRd(slot, x1(slot) & ~x2(slot));
}

@inline
export function orn(slot: usize): void {
  setRd(slot, x1(slot) | ~x2(slot));
}

@inline
export function xnor(slot: usize): void {
  setRd(slot, ~(x1(slot) ^ x2(slot)));
}

@inline
export function countLeading(slot: usize): void {
  setRd(slot, clz<u64>(x1(slot)));
}

@inline
export function countTrailing(slot: usize): void {
  setRd(slot, ctz<u64>(x1(slot)));
}

@inline
export function countOnes(slot: usize): void {
  setRd(slot, popcnt<u64>(x1(slot)));
}

@inline
export function countLeadingWord(slot: usize): void {
  setRd(slot, clz<u32>(<u32>x1(slot)));
}

@inline
export function countTrailingWord(slot: usize): void {
  setRd(slot, ctz<u32>(<u32>x1(slot)));
}

@inline
export function countOnesWord(slot: usize): void {
  setRd(slot, popcnt<u32>(<u32>x1(slot)));
}

@inline
export function maxSigned(slot: usize): void {
  const a = <i64>x1(slot);
  const b = <i64>x2(slot);
  setRd(slot, a > b ? a : b);
}

@inline
export function maxUnsigned(slot: usize): void {
  const a = x1(slot);
  const b = x2(slot);
  setRd(slot, a > b ? a : b);
}

@inline
export function minSigned(slot: usize): void {
  const a = <i64>x1(slot);
  const b = <i64>x2(slot);
  setRd(slot, a < b ? a : b);
}

@inline
export function minUnsigned(slot: usize): void {
  const a = x1(slot);
  const b = x2(slot);
  setRd(slot, a < b ? a : b);
}

@inline
export function sextB(slot: usize): void {
  setRd(slot, <i64>(<i8>x1(slot)));
}

@inline
export function sextH(slot: usize): void {
  setRd(slot, <i64>(<i16>x1(slot)));
}

@inline
export function zextH(slot: usize): void {
  setRd(slot, <u64>(<u16>x1(slot)));
}

@inline
export function rotateLeft(slot: usize): void {
  setRd(slot, rotl<u64>(x1(slot), x2(slot)));
}

@inline
export function rotateRight(slot: usize): void {
  setRd(slot, rotr<u64>(x1(slot), x2(slot)));
}

@inline
export function rotateRightI(slot: usize): void {
  setRd(slot, rotr<u64>(x1(slot), shift(slot)));
}

@inline
export function rotateLeftWord(slot: usize): void {
  setRdWord(slot, rotl<u32>(<u32>x1(slot), <u32>x2(slot)));
}

@inline
export function rotateRightWord(slot: usize): void {
  setRdWord(slot, rotr<u32>(<u32>x1(slot), <u32>x2(slot)));
}

@inline
export function rotateRightWordI(slot: usize): void {
  setRdWord(slot, rotr<u32>(<u32>x1(slot), <u32>shift(slot)));
}

@inline
export function orcB(slot: usize): void {
  setRd(slot, orCombineBytes(x1(slot)));
}

@inline
export function rev8(slot: usize): void {
  setRd(slot, bswap<u64>(x1(slot)));
}

@inline
export function bclr(slot: usize): void {
  setRd(slot, x1(slot) & ~(<u64>1 << (x2(slot) & 63)));
}

@inline
export function bclri(slot: usize): void {
  setRd(slot, x1(slot) & ~(<u64>1 << shift(slot)));
}

@inline
export function bext(slot: usize): void {
  setRd(slot, (x1(slot) >> (x2(slot) & 63)) & 1);
}

@inline
export function bexti(slot: usize): void {
  setRd(slot, (x1(slot) >> shift(slot)) & 1);
}

@inline
export function binv(slot: usize): void {
  setRd(slot, x1(slot) ^ (<u64>1 << (x2(slot) & 63)));
}

@inline
export function binvi(slot: usize): void {
  setRd(slot, x1(slot) ^ (<u64>1 << shift(slot)));
}

@inline
export function bset(slot: usize): void {
  setRd(slot, x1(slot) | (<u64>1 << (x2(slot) & 63)));
}

@inline
export function bseti(slot: usize): void {
  setRd(slot, x1(slot) | (<u64>1 << shift(slot)));
}
