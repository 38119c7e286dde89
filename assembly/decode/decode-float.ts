/**
 * F and D instructions to slots.
 *
 * Source: The RISC-V Instruction Set Manual, volume I, "RV32/64G Instruction Set Listings".
 */
import { funct3Of, immediateI, immediateS, opcodeOf, rdOf, rs1Of, rs2Of, rs3Of } from './formats';
import { Op } from './operations';
import { emit } from './slot';

const SINGLE: u32 = 0;
const DOUBLE: u32 = 1;

/** Distance between an operation on singles and the same one on doubles. */
const TO_DOUBLE: u32 = Op.FADD_D - Op.FADD_S;

/** Rounding field: 0 to 4 name a mode, 7 the one in frm; 5 and 6 are reserved. */
function isReserved(rounding: u32): bool {
  return rounding == 5 || rounding == 6;
}

/** Emits the slot of `word`, whose opcode is one of F and D. Returns false when it is no instruction. */
export function decodeFloat(word: u32): bool {
  const opcode = opcodeOf(word);
  const funct3 = funct3Of(word);
  if (opcode == 0x07) {
    if (funct3 != 2 && funct3 != 3) return false;
    emit(funct3 == 2 ? Op.FLW : Op.FLD, rdOf(word), rs1Of(word), 0, immediateI(word), 0);
    return true;
  }
  if (opcode == 0x27) {
    if (funct3 != 2 && funct3 != 3) return false;
    emit(funct3 == 2 ? Op.FSW : Op.FSD, 0, rs1Of(word), rs2Of(word), immediateS(word), 0);
    return true;
  }
  const format = (word >> 25) & 3;
  if (format > DOUBLE) return false;
  if (opcode == 0x53) return decodeOperation(word, format);
  // fmadd, fmsub, fnmsub, fnmadd: opcodes 0x43, 0x47, 0x4b, 0x4f
  return rounded(word, Op.FMADD_S + ((opcode - 0x43) >> 2), format);
}

/** Emits an operation that rounds. */
function rounded(word: u32, single: u32, format: u32): bool {
  const rounding = funct3Of(word);
  if (isReserved(rounding)) return false;
  emit(single + format * TO_DOUBLE, rdOf(word), rs1Of(word), rs2Of(word), <i32>rounding, rs3Of(word));
  return true;
}

/** Emits an operation that does not round. */
function exact(word: u32, op: u32): bool {
  emit(op, rdOf(word), rs1Of(word), rs2Of(word), 0, 0);
  return true;
}

/** Emits the operation number funct3 of `count` that begin at `single`. */
function chosen(word: u32, single: u32, format: u32, count: u32): bool {
  const choice = funct3Of(word);
  return choice < count && exact(word, single + choice + format * TO_DOUBLE);
}

function decodeOperation(word: u32, format: u32): bool {
  const rs2 = rs2Of(word) >> 3;
  switch (word >> 27) {
    case 0x00:
      return rounded(word, Op.FADD_S, format);
    case 0x01:
      return rounded(word, Op.FSUB_S, format);
    case 0x02:
      return rounded(word, Op.FMUL_S, format);
    case 0x03:
      return rounded(word, Op.FDIV_S, format);
    case 0x0b:
      return rs2 == 0 && rounded(word, Op.FSQRT_S, format);
    case 0x04:
      return chosen(word, Op.FSGNJ_S, format, 3);
    case 0x05:
      return chosen(word, Op.FMIN_S, format, 2);
    case 0x08: // between the formats: rs2 names the one that is converted
      if (rs2 == format || rs2 > DOUBLE) return false;
      return rounded(word, format == SINGLE ? Op.FCVT_S_D : Op.FCVT_D_S, 0);
    case 0x14: // funct3: 0 fle, 1 flt, 2 feq
      if (funct3Of(word) > 2) return false;
      return exact(word, Op.FLE_S - funct3Of(word) + format * TO_DOUBLE);
    case 0x18: // to an integer: rs2 is 0 w, 1 wu, 2 l, 3 lu
      return rs2 < 4 && rounded(word, (format == SINGLE ? Op.FCVT_W_S : Op.FCVT_W_D) + rs2, 0);
    case 0x1a: // from an integer
      return rs2 < 4 && rounded(word, (format == SINGLE ? Op.FCVT_S_W : Op.FCVT_D_W) + rs2, 0);
    case 0x1c:
      if (rs2 != 0) return false;
      if (funct3Of(word) == 1) return exact(word, Op.FCLASS_S + format * TO_DOUBLE);
      return funct3Of(word) == 0 && exact(word, format == SINGLE ? Op.FMV_X_W : Op.FMV_X_D);
    case 0x1e:
      if (rs2 != 0 || funct3Of(word) != 0) return false;
      return exact(word, format == SINGLE ? Op.FMV_W_X : Op.FMV_D_X);
    default:
      return false;
  }
}
