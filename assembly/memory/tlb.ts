/**
 * What the run loop may do without looking into page tables: read a page, write a page, jump to a decoded trace.
 *
 * One TLB entry, 16 bytes; one entry of the jump cache, 16 bytes:
 *
 *    0               8        12       16       0                    8        12       16
 *    ├───────────────┼────────┼────────┤        ├────────────────────┼────────┼────────┤
 *    │ page address  │ addend │ unused │        │ guest address      │ trace  │ ASID   │
 *    └───────────────┴────────┴────────┘        └────────────────────┴────────┴────────┘
 *
 * An access of n bytes compares `va & (~0xfff | n - 1)` with the page address, so that a misaligned one misses and is
 * done the slow way. A write entry is there only while the frame is private or shared by intent, is dirty in this epoch
 * and holds no decoded code; whatever changes one of the three drops the entry.
 */
import { JUMP_CACHE, JUMP_ENTRIES, PAGE_SHIFT, READ_TLB, RUN_ASID, TLB_ENTRIES, WRITE_TLB } from '../layout';

/** Page address of an empty entry: no masked address has bits 3 to 11 set. */
const EMPTY: u64 = u64.MAX_VALUE;

const TLB_BYTES: usize = TLB_ENTRIES * 16;

let hasReads = true;
let hasWrites = true;
let hasJumps = true;

/** Counts the events after which a running trace may no longer be what its address means. */
let codeChanges: u32 = 0;

export function codeChangeCount(): u32 {
  return codeChanges;
}

export function noteCodeChange(): void {
  codeChanges++;
}

@inline
function entryOf(vpn: u32): usize {
  return (<usize>vpn & (TLB_ENTRIES - 1)) << 4;
}

@inline
function jumpEntryOf(va: u64): usize {
  return (((<usize>va >> 1) ^ (<usize>va >> 12)) & (JUMP_ENTRIES - 1)) << 4;
}

export function fillRead(vpn: u32, page: usize): void {
  hasReads = true;
  const entry = entryOf(vpn);
  store<u64>(entry, (<u64>vpn) << PAGE_SHIFT, READ_TLB);
  store<u32>(entry, <u32>page - (vpn << PAGE_SHIFT), READ_TLB + 8);
}

export function fillWrite(vpn: u32, page: usize): void {
  hasWrites = true;
  const entry = entryOf(vpn);
  store<u64>(entry, (<u64>vpn) << PAGE_SHIFT, WRITE_TLB);
  store<u32>(entry, <u32>page - (vpn << PAGE_SHIFT), WRITE_TLB + 8);
}

/** Forgets one page, for reads and writes. */
export function dropPage(vpn: u32): void {
  const entry = entryOf(vpn);
  store<u64>(entry, EMPTY, READ_TLB);
  store<u64>(entry, EMPTY, WRITE_TLB);
}

export function flushReads(): void {
  if (!hasReads) return;
  memory.fill(READ_TLB, 0xff, TLB_BYTES);
  hasReads = false;
}

export function flushWrites(): void {
  if (!hasWrites) return;
  memory.fill(WRITE_TLB, 0xff, TLB_BYTES);
  hasWrites = false;
}

/** Remembers, for the running space, the trace that begins at `va`. */
export function fillJump(va: u64, trace: usize): void {
  hasJumps = true;
  const entry = jumpEntryOf(va);
  store<u64>(entry, va, JUMP_CACHE);
  store<u32>(entry, <u32>trace, JUMP_CACHE + 8);
  store<u32>(entry, load<u32>(RUN_ASID), JUMP_CACHE + 12);
}

/** The trace that begins at `va` in the running space, 0 when that is not cached. */
@inline
export function findJump(va: u64): usize {
  const entry = jumpEntryOf(va);
  return load<u64>(entry, JUMP_CACHE) == va && load<u32>(entry, JUMP_CACHE + 12) == load<u32>(RUN_ASID)
    ? <usize>load<u32>(entry, JUMP_CACHE + 8)
    : 0;
}

export function flushJumps(): void {
  if (!hasJumps) return;
  memory.fill(JUMP_CACHE, 0xff, JUMP_ENTRIES * 16);
  hasJumps = false;
}
