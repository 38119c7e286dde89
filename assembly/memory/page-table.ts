/**
 * Page tables: three levels from virtual page number to PTE.
 *
 *    virtual page number, 26 bits:  │ 6: root in the space's record │ 10: middle table │ 10: leaf table │
 *
 * A table is one page of 1,024 u32; an entry of the root or of a middle table is the linear address of the next table, 0
 * for none. A PTE is `frame << 12 | flags`, 0 for nothing mapped. Whoever is about to change a PTE finds it by
 * `ownPteAddress`, for its leaf may be a shadow's too (shadow.ts).
 */
import { PAGE_BYTES, PAGE_SHIFT, SPACE_PAGES } from '../layout';
import { frameAlloc, frameRef, frameUnref } from './frames';
import { givePage, takeZeroPage } from './pool';
import { noteUnshared, ownLeaf, releaseLeaf } from './shadow';
import { ROOT, ROOT_ENTRIES, currentSpace, freeSpace, leaveSpace, recordOf, renewAsid, spaceCreate } from './spaces';
import { dropPage, flushReads, flushWrites } from './tlb';

export const PTE_READ: u32 = 1;
export const PTE_WRITE: u32 = 2;
export const PTE_EXEC: u32 = 4;
/** Stores go to the frame whatever its references; a fork keeps them together. */
export const PTE_SHARED: u32 = 8;
const PTE_PERMISSIONS: u32 = PTE_READ | PTE_WRITE | PTE_EXEC;
const PTE_FLAGS: u32 = PTE_PERMISSIONS | PTE_SHARED;

const TABLE_ENTRIES: u32 = 1024;
const LEAF_PAGES: u32 = TABLE_ENTRIES;
const MIDDLE_PAGES: u32 = TABLE_ENTRIES * LEAF_PAGES;
/** Pages a call may cover before flushing everything is cheaper than dropping one by one. */
const FEW_PAGES: u32 = 64;

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
  if (page != 0) noteUnshared(page);
  return table;
}

/** As `pteAddress`, for a PTE that is about to be changed. */
export function ownPteAddress(space: u32, vpn: u32): usize {
  const middle: usize = load<u32>(recordOf(space) + <usize>(vpn >> 20) * 4, ROOT);
  if (middle == 0) return 0;
  const leaf = ownLeaf(middle + <usize>((vpn >> 10) & (TABLE_ENTRIES - 1)) * 4);
  if (leaf == 0) return 0;
  return leaf + <usize>(vpn & (TABLE_ENTRIES - 1)) * 4;
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
  if (space == currentSpace()) dropPage(vpn);
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
  if (space != currentSpace()) return;
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
  leaveSpace(space);
  freeSpace(space);
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

function copyLeaf(from: usize, to: usize): void {
  for (let i: usize = 0; i < PAGE_BYTES; i += 4) {
    const entry = load<u32>(from + i);
    if (entry == 0) continue;
    store<u32>(to + i, entry);
    frameRef(entry >> PAGE_SHIFT);
  }
}
