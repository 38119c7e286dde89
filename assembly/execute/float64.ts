/**
 * The D extension: one function per instruction (loads and stores are in memory.ts).
 *
 * rd, rs1, rs2, rs3: 8 × the register's number, in the integer file where the instruction says x.
 * rm: the instruction's rounding field, 0..4 or 7 (frm). A function that takes rm returns false when no mode is
 * named, by the field or by frm; then nothing has changed and the instruction is illegal.
 *
 *   function                              instruction                    function              instruction
 *   faddD fsubD fmulD fdivD               (rd, rs1, rs2, rm)             fcvtSD  fcvtDS        fcvt.s.d fcvt.d.s   (rd, rs1, rm)
 *   fsqrtD                                (rd, rs1, rm)                  fcvtWD  fcvtWuD       fcvt.w.d fcvt.wu.d  (x rd, rs1, rm)
 *   fmaddD fmsubD fnmsubD fnmaddD         (rd, rs1, rs2, rs3, rm)        fcvtLD  fcvtLuD       fcvt.l.d fcvt.lu.d  (x rd, rs1, rm)
 *   fsgnjD fsgnjnD fsgnjxD fminD fmaxD    (rd, rs1, rs2)                 fcvtDW  fcvtDWu       fcvt.d.w fcvt.d.wu  (rd, x rs1, rm)
 *   feqD fltD fleD                        (x rd, rs1, rs2)               fcvtDL  fcvtDLu       fcvt.d.l fcvt.d.lu  (rd, x rs1, rm)
 *   fclassD                               (x rd, rs1)                    fmvXD   fmvDX         fmv.x.d (x rd, rs1), fmv.d.x (rd, x rs1)
 *
 * The usual case, to nearest with a result that is neither huge nor tiny, is Wasm's own arithmetic; all else goes to
 * the exact operations of `float/`.
 *
 * @source The RISC-V Instruction Set Manual, volume I, chapter "D"
 */

import {
  CANONICAL_NAN_DOUBLE,
  MAX_DOUBLE,
  MIN_NORMAL_DOUBLE,
  SIGN_DOUBLE,
  double,
  doubleBits,
  integer,
  setDouble,
  setDoubleBits,
  setInteger,
  setSingle,
  setSingleBits,
  singleBits,
} from '../float/box';
import { addExactly, isSumExact } from '../float/add';
import { multiplyExactly, isProductExact } from '../float/multiply';
import { divideExactly } from '../float/divide';
import { squareRootExactly } from '../float/sqrt';
import { fuse, fuseExactly } from '../float/fuse';
import { classify, isNaNBits, isSignalingBits, widenBits } from '../float/classify';
import { toI32, toI64, toU32, toU64, fromI64, fromU64, narrowExactly } from '../float/convert';
import { DOUBLE } from '../float/round';
import { FLAG_NV, RMM, RNE, isInexactSticky, isModeValid, raise, roundingMode } from '../float/mode';

export function faddD(rd: usize, rs1: usize, rs2: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode == RNE) {
    const a = double(rs1);
    const b = double(rs2);
    const sum = a + b; // a sum too small to be normal is exact
    if (abs(sum) <= MAX_DOUBLE && (isInexactSticky() || isSumExact(a, b, sum))) {
      setDouble(rd, sum);
      return true;
    }
  }
  return addD(rd, doubleBits(rs1), doubleBits(rs2), mode);
}

export function fsubD(rd: usize, rs1: usize, rs2: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode == RNE) {
    const a = double(rs1);
    const b = double(rs2);
    const difference = a - b;
    if (abs(difference) <= MAX_DOUBLE && (isInexactSticky() || isSumExact(a, -b, difference))) {
      setDouble(rd, difference);
      return true;
    }
  }
  return addD(rd, doubleBits(rs1), doubleBits(rs2) ^ SIGN_DOUBLE, mode);
}

function addD(rd: usize, a: u64, b: u64, mode: u32): bool {
  if (mode > RMM) return false;
  setDoubleBits(rd, addExactly(a, b, mode, DOUBLE));
  return true;
}

