/** What the run loop leaves for: slots that take the slow way, and traps. */
import { plainOperation } from '../decode/fuse';
import { Op } from '../decode/operations';
import { SLOT_AUX, SLOT_COUNT, SLOT_IMMEDIATE, SLOT_OP, SLOT_RD, SLOT_RS1, SLOT_RS2 } from '../decode/slot';
import { loadReserved, readModifyWrite, storeConditional } from '../execute/atomic';
import { pcAt } from '../execute/branch';
import { executeFloat } from '../execute/float';
import { f2, immediate, setFd, setFdSingle, setRd, x1, x2 } from '../execute/operands';
import { csrRead, csrWrite } from '../hart/csr';
import { getX, setX } from '../hart/registers';
import { NO_TRAP, TRAP_EBREAK, TRAP_ECALL, trapIllegal } from '../hart/trap';
import { PAGE_BYTES } from '../layout';
import { executableFrame, fetchHalf, loadSlow, loaded, storeSlow } from '../memory/access';
import { dropCode } from '../memory/code-frames';

/**
 * Executes the slot, in the page at `pageVa`.
 *
 * @param retired  instructions of the slice retired when the slot's trace began
 * @returns        NO_TRAP, or the cause: then the instruction had no effect
 */
export function executeSlow(slot: usize, pageVa: u64, retired: u64): u32 {
  const op = plainOperation(load<u16>(slot, SLOT_OP));
  switch (<i32>op) {
    case Op.LB:
    case Op.LBU:
    case Op.LH:
    case Op.LHU:
    case Op.LW:
    case Op.LWU:
    case Op.LD:
      return loadInteger(slot, op);
    case Op.SB:
      return storeSlow(addressOf(slot), 1, x2(slot));
    case Op.SH:
      return storeSlow(addressOf(slot), 2, x2(slot));
    case Op.SW:
      return storeSlow(addressOf(slot), 4, x2(slot));
    case Op.SD:
      return storeSlow(addressOf(slot), 8, x2(slot));
    case Op.FSW:
      return storeSlow(addressOf(slot), 4, f2(slot));
    case Op.FSD:
      return storeSlow(addressOf(slot), 8, f2(slot));
    case Op.FLW: {
      const cause = loadSlow(addressOf(slot), 4);
      if (cause == NO_TRAP) setFdSingle(slot, <u32>loaded());
      return cause;
    }
    case Op.FLD: {
      const cause = loadSlow(addressOf(slot), 8);
      if (cause == NO_TRAP) setFd(slot, loaded());
      return cause;
    }
    case Op.LOAD_DISCARD:
      return loadSlow(addressOf(slot), load<u32>(slot, SLOT_AUX));
    case Op.ECALL:
      return TRAP_ECALL;
    case Op.EBREAK:
      return TRAP_EBREAK;
    case Op.CHECK_NEXT_PAGE:
      return checkNextPage(slot, pageVa);
    case Op.CSR:
      executeCsr(slot, retired + load<u8>(slot, SLOT_COUNT) - 1);
      return NO_TRAP;
    case Op.LR:
      return loadReserved(slot);
    case Op.SC:
      return storeConditional(slot);
    case Op.AMO:
      return readModifyWrite(slot);
    default:
      if (op >= <u32>Op.FIRST_FLOAT && executeFloat(slot, op)) return NO_TRAP;
      return trapIllegal(instructionAt(pcAt(slot, pageVa)));
  }
}

function addressOf(slot: usize): u64 {
  return x1(slot) + immediate(slot);
}

function loadInteger(slot: usize, op: u32): u32 {
  const bytes: u32 = op == Op.LD ? 8 : op == Op.LW || op == Op.LWU ? 4 : op == Op.LH || op == Op.LHU ? 2 : 1;
  const cause = loadSlow(addressOf(slot), bytes);
  if (cause != NO_TRAP) return cause;
  const value = loaded();
  if (op == Op.LB) setRd(slot, <u64>(<i64>(<i8>value)));
  else if (op == Op.LH) setRd(slot, <u64>(<i64>(<i16>value)));
  else if (op == Op.LW) setRd(slot, <u64>(<i64>(<i32>value)));
  else setRd(slot, value);
  return NO_TRAP;
}

/**
 * Looks whether the second half of the instruction, in the next page, is still what was decoded. If not, the trace is
 * dropped, which makes the run loop's owner look it up again before the instruction itself is executed.
 */
function checkNextPage(slot: usize, pageVa: u64): u32 {
  const cause = fetchHalf(pageVa + PAGE_BYTES);
  if (cause == NO_TRAP && <u32>loaded() != load<u32>(slot, SLOT_IMMEDIATE)) dropCode(executableFrame(pageVa));
  return cause;
}

function executeCsr(slot: usize, retired: u64): void {
  const csr = load<u32>(slot, SLOT_IMMEDIATE);
  const rd = load<u8>(slot, SLOT_RD);
  const rs1 = load<u8>(slot, SLOT_RS1);
  const funct3 = load<u8>(slot, SLOT_RS2);
  const isWrite = load<u32>(slot, SLOT_AUX) != 0;
  const operand = (funct3 & 4) != 0 ? <u64>(rs1 >> 3) : getX(rs1);
  const old = csrRead(csr, retired);
  if (isWrite) {
    const operation = funct3 & 3;
    csrWrite(csr, operation == 1 ? operand : operation == 2 ? old | operand : old & ~operand);
  }
  if (rd != 0) setX(rd, old);
}

/** The instruction word at `va`, which has been fetched before; a 16-bit one zero-extended. */
function instructionAt(va: u64): u32 {
  if (fetchHalf(va) != NO_TRAP) return 0;
  const low = <u32>loaded();
  if ((low & 3) != 3 || fetchHalf(va + 2) != NO_TRAP) return low;
  return low | (<u32>loaded() << 16);
}
