/**
 * Shadows: the page tables of a space as they stood when a freeze began.
 *
 * `spaceShadow` makes a space whose leaves are those of the other, and whoever is about to change such a leaf takes a copy of
 * it first (`ownLeaf`): the leaf as it was stays with the shadow. A leaf that both use has SHARED in the column PAGE_NEXT,
 * which means nothing else for a table in use.
 */
import { PAGE_BYTES, PAGE_NEXT, PAGE_SHIFT } from '../layout';
import { givePage, pageAddress, takePage, takeZeroPage } from './pool';
import { ROOT, ROOT_ENTRIES, freeSpace, recordOf, spaceCreate } from './spaces';

const SHARED: u32 = 1;

/** Whether a leaf was changed that a shadow uses, because memory could not grow for a copy. */
let isShadowLost = false;

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

@inline
function isShared(page: u32): bool {
  return load<u32>(<usize>page << 2, PAGE_NEXT) == SHARED;
}

@inline
function setShared(page: u32, shared: bool): void {
  store<u32>(<usize>page << 2, shared ? SHARED : 0, PAGE_NEXT);
}

/** Notes that a page just taken for a table is one space's alone. */
export function noteUnshared(page: u32): void {
  setShared(page, false);
}

/**
 * The leaf that the entry of a middle table at `entry` names, fit to be changed: a copy takes its place when a shadow uses it.
 *
 * @returns linear address; 0 when the entry names none
 */
export function ownLeaf(entry: usize): usize {
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

/** Lets go of a leaf, which a shadow may use. */
export function releaseLeaf(page: u32): void {
  if (isShared(page)) setShared(page, false);
  else givePage(page);
}
