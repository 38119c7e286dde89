/** Straight runs of guest code, decoded and kept. */
import { TRAP_FAULT_EXEC, NO_TRAP, trapAt } from '../hart/trap';
import { PAGE_BYTES, STEP_TRACE, TRACE_ARENA, TRACE_ARENA_END, TRACE_STRETCHES } from '../layout';
import { executableFrame, fetchHalf, loaded } from '../memory/access';
import { contentAddress } from '../memory/absent';
import { TRACE_FRAME, TRACE_HEADER_BYTES, TRACE_LENGTH, TRACE_VA, addTrace, dropAllCode, findTrace } from '../memory/code-frames';
import { fillJump } from '../memory/tlb';
import { RESERVED, expand } from './compressed';
import { GOES_ON, LEAVES, decode } from './decode';
import { immediateJ, opcodeOf, rdOf } from './formats';
import { fuse } from './fuse';
import { Op } from './operations';
import { FAR, SLOT_BYTES, UNLINKED, beginInstruction, beginSlots, emit, emitConstant, emitEnd, instructionCount, nextSlot } from './slot';

/** Most instructions of a trace; a count fits into a byte. */
export const TRACE_LIMIT: u32 = 64;

/** Most bytes of a trace: header, one slot an instruction, one for the end, one for the check of a next page. */
const TRACE_BYTES: usize = TRACE_HEADER_BYTES + (<usize>TRACE_LIMIT + 2) * SLOT_BYTES;

const OFFSET_MASK: u32 = PAGE_BYTES - 1;

/** Jumps that a trace follows at most. */
const STRETCH_LIMIT: u32 = 8;
const JAL_OPCODE: u32 = 0x6f;

/** Stretches of the trace being decoded, up to a jump that it follows. */
let stretches: u32 = 0;

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
    fuse(firstSlot(trace), nextSlot());
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
  const page = contentAddress(frame);
  const pageVa = va & ~(<u64>OFFSET_MASK);
  let offset = <u32>va & OFFSET_MASK;
  store<u64>(trace, va, TRACE_VA);
  store<u32>(trace, frame, TRACE_FRAME);
  beginSlots(trace + TRACE_HEADER_BYTES);
  beginStretches();

  let stretch = offset;
  let isDone = GOES_ON;
  while (isDone == GOES_ON && instructionCount() < limit && offset < PAGE_BYTES) {
    const half: u32 = load<u16>(page + offset);
    const bytes: u32 = (half & 3) != 3 ? 2 : 4;
    if (offset + bytes > PAGE_BYTES) {
      // It continues in the next page, which can change on its own: such an instruction is a trace of its own.
      if (instructionCount() == 0) return decodeAcross(trace, pageVa, offset, half);
      break;
    }
    const word = bytes == 2 ? expand(half) : load<u32>(page + offset);
    beginInstruction(offset);
    const target = offset + immediateJ(word);
    if (limit > 1 && opcodeOf(word) == JAL_OPCODE && isUnseen(target, stretch, offset)) {
      // The way on is known: no slot but the link register's is needed.
      if (rdOf(word) != 0) emitConstant(rdOf(word), pageVa + offset + bytes);
      endStretch(stretch, offset);
      offset = target;
      stretch = target;
    } else {
      isDone = decodeWord(word, pageVa + offset, bytes);
      offset += bytes;
    }
  }
  store<u32>(trace, instructionCount(), TRACE_LENGTH);
  if (isDone == GOES_ON) emitEnd(Op.J, offset, offset < PAGE_BYTES && limit != 1 ? UNLINKED : FAR);
  return true;
}

/** Decodes the instruction of which `low` is the half at the end of the page. */
function decodeAcross(trace: usize, pageVa: u64, offset: u32, low: u32): bool {
  if (fetchHalf(pageVa + PAGE_BYTES) != NO_TRAP) return false;
  const high = <u32>loaded();
  beginInstruction(offset);
  emit(Op.CHECK_NEXT_PAGE, 0, 0, 0, <i32>high, 0);
  const isDone = decodeWord(low | (high << 16), pageVa + offset, 4);
  store<u32>(trace, instructionCount(), TRACE_LENGTH);
  if (isDone == GOES_ON) emitEnd(Op.J, offset + 4, FAR);
  return true;
}

function beginStretches(): void {
  stretches = 0;
}

/** Notes that the trace goes through the instructions from `from` up to the one at `to`. */
function endStretch(from: u32, to: u32): void {
  store<u16>(TRACE_STRETCHES + (<usize>stretches << 2), <u16>from);
  store<u16>(TRACE_STRETCHES + (<usize>stretches << 2), <u16>to, 2);
  stretches++;
}

/** Whether a jump to `target` in the page leads to instructions that the trace does not have yet: loops are not unrolled. */
function isUnseen(target: u32, stretch: u32, offset: u32): bool {
  if (target >= PAGE_BYTES || stretches == STRETCH_LIMIT) return false;
  if (target >= stretch && target <= offset) return false;
  for (let i: usize = 0; i < stretches; i++) {
    const at = TRACE_STRETCHES + (i << 2);
    if (target >= load<u16>(at) && target <= load<u16>(at, 2)) return false;
  }
  return true;
}

/** `word` is expanded; of the longer formats, which begin with five set bits, there is no instruction. */
function decodeWord(word: u32, va: u64, bytes: u32): bool {
  if (word != RESERVED && (word & 0x1f) != 0x1f) return decode(word, va, bytes);
  emit(Op.ILLEGAL, 0, 0, 0, 0, 0);
  return LEAVES;
}
