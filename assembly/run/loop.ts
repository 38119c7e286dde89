/**
 * The run loop: executes decoded slots until fuel is short, the way on is not known, or a slot needs more than the loop
 * does itself.
 *
 * It calls nothing, so that the engine keeps its few variables in registers: what the cases name is inlined. A case either
 * goes on with the next slot (`continue`), or sets `pc` and the slot to link and breaks to the jump below the switch, or
 * leaves with the slot for `run/step.ts`.
 */
import { FAR, SLOT_AUX, SLOT_BYTES, UNLINKED } from '../decode/slot';
import { Op } from '../decode/operations';
import { TRACE_LIMIT, firstSlot } from '../decode/trace';
import * as integer from '../execute/integer';
import * as muldiv from '../execute/muldiv';
import * as bits from '../execute/bitmanip';
import { countAt, isEqual, isLess, isLessUnsigned, linkOf, pcAt, registerTarget, targetOf } from '../execute/branch';
import { fld, flw, fsd, fsw, loadX, storeX } from '../execute/memory';
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
  /** Where a jump goes, and the slot that takes a link to there; 0 for none. */
  let pc: u64 = 0;
  let link: usize = 0;

  for (;;) {
    switch (<i32>load<u16>(slot)) {
      case Op.LI: {
        integer.li(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.MV: {
        integer.mv(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ADDI: {
        integer.addi(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SLTI: {
        integer.slti(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SLTIU: {
        integer.sltiu(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.XORI: {
        integer.xori(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ORI: {
        integer.ori(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ANDI: {
        integer.andi(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SLLI: {
        integer.slli(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SRLI: {
        integer.srli(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SRAI: {
        integer.srai(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ADDIW: {
        integer.addiw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SLLIW: {
        integer.slliw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SRLIW: {
        integer.srliw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SRAIW: {
        integer.sraiw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ADD: {
        integer.add(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SUB: {
        integer.sub(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SLL: {
        integer.sll(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SLT: {
        integer.slt(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SLTU: {
        integer.sltu(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.XOR: {
        integer.xor(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SRL: {
        integer.srl(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SRA: {
        integer.sra(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.OR: {
        integer.or(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.AND: {
        integer.and(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ADDW: {
        integer.addw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SUBW: {
        integer.subw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SLLW: {
        integer.sllw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SRLW: {
        integer.srlw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SRAW: {
        integer.sraw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.MUL: {
        muldiv.mul(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.MULH: {
        muldiv.mulh(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.MULHSU: {
        muldiv.mulhsu(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.MULHU: {
        muldiv.mulhu(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.DIV: {
        muldiv.div(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.DIVU: {
        muldiv.divu(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.REM: {
        muldiv.rem(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.REMU: {
        muldiv.remu(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.MULW: {
        muldiv.mulw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.DIVW: {
        muldiv.divw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.DIVUW: {
        muldiv.divuw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.REMW: {
        muldiv.remw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.REMUW: {
        muldiv.remuw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ADD_UW: {
        bits.addUw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SH1ADD: {
        bits.sh1add(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SH2ADD: {
        bits.sh2add(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SH3ADD: {
        bits.sh3add(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SH1ADD_UW: {
        bits.sh1addUw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SH2ADD_UW: {
        bits.sh2addUw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SH3ADD_UW: {
        bits.sh3addUw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SLLI_UW: {
        bits.slliUw(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ANDN: {
        bits.andn(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ORN: {
        bits.orn(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.XNOR: {
        bits.xnor(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.CLZ: {
        bits.countLeading(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.CTZ: {
        bits.countTrailing(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.CPOP: {
        bits.countOnes(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.CLZW: {
        bits.countLeadingWord(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.CTZW: {
        bits.countTrailingWord(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.CPOPW: {
        bits.countOnesWord(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.MAX: {
        bits.maxSigned(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.MAXU: {
        bits.maxUnsigned(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.MIN: {
        bits.minSigned(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.MINU: {
        bits.minUnsigned(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SEXT_B: {
        bits.sextB(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SEXT_H: {
        bits.sextH(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ZEXT_H: {
        bits.zextH(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ROL: {
        bits.rotateLeft(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ROR: {
        bits.rotateRight(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.RORI: {
        bits.rotateRightI(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ROLW: {
        bits.rotateLeftWord(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.RORW: {
        bits.rotateRightWord(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.RORIW: {
        bits.rotateRightWordI(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.ORC_B: {
        bits.orcB(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.REV8: {
        bits.rev8(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.BCLR: {
        bits.bclr(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.BCLRI: {
        bits.bclri(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.BEXT: {
        bits.bext(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.BEXTI: {
        bits.bexti(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.BINV: {
        bits.binv(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.BINVI: {
        bits.binvi(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.BSET: {
        bits.bset(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.BSETI: {
        bits.bseti(slot);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.LB: {
        if (!loadX<i8>(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.LBU: {
        if (!loadX<u8>(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.LH: {
        if (!loadX<i16>(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.LHU: {
        if (!loadX<u16>(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.LW: {
        if (!loadX<i32>(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.LWU: {
        if (!loadX<u32>(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.LD: {
        if (!loadX<u64>(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SB: {
        if (!storeX<u8>(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SH: {
        if (!storeX<u16>(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SW: {
        if (!storeX<u32>(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.SD: {
        if (!storeX<u64>(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.FLW: {
        if (!flw(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.FLD: {
        if (!fld(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.FSW: {
        if (!fsw(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.FSD: {
        if (!fsd(slot)) return leaveAt(slot, fuel, pageVa);
        slot += SLOT_BYTES;
        continue;
      }
      case Op.BEQ: {
        if (!isEqual(slot)) {
          slot += SLOT_BYTES;
          continue;
        }
        fuel -= countAt(slot);
        const next = linkOf(slot);
        if (next > FAR && fuel >= TRACE_LIMIT) {
          slot = next;
          continue;
        }
        pc = targetOf(slot, pageVa);
        link = next == UNLINKED ? slot : 0;
        break;
      }
      case Op.BNE: {
        if (isEqual(slot)) {
          slot += SLOT_BYTES;
          continue;
        }
        fuel -= countAt(slot);
        const next = linkOf(slot);
        if (next > FAR && fuel >= TRACE_LIMIT) {
          slot = next;
          continue;
        }
        pc = targetOf(slot, pageVa);
        link = next == UNLINKED ? slot : 0;
        break;
      }
      case Op.BLT: {
        if (!isLess(slot)) {
          slot += SLOT_BYTES;
          continue;
        }
        fuel -= countAt(slot);
        const next = linkOf(slot);
        if (next > FAR && fuel >= TRACE_LIMIT) {
          slot = next;
          continue;
        }
        pc = targetOf(slot, pageVa);
        link = next == UNLINKED ? slot : 0;
        break;
      }
      case Op.BGE: {
        if (isLess(slot)) {
          slot += SLOT_BYTES;
          continue;
        }
        fuel -= countAt(slot);
        const next = linkOf(slot);
        if (next > FAR && fuel >= TRACE_LIMIT) {
          slot = next;
          continue;
        }
        pc = targetOf(slot, pageVa);
        link = next == UNLINKED ? slot : 0;
        break;
      }
      case Op.BLTU: {
        if (!isLessUnsigned(slot)) {
          slot += SLOT_BYTES;
          continue;
        }
        fuel -= countAt(slot);
        const next = linkOf(slot);
        if (next > FAR && fuel >= TRACE_LIMIT) {
          slot = next;
          continue;
        }
        pc = targetOf(slot, pageVa);
        link = next == UNLINKED ? slot : 0;
        break;
      }
      case Op.BGEU: {
        if (isLessUnsigned(slot)) {
          slot += SLOT_BYTES;
          continue;
        }
        fuel -= countAt(slot);
        const next = linkOf(slot);
        if (next > FAR && fuel >= TRACE_LIMIT) {
          slot = next;
          continue;
        }
        pc = targetOf(slot, pageVa);
        link = next == UNLINKED ? slot : 0;
        break;
      }
      case Op.JAL:
        setRd(slot, pcAt(slot, pageVa) + 4);
      case Op.J: {
        fuel -= countAt(slot);
        const next = linkOf(slot);
        if (next > FAR && fuel >= TRACE_LIMIT) {
          slot = next;
          continue;
        }
        pc = targetOf(slot, pageVa);
        link = next == UNLINKED ? slot : 0;
        break;
      }
      case Op.JR: {
        fuel -= countAt(slot);
        pc = registerTarget(slot);
        link = 0;
        break;
      }
      case Op.JALR: {
        fuel -= countAt(slot);
        pc = registerTarget(slot);
        setRd(slot, pcAt(slot, pageVa) + <u64>load<u32>(slot, SLOT_AUX));
        link = 0;
        break;
      }
      default:
        return leaveAt(slot, fuel, pageVa);
    }

    // a jump to `pc` that is not linked
    const trace = findJump(pc);
    if (trace == 0 || fuel < TRACE_LIMIT) {
      store<u64>(RUN_PC, pc);
      store<u32>(RUN_FUEL, fuel);
      return LEFT_TO_LOOK_UP;
    }
    slot = firstSlot(trace);
    if (link != 0) store<u32>(link, <u32>slot, SLOT_AUX);
    pageVa = pc & PAGE_MASK;
  }
  return LEFT_TO_LOOK_UP;
}
