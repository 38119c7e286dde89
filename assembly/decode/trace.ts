/** Straight runs of guest code, decoded and kept. */
import { TRAP_FAULT_EXEC, NO_TRAP, trapAt } from '../hart/trap';
import { PAGE_BYTES, PAGE_SHIFT, STEP_TRACE, TRACE_ARENA, TRACE_ARENA_END } from '../layout';
import { executableFrame, fetchHalf, loaded } from '../memory/access';
import { TRACE_FRAME, TRACE_HEADER_BYTES, TRACE_LENGTH, TRACE_VA, addTrace, dropAllCode, findTrace } from '../memory/code-frames';
import { pageAddress } from '../memory/pool';
import { fillJump } from '../memory/tlb';
import { RESERVED, expand } from './compressed';
import { GOES_ON, LEAVES, decode } from './decode';
import { Op } from './operations';
import { FAR, SLOT_BYTES, UNLINKED, beginInstruction, beginSlots, emit, emitEnd, instructionCount, nextSlot } from './slot';

/** Most instructions of a trace; a count fits into a byte. */
export const TRACE_LIMIT: u32 = 64;

/** Most bytes of a trace: header, one slot an instruction, one for the end, one for the check of a next page. */
const TRACE_BYTES: usize = TRACE_HEADER_BYTES + (<usize>TRACE_LIMIT + 2) * SLOT_BYTES;

const OFFSET_MASK: u32 = PAGE_BYTES - 1;

/** Where the next trace goes. */
let arenaNext: usize = TRACE_ARENA;

/** Drops all traces and begins the arena anew. */
export function clearTraces(): void {
  dropAllCode();
  arenaNext = TRACE_ARENA;
}

@inline
export function firstSlot(trace: usize): usize {
  return trace + TRACE_HEADER_BYTES;
}

export function traceLength(trace: usize): u32 {
  return load<u32>(trace, TRACE_LENGTH);
}

/**
 * The trace that begins at `va` in the running space, decoded if need be. Returns 0 and sets the trap's operands when the
 * first instruction cannot be fetched.
 */
export function traceAt(va: u64): usize {
  const frame = executableFrame(va);
  if (frame == 0) {
    trapAt(TRAP_FAULT_EXEC, va);
    return 0;
  }
  let trace = findTrace(va, frame);
  if (trace == 0) {
    if (arenaNext + TRACE_BYTES > TRACE_ARENA_END) clearTraces();
    trace = arenaNext;
    if (!decodeTrace(trace, va, frame, TRACE_LIMIT)) return 0;
    arenaNext = (nextSlot() + 15) & ~15;
    addTrace(trace);
  }
  fillJump(va, trace);
  return trace;
}

/** As `traceAt`, for one instruction, which is decoded for this once. */
export function singleTraceAt(va: u64): usize {
  const frame = executableFrame(va);
  if (frame == 0) {
    trapAt(TRAP_FAULT_EXEC, va);
    return 0;
  }
  return decodeTrace(STEP_TRACE, va, frame, 1) ? STEP_TRACE : 0;
}

/** Decodes at most `limit` instructions from `va`, without leaving the page. Returns false when not even one can be fetched. */
function decodeTrace(trace: usize, va: u64, frame: u32, limit: u32): bool {
  const page = pageAddress(frame);
  const pageVa = va & ~(<u64>OFFSET_MASK);
  let offset = <u32>va & OFFSET_MASK;
  store<u64>(trace, va, TRACE_VA);
  store<u32>(trace, frame, TRACE_FRAME);
  beginSlots(trace + TRACE_HEADER_BYTES);

  let isDone = GOES_ON;
  while (isDone == GOES_ON && instructionCount() < limit && offset < PAGE_BYTES) {
    const half: u32 = load<u16>(page + offset);
    if ((half & 3) != 3) {
      beginInstruction(offset);
      isDone = decodeWord(expand(half), pageVa + offset, 2);
      offset += 2;
    } else if (offset != PAGE_BYTES - 2) {
      beginInstruction(offset);
      isDone = decodeWord(load<u32>(page + offset), pageVa + offset, 4);
      offset += 4;
    } else {
      // It continues in the next page, which can change on its own: such an instruction is a trace of its own.
      if (instructionCount() != 0) break;
      if (fetchHalf(pageVa + PAGE_BYTES) != NO_TRAP) return false;
      const upper = <u32>loaded();
      beginInstruction(offset);
      emit(Op.CHECK_NEXT_PAGE, 0, 0, 0, <i32>upper, 0);
      isDone = decodeWord(half | (upper << 16), pageVa + offset, 4);
      offset += 4;
      break;
    }
  }
  store<u32>(trace, instructionCount(), TRACE_LENGTH);
  if (isDone == GOES_ON) emitEnd(Op.J, offset, offset < PAGE_BYTES && limit != 1 ? UNLINKED : FAR);
  return true;
}

function decodeWord(word: u32, va: u64, bytes: u32): bool {
  if (word != RESERVED && (word & 0x1f) != 0x1f) return decode(word, va, bytes);
  emit(Op.ILLEGAL, 0, 0, 0, 0, 0);
  return LEAVES;
}
