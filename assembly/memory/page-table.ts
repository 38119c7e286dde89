/**
 * Address spaces: three levels of tables from virtual page number to PTE.
 *
 *    virtual page number, 26 bits:  │ 6: root in the space's record │ 10: middle table │ 10: leaf table │
 *
 * A table is one page of 1,024 u32; an entry of the root or of a middle table is the linear address of the next table, 0
 * for none. A PTE is `frame << 12 | flags`, 0 for nothing mapped.
 *
 * A freeze keeps tables too: `spaceShadow` makes a space whose leaves are those of the other, and whoever is about to change
 * such a leaf takes a copy of it first (`ownPteAddress`). A leaf that both use has SHARED in the column PAGE_NEXT, which
 * means nothing else for a table in use.
 *
 * Record of a space: ASID u32 at 0, next free space u32 at 4, root (64 × u32) at 0x100.
 */
import { PAGE_BYTES, PAGE_NEXT, PAGE_SHIFT, RUN_ASID, SPACES, SPACE_BYTES, SPACE_LIMIT, SPACE_PAGES } from '../layout';
import { frameAlloc, frameRef, frameUnref } from './frames';
import { givePage, pageAddress, takePage, takeZeroPage } from './pool';
import { dropPage, flushJumps, flushReads, flushWrites, noteCodeChange } from './tlb';

export const PTE_READ: u32 = 1;
export const PTE_WRITE: u32 = 2;
export const PTE_EXEC: u32 = 4;
/** Stores go to the frame whatever its references; a fork keeps them together. */
export const PTE_SHARED: u32 = 8;
const PTE_PERMISSIONS: u32 = PTE_READ | PTE_WRITE | PTE_EXEC;
const PTE_FLAGS: u32 = PTE_PERMISSIONS | PTE_SHARED;

const ASID: usize = 0;
const NEXT_FREE: usize = 4;
const ROOT: usize = 0x100;
const ROOT_ENTRIES: u32 = 64;
const TABLE_ENTRIES: u32 = 1024;
const LEAF_PAGES: u32 = TABLE_ENTRIES;
const MIDDLE_PAGES: u32 = TABLE_ENTRIES * LEAF_PAGES;
/** Pages a call may cover before flushing everything is cheaper than dropping one by one. */
const FEW_PAGES: u32 = 64;
/** The highest number is left to empty entries of the jump cache. */
const ASID_LIMIT: u32 = u32.MAX_VALUE;

const SHARED: u32 = 1;

/** Whether a leaf was changed that a shadow uses, because memory could not grow for a copy. */
let isShadowLost = false;

let firstFree: u32 = 0;
let neverUsed: u32 = 1;
let nextAsid: u32 = 1;
/** The space whose translations the TLBs hold, 0 for none. */
let current: u32 = 0;

@inline
function recordOf(space: u32): usize {
  return SPACES + <usize>space * SPACE_BYTES;
}

