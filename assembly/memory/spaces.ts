/**
 * Address spaces by number: a record for each, and which of them runs.
 *
 * Record of a space: ASID u32 at 0, next free space u32 at 4, root of its page tables (64 × u32) at 0x100. An ASID tells what
 * the jump cache knows of one space from what it knows of others, and of the same one before its code changed.
 */
import { RUN_ASID, SPACES, SPACE_BYTES, SPACE_LIMIT } from '../layout';
import { flushJumps, flushReads, flushWrites, noteCodeChange } from './tlb';

const ASID: usize = 0;
const NEXT_FREE: usize = 4;
export const ROOT: usize = 0x100;
export const ROOT_ENTRIES: u32 = 64;
/** The highest number is left to empty entries of the jump cache. */
const ASID_LIMIT: u32 = u32.MAX_VALUE;

let firstFree: u32 = 0;
let neverUsed: u32 = 1;
let nextAsid: u32 = 1;
/** The space whose translations the TLBs hold, 0 for none. */
let current: u32 = 0;

@inline
export function recordOf(space: u32): usize {
  return SPACES + <usize>space * SPACE_BYTES;
}

/** Gives the space a new ASID: what the jump cache knows of it is forgotten, and a trace of its that runs must be left. */
export function renewAsid(space: u32): void {
  if (nextAsid == ASID_LIMIT) {
    flushJumps();
    nextAsid = 1;
    for (let other: u32 = 1; other < neverUsed; other++) {
      store<u32>(recordOf(other), nextAsid++, ASID);
    }
  }
  store<u32>(recordOf(space), nextAsid++, ASID);
  noteCodeChange();
  if (current != 0) store<u32>(RUN_ASID, load<u32>(recordOf(current), ASID));
}

/** Makes `space` the one that runs. */
export function switchSpace(space: u32): void {
  if (space == current) return;
  current = space;
  store<u32>(RUN_ASID, load<u32>(recordOf(space), ASID));
  flushReads();
  flushWrites();
}

export function currentSpace(): u32 {
  return current;
}

/** Drops all cached translations of the space. */
export function flushSpace(space: u32): void {
  renewAsid(space);
  if (space != current) return;
  flushReads();
  flushWrites();
}

/** Takes an empty space. Returns its number, 0 when all are taken. */
export function spaceCreate(): u32 {
  let space = firstFree;
  if (space != 0) {
    firstFree = load<u32>(recordOf(space), NEXT_FREE);
  } else {
    if (neverUsed == SPACE_LIMIT) return 0;
    space = neverUsed++;
  }
  memory.fill(recordOf(space), 0, SPACE_BYTES);
  renewAsid(space);
  return space;
}

/** Gives the number of a space that maps nothing to the next that is made. */
export function freeSpace(space: u32): void {
  store<u32>(recordOf(space), firstFree, NEXT_FREE);
  firstFree = space;
}

/** Sees to it that nothing cached is of `space`, whose number is about to be given away. */
export function leaveSpace(space: u32): void {
  if (current != space) return;
  current = 0;
  flushReads();
  flushWrites();
}
