/**
 * The run loop: executes decoded slots until fuel is short, the way on is not known, or a slot needs more than the loop
 * does itself.
 *
 * It calls nothing, so that the engine keeps its few variables in registers: what the cases name is inlined. A case goes on
 * with the next slot (`continue`), or breaks at a direct jump that is taken, or leaves with a slot for `run/step.ts`.
 */
import { FAR, SLOT_AUX, SLOT_BYTES, UNLINKED } from '../decode/slot';
import { Op } from '../decode/operations';
import { TRACE_LIMIT, firstSlot } from '../decode/trace';
import * as bits from '../execute/bitmanip';
import { countAt, isEqual, isLess, isLessUnsigned, linkOf, pcAt, registerTarget, targetOf } from '../execute/branch';
import * as float from '../execute/float-fast';
import * as integer from '../execute/integer';
import { fld, flw, fsd, fsw, loadRun2, loadRun3, loadRun4, loadX, storeRun2, storeRun3, storeRun4, storeX } from '../execute/memory';
import * as muldiv from '../execute/muldiv';
import { setRd } from '../execute/operands';
import { PAGE_BYTES, RUN_FUEL, RUN_PC, RUN_SLOT } from '../layout';
import { findJump } from '../memory/tlb';

/** RUN_PC is where to go on, RUN_FUEL what is left. */
export const LEFT_TO_LOOK_UP: u32 = 0;
/** RUN_SLOT is the slot to execute, in the page at RUN_PC; RUN_FUEL is what was left when its trace began. */
export const LEFT_AT_SLOT: u32 = 1;

const PAGE_MASK: u64 = ~(<u64>PAGE_BYTES - 1);

@inline
function leaveAt(slot: usize, fuel: u32, pageVa: u64): u32 {
  store<u32>(RUN_SLOT, <u32>slot);
  store<u32>(RUN_FUEL, fuel);
  store<u64>(RUN_PC, pageVa);
  return LEFT_AT_SLOT;
}

@inline
function leaveTo(pc: u64, fuel: u32): u32 {
  store<u64>(RUN_PC, pc);
  store<u32>(RUN_FUEL, fuel);
  return LEFT_TO_LOOK_UP;
}

/**
 * Executes from `first`, a slot of a trace in the page at `firstPageVa`.
 *
 * @param startFuel  instructions that may be executed; at least as many as the first trace has
 * @returns          LEFT_TO_LOOK_UP or LEFT_AT_SLOT
 */
