/**
 * The run loop: executes decoded slots until fuel is short, the way on is not known, or a slot needs more than the loop
 * does itself.
 *
 * It calls nothing, so that the engine keeps its few variables in registers: what the cases name is inlined. A case goes on
 * with the next slot (`continue`), or breaks at a jump that is taken, or leaves with a slot for `run/step.ts`.
 *
 * There is a limit to the number of cases: V8 allocates registers well up to 8,192 values in a function (it took some 60
 * more sequences to get there), and beyond keeps even the slot in memory, which costs a third of the speed. Measure when
 * adding.
 */
import { IN_REGISTER, LAST_STATE, SLOT_AUX, SLOT_BYTES, UNLINKED } from '../decode/slot';
import { Op } from '../decode/operations';
import { TRACE_LIMIT, firstSlot } from '../decode/trace';
import * as bits from '../execute/bitmanip';
import { countAt, isEqual, isLess, isLessUnsigned, linkOf, pcAt, registerTarget, targetOf } from '../execute/branch';
import * as float from '../execute/float-fast';
import * as integer from '../execute/integer';
import { addressOf, isRunApart, loadFrom, loadRun, readMisses, storeRun, storeTo, writeMisses } from '../execute/memory';
import * as muldiv from '../execute/muldiv';
import { f2, setFd, setFdSingle, setRd, x1, x2 } from '../execute/operands';
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
  // used within a case only
  let va: u64 = 0;
  let v: u64 = 0;

  for (;;) {
    switch (<i32>load<u16>(slot)) {
      case Op.LI: setRd(slot, integer.li(slot)); slot += SLOT_BYTES; continue;
      case Op.ADDI: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLTI: setRd(slot, integer.slti(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLTIU: setRd(slot, integer.sltiu(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.XORI: setRd(slot, integer.xori(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ORI: setRd(slot, integer.ori(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ANDI: setRd(slot, integer.andi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLLI: setRd(slot, integer.slli(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SRLI: setRd(slot, integer.srli(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SRAI: setRd(slot, integer.srai(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDIW: setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLLIW: setRd(slot, integer.slliw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SRLIW: setRd(slot, integer.srliw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SRAIW: setRd(slot, integer.sraiw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADD: setRd(slot, integer.add(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SUB: setRd(slot, integer.sub(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLL: setRd(slot, integer.sll(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLT: setRd(slot, integer.slt(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLTU: setRd(slot, integer.sltu(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.XOR: setRd(slot, integer.xor(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SRL: setRd(slot, integer.srl(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SRA: setRd(slot, integer.sra(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.OR: setRd(slot, integer.or(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.AND: setRd(slot, integer.and(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDW: setRd(slot, integer.addw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SUBW: setRd(slot, integer.subw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLLW: setRd(slot, integer.sllw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SRLW: setRd(slot, integer.srlw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SRAW: setRd(slot, integer.sraw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.MUL: setRd(slot, muldiv.mul(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.MULH: setRd(slot, muldiv.mulh(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.MULHSU: setRd(slot, muldiv.mulhsu(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.MULHU: setRd(slot, muldiv.mulhu(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.DIV: setRd(slot, muldiv.div(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.DIVU: setRd(slot, muldiv.divu(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.REM: setRd(slot, muldiv.rem(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.REMU: setRd(slot, muldiv.remu(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.MULW: setRd(slot, muldiv.mulw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.DIVW: setRd(slot, muldiv.divw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.DIVUW: setRd(slot, muldiv.divuw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.REMW: setRd(slot, muldiv.remw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.REMUW: setRd(slot, muldiv.remuw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADD_UW: setRd(slot, bits.addUw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SH1ADD: setRd(slot, bits.sh1add(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SH2ADD: setRd(slot, bits.sh2add(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SH3ADD: setRd(slot, bits.sh3add(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SH1ADD_UW: setRd(slot, bits.sh1addUw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SH2ADD_UW: setRd(slot, bits.sh2addUw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SH3ADD_UW: setRd(slot, bits.sh3addUw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLLI_UW: setRd(slot, bits.slliUw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ANDN: setRd(slot, bits.andn(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ORN: setRd(slot, bits.orn(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.XNOR: setRd(slot, bits.xnor(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.CLZ: setRd(slot, bits.countLeading(x1(slot))); slot += SLOT_BYTES; continue;
      case Op.CTZ: setRd(slot, bits.countTrailing(x1(slot))); slot += SLOT_BYTES; continue;
      case Op.CPOP: setRd(slot, bits.countOnes(x1(slot))); slot += SLOT_BYTES; continue;
      case Op.CLZW: setRd(slot, bits.countLeadingWord(x1(slot))); slot += SLOT_BYTES; continue;
      case Op.CTZW: setRd(slot, bits.countTrailingWord(x1(slot))); slot += SLOT_BYTES; continue;
      case Op.CPOPW: setRd(slot, bits.countOnesWord(x1(slot))); slot += SLOT_BYTES; continue;
      case Op.MAX: setRd(slot, bits.maxSigned(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.MAXU: setRd(slot, bits.maxUnsigned(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.MIN: setRd(slot, bits.minSigned(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.MINU: setRd(slot, bits.minUnsigned(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SEXT_B: setRd(slot, bits.sextB(x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SEXT_H: setRd(slot, bits.sextH(x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ZEXT_H: setRd(slot, bits.zextH(x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ROL: setRd(slot, bits.rotateLeft(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ROR: setRd(slot, bits.rotateRight(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.RORI: setRd(slot, bits.rotateRightI(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ROLW: setRd(slot, bits.rotateLeftWord(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.RORW: setRd(slot, bits.rotateRightWord(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.RORIW: setRd(slot, bits.rotateRightWordI(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ORC_B: setRd(slot, bits.orcB(x1(slot))); slot += SLOT_BYTES; continue;
      case Op.REV8: setRd(slot, bits.rev8(x1(slot))); slot += SLOT_BYTES; continue;
      case Op.BCLR: setRd(slot, bits.bclr(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.BCLRI: setRd(slot, bits.bclri(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.BEXT: setRd(slot, bits.bext(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.BEXTI: setRd(slot, bits.bexti(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.BINV: setRd(slot, bits.binv(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.BINVI: setRd(slot, bits.binvi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.BSET: setRd(slot, bits.bset(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.BSETI: setRd(slot, bits.bseti(slot, x1(slot))); slot += SLOT_BYTES; continue;

      // loads and stores
      case Op.LB: va = addressOf(slot, x1(slot)); if (readMisses<i8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<i8>(va)); slot += SLOT_BYTES; continue;
      case Op.LBU: va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; continue;
      case Op.LH: va = addressOf(slot, x1(slot)); if (readMisses<i16>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<i16>(va)); slot += SLOT_BYTES; continue;
      case Op.LHU: va = addressOf(slot, x1(slot)); if (readMisses<u16>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u16>(va)); slot += SLOT_BYTES; continue;
      case Op.LW: va = addressOf(slot, x1(slot)); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<i32>(va)); slot += SLOT_BYTES; continue;
      case Op.LWU: va = addressOf(slot, x1(slot)); if (readMisses<u32>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u32>(va)); slot += SLOT_BYTES; continue;
      case Op.LD: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; continue;
      case Op.SB: va = addressOf(slot, x1(slot)); if (writeMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u8>(va, x2(slot)); slot += SLOT_BYTES; continue;
      case Op.SH: va = addressOf(slot, x1(slot)); if (writeMisses<u16>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u16>(va, x2(slot)); slot += SLOT_BYTES; continue;
      case Op.SW: va = addressOf(slot, x1(slot)); if (writeMisses<u32>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u32>(va, x2(slot)); slot += SLOT_BYTES; continue;
      case Op.SD: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, x2(slot)); slot += SLOT_BYTES; continue;
      case Op.FLW: va = addressOf(slot, x1(slot)); if (readMisses<u32>(va)) return leaveAt(slot, fuel, pageVa); setFdSingle(slot, <u32>loadFrom<u32>(va)); slot += SLOT_BYTES; continue;
      case Op.FLD: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setFd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; continue;
      case Op.FSW: va = addressOf(slot, x1(slot)); if (writeMisses<u32>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u32>(va, f2(slot)); slot += SLOT_BYTES; continue;
      case Op.FSD: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, f2(slot)); slot += SLOT_BYTES; continue;

      // jumps
      case Op.BEQ: if (isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.BNE: if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.BLT: if (isLess(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.BGE: if (!isLess(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.BLTU: if (isLessUnsigned(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.BGEU: if (!isLessUnsigned(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.J: break;
      case Op.JAL: setRd(slot, pcAt(slot, pageVa) + 4); break;
      case Op.JR: break;
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

      // F and D, as far as they are the usual case
      case Op.FADD_S: if (!float.addS(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FSUB_S: if (!float.subtractS(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FMUL_S: if (!float.multiplyS(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FDIV_S: if (!float.divideS(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FMADD_S:
      case Op.FMSUB_S:
      case Op.FNMSUB_S:
      case Op.FNMADD_S: if (!float.fuseS(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FADD_D: if (!float.addD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FSUB_D: if (!float.subtractD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FMUL_D: if (!float.multiplyD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FDIV_D: if (!float.divideD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FSQRT_D: if (!float.squareRootD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FMADD_D:
      case Op.FMSUB_D:
      case Op.FNMSUB_D:
      case Op.FNMADD_D: if (!float.fuseD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FSGNJ_D: float.copySignD(slot); slot += SLOT_BYTES; continue;
      case Op.FSGNJN_D: float.copyOppositeSignD(slot); slot += SLOT_BYTES; continue;
      case Op.FSGNJX_D: float.multiplySignD(slot); slot += SLOT_BYTES; continue;
      case Op.FEQ_D: if (!float.isEqualD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FLT_D: if (!float.isLessD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FLE_D: if (!float.isLessOrEqualD(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_D_W: if (!float.fromI32D(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_D_L: if (!float.fromI64D(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_W_D: if (!float.truncateToI32D(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_L_D: if (!float.truncateToI64D(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_S_D: if (!float.narrow(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FCVT_D_S: if (!float.widen(slot)) return leaveAt(slot, fuel, pageVa); slot += SLOT_BYTES; continue;
      case Op.FMV_X_W: float.moveSToX(slot); slot += SLOT_BYTES; continue;
      case Op.FMV_W_X: float.moveXToS(slot); slot += SLOT_BYTES; continue;
      case Op.FMV_X_D: float.moveDToX(slot); slot += SLOT_BYTES; continue;
      case Op.FMV_D_X: float.moveXToD(slot); slot += SLOT_BYTES; continue;

      // runs of doublewords at one base
      case Op.LD_RUN2: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va) || isRunApart(slot, va, 2)) return leaveAt(slot, fuel, pageVa); loadRun(slot, va, 2); slot += 2 * SLOT_BYTES; continue;
      case Op.LD_RUN3: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va) || isRunApart(slot, va, 3)) return leaveAt(slot, fuel, pageVa); loadRun(slot, va, 3); slot += 3 * SLOT_BYTES; continue;
      case Op.LD_RUN4: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va) || isRunApart(slot, va, 4)) return leaveAt(slot, fuel, pageVa); loadRun(slot, va, 4); slot += 4 * SLOT_BYTES; continue;
      case Op.LD_RUN5: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va) || isRunApart(slot, va, 5)) return leaveAt(slot, fuel, pageVa); loadRun(slot, va, 5); slot += 5 * SLOT_BYTES; continue;
      case Op.LD_RUN6: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va) || isRunApart(slot, va, 6)) return leaveAt(slot, fuel, pageVa); loadRun(slot, va, 6); slot += 6 * SLOT_BYTES; continue;
      case Op.LD_RUN8: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va) || isRunApart(slot, va, 8)) return leaveAt(slot, fuel, pageVa); loadRun(slot, va, 8); slot += 8 * SLOT_BYTES; continue;
      case Op.SD_RUN2: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va) || isRunApart(slot, va, 2)) return leaveAt(slot, fuel, pageVa); storeRun(slot, va, 2); slot += 2 * SLOT_BYTES; continue;
      case Op.SD_RUN3: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va) || isRunApart(slot, va, 3)) return leaveAt(slot, fuel, pageVa); storeRun(slot, va, 3); slot += 3 * SLOT_BYTES; continue;
      case Op.SD_RUN4: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va) || isRunApart(slot, va, 4)) return leaveAt(slot, fuel, pageVa); storeRun(slot, va, 4); slot += 4 * SLOT_BYTES; continue;
      case Op.SD_RUN5: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va) || isRunApart(slot, va, 5)) return leaveAt(slot, fuel, pageVa); storeRun(slot, va, 5); slot += 5 * SLOT_BYTES; continue;
      case Op.SD_RUN6: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va) || isRunApart(slot, va, 6)) return leaveAt(slot, fuel, pageVa); storeRun(slot, va, 6); slot += 6 * SLOT_BYTES; continue;
      case Op.SD_RUN8: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va) || isRunApart(slot, va, 8)) return leaveAt(slot, fuel, pageVa); storeRun(slot, va, 8); slot += 8 * SLOT_BYTES; continue;

      // sequences; in A_TO_B, B's rs1 is the result of A
      case Op.LI_ADDI: setRd(slot, integer.li(slot)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.LI_LD: setRd(slot, integer.li(slot)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; continue;
      case Op.ADDI_ADD: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.add(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDI_ADDI: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDI_ADDIW: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDI_ADDIW_BLT: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; if (isLess(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.ADDI_ADDI_ADDI: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDI_ADDI_ADDI_ADDI: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDI_ADDI_ADDI_JAL: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, pcAt(slot, pageVa) + 4); break;
      case Op.ADDI_ADDI_ANDI_JAL: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.andi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, pcAt(slot, pageVa) + 4); break;
      case Op.ADDI_ADDI_BNE: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.ADDI_ADDW_BGE_SLLIW: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addw(slot, x1(slot))); slot += SLOT_BYTES; if (!isLess(slot, x1(slot))) break; slot += SLOT_BYTES; setRd(slot, integer.slliw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDI_ANDI: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.andi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDI_ANDI_ADDI_TO_BLTU: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.andi(slot, x1(slot))); slot += SLOT_BYTES; v = integer.addi(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; if (isLessUnsigned(slot, v)) break; slot += SLOT_BYTES; continue;
      case Op.ADDI_BEQ: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; if (isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.ADDI_BGEU: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; if (!isLessUnsigned(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.ADDI_BNE: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.ADDI_BNE_ADDI: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDI_JAL: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, pcAt(slot, pageVa) + 4); break;
      case Op.ADDI_JR: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; break;
      case Op.ADDI_LBU_LBU_TO_BEQ: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<u8>(va); setRd(slot, v); slot += SLOT_BYTES; if (isEqual(slot, v)) break; slot += SLOT_BYTES; continue;
      case Op.ADDI_LD: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; continue;
      case Op.ADDI_LD_ADDI: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDI_LD_LD: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; continue;
      case Op.ADDI_SD: setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, x2(slot)); slot += SLOT_BYTES; continue;
      case Op.ADDI_TO_ADDI_SLLI_TO_ADD: v = integer.addi(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, v)); slot += SLOT_BYTES; v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.add(slot, v)); slot += SLOT_BYTES; continue;
      case Op.ADDI_TO_ADD_TO_LW_TO_BNE: v = integer.addi(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.add(slot, v); setRd(slot, v); slot += SLOT_BYTES; va = addressOf(slot, v); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<i32>(va); setRd(slot, v); slot += SLOT_BYTES; if (!isEqual(slot, v)) break; slot += SLOT_BYTES; continue;
      case Op.ADDI_TO_LBU_TO_BNE: v = integer.addi(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; va = addressOf(slot, v); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<u8>(va); setRd(slot, v); slot += SLOT_BYTES; if (!isEqual(slot, v)) break; slot += SLOT_BYTES; continue;
      case Op.XORI_XOR_AND_XOR: setRd(slot, integer.xori(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.and(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ANDI_ADDI: setRd(slot, integer.andi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ANDI_ADDI_BNE: setRd(slot, integer.andi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.ANDI_BNE: setRd(slot, integer.andi(slot, x1(slot))); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.ANDI_XORI_SLLIW_SRL: setRd(slot, integer.andi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.xori(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.slliw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.srl(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ANDI_XOR_ADDIW_BNE: setRd(slot, integer.andi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.SLLI_ADDI: setRd(slot, integer.slli(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLLI_TO_ADD: v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.add(slot, v)); slot += SLOT_BYTES; continue;
      case Op.SLLI_TO_BLT_SLLI_TO_BLT: v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; if (isLess(slot, v)) break; slot += SLOT_BYTES; v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; if (isLess(slot, v)) break; slot += SLOT_BYTES; continue;
      case Op.SLLI_TO_OR: v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.or(slot, v)); slot += SLOT_BYTES; continue;
      case Op.SLLI_TO_OR_SLLI_TO_OR: v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.or(slot, v)); slot += SLOT_BYTES; v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.or(slot, v)); slot += SLOT_BYTES; continue;
      case Op.SLLI_TO_SRLI: v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.srli(slot, v)); slot += SLOT_BYTES; continue;
      case Op.SLLI_TO_SRLI_TO_ADD: v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.srli(slot, v); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.add(slot, v)); slot += SLOT_BYTES; continue;
      case Op.SLLI_TO_SRLI_TO_ADD_TO_SB: v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.srli(slot, v); setRd(slot, v); slot += SLOT_BYTES; v = integer.add(slot, v); setRd(slot, v); slot += SLOT_BYTES; va = addressOf(slot, v); if (writeMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u8>(va, x2(slot)); slot += SLOT_BYTES; continue;
      case Op.ADDIW_ADDIW_ADDIW_ADDIW: setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDIW_ADDI_ANDI_BNE: setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.andi(slot, x1(slot))); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.ADDIW_ADDI_BEQ_ANDI: setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; if (isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; setRd(slot, integer.andi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDIW_ADDW_ADDIW_ADDW: setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDIW_BNE: setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.ADDIW_LW_SRLIW_SLLIW: setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<i32>(va)); slot += SLOT_BYTES; setRd(slot, integer.srliw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.slliw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADDIW_SW: setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (writeMisses<u32>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u32>(va, x2(slot)); slot += SLOT_BYTES; continue;
      case Op.SLLIW_SRLIW_ADDW_XOR: setRd(slot, integer.slliw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.srliw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLLIW_SRLIW_TO_OR_OR: setRd(slot, integer.slliw(slot, x1(slot))); slot += SLOT_BYTES; v = integer.srliw(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.or(slot, v)); slot += SLOT_BYTES; setRd(slot, integer.or(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SLLIW_TO_SRAIW: v = integer.slliw(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.sraiw(slot, v)); slot += SLOT_BYTES; continue;
      case Op.SLLIW_TO_XOR: v = integer.slliw(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, v)); slot += SLOT_BYTES; continue;
      case Op.SLLIW_TO_XOR_TO_ANDI: v = integer.slliw(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.xor(slot, v); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.andi(slot, v)); slot += SLOT_BYTES; continue;
      case Op.SLLIW_TO_XOR_TO_SRLIW_TO_XOR: v = integer.slliw(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.xor(slot, v); setRd(slot, v); slot += SLOT_BYTES; v = integer.srliw(slot, v); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, v)); slot += SLOT_BYTES; continue;
      case Op.SRLIW_SLLIW_SRLIW_SLLIW: setRd(slot, integer.srliw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.slliw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.srliw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.slliw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SRLIW_SRLIW_OR_SLLIW: setRd(slot, integer.srliw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.srliw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.or(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.slliw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SRLIW_TO_XOR_TO_SLLIW_TO_XOR: v = integer.srliw(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.xor(slot, v); setRd(slot, v); slot += SLOT_BYTES; v = integer.slliw(slot, v); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, v)); slot += SLOT_BYTES; continue;
      case Op.SRLIW_XOR_XOR_SRLIW: setRd(slot, integer.srliw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.srliw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADD_ADD: setRd(slot, integer.add(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.add(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.ADD_BLT_SD_JR: setRd(slot, integer.add(slot, x1(slot))); slot += SLOT_BYTES; if (isLess(slot, x1(slot))) break; slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, x2(slot)); slot += SLOT_BYTES; break;
      case Op.ADD_LD: setRd(slot, integer.add(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; continue;
      case Op.ADD_SD_LD_LD: setRd(slot, integer.add(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, x2(slot)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; continue;
      case Op.ADD_TO_ADD_TO_LBU_TO_BNE: v = integer.add(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.add(slot, v); setRd(slot, v); slot += SLOT_BYTES; va = addressOf(slot, v); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<u8>(va); setRd(slot, v); slot += SLOT_BYTES; if (!isEqual(slot, v)) break; slot += SLOT_BYTES; continue;
      case Op.ADD_TO_LBU: v = integer.add(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; va = addressOf(slot, v); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; continue;
      case Op.ADD_TO_LW: v = integer.add(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; va = addressOf(slot, v); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<i32>(va)); slot += SLOT_BYTES; continue;
      case Op.ADD_TO_LW_TO_ADD_TO_JR: v = integer.add(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; va = addressOf(slot, v); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<i32>(va); setRd(slot, v); slot += SLOT_BYTES; v = integer.add(slot, v); setRd(slot, v); slot += SLOT_BYTES; break;
      case Op.ADD_XORI_TO_AND_TO_AND: setRd(slot, integer.add(slot, x1(slot))); slot += SLOT_BYTES; v = integer.xori(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.and(slot, v); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.and(slot, v)); slot += SLOT_BYTES; continue;
      case Op.XOR_TO_SLLIW_TO_XOR: v = integer.xor(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.slliw(slot, v); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, v)); slot += SLOT_BYTES; continue;
      case Op.XOR_TO_SRLIW_TO_XOR: v = integer.xor(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.srliw(slot, v); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, v)); slot += SLOT_BYTES; continue;
      case Op.XOR_XOR_ADDW: setRd(slot, integer.xor(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.OR_OR: setRd(slot, integer.or(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.or(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.AND_TO_ADD_TO_OR_OR: v = integer.and(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.add(slot, v); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.or(slot, v)); slot += SLOT_BYTES; setRd(slot, integer.or(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.AND_TO_BEQ_ADDI_BEQ: v = integer.and(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; if (isEqual(slot, v)) break; slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; if (isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.AND_TO_BNE: v = integer.and(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; if (!isEqual(slot, v)) break; slot += SLOT_BYTES; continue;
      case Op.AND_TO_SLLI_TO_ADD: v = integer.and(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; v = integer.slli(slot, v); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.add(slot, v)); slot += SLOT_BYTES; continue;
      case Op.ADDW_BGEU: setRd(slot, integer.addw(slot, x1(slot))); slot += SLOT_BYTES; if (!isLessUnsigned(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.ADDW_BLTU: setRd(slot, integer.addw(slot, x1(slot))); slot += SLOT_BYTES; if (isLessUnsigned(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.ADDW_TO_ADDW_ADDIW_SW: v = integer.addw(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.addw(slot, v)); slot += SLOT_BYTES; setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (writeMisses<u32>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u32>(va, x2(slot)); slot += SLOT_BYTES; continue;
      case Op.ADDW_XOR_OR_ADDW: setRd(slot, integer.addw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.or(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.LBU_ADDI: va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.LBU_ADDI_ADDW_BNE: va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.addw(slot, x1(slot))); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.LBU_ADDI_ADD_TO_SB: va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; v = integer.add(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; va = addressOf(slot, v); if (writeMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u8>(va, x2(slot)); slot += SLOT_BYTES; continue;
      case Op.LBU_ADDI_BNE_ADDIW: va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; setRd(slot, integer.addiw(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.LBU_LBU: va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; continue;
      case Op.LBU_LBU_LBU_LBU: va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; continue;
      case Op.LBU_SLLI_TO_OR_LBU: va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.or(slot, v)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; continue;
      case Op.LBU_TO_BEQ: va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<u8>(va); setRd(slot, v); slot += SLOT_BYTES; if (isEqual(slot, v)) break; slot += SLOT_BYTES; continue;
      case Op.LBU_TO_BNE: va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<u8>(va); setRd(slot, v); slot += SLOT_BYTES; if (!isEqual(slot, v)) break; slot += SLOT_BYTES; continue;
      case Op.LBU_TO_BNE_LBU: va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<u8>(va); setRd(slot, v); slot += SLOT_BYTES; if (!isEqual(slot, v)) break; slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; continue;
      case Op.LHU_BGEU_ADDIW_TO_BNE: va = addressOf(slot, x1(slot)); if (readMisses<u16>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u16>(va)); slot += SLOT_BYTES; if (!isLessUnsigned(slot, x1(slot))) break; slot += SLOT_BYTES; v = integer.addiw(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; if (!isEqual(slot, v)) break; slot += SLOT_BYTES; continue;
      case Op.LW_ADDI: va = addressOf(slot, x1(slot)); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<i32>(va)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.LW_LW: va = addressOf(slot, x1(slot)); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<i32>(va)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<i32>(va)); slot += SLOT_BYTES; continue;
      case Op.LW_SLLIW_SLLIW_LW: va = addressOf(slot, x1(slot)); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<i32>(va)); slot += SLOT_BYTES; setRd(slot, integer.slliw(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.slliw(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<i32>(va)); slot += SLOT_BYTES; continue;
      case Op.LW_TO_BEQ_ADDI: va = addressOf(slot, x1(slot)); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<i32>(va); setRd(slot, v); slot += SLOT_BYTES; if (isEqual(slot, v)) break; slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.LW_TO_BEQ_ADDI_TO_SUB: va = addressOf(slot, x1(slot)); if (readMisses<i32>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<i32>(va); setRd(slot, v); slot += SLOT_BYTES; if (isEqual(slot, v)) break; slot += SLOT_BYTES; v = integer.addi(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.sub(slot, v)); slot += SLOT_BYTES; continue;
      case Op.LD_ADDI: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.LD_ADDI_JR: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; break;
      case Op.LD_BNE: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;
      case Op.LD_LD_TO_XOR_ADDI: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<u64>(va); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.xor(slot, v)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.LD_SD: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, x2(slot)); slot += SLOT_BYTES; continue;
      case Op.LD_TO_BEQ: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<u64>(va); setRd(slot, v); slot += SLOT_BYTES; if (isEqual(slot, v)) break; slot += SLOT_BYTES; continue;
      case Op.LD_TO_LD_SD_ADDI: va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); v = loadFrom<u64>(va); setRd(slot, v); slot += SLOT_BYTES; va = addressOf(slot, v); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, x2(slot)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SD_ADDI: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, x2(slot)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.SD_ADDI_SLLI_TO_SRLI: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, x2(slot)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; v = integer.slli(slot, x1(slot)); setRd(slot, v); slot += SLOT_BYTES; setRd(slot, integer.srli(slot, v)); slot += SLOT_BYTES; continue;
      case Op.SD_LD: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, x2(slot)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; continue;
      case Op.FSD_FSD_FSD_FSD: va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, f2(slot)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, f2(slot)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, f2(slot)); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (writeMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); storeTo<u64>(va, f2(slot)); slot += SLOT_BYTES; continue;
      case Op.BEQ_ADDI: if (isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.BEQ_LBU: if (isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; continue;
      case Op.BEQ_LD: if (isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; continue;
      case Op.BNE_LBU: if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; continue;
      case Op.BNE_LBU_ADDI_ADD: if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u8>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u8>(va)); slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; setRd(slot, integer.add(slot, x1(slot))); slot += SLOT_BYTES; continue;
      case Op.BNE_LD: if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; continue;
      case Op.BGEU_ADDI_LD_BNE: if (!isLessUnsigned(slot, x1(slot))) break; slot += SLOT_BYTES; setRd(slot, integer.addi(slot, x1(slot))); slot += SLOT_BYTES; va = addressOf(slot, x1(slot)); if (readMisses<u64>(va)) return leaveAt(slot, fuel, pageVa); setRd(slot, loadFrom<u64>(va)); slot += SLOT_BYTES; if (!isEqual(slot, x1(slot))) break; slot += SLOT_BYTES; continue;

      default: return leaveAt(slot, fuel, pageVa);
    }

    // the jump at `slot` is taken
    fuel -= countAt(slot);
    const next = linkOf(slot);
    if (next > LAST_STATE && fuel >= TRACE_LIMIT) {
      slot = next;
      continue;
    }
    const pc = next == IN_REGISTER ? registerTarget(slot) : targetOf(slot, pageVa);
    const trace = findJump(pc);
    if (trace == 0 || fuel < TRACE_LIMIT) return leaveTo(pc, fuel);
    const target = firstSlot(trace);
    if (next == UNLINKED) store<u32>(slot, <u32>target, SLOT_AUX);
    slot = target;
    pageVa = pc & PAGE_MASK;
  }
  return LEFT_TO_LOOK_UP;
}
