/** Guest memory by frames: 4 KiB pages counted by reference and against the limit. */
import { FIRST_PAGE, FRAME_REFS } from '../layout';
import { contentAddress, frameSource, setFrameSource } from './absent';
import { dropCode, hasCode } from './code-frames';
import { frameDirtyEpoch, markDirty, releaseFrame, touch } from './dirty';
import { poolEnd, takePage, takeZeroPage } from './pool';
import { flushWrites } from './tlb';

let inUse: u32 = 0;
let limit: u32 = 0;

export function framesInUse(): u32 {
  return inUse;
}

export function frameLimit(): u32 {
  return limit;
}

/** Sets how many frames may be in use at once. Frames in use beyond a lowered limit stay. */
export function setFrameLimit(frames: u32): void {
  limit = frames;
}

@inline
export function frameRefs(frame: u32): u32 {
  return load<u32>(<usize>frame << 2, FRAME_REFS);
}

function adopt(page: u32): u32 {
  if (page == 0) return 0;
  store<u32>(<usize>page << 2, 1, FRAME_REFS);
  markDirty(page);
  inUse++;
  return page;
}

/** Takes a frame of zeros with one reference. Returns 0 when the limit is reached or memory cannot grow. */
export function frameAlloc(): u32 {
  return inUse >= limit ? 0 : adopt(takeZeroPage());
}

/** As `frameAlloc`, but with whatever bytes the page has: the caller overwrites them all. */
export function frameAllocDirty(): u32 {
  return inUse >= limit ? 0 : adopt(takePage());
}

/** As `frameAlloc`, but the content comes from `source` when it is looked at first. */
export function frameAllocAbsent(source: u32): u32 {
  const frame = frameAllocDirty();
  if (frame != 0) setFrameSource(frame, source);
  return frame;
}

/**
 * Takes `count` frames for pages of an image, a reference of each. Of the u32s at `frames` one that is not 0 is the number of
 * a frame that held the page: it is taken again if it is in use still and has not changed after `epoch`. For all others the
 * number of a new frame is written, whose content comes from `firstSource` plus its index.
 *
 * @returns how many were taken: fewer than `count` when the limit is reached or memory cannot grow
 */
export function frameTakeMany(frames: usize, count: u32, epoch: u32, firstSource: u32): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const at = frames + (<usize>i << 2);
    const held = load<u32>(at);
    if (isSame(held, epoch)) {
      frameRef(held);
      continue;
    }
    const frame = frameAllocAbsent(firstSource + i);
    if (frame == 0) return i;
    store<u32>(at, frame);
  }
  return count;
}

/** How many of the frames `frameTakeMany` would take again. */
export function frameCountSame(frames: usize, count: u32, epoch: u32): u32 {
  let same: u32 = 0;
  for (let i: u32 = 0; i < count; i++) if (isSame(load<u32>(frames + (<usize>i << 2)), epoch)) same++;
  return same;
}

@inline
function isSame(frame: u32, epoch: u32): bool {
  return frame != 0 && frameRefs(frame) != 0 && frameDirtyEpoch(frame) <= epoch;
}

/** Drops a reference of each of `count` frames. */
export function frameUnrefMany(frames: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) frameUnref(load<u32>(frames + (<usize>i << 2)));
}

/** Whether the content of any frame, in use or kept by a freeze, is to come from a source in [firstSource, endSource). */
export function hasAbsent(firstSource: u32, endSource: u32): bool {
  const end = poolEnd();
  for (let frame: u32 = FIRST_PAGE; frame < end; frame++) {
    const source = frameSource(frame);
    if (source >= firstSource && source < endSource && source != 0) return true;
  }
  return false;
}

/** Linear address of the content of a frame. */
export function frameContent(frame: u32): usize {
  return contentAddress(frame);
}

export function frameRef(frame: u32): void {
  const refs = frameRefs(frame);
  store<u32>(<usize>frame << 2, refs + 1, FRAME_REFS);
  // it may have been written in place as somebody's own; the next store has to look again
  if (refs == 1) flushWrites();
}

export function frameUnref(frame: u32): void {
  const refs = frameRefs(frame) - 1;
  store<u32>(<usize>frame << 2, refs, FRAME_REFS);
  if (refs != 0) return;
  inUse--;
  if (hasCode(frame)) dropCode(frame);
  releaseFrame(frame);
}

/**
 * Call before the bytes of a frame change: keeps the frozen content and drops traces decoded from it. Returns false when
 * memory cannot grow to keep the frozen content; then the write must not happen.
 */
export function frameForWrite(frame: u32): bool {
  contentAddress(frame);
  if (!touch(frame)) return false;
  if (hasCode(frame)) dropCode(frame);
  return true;
}

/**
 * Writes the numbers of the frames in use that changed after `epoch`, ascending, as u32s to `out`, at most `max` of them.
 * Returns how many there are, which may be more than `max`.
 */
export function dirtySince(epoch: u32, out: usize, max: u32): u32 {
  const end = poolEnd();
  let count: u32 = 0;
  for (let frame: u32 = FIRST_PAGE; frame < end; frame++) {
    if (frameDirtyEpoch(frame) <= epoch || frameRefs(frame) == 0) continue;
    if (count < max) store<u32>(out + <usize>count * 4, frame);
    count++;
  }
  return count;
}
