/**
 * Epochs: which frames changed since when, and the freeze that keeps the content of one moment.
 *
 * Every way to write to a frame passes `touch` first. It stamps the frame with the current epoch, and while a freeze is
 * active it first puts the frozen content aside. So a freeze costs nothing in itself: it ends an epoch and drops the
 * write TLB.
 */
import { FRAME_DIRTY_EPOCH, FRAME_FROZEN_COPY, PAGE_BYTES, PAGE_NEXT } from '../layout';
import { contentAddress, setFrameSource } from './absent';
import { givePage, pageAddress, takePage } from './pool';
import { flushWrites } from './tlb';

let epoch: u32 = 1;
/** The epoch that the active freeze ended; 0 when none is active. */
let frozenEpoch: u32 = 0;
/** Frames freed while their frozen content is in place, chained by PAGE_NEXT. */
let limbo: u32 = 0;
/** Pages of frozen content put aside, chained by PAGE_NEXT. */
let copies: u32 = 0;

export function currentEpoch(): u32 {
  return epoch;
}

export function frameDirtyEpoch(frame: u32): u32 {
  return load<u32>(<usize>frame << 2, FRAME_DIRTY_EPOCH);
}

/** Stamps a frame that has just been handed out. */
export function markDirty(frame: u32): void {
  store<u32>(<usize>frame << 2, epoch, FRAME_DIRTY_EPOCH);
}

/**
 * Call before the bytes of `frame`, which has its content, change. Returns false when the frozen content could not be put aside because memory
 * cannot grow: then nothing has changed and the write must not happen.
 */
export function touch(frame: u32): bool {
  const column = <usize>frame << 2;
  if (load<u32>(column, FRAME_DIRTY_EPOCH) == epoch) return true;
  if (frozenEpoch != 0) {
    const copy = takePage();
    if (copy == 0) return false;
    memory.copy(pageAddress(copy), pageAddress(frame), PAGE_BYTES);
    store<u32>(column, copy, FRAME_FROZEN_COPY);
    // The copy remembers whose it is where a frame has its epoch. Not in the column of copies: the page may have been a
    // frame that was preserved, then freed, and is still asked for its frozen content.
    store<u32>(<usize>copy << 2, frame, FRAME_DIRTY_EPOCH);
    store<u32>(<usize>copy << 2, copies, PAGE_NEXT);
    copies = copy;
  }
  store<u32>(column, epoch, FRAME_DIRTY_EPOCH);
  return true;
}

/**
 * Begins a freeze: the content of every frame as of now stays readable by `frozenContent` until `freezeEnd`, while guests
 * go on. Returns the epoch that ended; 0, and changes nothing, when a freeze is active already.
 */
export function freeze(): u32 {
  if (frozenEpoch != 0) return 0;
  frozenEpoch = epoch++;
  flushWrites();
  return frozenEpoch;
}

export function isFrozen(): bool {
  return frozenEpoch != 0;
}

/** Ends the freeze and frees what it kept. */
export function freezeEnd(): void {
  if (frozenEpoch == 0) return;
  frozenEpoch = 0;
  while (copies != 0) {
    const copy = copies;
    copies = load<u32>(<usize>copy << 2, PAGE_NEXT);
    const frame = load<u32>(<usize>copy << 2, FRAME_DIRTY_EPOCH);
    store<u32>(<usize>frame << 2, 0, FRAME_FROZEN_COPY);
    givePage(copy);
  }
  while (limbo != 0) {
    const page = limbo;
    limbo = load<u32>(<usize>page << 2, PAGE_NEXT);
    discard(page);
  }
}

/** Linear address of the content that `frame`, in use at the freeze, had then. */
export function frozenContent(frame: u32): usize {
  const copy = load<u32>(<usize>frame << 2, FRAME_FROZEN_COPY);
  return copy != 0 ? pageAddress(copy) : contentAddress(frame);
}

function discard(frame: u32): void {
  setFrameSource(frame, 0);
  givePage(frame);
}

/** Gives back the page of a frame that nobody holds any more, at the end of the freeze if that needs its content. */
export function releaseFrame(frame: u32): void {
  if (frozenEpoch != 0 && frameDirtyEpoch(frame) <= frozenEpoch) {
    store<u32>(<usize>frame << 2, limbo, PAGE_NEXT);
    limbo = frame;
  } else {
    discard(frame);
  }
}