/** Gives the space a new ASID: what the jump cache knows of it is forgotten, and a trace of its that runs must be left. */
function renewAsid(space: u32): void {
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

/** Linear address of the PTE of `vpn`, 0 when its tables are not there. */
export function pteAddress(space: u32, vpn: u32): usize {
  const middle: usize = load<u32>(recordOf(space) + <usize>(vpn >> 20) * 4, ROOT);
  if (middle == 0) return 0;
  const leaf: usize = load<u32>(middle + <usize>((vpn >> 10) & (TABLE_ENTRIES - 1)) * 4);
  if (leaf == 0) return 0;
  return leaf + <usize>(vpn & (TABLE_ENTRIES - 1)) * 4;
}

export function pte(space: u32, vpn: u32): u32 {
  if (vpn >= SPACE_PAGES) return 0;
  const address = pteAddress(space, vpn);
  return address == 0 ? 0 : load<u32>(address);
}

function nextTable(entry: usize): usize {
  let table: usize = load<u32>(entry);
  if (table != 0) return table;
  const page = takeZeroPage();
  table = <usize>page << PAGE_SHIFT;
  store<u32>(entry, <u32>table);
  if (page != 0) setShared(page, false);
  return table;
}

@inline
function isShared(page: u32): bool {
  return load<u32>(<usize>page << 2, PAGE_NEXT) == SHARED;
}

@inline
function setShared(page: u32, shared: bool): void {
  store<u32>(<usize>page << 2, shared ? SHARED : 0, PAGE_NEXT);
}

/** The leaf that the entry of a middle table at `entry` names, fit to be changed. */
function ownLeaf(entry: usize): usize {
  const leaf = load<u32>(entry);
  if (leaf == 0 || !isShared(leaf >> PAGE_SHIFT)) return leaf;
  const copy = takePage();
  if (copy == 0) {
    isShadowLost = true;
    return leaf;
  }
  memory.copy(pageAddress(copy), leaf, PAGE_BYTES);
  setShared(copy, false);
  setShared(leaf >> PAGE_SHIFT, false); // the shadow's alone
  store<u32>(entry, copy << PAGE_SHIFT);
  return pageAddress(copy);
}

/** As `pteAddress`, for a PTE that is about to be changed. */
export function ownPteAddress(space: u32, vpn: u32): usize {
  const middle: usize = load<u32>(recordOf(space) + <usize>(vpn >> 20) * 4, ROOT);
  if (middle == 0) return 0;
  const leaf = ownLeaf(middle + <usize>((vpn >> 10) & (TABLE_ENTRIES - 1)) * 4);
  if (leaf == 0) return 0;
  return leaf + <usize>(vpn & (TABLE_ENTRIES - 1)) * 4;
}

/** Lets go of a leaf, which a shadow may use. */
function releaseLeaf(page: u32): void {
  if (isShared(page)) setShared(page, false);
  else givePage(page);
}

/** As `ownPteAddress`, but makes the tables. Returns 0 when memory cannot grow. */
function makePteAddress(space: u32, vpn: u32): usize {
  const middle = nextTable(recordOf(space) + <usize>(vpn >> 20) * 4 + ROOT);
  if (middle == 0) return 0;
  const entry = middle + <usize>((vpn >> 10) & (TABLE_ENTRIES - 1)) * 4;
  if (nextTable(entry) == 0) return 0;
  const leaf = ownLeaf(entry);
  return leaf + <usize>(vpn & (TABLE_ENTRIES - 1)) * 4;
}

/** Puts `value` in place of a PTE and drops what was cached of the old one, whose reference becomes the caller's. */
export function replacePte(space: u32, vpn: u32, address: usize, value: u32): void {
  const old = load<u32>(address);
  store<u32>(address, value);
  if (old == 0) return;
  if (space == current) dropPage(vpn);
  if ((old & PTE_EXEC) != 0) renewAsid(space);
}

/**
 * Maps `frame` at page `vpn` with a reference of its own; what was mapped there is let go. Returns 1, or 0 when memory
 * cannot grow for the tables or `vpn` is out of range.
 */
export function map(space: u32, vpn: u32, frame: u32, flags: u32): u32 {
  if (vpn >= SPACE_PAGES || frame == 0) return 0;
  const address = makePteAddress(space, vpn);
  if (address == 0) return 0;
  const old = load<u32>(address);
  frameRef(frame);
  replacePte(space, vpn, address, (frame << PAGE_SHIFT) | (flags & PTE_FLAGS));
  if (old != 0) frameUnref(old >> PAGE_SHIFT);
  return 1;
}

/** Maps a new frame of zeros, whose only reference is the mapping's. Returns the frame; 0 when there is none or no table. */
export function mapNewZero(space: u32, vpn: u32, flags: u32): u32 {
  if (vpn >= SPACE_PAGES) return 0;
  const address = makePteAddress(space, vpn);
  if (address == 0) return 0;
  const frame = frameAlloc();
  if (frame == 0) return 0;
  const old = load<u32>(address);
  replacePte(space, vpn, address, (frame << PAGE_SHIFT) | (flags & PTE_FLAGS));
  if (old != 0) frameUnref(old >> PAGE_SHIFT);
  return frame;
}

/** First page at or after `vpn` that has a PTE, or `endVpn`. */
export function nextMapped(space: u32, vpn: u32, endVpn: u32): u32 {
  const end = min(endVpn, SPACE_PAGES);
  let page = vpn;
  while (page < end) {
    const middle: usize = load<u32>(recordOf(space) + <usize>(page >> 20) * 4, ROOT);
    if (middle == 0) {
      page = (page | (MIDDLE_PAGES - 1)) + 1;
      continue;
    }
    const leaf: usize = load<u32>(middle + <usize>((page >> 10) & (TABLE_ENTRIES - 1)) * 4);
    if (leaf == 0) {
      page = (page | (LEAF_PAGES - 1)) + 1;
      continue;
    }
    const leafEnd = min((page | (LEAF_PAGES - 1)) + 1, end);
    for (; page < leafEnd; page++) {
      if (load<u32>(leaf + <usize>(page & (TABLE_ENTRIES - 1)) * 4) != 0) return page;
    }
  }
  return endVpn;
}

function flushAfter(space: u32, vpn: u32, pages: u32): void {
  if (space != current) return;
  if (pages > FEW_PAGES) {
    flushReads();
    flushWrites();
  } else {
    for (let i: u32 = 0; i < pages; i++) dropPage(vpn + i);
  }
}

function endOf(vpn: u32, pages: u32): u32 {
  return vpn >= SPACE_PAGES ? vpn : vpn + min(pages, SPACE_PAGES - vpn);
}

/** Lets go of all that is mapped in `pages` pages from `vpn`, and of leaf tables that the range covers whole. */
export function unmap(space: u32, vpn: u32, pages: u32): void {
  const end = endOf(vpn, pages);
  let seen: u32 = 0;
  let page = nextMapped(space, vpn, end);
  while (page < end) {
    const address = ownPteAddress(space, page);
    const old = load<u32>(address);
    seen |= old;
    store<u32>(address, 0);
    frameUnref(old >> PAGE_SHIFT);
    page = nextMapped(space, page + 1, end);
  }
  freeLeaves(space, vpn, end);
  if (seen == 0) return;
  flushAfter(space, vpn, end - vpn);
  if ((seen & PTE_EXEC) != 0) renewAsid(space);
}

/** Frees the leaf tables of which every page is in [vpn, end); they map nothing any more. */
function freeLeaves(space: u32, vpn: u32, end: u32): void {
  let first = (vpn + LEAF_PAGES - 1) & ~(LEAF_PAGES - 1);
  while (first + LEAF_PAGES <= end) {
    const middle: usize = load<u32>(recordOf(space) + <usize>(first >> 20) * 4, ROOT);
    if (middle == 0) {
      first = (first | (MIDDLE_PAGES - 1)) + 1;
      continue;
    }
    const entry = middle + <usize>((first >> 10) & (TABLE_ENTRIES - 1)) * 4;
    const leaf = load<u32>(entry);
    if (leaf != 0) {
      releaseLeaf(leaf >> PAGE_SHIFT);
      store<u32>(entry, 0);
    }
    first += LEAF_PAGES;
  }
}

/** Replaces the R, W and X bits of what is mapped in the range. */
export function protect(space: u32, vpn: u32, pages: u32, flags: u32): void {
  const end = endOf(vpn, pages);
  let lostExec = false;
  let page = nextMapped(space, vpn, end);
  while (page < end) {
    const address = ownPteAddress(space, page);
    const old = load<u32>(address);
    store<u32>(address, (old & ~PTE_PERMISSIONS) | (flags & PTE_PERMISSIONS));
    if ((old & ~flags & PTE_EXEC) != 0) lostExec = true;
    page = nextMapped(space, page + 1, end);
  }
  flushAfter(space, vpn, end - vpn);
  if (lostExec) renewAsid(space);
}

/**
 * Moves what is mapped in `pages` pages from `fromVpn` to `toVpn`; the ranges do not overlap, and what was mapped at the
 * target is let go. Returns 1, or 0 when memory cannot grow for the tables: then nothing has moved.
 */
export function movePages(space: u32, fromVpn: u32, toVpn: u32, pages: u32): u32 {
  if (fromVpn + pages > SPACE_PAGES || toVpn + pages > SPACE_PAGES) return 0;
  const end = fromVpn + pages;
  const shift = toVpn - fromVpn;
  for (let page = nextMapped(space, fromVpn, end); page < end; page = nextMapped(space, page + 1, end)) {
    if (makePteAddress(space, page + shift) == 0) return 0;
  }
  let seen: u32 = 0;
  for (let page = nextMapped(space, fromVpn, end); page < end; page = nextMapped(space, page + 1, end)) {
    const from = ownPteAddress(space, page);
    const to = ownPteAddress(space, page + shift);
    const replaced = load<u32>(to);
    seen |= replaced | load<u32>(from);
    store<u32>(to, load<u32>(from));
    store<u32>(from, 0);
    if (replaced != 0) frameUnref(replaced >> PAGE_SHIFT);
  }
  flushAfter(space, fromVpn, pages);
  flushAfter(space, toVpn, pages);
  if ((seen & PTE_EXEC) != 0) renewAsid(space);
  return 1;
}

/** Lets go of all that the space maps, and of the space. */
export function spaceDestroy(space: u32): void {
  unmap(space, 0, SPACE_PAGES);
  for (let i: u32 = 0; i < ROOT_ENTRIES; i++) {
    const middle = load<u32>(recordOf(space) + <usize>i * 4, ROOT);
    if (middle != 0) givePage(middle >> PAGE_SHIFT);
  }
  if (current == space) {
    current = 0;
    flushReads();
    flushWrites();
  }
  freeSpace(space);
}

function freeSpace(space: u32): void {
  store<u32>(recordOf(space), firstFree, NEXT_FREE);
  firstFree = space;
}

/**
 * Makes a space that maps the same frames with the same flags. Private frames are copied when one side writes.
 * Returns the space, 0 when there is none left or memory cannot grow for its tables.
 */
export function spaceFork(space: u32): u32 {
  const child = spaceCreate();
  if (child == 0) return 0;
  let page = nextMapped(space, 0, SPACE_PAGES);
  while (page < SPACE_PAGES) {
    const from = pteAddress(space, page & ~(LEAF_PAGES - 1));
    const to = makePteAddress(child, page & ~(LEAF_PAGES - 1));
    if (to == 0) {
      spaceDestroy(child);
      return 0;
    }
    copyLeaf(from, to);
    page = nextMapped(space, (page | (LEAF_PAGES - 1)) + 1, SPACE_PAGES);
  }
  flushWrites();
  return child;
}

/**
 * Keeps the tables of a space as they stand, without a reference on anything that they map: for a freeze, which keeps the
 * frames. Nothing runs in the space that it makes, and `dropShadow` frees it.
 *
 * @returns the space; 0 when there is none left or memory cannot grow
 */
export function spaceShadow(space: u32): u32 {
  const shadow = spaceCreate();
  if (shadow == 0) return 0;
  for (let i: usize = 0; i < <usize>ROOT_ENTRIES * 4; i += 4) {
    const middle: usize = load<u32>(recordOf(space) + i, ROOT);
    if (middle == 0) continue;
    const copy = takeZeroPage();
    store<u32>(recordOf(shadow) + i, copy << PAGE_SHIFT, ROOT);
    if (copy == 0 || !shareLeaves(middle, pageAddress(copy))) {
      dropShadow(shadow);
      return 0;
    }
  }
  return shadow;
}

function shareLeaves(from: usize, to: usize): bool {
  for (let i: usize = 0; i < PAGE_BYTES; i += 4) {
    const leaf = load<u32>(from + i);
    if (leaf == 0) continue;
    if (isShared(leaf >> PAGE_SHIFT)) return false; // by another shadow
    setShared(leaf >> PAGE_SHIFT, true);
    store<u32>(to + i, leaf);
  }
  return true;
}

/** Whether a shadow no longer tells what it was made of, because memory could not grow. */
export function shadowLost(): bool {
  return isShadowLost;
}

/** Frees what `spaceShadow` made. */
export function dropShadow(shadow: u32): void {
  isShadowLost = false;
  for (let i: usize = 0; i < <usize>ROOT_ENTRIES * 4; i += 4) {
    const middle: usize = load<u32>(recordOf(shadow) + i, ROOT);
    if (middle == 0) continue;
    for (let at: usize = 0; at < PAGE_BYTES; at += 4) {
      const leaf = load<u32>(middle + at);
      if (leaf != 0) releaseLeaf(leaf >> PAGE_SHIFT);
    }
    givePage(<u32>middle >> PAGE_SHIFT);
  }
  freeSpace(shadow);
}

function copyLeaf(from: usize, to: usize): void {
  for (let i: usize = 0; i < PAGE_BYTES; i += 4) {
    const entry = load<u32>(from + i);
    if (entry == 0) continue;
    store<u32>(to + i, entry);
    frameRef(entry >> PAGE_SHIFT);
  }
}
