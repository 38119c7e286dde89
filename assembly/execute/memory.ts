/**
 * Loads and stores that the TLBs answer. They do not when the page is not cached or the access is misaligned: the caller
 * asks `readMisses` or `writeMisses` first, and then takes the slow way.
 */
import { SLOT_BYTES, SLOT_IMMEDIATE } from '../decode/slot';
import { PAGE_SHIFT, READ_TLB, TLB_ENTRIES, WRITE_TLB } from '../layout';
import { immediate, setRd, x1, x2 } from './operands';

const ENTRY_MASK: usize = (TLB_ENTRIES - 1) << 4;

@inline
function entryOf(va: u64): usize {
  return (<usize>va >> 8) & ENTRY_MASK;
}

/** The page address of `va`, and its low bits if it is misaligned for T. */
@inline
function tagOf<T>(va: u64): u64 {
  return va & (~(<u64>0xfff) | (sizeof<T>() - 1));
}

/** Guest address of the load or store at `slot`, whose rs1 is `a`. */
@inline
export function addressOf(slot: usize, a: u64): u64 {
  return a + immediate(slot);
}

@inline
export function readMisses<T>(va: u64): bool {
  return load<u64>(entryOf(va), READ_TLB) != tagOf<T>(va);
}

@inline
export function writeMisses<T>(va: u64): bool {
  return load<u64>(entryOf(va), WRITE_TLB) != tagOf<T>(va);
}

/** Linear address of `va`, which does not miss. */
@inline
function readAddress(va: u64): usize {
  return <usize>va + load<u32>(entryOf(va), READ_TLB + 8);
}

@inline
function writeAddress(va: u64): usize {
  return <usize>va + load<u32>(entryOf(va), WRITE_TLB + 8);
}

/** Loads a T, extended as T is signed or not. */
@inline
export function loadFrom<T>(va: u64): u64 {
  return <u64>load<T>(readAddress(va));
}

@inline
export function storeTo<T>(va: u64, value: u64): void {
  store<T>(writeAddress(va), <T>value);
}

// Runs: up to eight doublewords at one base, in as many slots. Their offsets are multiples of 8 apart and go up or down all
// the way, so that the page of the first and the last is that of all.

/** Whether the last of `count` is in another page than the first, at `va`. */
@inline
export function isRunApart(slot: usize, va: u64, count: usize): bool {
  return (va ^ (x1(slot) + immediate(slot + (count - 1) * SLOT_BYTES))) >> PAGE_SHIFT != 0;
}

/** Offset of the slot number `n` from the common base. */
@inline
function offsetAt(slot: usize, n: usize): usize {
  return load<u32>(slot + n * SLOT_BYTES, SLOT_IMMEDIATE);
}

@inline
function loadOne(slot: usize, base: usize, n: usize): void {
  setRd(slot + n * SLOT_BYTES, load<u64>(base + offsetAt(slot, n)));
}

/** Loads `count`, a constant; the first is at `va`. */
@inline
export function loadRun(slot: usize, va: u64, count: usize): void {
  const base = readAddress(va) - offsetAt(slot, 0);
  loadOne(slot, base, 0);
  loadOne(slot, base, 1);
  if (count > 2) loadOne(slot, base, 2);
  if (count > 3) loadOne(slot, base, 3);
  if (count > 4) loadOne(slot, base, 4);
  if (count > 5) loadOne(slot, base, 5);
  if (count > 6) loadOne(slot, base, 6);
  if (count > 7) loadOne(slot, base, 7);
}

@inline
function storeOne(slot: usize, base: usize, n: usize): void {
  store<u64>(base + offsetAt(slot, n), x2(slot + n * SLOT_BYTES));
}

/** Stores `count`, a constant; the first is at `va`. */
@inline
export function storeRun(slot: usize, va: u64, count: usize): void {
  const base = writeAddress(va) - offsetAt(slot, 0);
  storeOne(slot, base, 0);
  storeOne(slot, base, 1);
  if (count > 2) storeOne(slot, base, 2);
  if (count > 3) storeOne(slot, base, 3);
  if (count > 4) storeOne(slot, base, 4);
  if (count > 5) storeOne(slot, base, 5);
  if (count > 6) storeOne(slot, base, 6);
  if (count > 7) storeOne(slot, base, 7);
}
