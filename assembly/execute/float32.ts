/**
 * The F extension: one function per instruction (loads and stores are in memory.ts).
 *
 * rd, rs1, rs2, rs3: 8 × the register's number, in the integer file where the instruction says x.
 * rm: the instruction's rounding field, 0..4 or 7 (frm). A function that takes rm returns false when no mode is
 * named, by the field or by frm; then nothing has changed and the instruction is illegal.
 *
 *   function                              instruction                    function              instruction
 *   faddS fsubS fmulS fdivS               (rd, rs1, rs2, rm)             fcvtWS  fcvtWuS       fcvt.w.s fcvt.wu.s  (x rd, rs1, rm)
 *   fsqrtS                                (rd, rs1, rm)                  fcvtLS  fcvtLuS       fcvt.l.s fcvt.lu.s  (x rd, rs1, rm)
 *   fmaddS fmsubS fnmsubS fnmaddS         (rd, rs1, rs2, rs3, rm)        fcvtSW  fcvtSWu       fcvt.s.w fcvt.s.wu  (rd, x rs1, rm)
 *   fsgnjS fsgnjnS fsgnjxS fminS fmaxS    (rd, rs1, rs2)                 fcvtSL  fcvtSLu       fcvt.s.l fcvt.s.lu  (rd, x rs1, rm)
 *   feqS fltS fleS                        (x rd, rs1, rs2)               fmvXW                 fmv.x.w  (x rd, rs1)
 *   fclassS                               (x rd, rs1)                    fmvWX                 fmv.w.x  (rd, x rs1)
 *
 * The usual case is Wasm's own arithmetic, in doubles where that shows what rounding lost; all else widens its
 * operands, which is exact, and goes to the operations of `float/`, which round once, to a single.
 *
 * @source The RISC-V Instruction Set Manual, volume I, chapter "F"
 */

import {
  CANONICAL_NAN_SINGLE,
  MAX_SINGLE,
  MIN_NORMAL_SINGLE,
  SIGN_DOUBLE,
  SIGN_SINGLE,
  integer,
  lowerHalf,
  setInteger,
  setSingle,
  setSingleBits,
  single,
  singleBits,
} from '../float/box';
import { addExactly, isSumExactSingle } from '../float/add';
import { multiplyExactly } from '../float/multiply';
import { divideExactly } from '../float/divide';
import { squareRootExactly } from '../float/sqrt';
import { fuseExactly, fuseSingle } from '../float/fuse';
import { classify, isNaNBits, isSignalingBits, widenBits } from '../float/classify';
import { toI32, toI64, toU32, toU64, fromI64, fromU64 } from '../float/convert';
import { SINGLE } from '../float/round';
import { FLAG_NV, RMM, RNE, isInexactSticky, raise, roundingMode } from '../float/mode';

export function faddS(rd: usize, rs1: usize, rs2: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode == RNE) {
    const a = single(rs1);
    const b = single(rs2);
    const sum = a + b; // a sum too small to be normal is exact
    if (abs(sum) <= MAX_SINGLE && (isInexactSticky() || isSumExactSingle(a, b, sum))) {
      setSingle(rd, sum);
      return true;
    }
  }
  return addS(rd, widenBits(singleBits(rs1)), widenBits(singleBits(rs2)), mode);
}

export function fsubS(rd: usize, rs1: usize, rs2: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode == RNE) {
    const a = single(rs1);
    const b = single(rs2);
    const difference = a - b;
    if (abs(difference) <= MAX_SINGLE && (isInexactSticky() || isSumExactSingle(a, -b, difference))) {
      setSingle(rd, difference);
      return true;
    }
  }
  return addS(rd, widenBits(singleBits(rs1)), widenBits(singleBits(rs2)) ^ SIGN_DOUBLE, mode);
}

/** Stores a + b, given as the bits of doubles. */
function addS(rd: usize, a: u64, b: u64, mode: u32): bool {
  if (mode > RMM) return false;
  setSingleBits(rd, <u32>addExactly(a, b, mode, SINGLE));
  return true;
}