export function fmulD(rd: usize, rs1: usize, rs2: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode == RNE) {
    const a = double(rs1);
    const b = double(rs2);
    const product = a * b;
    const size = abs(product);
    // The smallest normal number itself may have been rounded up to, which is an underflow.
    if (size > MIN_NORMAL_DOUBLE && size <= MAX_DOUBLE && (isInexactSticky() || isProductExact(a, b, product))) {
      setDouble(rd, product);
      return true;
    }
  }
  if (mode > RMM) return false;
  setDoubleBits(rd, multiplyExactly(doubleBits(rs1), doubleBits(rs2), mode, DOUBLE));
  return true;
}

export function fdivD(rd: usize, rs1: usize, rs2: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode == RNE && isInexactSticky()) {
    const b = double(rs2);
    const quotient = double(rs1) / b;
    const size = abs(quotient);
    if (size > MIN_NORMAL_DOUBLE && size <= MAX_DOUBLE) { // an infinite b leaves no quotient here
      setDouble(rd, quotient);
      return true;
    }
  }
  if (mode > RMM) return false;
  setDoubleBits(rd, divideExactly(doubleBits(rs1), doubleBits(rs2), mode, DOUBLE));
  return true;
}

export function fsqrtD(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  const a = double(rs1);
  if (mode == RNE && a >= 0 && a <= MAX_DOUBLE && isInexactSticky()) {
    setDouble(rd, sqrt(a));
    return true;
  }
  if (mode > RMM) return false;
  setDoubleBits(rd, squareRootExactly(doubleBits(rs1), mode, DOUBLE));
  return true;
}

export function fmaddD(rd: usize, rs1: usize, rs2: usize, rs3: usize, rm: u32): bool {
  return fuseD(rd, doubleBits(rs1), doubleBits(rs2), doubleBits(rs3), rm);
}

export function fmsubD(rd: usize, rs1: usize, rs2: usize, rs3: usize, rm: u32): bool {
  return fuseD(rd, doubleBits(rs1), doubleBits(rs2), doubleBits(rs3) ^ SIGN_DOUBLE, rm);
}

export function fnmsubD(rd: usize, rs1: usize, rs2: usize, rs3: usize, rm: u32): bool {
  return fuseD(rd, doubleBits(rs1) ^ SIGN_DOUBLE, doubleBits(rs2), doubleBits(rs3), rm);
}

export function fnmaddD(rd: usize, rs1: usize, rs2: usize, rs3: usize, rm: u32): bool {
  return fuseD(rd, doubleBits(rs1) ^ SIGN_DOUBLE, doubleBits(rs2), doubleBits(rs3) ^ SIGN_DOUBLE, rm);
}

function fuseD(rd: usize, a: u64, b: u64, c: u64, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode == RNE) {
    const result = fuse(reinterpret<f64>(a), reinterpret<f64>(b), reinterpret<f64>(c));
    if (result == result) {
      setDouble(rd, result);
      return true;
    }
  }
  if (mode > RMM) return false;
  setDoubleBits(rd, fuseExactly(a, b, c, mode, DOUBLE));
  return true;
}

export function fsgnjD(rd: usize, rs1: usize, rs2: usize): void {
  setDoubleBits(rd, (doubleBits(rs1) & ~SIGN_DOUBLE) | (doubleBits(rs2) & SIGN_DOUBLE));
}

export function fsgnjnD(rd: usize, rs1: usize, rs2: usize): void {
  setDoubleBits(rd, (doubleBits(rs1) & ~SIGN_DOUBLE) | (~doubleBits(rs2) & SIGN_DOUBLE));
}

export function fsgnjxD(rd: usize, rs1: usize, rs2: usize): void {
  setDoubleBits(rd, doubleBits(rs1) ^ (doubleBits(rs2) & SIGN_DOUBLE));
}

export function fminD(rd: usize, rs1: usize, rs2: usize): void {
  const a = double(rs1);
  const b = double(rs2);
  if (a == a && b == b) setDouble(rd, min(a, b)); // Wasm too orders −0 below +0
  else setDoubleBits(rd, numberOfD(doubleBits(rs1), doubleBits(rs2)));
}

