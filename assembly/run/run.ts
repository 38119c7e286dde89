/** One slice of one hart. */
import { SLOT_BYTES, SLOT_COUNT } from '../decode/slot';
import { firstSlot, singleTraceAt, traceAt, traceLength } from '../decode/trace';
import { countAt, pcAt } from '../execute/branch';
import { hartAddress } from '../hart/slots';
import { NO_TRAP, TRAP_FAULT_EXEC, TRAP_FUEL } from '../hart/trap';
import { HART, HART_BYTES, HART_PC, HART_RETIRED, HART_X, PAGE_BYTES, RUN_FUEL, RUN_PC, RUN_SLOT } from '../layout';
import { switchSpace } from '../memory/spaces';
import { codeChangeCount, findJump } from '../memory/tlb';
import { LEFT_TO_LOOK_UP, runSlots } from './loop';
import { executeSlow } from './step';

const PAGE_MASK: u64 = ~(<u64>PAGE_BYTES - 1);

/** Longest stay in the run loop, in instructions: the engine replaces a function by its optimised code only between calls. */
const STAY: u32 = 200_000;

let retiredInSlice: u32 = 0;

/** Instructions retired by the last `run`. */
export function lastRetired(): u32 {
  return retiredInSlice;
}

/**
 * Runs the hart of `slot` in `space` for exactly `fuel` instructions, or to the first trap. An instruction that traps is
 * not retired and has no effect; pc stays on it.
 *
 * @returns  TRAP_FUEL or the cause of the trap
 */
export function run(slot: u32, space: u32, fuel: u32): u32 {
  const home = hartAddress(slot);
  memory.copy(HART, home, HART_BYTES);
  store<u64>(HART_X, 0);
  switchSpace(space);
  retiredInSlice = 0;
  const cause = runFrom(load<u64>(HART_PC), fuel);
  store<u64>(HART_RETIRED, load<u64>(HART_RETIRED) + retiredInSlice);
  memory.copy(home, HART, HART_BYTES);
  return cause;
}

/** Runs from `startPc` and leaves HART_PC and `retiredInSlice` set. */
function runFrom(startPc: u64, fuel: u32): u32 {
  let pc = startPc;
  let left = fuel;
  while (left != 0) {
    let trace = findJump(pc);
    if (trace == 0) trace = traceAt(pc);
    if (trace != 0 && traceLength(trace) > left) trace = singleTraceAt(pc);
    if (trace == 0) return stop(TRAP_FAULT_EXEC, pc, fuel - left);

    const stay = min(left, STAY);
    left -= stay;
    let reason = runSlots(firstSlot(trace), stay, pc & PAGE_MASK);
    while (reason != LEFT_TO_LOOK_UP) {
      const at: usize = load<u32>(RUN_SLOT);
      const stayLeft = load<u32>(RUN_FUEL);
      const pageVa = load<u64>(RUN_PC);
      const began = fuel - left - stayLeft;
      const changes = codeChangeCount();
      const cause = executeSlow(at, pageVa, began);
      if (cause != NO_TRAP) return stop(cause, pcAt(at, pageVa), began + countAt(at) - 1);
      if (changes != codeChangeCount()) {
        leaveTrace(at, pageVa, stayLeft);
        break;
      }
      reason = runSlots(at + SLOT_BYTES, stayLeft, pageVa);
    }
    pc = load<u64>(RUN_PC);
    left += load<u32>(RUN_FUEL);
  }
  return stop(TRAP_FUEL, pc, fuel);
}

function stop(cause: u32, pc: u64, retired: u32): u32 {
  store<u64>(HART_PC, pc);
  retiredInSlice = retired;
  return cause;
}

/** Sets RUN_PC and RUN_FUEL to go on after the slot at `at` by looking up, because its trace may be no more. */
function leaveTrace(at: usize, pageVa: u64, stayLeft: u32): void {
  const next = at + SLOT_BYTES;
  // The next slot knows where it begins. The check of a next page is no instruction: it is followed by its own.
  const isSameInstruction = load<u8>(next, SLOT_COUNT) == load<u8>(at, SLOT_COUNT) && pcAt(next, pageVa) == pcAt(at, pageVa);
  store<u64>(RUN_PC, pcAt(next, pageVa));
  store<u32>(RUN_FUEL, stayLeft - (isSameInstruction ? countAt(at) - 1 : countAt(at)));
}
