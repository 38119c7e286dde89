/**
 * The usual case of the commonest F and D instructions, for the run loop. Each returns false, having done nothing, when
 * it is not that case: then `execute/float.ts` does the instruction.
 *
 * The usual case of an instruction that rounds: to nearest, NX already sticky, and a result that can raise nothing else.
 */
import { SLOT_AUX, SLOT_IMMEDIATE, SLOT_OP, SLOT_RD, SLOT_RS1, SLOT_RS2 } from '../decode/slot';
import { Op } from '../decode/operations';
import {
  MAX_DOUBLE,
  MAX_SINGLE,
  MIN_NORMAL_DOUBLE,
  MIN_NORMAL_SINGLE,
  SIGN_DOUBLE,
  double,
  doubleBits,
  integer,
  lowerHalf,
  setDouble,
  setDoubleBits,
  setInteger,
  setSingle,
  setSingleBits,
  single,
  singleBits,
} from '../float/box';
import { fuse, fuseSingle } from '../float/fuse';
import { FLAG_NX, RTZ } from '../float/mode';
import { HART_FFLAGS } from '../layout';

/** fflags below frm, as one u64. */
const FRM_AND_NX: u64 = 0xffff_ffff_0000_0000 | <u64>FLAG_NX;
const NEAREST_AND_NX: u64 = FLAG_NX;

@inline
function rd(slot: usize): usize {
  return load<u8>(slot, SLOT_RD);
}

@inline
function rs1(slot: usize): usize {
  return load<u8>(slot, SLOT_RS1);
}

@inline
function rs2(slot: usize): usize {
  return load<u8>(slot, SLOT_RS2);
}

/** Whether the rounding field is RNE (0) or dynamic (7) and frm is RNE. */
@inline
function isUsual(slot: usize): bool {
  return ((load<u32>(slot, SLOT_IMMEDIATE) + 1) & 6) == 0 && (load<u64>(HART_FFLAGS) & FRM_AND_NX) == NEAREST_AND_NX;
}

@inline
function isNormalDouble(value: f64): bool {
  const size = abs(value);
  return size > MIN_NORMAL_DOUBLE && size <= MAX_DOUBLE;
}

@inline
function isNormalSingle(value: f32): bool {
  const size = abs(value);
  return size > MIN_NORMAL_SINGLE && size <= MAX_SINGLE;
}

@inline
export function addD(slot: usize): bool {
  const sum = double(rs1(slot)) + double(rs2(slot));
  if (!isUsual(slot) || !(abs(sum) <= MAX_DOUBLE)) return false;
  setDouble(rd(slot), sum);
  return true;
}

@inline
export function subtractD(slot: usize): bool {
  const difference = double(rs1(slot)) - double(rs2(slot));
  if (!isUsual(slot) || !(abs(difference) <= MAX_DOUBLE)) return false;
  setDouble(rd(slot), difference);
  return true;
}

@inline
export function multiplyD(slot: usize): bool {
  const product = double(rs1(slot)) * double(rs2(slot));
  if (!isUsual(slot) || !isNormalDouble(product)) return false;
  setDouble(rd(slot), product);
  return true;
}

@inline
export function divideD(slot: usize): bool {
  const quotient = double(rs1(slot)) / double(rs2(slot));
  if (!isUsual(slot) || !isNormalDouble(quotient)) return false;
  setDouble(rd(slot), quotient);
  return true;
}

@inline
export function squareRootD(slot: usize): bool {
  const root = sqrt(double(rs1(slot)));
  if (!isUsual(slot) || !(root <= MAX_DOUBLE)) return false;
  setDouble(rd(slot), root);
  return true;
}

/** fmadd.d, fmsub.d, fnmsub.d, fnmadd.d, numbered in this order: the last two negate the product, the odd ones c. */
@inline
export function fuseD(slot: usize): bool {
  if (!isUsual(slot)) return false;
  const choice = <u64>(load<u16>(slot, SLOT_OP) - <u16>Op.FMADD_D);
  const a = doubleBits(rs1(slot)) ^ ((choice & 2) << 62);
  const c = doubleBits(load<u32>(slot, SLOT_AUX)) ^ (choice << 63);
  const result = fuse(reinterpret<f64>(a), double(rs2(slot)), reinterpret<f64>(c));
  if (result != result) return false;
  setDouble(rd(slot), result);
  return true;
}

@inline
export function addS(slot: usize): bool {
  const sum = single(rs1(slot)) + single(rs2(slot));
  if (!isUsual(slot) || !(abs(sum) <= MAX_SINGLE)) return false;
  setSingle(rd(slot), sum);
  return true;
}

@inline
export function subtractS(slot: usize): bool {
  const difference = single(rs1(slot)) - single(rs2(slot));
  if (!isUsual(slot) || !(abs(difference) <= MAX_SINGLE)) return false;
  setSingle(rd(slot), difference);
  return true;
}

