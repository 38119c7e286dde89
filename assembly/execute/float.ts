/** F and D instructions that the run loop does not do itself. */
import { Op } from '../decode/operations';
import { SLOT_AUX, SLOT_IMMEDIATE, SLOT_RD, SLOT_RS1, SLOT_RS2 } from '../decode/slot';
import { HART_X } from '../layout';
import * as single from './float32';
import * as double from './float64';

/** Executes the slot. Returns false, having done nothing, when the rounding mode is reserved: an illegal instruction. */
export function executeFloat(slot: usize, op: u32): bool {
  const rd: usize = load<u8>(slot, SLOT_RD);
  const rs1: usize = load<u8>(slot, SLOT_RS1);
  const rs2: usize = load<u8>(slot, SLOT_RS2);
  const rs3: usize = load<u32>(slot, SLOT_AUX);
  const rounding = load<u32>(slot, SLOT_IMMEDIATE);
  const isLegal = execute(op, rd, rs1, rs2, rs3, rounding);
  store<u64>(HART_X, 0); // x0, if it was the destination
  return isLegal;
}

function execute(op: u32, rd: usize, rs1: usize, rs2: usize, rs3: usize, rounding: u32): bool {
  switch (<i32>op) {
    case Op.FADD_S:
      return single.faddS(rd, rs1, rs2, rounding);
    case Op.FSUB_S:
      return single.fsubS(rd, rs1, rs2, rounding);
    case Op.FMUL_S:
      return single.fmulS(rd, rs1, rs2, rounding);
    case Op.FDIV_S:
      return single.fdivS(rd, rs1, rs2, rounding);
    case Op.FSQRT_S:
      return single.fsqrtS(rd, rs1, rounding);
    case Op.FMADD_S:
      return single.fmaddS(rd, rs1, rs2, rs3, rounding);
    case Op.FMSUB_S:
      return single.fmsubS(rd, rs1, rs2, rs3, rounding);
    case Op.FNMSUB_S:
      return single.fnmsubS(rd, rs1, rs2, rs3, rounding);
    case Op.FNMADD_S:
      return single.fnmaddS(rd, rs1, rs2, rs3, rounding);
    case Op.FSGNJ_S:
      single.fsgnjS(rd, rs1, rs2);
      return true;
    case Op.FSGNJN_S:
      single.fsgnjnS(rd, rs1, rs2);
      return true;
    case Op.FSGNJX_S:
      single.fsgnjxS(rd, rs1, rs2);
      return true;
    case Op.FMIN_S:
      single.fminS(rd, rs1, rs2);
      return true;
    case Op.FMAX_S:
      single.fmaxS(rd, rs1, rs2);
      return true;
    case Op.FEQ_S:
      single.feqS(rd, rs1, rs2);
      return true;
    case Op.FLT_S:
      single.fltS(rd, rs1, rs2);
      return true;
    case Op.FLE_S:
      single.fleS(rd, rs1, rs2);
      return true;
    case Op.FCLASS_S:
      single.fclassS(rd, rs1);
      return true;
    case Op.FADD_D:
      return double.faddD(rd, rs1, rs2, rounding);
    case Op.FSUB_D:
      return double.fsubD(rd, rs1, rs2, rounding);
    case Op.FMUL_D:
      return double.fmulD(rd, rs1, rs2, rounding);
    case Op.FDIV_D:
      return double.fdivD(rd, rs1, rs2, rounding);
    case Op.FSQRT_D:
      return double.fsqrtD(rd, rs1, rounding);
    case Op.FMADD_D:
      return double.fmaddD(rd, rs1, rs2, rs3, rounding);
    case Op.FMSUB_D:
      return double.fmsubD(rd, rs1, rs2, rs3, rounding);
    case Op.FNMSUB_D:
      return double.fnmsubD(rd, rs1, rs2, rs3, rounding);
    case Op.FNMADD_D:
      return double.fnmaddD(rd, rs1, rs2, rs3, rounding);
    case Op.FSGNJ_D:
      double.fsgnjD(rd, rs1, rs2);
      return true;
    case Op.FSGNJN_D:
      double.fsgnjnD(rd, rs1, rs2);
      return true;
    case Op.FSGNJX_D:
      double.fsgnjxD(rd, rs1, rs2);
      return true;
    case Op.FMIN_D:
      double.fminD(rd, rs1, rs2);
      return true;
    case Op.FMAX_D:
      double.fmaxD(rd, rs1, rs2);
      return true;
    case Op.FEQ_D:
      double.feqD(rd, rs1, rs2);
      return true;
    case Op.FLT_D:
      double.fltD(rd, rs1, rs2);
      return true;
    case Op.FLE_D:
      double.fleD(rd, rs1, rs2);
      return true;
    case Op.FCLASS_D:
      double.fclassD(rd, rs1);
      return true;
    case Op.FCVT_W_S:
      return single.fcvtWS(rd, rs1, rounding);
    case Op.FCVT_WU_S:
      return single.fcvtWuS(rd, rs1, rounding);
    case Op.FCVT_L_S:
      return single.fcvtLS(rd, rs1, rounding);
    case Op.FCVT_LU_S:
      return single.fcvtLuS(rd, rs1, rounding);
    case Op.FCVT_S_W:
      return single.fcvtSW(rd, rs1, rounding);
    case Op.FCVT_S_WU:
      return single.fcvtSWu(rd, rs1, rounding);
    case Op.FCVT_S_L:
      return single.fcvtSL(rd, rs1, rounding);
    case Op.FCVT_S_LU:
      return single.fcvtSLu(rd, rs1, rounding);
    case Op.FMV_X_W:
      single.fmvXW(rd, rs1);
      return true;
    case Op.FMV_W_X:
      single.fmvWX(rd, rs1);
      return true;
    case Op.FCVT_W_D:
      return double.fcvtWD(rd, rs1, rounding);
    case Op.FCVT_WU_D:
      return double.fcvtWuD(rd, rs1, rounding);
    case Op.FCVT_L_D:
      return double.fcvtLD(rd, rs1, rounding);
    case Op.FCVT_LU_D:
      return double.fcvtLuD(rd, rs1, rounding);
    case Op.FCVT_D_W:
      return double.fcvtDW(rd, rs1, rounding);
    case Op.FCVT_D_WU:
      return double.fcvtDWu(rd, rs1, rounding);
    case Op.FCVT_D_L:
      return double.fcvtDL(rd, rs1, rounding);
    case Op.FCVT_D_LU:
      return double.fcvtDLu(rd, rs1, rounding);
    case Op.FMV_X_D:
      double.fmvXD(rd, rs1);
      return true;
    case Op.FMV_D_X:
      double.fmvDX(rd, rs1);
      return true;
    case Op.FCVT_S_D:
      return double.fcvtSD(rd, rs1, rounding);
    case Op.FCVT_D_S:
      return double.fcvtDS(rd, rs1, rounding);
    default:
      return false;
  }
}
