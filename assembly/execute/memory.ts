/**
 * Loads and stores that the TLBs answer. Each function returns false, having done nothing, when they do not: the page is
 * not cached, or the access is misaligned.
 */
import { PAGE_SHIFT, READ_TLB, TLB_ENTRIES, WRITE_TLB } from '../layout';
import { SLOT_BYTES, SLOT_IMMEDIATE } from '../decode/slot';
import { f2, immediate, setFd, setRd, x1, x2 } from './operands';

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

@inline
function isReadable<T>(va: u64): bool {
  return load<u64>(entryOf(va), READ_TLB) == tagOf<T>(va);
}

@inline
function readAddress(va: u64): usize {
  return <usize>va + load<u32>(entryOf(va), READ_TLB + 8);
}

@inline
function isWritable<T>(va: u64): bool {
  return load<u64>(entryOf(va), WRITE_TLB) == tagOf<T>(va);
}

@inline
function writeAddress(va: u64): usize {
  return <usize>va + load<u32>(entryOf(va), WRITE_TLB + 8);
}

/** Loads a T, extended as T is signed or not. */
@inline
export function loadX<T>(slot: usize): bool {
  const va = x1(slot) + immediate(slot);
  if (!isReadable<T>(va)) return false;
  setRd(slot, <u64>load<T>(readAddress(va)));
  return true;
}

@inline
export function storeX<T>(slot: usize): bool {
  const va = x1(slot) + immediate(slot);
  if (!isWritable<T>(va)) return false;
  store<T>(writeAddress(va), <T>x2(slot));
  return true;
}

@inline
export function flw(slot: usize): bool {
  const va = x1(slot) + immediate(slot);
  if (!isReadable<u32>(va)) return false;
  setFd(slot, 0xffff_ffff_0000_0000 | <u64>load<u32>(readAddress(va)));
  return true;
}

@inline
export function fld(slot: usize): bool {
  const va = x1(slot) + immediate(slot);
  if (!isReadable<u64>(va)) return false;
  setFd(slot, load<u64>(readAddress(va)));
  return true;
}

@inline
export function fsw(slot: usize): bool {
  const va = x1(slot) + immediate(slot);
  if (!isWritable<u32>(va)) return false;
  store<u32>(writeAddress(va), <u32>f2(slot));
  return true;
}

@inline
export function fsd(slot: usize): bool {
  const va = x1(slot) + immediate(slot);
  if (!isWritable<u64>(va)) return false;
  store<u64>(writeAddress(va), f2(slot));
  return true;
}

/** Offset of the slot `n` after `slot` from their common base. */
@inline
function offsetAt(slot: usize, n: usize): usize {
  return load<u32>(slot + n * SLOT_BYTES, SLOT_IMMEDIATE);
}

/** Whether `va` and `other` are in different pages. */
@inline
function areApart(va: u64, other: u64): bool {
  return (va ^ other) >> PAGE_SHIFT != 0;
}

// Runs: the offsets are multiples of 8 apart, and go up or down, so that the page of the first and the last is that of all.

@inline
export function loadRun2(slot: usize): bool {
  const base = x1(slot);
  const va = base + immediate(slot);
  if (!isReadable<u64>(va) || areApart(va, base + immediate(slot + SLOT_BYTES))) return false;
  const host = readAddress(va) - offsetAt(slot, 0);
  setRd(slot, load<u64>(host + offsetAt(slot, 0)));
  setRd(slot + SLOT_BYTES, load<u64>(host + offsetAt(slot, 1)));
  return true;
}

@inline
export function loadRun3(slot: usize): bool {
  const base = x1(slot);
  const va = base + immediate(slot);
  if (!isReadable<u64>(va) || areApart(va, base + immediate(slot + 2 * SLOT_BYTES))) return false;
  const host = readAddress(va) - offsetAt(slot, 0);
  setRd(slot, load<u64>(host + offsetAt(slot, 0)));
  setRd(slot + SLOT_BYTES, load<u64>(host + offsetAt(slot, 1)));
  setRd(slot + 2 * SLOT_BYTES, load<u64>(host + offsetAt(slot, 2)));
  return true;
}

@inline
export function loadRun4(slot: usize): bool {
  const base = x1(slot);
  const va = base + immediate(slot);
  if (!isReadable<u64>(va) || areApart(va, base + immediate(slot + 3 * SLOT_BYTES))) return false;
  const host = readAddress(va) - offsetAt(slot, 0);
  setRd(slot, load<u64>(host + offsetAt(slot, 0)));
  setRd(slot + SLOT_BYTES, load<u64>(host + offsetAt(slot, 1)));
  setRd(slot + 2 * SLOT_BYTES, load<u64>(host + offsetAt(slot, 2)));
  setRd(slot + 3 * SLOT_BYTES, load<u64>(host + offsetAt(slot, 3)));
  return true;
}

@inline
export function storeRun2(slot: usize): bool {
  const base = x1(slot);
  const va = base + immediate(slot);
  if (!isWritable<u64>(va) || areApart(va, base + immediate(slot + SLOT_BYTES))) return false;
  const host = writeAddress(va) - offsetAt(slot, 0);
  store<u64>(host + offsetAt(slot, 0), x2(slot));
  store<u64>(host + offsetAt(slot, 1), x2(slot + SLOT_BYTES));
  return true;
}

@inline
export function storeRun3(slot: usize): bool {
  const base = x1(slot);
  const va = base + immediate(slot);
  if (!isWritable<u64>(va) || areApart(va, base + immediate(slot + 2 * SLOT_BYTES))) return false;
  const host = writeAddress(va) - offsetAt(slot, 0);
  store<u64>(host + offsetAt(slot, 0), x2(slot));
  store<u64>(host + offsetAt(slot, 1), x2(slot + SLOT_BYTES));
  store<u64>(host + offsetAt(slot, 2), x2(slot + 2 * SLOT_BYTES));
  return true;
}

@inline
export function storeRun4(slot: usize): bool {
  const base = x1(slot);
  const va = base + immediate(slot);
  if (!isWritable<u64>(va) || areApart(va, base + immediate(slot + 3 * SLOT_BYTES))) return false;
  const host = writeAddress(va) - offsetAt(slot, 0);
  store<u64>(host + offsetAt(slot, 0), x2(slot));
  store<u64>(host + offsetAt(slot, 1), x2(slot + SLOT_BYTES));
  store<u64>(host + offsetAt(slot, 2), x2(slot + 2 * SLOT_BYTES));
  store<u64>(host + offsetAt(slot, 3), x2(slot + 3 * SLOT_BYTES));
  return true;
}