@inline
export function multiplyS(slot: usize): bool {
  const product = single(rs1(slot)) * single(rs2(slot));
  if (!isUsual(slot) || !isNormalSingle(product)) return false;
  setSingle(rd(slot), product);
  return true;
}

@inline
export function divideS(slot: usize): bool {
  const quotient = single(rs1(slot)) / single(rs2(slot));
  if (!isUsual(slot) || !isNormalSingle(quotient)) return false;
  setSingle(rd(slot), quotient);
  return true;
}

/** fmadd.s, fmsub.s, fnmsub.s, fnmadd.s, as `fuseD`. */
@inline
export function fuseS(slot: usize): bool {
  if (!isUsual(slot)) return false;
  const choice = <u32>(load<u16>(slot, SLOT_OP) - <u16>Op.FMADD_S);
  const a = singleBits(rs1(slot)) ^ ((choice & 2) << 30);
  const c = singleBits(load<u32>(slot, SLOT_AUX)) ^ (choice << 31);
  const result = fuseSingle(reinterpret<f32>(a), single(rs2(slot)), reinterpret<f32>(c));
  if (result != result) return false;
  setSingle(rd(slot), result);
  return true;
}

/** fmv.d and other copies of a sign. */
@inline
export function copySignD(slot: usize): void {
  setDoubleBits(rd(slot), (doubleBits(rs1(slot)) & ~SIGN_DOUBLE) | (doubleBits(rs2(slot)) & SIGN_DOUBLE));
}

/** fneg.d and the like. */
@inline
export function copyOppositeSignD(slot: usize): void {
  setDoubleBits(rd(slot), (doubleBits(rs1(slot)) & ~SIGN_DOUBLE) | (~doubleBits(rs2(slot)) & SIGN_DOUBLE));
}

/** fabs.d and the like. */
@inline
export function multiplySignD(slot: usize): void {
  setDoubleBits(rd(slot), doubleBits(rs1(slot)) ^ (doubleBits(rs2(slot)) & SIGN_DOUBLE));
}

@inline
export function isEqualD(slot: usize): bool {
  const a = double(rs1(slot));
  const b = double(rs2(slot));
  if (a != a || b != b) return false;
  setInteger(rd(slot), u64(a == b));
  return true;
}

@inline
export function isLessD(slot: usize): bool {
  const a = double(rs1(slot));
  const b = double(rs2(slot));
  if (a != a || b != b) return false;
  setInteger(rd(slot), u64(a < b));
  return true;
}

@inline
export function isLessOrEqualD(slot: usize): bool {
  const a = double(rs1(slot));
  const b = double(rs2(slot));
  if (a != a || b != b) return false;
  setInteger(rd(slot), u64(a <= b));
  return true;
}

/** fcvt.d.w and fcvt.d.l of an integer of 32 bits. */
@inline
export function fromI32D(slot: usize): bool {
  if (!isUsual(slot)) return false;
  setDouble(rd(slot), <f64>(<i32>integer(rs1(slot))));
  return true;
}

@inline
export function fromI64D(slot: usize): bool {
  if (!isUsual(slot)) return false;
  setDouble(rd(slot), <f64>(<i64>integer(rs1(slot))));
  return true;
}

/** fcvt.w.d as C's conversions use it, towards zero. */
@inline
export function truncateToI32D(slot: usize): bool {
  const value = double(rs1(slot));
  const isUsualHere = load<u32>(slot, SLOT_IMMEDIATE) == RTZ && (load<u32>(HART_FFLAGS) & FLAG_NX) != 0;
  if (!isUsualHere || !(value > -2147483649.0 && value < 2147483648.0)) return false;
  setInteger(rd(slot), <u64>(<i64>(<i32>value)));
  return true;
}

@inline
export function truncateToI64D(slot: usize): bool {
  const value = double(rs1(slot));
  const isUsualHere = load<u32>(slot, SLOT_IMMEDIATE) == RTZ && (load<u32>(HART_FFLAGS) & FLAG_NX) != 0;
  if (!isUsualHere || !(abs(value) < 9223372036854775808.0)) return false;
  setInteger(rd(slot), <u64>(<i64>value));
  return true;
}

@inline
export function narrow(slot: usize): bool {
  const result = <f32>double(rs1(slot));
  if (!isUsual(slot) || !isNormalSingle(result)) return false;
  setSingle(rd(slot), result);
  return true;
}

@inline
export function widen(slot: usize): bool {
  const value = single(rs1(slot));
  if (!isUsual(slot) || value != value) return false;
  setDouble(rd(slot), <f64>value);
  return true;
}

@inline
export function moveDToX(slot: usize): void {
  setInteger(rd(slot), doubleBits(rs1(slot)));
}

@inline
export function moveXToD(slot: usize): void {
  setDoubleBits(rd(slot), integer(rs1(slot)));
}

@inline
export function moveSToX(slot: usize): void {
  setInteger(rd(slot), <u64>(<i64>(<i32>lowerHalf(rs1(slot)))));
}

@inline
export function moveXToS(slot: usize): void {
  setSingleBits(rd(slot), <u32>integer(rs1(slot)));
}