export function fmulS(rd: usize, rs1: usize, rs2: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode == RNE) {
    const a = single(rs1);
    const b = single(rs2);
    const product = a * b;
    const size = abs(product);
    // The smallest normal number itself may have been rounded up to, which is an underflow.
    if (size > MIN_NORMAL_SINGLE && size <= MAX_SINGLE && (isInexactSticky() || <f64>a * <f64>b == <f64>product)) {
      setSingle(rd, product);
      return true;
    }
  }
  if (mode > RMM) return false;
  setSingleBits(rd, <u32>multiplyExactly(widenBits(singleBits(rs1)), widenBits(singleBits(rs2)), mode, SINGLE));
  return true;
}

export function fdivS(rd: usize, rs1: usize, rs2: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode == RNE) {
    const a = single(rs1);
    const b = single(rs2);
    const quotient = a / b;
    const size = abs(quotient);
    if (size > MIN_NORMAL_SINGLE && size <= MAX_SINGLE && (isInexactSticky() || <f64>quotient * <f64>b == <f64>a)) {
      setSingle(rd, quotient);
      return true;
    }
  }
  if (mode > RMM) return false;
  setSingleBits(rd, <u32>divideExactly(widenBits(singleBits(rs1)), widenBits(singleBits(rs2)), mode, SINGLE));
  return true;
}

export function fsqrtS(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  const a = single(rs1);
  if (mode == RNE && a >= 0 && a <= MAX_SINGLE) {
    const root = sqrt(a);
    if (isInexactSticky() || <f64>root * <f64>root == <f64>a) {
      setSingle(rd, root);
      return true;
    }
  }
  if (mode > RMM) return false;
  setSingleBits(rd, <u32>squareRootExactly(widenBits(singleBits(rs1)), mode, SINGLE));
  return true;
}

export function fmaddS(rd: usize, rs1: usize, rs2: usize, rs3: usize, rm: u32): bool {
  return fuseS(rd, singleBits(rs1), singleBits(rs2), singleBits(rs3), rm);
}

export function fmsubS(rd: usize, rs1: usize, rs2: usize, rs3: usize, rm: u32): bool {
  return fuseS(rd, singleBits(rs1), singleBits(rs2), singleBits(rs3) ^ SIGN_SINGLE, rm);
}

export function fnmsubS(rd: usize, rs1: usize, rs2: usize, rs3: usize, rm: u32): bool {
  return fuseS(rd, singleBits(rs1) ^ SIGN_SINGLE, singleBits(rs2), singleBits(rs3), rm);
}

export function fnmaddS(rd: usize, rs1: usize, rs2: usize, rs3: usize, rm: u32): bool {
  return fuseS(rd, singleBits(rs1) ^ SIGN_SINGLE, singleBits(rs2), singleBits(rs3) ^ SIGN_SINGLE, rm);
}

function fuseS(rd: usize, a: u32, b: u32, c: u32, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode == RNE) {
    const result = fuseSingle(reinterpret<f32>(a), reinterpret<f32>(b), reinterpret<f32>(c));
    if (result == result) {
      setSingle(rd, result);
      return true;
    }
  }
  if (mode > RMM) return false;
  setSingleBits(rd, <u32>fuseExactly(widenBits(a), widenBits(b), widenBits(c), mode, SINGLE));
  return true;
}

export function fsgnjS(rd: usize, rs1: usize, rs2: usize): void {
  setSingleBits(rd, (singleBits(rs1) & ~SIGN_SINGLE) | (singleBits(rs2) & SIGN_SINGLE));
}

export function fsgnjnS(rd: usize, rs1: usize, rs2: usize): void {
  setSingleBits(rd, (singleBits(rs1) & ~SIGN_SINGLE) | (~singleBits(rs2) & SIGN_SINGLE));
}