export function fmaxD(rd: usize, rs1: usize, rs2: usize): void {
  const a = double(rs1);
  const b = double(rs2);
  if (a == a && b == b) setDouble(rd, max(a, b));
  else setDoubleBits(rd, numberOfD(doubleBits(rs1), doubleBits(rs2)));
}

/** Returns what fmin and fmax answer when one operand at least is a NaN: the other one, if it is a number. */
function numberOfD(a: u64, b: u64): u64 {
  if (isSignalingBits(a) || isSignalingBits(b)) raise(FLAG_NV);
  if (!isNaNBits(a)) return a;
  return isNaNBits(b) ? CANONICAL_NAN_DOUBLE : b;
}

export function feqD(rd: usize, rs1: usize, rs2: usize): void {
  const a = double(rs1);
  const b = double(rs2);
  if (a != a || b != b) {
    if (isSignalingBits(doubleBits(rs1)) || isSignalingBits(doubleBits(rs2))) raise(FLAG_NV);
  }
  setInteger(rd, u64(a == b));
}

export function fltD(rd: usize, rs1: usize, rs2: usize): void {
  const a = double(rs1);
  const b = double(rs2);
  if (a != a || b != b) raise(FLAG_NV);
  setInteger(rd, u64(a < b));
}

export function fleD(rd: usize, rs1: usize, rs2: usize): void {
  const a = double(rs1);
  const b = double(rs2);
  if (a != a || b != b) raise(FLAG_NV);
  setInteger(rd, u64(a <= b));
}

export function fclassD(rd: usize, rs1: usize): void {
  const bits = doubleBits(rs1);
  const exponent = <u32>(bits >> 52) & 0x7ff;
  setInteger(rd, classify(bits >> 63 != 0, exponent == 0, exponent == 0x7ff, bits << 12));
}

export function fcvtSD(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  const a = double(rs1);
  const narrow = <f32>a;
  if (<f64>narrow == a) { // infinities and zeros too
    if (mode > RMM) return false;
    setSingle(rd, narrow);
    return true;
  }
  if (mode > RMM) return false;
  setSingleBits(rd, narrowExactly(doubleBits(rs1), mode));
  return true;
}

export function fcvtDS(rd: usize, rs1: usize, rm: u32): bool {
  if (!isModeValid(rm)) return false;
  const bits = widenBits(singleBits(rs1));
  if (!isNaNBits(bits)) {
    setDoubleBits(rd, bits);
  } else {
    if (isSignalingBits(bits)) raise(FLAG_NV);
    setDoubleBits(rd, CANONICAL_NAN_DOUBLE);
  }
  return true;
}

export function fcvtWD(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setInteger(rd, toI32(double(rs1), mode));
  return true;
}

export function fcvtWuD(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setInteger(rd, toU32(double(rs1), mode));
  return true;
}

export function fcvtLD(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setInteger(rd, toI64(double(rs1), mode));
  return true;
}

export function fcvtLuD(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setInteger(rd, toU64(double(rs1), mode));
  return true;
}

export function fcvtDW(rd: usize, rs1: usize, rm: u32): bool {
  if (!isModeValid(rm)) return false;
  setDouble(rd, <f64>(<i32>integer(rs1)));
  return true;
}

export function fcvtDWu(rd: usize, rs1: usize, rm: u32): bool {
  if (!isModeValid(rm)) return false;
  setDouble(rd, <f64>(<u32>integer(rs1)));
  return true;
}

export function fcvtDL(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setDoubleBits(rd, fromI64(<i64>integer(rs1), mode, DOUBLE));
  return true;
}

export function fcvtDLu(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setDoubleBits(rd, fromU64(integer(rs1), mode, DOUBLE));
  return true;
}

export function fmvXD(rd: usize, rs1: usize): void {
  setInteger(rd, doubleBits(rs1));
}

export function fmvDX(rd: usize, rs1: usize): void {
  setDoubleBits(rd, integer(rs1));
}