export function runSlots(first: usize, startFuel: u32, firstPageVa: u64): u32 {
  let slot = first;
  let fuel = startFuel;
  let pageVa = firstPageVa;

  for (;;) {
    switch (<i32>load<u16>(slot)) {
      case Op.LI: integer.li(slot); slot += SLOT_BYTES; continue;
      case Op.MV: integer.mv(slot); slot += SLOT_BYTES; continue;
      case Op.ADDI: integer.addi(slot); slot += SLOT_BYTES; continue;
      case Op.SLTI: integer.slti(slot); slot += SLOT_BYTES; continue;
      case Op.SLTIU: integer.sltiu(slot); slot += SLOT_BYTES; continue;
      case Op.XORI: integer.xori(slot); slot += SLOT_BYTES; continue;
      case Op.ORI: integer.ori(slot); slot += SLOT_BYTES; continue;
      case Op.ANDI: integer.andi(slot); slot += SLOT_BYTES; continue;
      case Op.SLLI: integer.slli(slot); slot += SLOT_BYTES; continue;
      case Op.SRLI: integer.srli(slot); slot += SLOT_BYTES; continue;
      case Op.SRAI: integer.srai(slot); slot += SLOT_BYTES; continue;
      case Op.ADDIW: integer.addiw(slot); slot += SLOT_BYTES; continue;
      case Op.SLLIW: integer.slliw(slot); slot += SLOT_BYTES; continue;
      case Op.SRLIW: integer.srliw(slot); slot += SLOT_BYTES; continue;
      case Op.SRAIW: integer.sraiw(slot); slot += SLOT_BYTES; continue;
      case Op.ADD: integer.add(slot); slot += SLOT_BYTES; continue;
      case Op.SUB: integer.sub(slot); slot += SLOT_BYTES; continue;
      case Op.SLL: integer.sll(slot); slot += SLOT_BYTES; continue;
      case Op.SLT: integer.slt(slot); slot += SLOT_BYTES; continue;
      case Op.SLTU: integer.sltu(slot); slot += SLOT_BYTES; continue;
      case Op.XOR: integer.xor(slot); slot += SLOT_BYTES; continue;
      case Op.SRL: integer.srl(slot); slot += SLOT_BYTES; continue;
      case Op.SRA: integer.sra(slot); slot += SLOT_BYTES; continue;
      case Op.OR: integer.or(slot); slot += SLOT_BYTES; continue;
      case Op.AND: integer.and(slot); slot += SLOT_BYTES; continue;
      case Op.ADDW: integer.addw(slot); slot += SLOT_BYTES; continue;
      case Op.SUBW: integer.subw(slot); slot += SLOT_BYTES; continue;
      case Op.SLLW: integer.sllw(slot); slot += SLOT_BYTES; continue;
      case Op.SRLW: integer.srlw(slot); slot += SLOT_BYTES; continue;
      case Op.SRAW: integer.sraw(slot); slot += SLOT_BYTES; continue;
      case Op.MUL: muldiv.mul(slot); slot += SLOT_BYTES; continue;
      case Op.MULH: muldiv.mulh(slot); slot += SLOT_BYTES; continue;
      case Op.MULHSU: muldiv.mulhsu(slot); slot += SLOT_BYTES; continue;
      case Op.MULHU: muldiv.mulhu(slot); slot += SLOT_BYTES; continue;
      case Op.DIV: muldiv.div(slot); slot += SLOT_BYTES; continue;
      case Op.DIVU: muldiv.divu(slot); slot += SLOT_BYTES; continue;
      case Op.REM: muldiv.rem(slot); slot += SLOT_BYTES; continue;
      case Op.REMU: muldiv.remu(slot); slot += SLOT_BYTES; continue;
      case Op.MULW: muldiv.mulw(slot); slot += SLOT_BYTES; continue;
      case Op.DIVW: muldiv.divw(slot); slot += SLOT_BYTES; continue;
      case Op.DIVUW: muldiv.divuw(slot); slot += SLOT_BYTES; continue;
      case Op.REMW: muldiv.remw(slot); slot += SLOT_BYTES; continue;
      case Op.REMUW: muldiv.remuw(slot); slot += SLOT_BYTES; continue;
      case Op.ADD_UW: bits.addUw(slot); slot += SLOT_BYTES; continue;
      case Op.SH1ADD: bits.sh1add(slot); slot += SLOT_BYTES; continue;
      case Op.SH2ADD: bits.sh2add(slot); slot += SLOT_BYTES; continue;
      case Op.SH3ADD: bits.sh3add(slot); slot += SLOT_BYTES; continue;
      case Op.SH1ADD_UW: bits.sh1addUw(slot); slot += SLOT_BYTES; continue;
      case Op.SH2ADD_UW: bits.sh2addUw(slot); slot += SLOT_BYTES; continue;
      case Op.SH3ADD_UW: bits.sh3addUw(slot); slot += SLOT_BYTES; continue;
      case Op.SLLI_UW: bits.slliUw(slot); slot += SLOT_BYTES; continue;
      case Op.ANDN: bits.andn(slot); slot += SLOT_BYTES; continue;
      case Op.ORN: bits.orn(slot); slot += SLOT_BYTES; continue;
      case Op.XNOR: bits.xnor(slot); slot += SLOT_BYTES; continue;
      case Op.CLZ: bits.countLeading(slot); slot += SLOT_BYTES; continue;
      case Op.CTZ: bits.countTrailing(slot); slot += SLOT_BYTES; continue;
      case Op.CPOP: bits.countOnes(slot); slot += SLOT_BYTES; continue;
      case Op.CLZW: bits.countLeadingWord(slot); slot += SLOT_BYTES; continue;
      case Op.CTZW: bits.countTrailingWord(slot); slot += SLOT_BYTES; continue;
      case Op.CPOPW: bits.countOnesWord(slot); slot += SLOT_BYTES; continue;
      case Op.MAX: bits.maxSigned(slot); slot += SLOT_BYTES; continue;
      case Op.MAXU: bits.maxUnsigned(slot); slot += SLOT_BYTES; continue;
      case Op.MIN: bits.minSigned(slot); slot += SLOT_BYTES; continue;
      case Op.MINU: bits.minUnsigned(slot); slot += SLOT_BYTES; continue;
      case Op.SEXT_B: bits.sextB(slot); slot += SLOT_BYTES; continue;
      case Op.SEXT_H: bits.sextH(slot); slot += SLOT_BYTES; continue;
      case Op.ZEXT_H: bits.zextH(slot); slot += SLOT_BYTES; continue;
      case Op.ROL: bits.rotateLeft(slot); slot += SLOT_BYTES; continue;
      case Op.ROR: bits.rotateRight(slot); slot += SLOT_BYTES; continue;
      case Op.RORI: bits.rotateRightI(slot); slot += SLOT_BYTES; continue;
      case Op.ROLW: bits.rotateLeftWord(slot); slot += SLOT_BYTES; continue;
      case Op.RORW: bits.rotateRightWord(slot); slot += SLOT_BYTES; continue;
      case Op.RORIW: bits.rotateRightWordI(slot); slot += SLOT_BYTES; continue;
      case Op.ORC_B: bits.orcB(slot); slot += SLOT_BYTES; continue;
      case Op.REV8: bits.rev8(slot); slot += SLOT_BYTES; continue;
      case Op.BCLR: bits.bclr(slot); slot += SLOT_BYTES; continue;
      case Op.BCLRI: bits.bclri(slot); slot += SLOT_BYTES; continue;
      case Op.BEXT: bits.bext(slot); slot += SLOT_BYTES; continue;
      case Op.BEXTI: bits.bexti(slot); slot += SLOT_BYTES; continue;
      case Op.BINV: bits.binv(slot); slot += SLOT_BYTES; continue;
      case Op.BINVI: bits.binvi(slot); slot += SLOT_BYTES; continue;
      case Op.BSET: bits.bset(slot); slot += SLOT_BYTES; continue;
      case Op.BSETI: bits.bseti(slot); slot += SLOT_BYTES; continue;

      // loads and stores
      case Op.LB: if (!loadX<i8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.LBU: if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.LH: if (!loadX<i16>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.LHU: if (!loadX<u16>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.LW: if (!loadX<i32>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.LWU: if (!loadX<u32>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.LD: if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.SB: if (!storeX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.SH: if (!storeX<u16>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.SW: if (!storeX<u32>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.SD: if (!storeX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FLW: if (!flw(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FLD: if (!fld(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FSW: if (!fsw(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FSD: if (!fsd(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;

      // the usual cases of F and D
      case Op.FADD_D: if (!float.addD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FSUB_D: if (!float.subtractD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FMUL_D: if (!float.multiplyD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FDIV_D: if (!float.divideD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FSQRT_D: if (!float.squareRootD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FMADD_D:
      case Op.FMSUB_D:
      case Op.FNMSUB_D:
      case Op.FNMADD_D: if (!float.fuseD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FEQ_D: if (!float.isEqualD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FLT_D: if (!float.isLessD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FLE_D: if (!float.isLessOrEqualD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_D_W: if (!float.fromI32D(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_D_L: if (!float.fromI64D(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_W_D: if (!float.truncateToI32D(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_L_D: if (!float.truncateToI64D(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FADD_S: if (!float.addS(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FSUB_S: if (!float.subtractS(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FMUL_S: if (!float.multiplyS(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FDIV_S: if (!float.divideS(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FMADD_S:
      case Op.FMSUB_S:
      case Op.FNMSUB_S:
      case Op.FNMADD_S: if (!float.fuseS(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_S_D: if (!float.narrow(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_D_S: if (!float.widen(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FSGNJ_D: float.copySignD(slot); slot += SLOT_BYTES; continue;
      case Op.FSGNJN_D: float.copyOppositeSignD(slot); slot += SLOT_BYTES; continue;
      case Op.FSGNJX_D: float.multiplySignD(slot); slot += SLOT_BYTES; continue;
      case Op.FMV_X_D: float.moveDToX(slot); slot += SLOT_BYTES; continue;
      case Op.FMV_D_X: float.moveXToD(slot); slot += SLOT_BYTES; continue;
      case Op.FMV_X_W: float.moveSToX(slot); slot += SLOT_BYTES; continue;
      case Op.FMV_W_X: float.moveXToS(slot); slot += SLOT_BYTES; continue;

      // jumps
      case Op.BEQ: if (isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.BNE: if (!isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.BLT: if (isLess(slot)) break; slot += SLOT_BYTES; continue;
      case Op.BGE: if (!isLess(slot)) break; slot += SLOT_BYTES; continue;
      case Op.BLTU: if (isLessUnsigned(slot)) break; slot += SLOT_BYTES; continue;
      case Op.BGEU: if (!isLessUnsigned(slot)) break; slot += SLOT_BYTES; continue;
      case Op.J: break;
      case Op.JAL: setRd(slot, pcAt(slot, pageVa) + 4); break;
      case Op.ADDI_JR: integer.addi(slot); slot += SLOT_BYTES;
      // falls through
      case Op.JR: {
        fuel -= countAt(slot);
        const pc = registerTarget(slot);
        const trace = findJump(pc);
        if (trace == 0 || fuel < TRACE_LIMIT) return leaveTo(pc, fuel);
        slot = firstSlot(trace);
        pageVa = pc & PAGE_MASK;
        continue;
      }
      case Op.JALR: {
        fuel -= countAt(slot);
        const pc = registerTarget(slot);
        setRd(slot, pcAt(slot, pageVa) + <u64>load<u32>(slot, SLOT_AUX));
        const trace = findJump(pc);
        if (trace == 0 || fuel < TRACE_LIMIT) return leaveTo(pc, fuel);
        slot = firstSlot(trace);
        pageVa = pc & PAGE_MASK;
        continue;
      }

      // runs of doublewords at one base
      case Op.LD_RUN2: if (!loadRun2(slot)) return leaveAt(slot, fuel, pageVa); slot += 2 * SLOT_BYTES; continue;
      case Op.LD_RUN3: if (!loadRun3(slot)) return leaveAt(slot, fuel, pageVa); slot += 3 * SLOT_BYTES; continue;
      case Op.LD_RUN4: if (!loadRun4(slot)) return leaveAt(slot, fuel, pageVa); slot += 4 * SLOT_BYTES; continue;
      case Op.SD_RUN2: if (!storeRun2(slot)) return leaveAt(slot, fuel, pageVa); slot += 2 * SLOT_BYTES; continue;
      case Op.SD_RUN3: if (!storeRun3(slot)) return leaveAt(slot, fuel, pageVa); slot += 3 * SLOT_BYTES; continue;
      case Op.SD_RUN4: if (!storeRun4(slot)) return leaveAt(slot, fuel, pageVa); slot += 4 * SLOT_BYTES; continue;

      // pairs
      case Op.LI_LI: integer.li(slot); slot += SLOT_BYTES; integer.li(slot); slot += SLOT_BYTES; continue;
      case Op.LI_LD: integer.li(slot); slot += SLOT_BYTES; if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.LI_ADDI: integer.li(slot); slot += SLOT_BYTES; integer.addi(slot); slot += SLOT_BYTES; continue;
      case Op.LI_MV: integer.li(slot); slot += SLOT_BYTES; integer.mv(slot); slot += SLOT_BYTES; continue;
      case Op.LI_BEQ: integer.li(slot); slot += SLOT_BYTES; if (isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.LI_BNE: integer.li(slot); slot += SLOT_BYTES; if (!isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.LI_JAL: integer.li(slot); slot += SLOT_BYTES; setRd(slot, pcAt(slot, pageVa) + 4); break;
      case Op.LI_J: integer.li(slot); slot += SLOT_BYTES; break;
      case Op.MV_MV: integer.mv(slot); slot += SLOT_BYTES; integer.mv(slot); slot += SLOT_BYTES; continue;
      case Op.MV_LI: integer.mv(slot); slot += SLOT_BYTES; integer.li(slot); slot += SLOT_BYTES; continue;
      case Op.MV_LD: integer.mv(slot); slot += SLOT_BYTES; if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.MV_J: integer.mv(slot); slot += SLOT_BYTES; break;
      case Op.MV_JAL: integer.mv(slot); slot += SLOT_BYTES; setRd(slot, pcAt(slot, pageVa) + 4); break;
      case Op.MV_BEQ: integer.mv(slot); slot += SLOT_BYTES; if (isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.ADDI_ADDI: integer.addi(slot); slot += SLOT_BYTES; integer.addi(slot); slot += SLOT_BYTES; continue;
      case Op.ADDI_ADD: integer.addi(slot); slot += SLOT_BYTES; integer.add(slot); slot += SLOT_BYTES; continue;
      case Op.ADDI_ADDW: integer.addi(slot); slot += SLOT_BYTES; integer.addw(slot); slot += SLOT_BYTES; continue;
      case Op.ADDI_LBU: integer.addi(slot); slot += SLOT_BYTES; if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.ADDI_LD: integer.addi(slot); slot += SLOT_BYTES; if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.ADDI_SD: integer.addi(slot); slot += SLOT_BYTES; if (!storeX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.ADDI_BNE: integer.addi(slot); slot += SLOT_BYTES; if (!isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.ADDI_BEQ: integer.addi(slot); slot += SLOT_BYTES; if (isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.ADDI_MV: integer.addi(slot); slot += SLOT_BYTES; integer.mv(slot); slot += SLOT_BYTES; continue;
      case Op.ADDI_J: integer.addi(slot); slot += SLOT_BYTES; break;
      case Op.ADDIW_ADDIW: integer.addiw(slot); slot += SLOT_BYTES; integer.addiw(slot); slot += SLOT_BYTES; continue;
      case Op.ADDIW_J: integer.addiw(slot); slot += SLOT_BYTES; break;
      case Op.ADDIW_BNE: integer.addiw(slot); slot += SLOT_BYTES; if (!isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.ADDIW_BLT: integer.addiw(slot); slot += SLOT_BYTES; if (isLess(slot)) break; slot += SLOT_BYTES; continue;
      case Op.ADDIW_MULW: integer.addiw(slot); slot += SLOT_BYTES; muldiv.mulw(slot); slot += SLOT_BYTES; continue;
      case Op.ADDW_ADDW: integer.addw(slot); slot += SLOT_BYTES; integer.addw(slot); slot += SLOT_BYTES; continue;
      case Op.ADDW_ADDIW: integer.addw(slot); slot += SLOT_BYTES; integer.addiw(slot); slot += SLOT_BYTES; continue;
      case Op.ADDW_AND: integer.addw(slot); slot += SLOT_BYTES; integer.and(slot); slot += SLOT_BYTES; continue;
      case Op.ADDW_XOR: integer.addw(slot); slot += SLOT_BYTES; integer.xor(slot); slot += SLOT_BYTES; continue;
      case Op.ADDW_BNE: integer.addw(slot); slot += SLOT_BYTES; if (!isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.ADDW_BLTU: integer.addw(slot); slot += SLOT_BYTES; if (isLessUnsigned(slot)) break; slot += SLOT_BYTES; continue;
      case Op.ADDW_BGEU: integer.addw(slot); slot += SLOT_BYTES; if (!isLessUnsigned(slot)) break; slot += SLOT_BYTES; continue;
      case Op.ADD_LBU: integer.add(slot); slot += SLOT_BYTES; if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.ADD_LW: integer.add(slot); slot += SLOT_BYTES; if (!loadX<i32>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.ADD_LD: integer.add(slot); slot += SLOT_BYTES; if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.ADD_SB: integer.add(slot); slot += SLOT_BYTES; if (!storeX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.AND_BNE: integer.and(slot); slot += SLOT_BYTES; if (!isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.AND_XOR: integer.and(slot); slot += SLOT_BYTES; integer.xor(slot); slot += SLOT_BYTES; continue;
      case Op.ANDI_BEQ: integer.andi(slot); slot += SLOT_BYTES; if (isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.ANDI_BNE: integer.andi(slot); slot += SLOT_BYTES; if (!isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.ANDI_XOR: integer.andi(slot); slot += SLOT_BYTES; integer.xor(slot); slot += SLOT_BYTES; continue;
      case Op.OR_OR: integer.or(slot); slot += SLOT_BYTES; integer.or(slot); slot += SLOT_BYTES; continue;
      case Op.OR_SLLI: integer.or(slot); slot += SLOT_BYTES; integer.slli(slot); slot += SLOT_BYTES; continue;
      case Op.OR_SLLIW: integer.or(slot); slot += SLOT_BYTES; integer.slliw(slot); slot += SLOT_BYTES; continue;
      case Op.SLLI_ADD: integer.slli(slot); slot += SLOT_BYTES; integer.add(slot); slot += SLOT_BYTES; continue;
      case Op.SLLI_OR: integer.slli(slot); slot += SLOT_BYTES; integer.or(slot); slot += SLOT_BYTES; continue;
      case Op.SLLI_SRLI: integer.slli(slot); slot += SLOT_BYTES; integer.srli(slot); slot += SLOT_BYTES; continue;
      case Op.SRLI_ADD: integer.srli(slot); slot += SLOT_BYTES; integer.add(slot); slot += SLOT_BYTES; continue;
      case Op.SLLIW_OR: integer.slliw(slot); slot += SLOT_BYTES; integer.or(slot); slot += SLOT_BYTES; continue;
      case Op.SLLIW_XOR: integer.slliw(slot); slot += SLOT_BYTES; integer.xor(slot); slot += SLOT_BYTES; continue;
      case Op.SLLIW_SRLIW: integer.slliw(slot); slot += SLOT_BYTES; integer.srliw(slot); slot += SLOT_BYTES; continue;
      case Op.SRLIW_SLLIW: integer.srliw(slot); slot += SLOT_BYTES; integer.slliw(slot); slot += SLOT_BYTES; continue;
      case Op.SRLIW_OR: integer.srliw(slot); slot += SLOT_BYTES; integer.or(slot); slot += SLOT_BYTES; continue;
      case Op.SRLIW_XOR: integer.srliw(slot); slot += SLOT_BYTES; integer.xor(slot); slot += SLOT_BYTES; continue;
      case Op.XOR_XOR: integer.xor(slot); slot += SLOT_BYTES; integer.xor(slot); slot += SLOT_BYTES; continue;
      case Op.XOR_OR: integer.xor(slot); slot += SLOT_BYTES; integer.or(slot); slot += SLOT_BYTES; continue;
      case Op.XOR_ADDW: integer.xor(slot); slot += SLOT_BYTES; integer.addw(slot); slot += SLOT_BYTES; continue;
      case Op.XOR_ADDIW: integer.xor(slot); slot += SLOT_BYTES; integer.addiw(slot); slot += SLOT_BYTES; continue;
      case Op.XOR_ANDI: integer.xor(slot); slot += SLOT_BYTES; integer.andi(slot); slot += SLOT_BYTES; continue;
      case Op.XOR_SLLIW: integer.xor(slot); slot += SLOT_BYTES; integer.slliw(slot); slot += SLOT_BYTES; continue;
      case Op.XOR_SRLIW: integer.xor(slot); slot += SLOT_BYTES; integer.srliw(slot); slot += SLOT_BYTES; continue;
      case Op.LBU_LBU: if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.LBU_ADDI: if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.addi(slot); slot += SLOT_BYTES; continue;
      case Op.LBU_LI: if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.li(slot); slot += SLOT_BYTES; continue;
      case Op.LBU_BEQ: if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; if (isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.LBU_BNE: if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; if (!isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.LW_ADDI: if (!loadX<i32>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.addi(slot); slot += SLOT_BYTES; continue;
      case Op.LW_ADDW: if (!loadX<i32>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.addw(slot); slot += SLOT_BYTES; continue;
      case Op.LW_ADDIW: if (!loadX<i32>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.addiw(slot); slot += SLOT_BYTES; continue;
      case Op.LW_SRLIW: if (!loadX<i32>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.srliw(slot); slot += SLOT_BYTES; continue;
      case Op.LD_ADDI: if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.addi(slot); slot += SLOT_BYTES; continue;
      case Op.LD_LI: if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.li(slot); slot += SLOT_BYTES; continue;
      case Op.LD_MV: if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.mv(slot); slot += SLOT_BYTES; continue;
      case Op.LD_SD: if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; if (!storeX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.LD_BEQ: if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; if (isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.LD_BNE: if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; if (!isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.SD_LI: if (!storeX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.li(slot); slot += SLOT_BYTES; continue;
      case Op.SD_MV: if (!storeX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.mv(slot); slot += SLOT_BYTES; continue;
      case Op.SD_LD: if (!storeX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.SD_ADDI: if (!storeX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.addi(slot); slot += SLOT_BYTES; continue;
      case Op.SD_JAL: if (!storeX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; setRd(slot, pcAt(slot, pageVa) + 4); break;
      case Op.SB_ADDW: if (!storeX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.addw(slot); slot += SLOT_BYTES; continue;
      case Op.SB_ADDIW: if (!storeX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.addiw(slot); slot += SLOT_BYTES; continue;
      case Op.SB_ADDI: if (!storeX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; integer.addi(slot); slot += SLOT_BYTES; continue;
      case Op.SB_BNE: if (!storeX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; if (!isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.BEQ_LI: if (isEqual(slot)) break; slot += SLOT_BYTES; integer.li(slot); slot += SLOT_BYTES; continue;
      case Op.BEQ_MV: if (isEqual(slot)) break; slot += SLOT_BYTES; integer.mv(slot); slot += SLOT_BYTES; continue;
      case Op.BEQ_LD: if (isEqual(slot)) break; slot += SLOT_BYTES; if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.BEQ_LBU: if (isEqual(slot)) break; slot += SLOT_BYTES; if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.BEQ_ADDI: if (isEqual(slot)) break; slot += SLOT_BYTES; integer.addi(slot); slot += SLOT_BYTES; continue;
      case Op.BEQ_BEQ: if (isEqual(slot)) break; slot += SLOT_BYTES; if (isEqual(slot)) break; slot += SLOT_BYTES; continue;
      case Op.BNE_LBU: if (!isEqual(slot)) break; slot += SLOT_BYTES; if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.BNE_LD: if (!isEqual(slot)) break; slot += SLOT_BYTES; if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.BNE_LI: if (!isEqual(slot)) break; slot += SLOT_BYTES; integer.li(slot); slot += SLOT_BYTES; continue;
      case Op.BNE_ADDI: if (!isEqual(slot)) break; slot += SLOT_BYTES; integer.addi(slot); slot += SLOT_BYTES; continue;
      case Op.BNE_MV: if (!isEqual(slot)) break; slot += SLOT_BYTES; integer.mv(slot); slot += SLOT_BYTES; continue;

      default: return leaveAt(slot, fuel, pageVa);
    }

    // the direct jump at `slot` is taken
    fuel -= countAt(slot);
    const next = linkOf(slot);
    if (next > FAR && fuel >= TRACE_LIMIT) {
      slot = next;
      continue;
    }
    const pc = targetOf(slot, pageVa);
    const trace = findJump(pc);
    if (trace == 0 || fuel < TRACE_LIMIT) return leaveTo(pc, fuel);
    const target = firstSlot(trace);
    if (next == UNLINKED) store<u32>(slot, <u32>target, SLOT_AUX);
    slot = target;
    pageVa = pc & PAGE_MASK;
  }
  return LEFT_TO_LOOK_UP;
}