export function fsgnjxS(rd: usize, rs1: usize, rs2: usize): void {
  setSingleBits(rd, singleBits(rs1) ^ (singleBits(rs2) & SIGN_SINGLE));
}

export function fminS(rd: usize, rs1: usize, rs2: usize): void {
  const a = single(rs1);
  const b = single(rs2);
  if (a == a && b == b) setSingle(rd, min(a, b)); // Wasm too orders −0 below +0
  else setSingleBits(rd, numberOfS(singleBits(rs1), singleBits(rs2)));
}

export function fmaxS(rd: usize, rs1: usize, rs2: usize): void {
  const a = single(rs1);
  const b = single(rs2);
  if (a == a && b == b) setSingle(rd, max(a, b));
  else setSingleBits(rd, numberOfS(singleBits(rs1), singleBits(rs2)));
}

/** Returns what fmin and fmax answer when one operand at least is a NaN: the other one, if it is a number. */
function numberOfS(a: u32, b: u32): u32 {
  const wideA = widenBits(a);
  const wideB = widenBits(b);
  if (isSignalingBits(wideA) || isSignalingBits(wideB)) raise(FLAG_NV);
  if (!isNaNBits(wideA)) return a;
  return isNaNBits(wideB) ? CANONICAL_NAN_SINGLE : b;
}

export function feqS(rd: usize, rs1: usize, rs2: usize): void {
  const a = single(rs1);
  const b = single(rs2);
  if (a != a || b != b) {
    if (isSignalingBits(widenBits(singleBits(rs1))) || isSignalingBits(widenBits(singleBits(rs2)))) raise(FLAG_NV);
  }
  setInteger(rd, u64(a == b));
}

export function fltS(rd: usize, rs1: usize, rs2: usize): void {
  const a = single(rs1);
  const b = single(rs2);
  if (a != a || b != b) raise(FLAG_NV);
  setInteger(rd, u64(a < b));
}

export function fleS(rd: usize, rs1: usize, rs2: usize): void {
  const a = single(rs1);
  const b = single(rs2);
  if (a != a || b != b) raise(FLAG_NV);
  setInteger(rd, u64(a <= b));
}

export function fclassS(rd: usize, rs1: usize): void {
  const bits = singleBits(rs1);
  const exponent = (bits >> 23) & 0xff;
  setInteger(rd, classify(bits >> 31 != 0, exponent == 0, exponent == 0xff, <u64>bits << 41));
}

export function fcvtWS(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setInteger(rd, toI32(<f64>single(rs1), mode));
  return true;
}

export function fcvtWuS(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setInteger(rd, toU32(<f64>single(rs1), mode));
  return true;
}

export function fcvtLS(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setInteger(rd, toI64(<f64>single(rs1), mode));
  return true;
}

export function fcvtLuS(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setInteger(rd, toU64(<f64>single(rs1), mode));
  return true;
}

export function fcvtSW(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setSingleBits(rd, <u32>fromI64(<i32>integer(rs1), mode, SINGLE));
  return true;
}

export function fcvtSWu(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setSingleBits(rd, <u32>fromU64(<u32>integer(rs1), mode, SINGLE));
  return true;
}

export function fcvtSL(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setSingleBits(rd, <u32>fromI64(<i64>integer(rs1), mode, SINGLE));
  return true;
}

export function fcvtSLu(rd: usize, rs1: usize, rm: u32): bool {
  const mode = roundingMode(rm);
  if (mode > RMM) return false;
  setSingleBits(rd, <u32>fromU64(integer(rs1), mode, SINGLE));
  return true;
}

/** Moves the lower half as it is, sign-extended. */
export function fmvXW(rd: usize, rs1: usize): void {
  setInteger(rd, <u64>(<i64>(<i32>lowerHalf(rs1))));
}

export function fmvWX(rd: usize, rs1: usize): void {
  setSingleBits(rd, <u32>integer(rs1));
}
