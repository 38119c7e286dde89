/** What the core offers. `src/core/core.ts` is the typed door to it. */
import { defineSequences } from './decode/fuse';
import { setTime } from './hart/csr';
import { LAYOUT_VERSION } from './layout';
import * as frames from './memory/frames';
import * as pool from './memory/pool';
import * as tlb from './memory/tlb';

// Frames

/** Version of the map of memory: an image made for another one is refused. */
export function layoutVersion(): u32 {
  return LAYOUT_VERSION;
}

/** Call once, on fresh memory. At most `limitFrames` guest frames can be in use at once. */
export function boot(limitFrames: u32): void {
  pool.growFor(1);
  tlb.flushReads();
  tlb.flushWrites();
  tlb.flushJumps();
  defineSequences();
  frames.setFrameLimit(limitFrames);
}

export {
  frameAlloc, frameAllocAbsent, frameContent, frameCountSame, frameForWrite, frameLimit, frameRef, frameRefs, frameTakeMany, frameUnref, frameUnrefMany, framesInUse, hasAbsent, dirtySince, setFrameLimit,
} from './memory/frames';
export { fillBuffer, frameSource } from './memory/absent';
export { currentEpoch, frameDirtyEpoch, freeze, freezeEnd, frozenContent, isFrozen } from './memory/dirty';
export { scratchAddress } from './memory/scratch';

// Address spaces

export { spaceFork, spaceDestroy, map, mapNewZero, unmap, protect, movePages, pte, nextMapped } from './memory/page-table';
export { spaceShadow, shadowLost, dropShadow } from './memory/shadow';
export { spaceCreate, flushSpace } from './memory/spaces';
export { translate, translateForce } from './memory/access';

// Harts

export { hartAlloc, hartFree, hartAddress } from './hart/slots';
export { run, lastRetired } from './run/run';

/**
 * Sets the time register for the next slice: the base, in ticks of 100 ns, in two halves, and how many instructions make
 * one tick.
 */
export function setTimeCsr(low: u32, high: u32, instructionsPerTick: u32): void {
  setTime((<u64>high << 32) | low, instructionsPerTick);
}

// Page work: scan, hash, compress, the state stream (`snapshot/`)

export * from './snapshot/exports';
