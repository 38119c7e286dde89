/** Accesses to guest memory that the run loop does not find in a TLB, and translations for the sentry. */
import { TRAP_FAULT_EXEC, TRAP_FAULT_READ, TRAP_FAULT_WRITE, NO_TRAP, trapAt } from '../hart/trap';
import { ADDRESS_BITS, PAGE_BYTES, PAGE_SHIFT } from '../layout';
import { contentAddress } from './absent';
import { frameForStore } from './cow';
import { PTE_EXEC, PTE_READ, PTE_WRITE, pteAddress } from './page-table';
import { pageAddress } from './pool';
import { currentSpace } from './spaces';
import { fillRead, fillWrite } from './tlb';

const OFFSET_MASK: u64 = PAGE_BYTES - 1;

export const ACCESS_READ: u32 = 1;
export const ACCESS_WRITE: u32 = 2;
export const ACCESS_EXEC: u32 = 4;

/** What the last `loadSlow` without a trap loaded, zero-extended. */
let loadedValue: u64 = 0;

export function loaded(): u64 {
  return loadedValue;
}

/** Linear address of the PTE of the page at `va`, 0 when there is none. */
function findPte(space: u32, va: u64): usize {
  if (va >> ADDRESS_BITS != 0) return 0;
  const address = pteAddress(space, <u32>(va >> PAGE_SHIFT));
  return address == 0 || load<u32>(address) == 0 ? 0 : address;
}

@inline
function inPage(page: usize, va: u64): usize {
  return page + <usize>(va & OFFSET_MASK);
}

/** Linear address to read `va` of the running space at, 0 when it would fault; fills the read TLB. */
function readable(va: u64): usize {
  const entry = findPte(currentSpace(), va);
  if (entry == 0 || (load<u32>(entry) & PTE_READ) == 0) return 0;
  const page = contentAddress(load<u32>(entry) >> PAGE_SHIFT);
  fillRead(<u32>(va >> PAGE_SHIFT), page);
  return inPage(page, va);
}

/** Linear address to write `va` of the running space at, 0 when it would fault; fills the write TLB. */
export function writable(va: u64): usize {
  const entry = findPte(currentSpace(), va);
  if (entry == 0 || (load<u32>(entry) & PTE_WRITE) == 0) return 0;
  const vpn = <u32>(va >> PAGE_SHIFT);
  const frame = frameForStore(currentSpace(), vpn, entry);
  if (frame == 0) return 0;
  fillWrite(vpn, pageAddress(frame));
  return inPage(pageAddress(frame), va);
}

/** Frame that holds the instruction at `va` of the running space, 0 when fetching it would fault. */
export function executableFrame(va: u64): u32 {
  const entry = findPte(currentSpace(), va);
  if (entry == 0 || (load<u32>(entry) & PTE_EXEC) == 0) return 0;
  return load<u32>(entry) >> PAGE_SHIFT;
}

@inline
function crossesPage(va: u64, bytes: u32): bool {
  return (va & OFFSET_MASK) + bytes > PAGE_BYTES;
}

function loadAt(address: usize, bytes: u32): u64 {
  if (bytes == 8) return load<u64>(address);
  if (bytes == 4) return load<u32>(address);
  if (bytes == 2) return load<u16>(address);
  return load<u8>(address);
}

function storeAt(address: usize, bytes: u32, value: u64): void {
  if (bytes == 8) store<u64>(address, value);
  else if (bytes == 4) store<u32>(address, <u32>value);
  else if (bytes == 2) store<u16>(address, <u16>value);
  else store<u8>(address, <u8>value);
}

/** Loads 1, 2, 4 or 8 bytes, aligned or not, for `loaded` to return. Returns NO_TRAP or the cause. */
export function loadSlow(va: u64, bytes: u32): u32 {
  const first = readable(va);
  if (first == 0) return trapAt(TRAP_FAULT_READ, va);
  if (!crossesPage(va, bytes)) {
    loadedValue = loadAt(first, bytes);
    return NO_TRAP;
  }
  const nextVa = (va | OFFSET_MASK) + 1;
  const next = readable(nextVa);
  if (next == 0) return trapAt(TRAP_FAULT_READ, nextVa);
  const inFirst = <u32>(nextVa - va);
  let value: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte: u64 = load<u8>(i < inFirst ? first + i : next + (i - inFirst));
    value |= byte << (i * 8);
  }
  loadedValue = value;
  return NO_TRAP;
}

/** Stores the low 1, 2, 4 or 8 bytes of `value`, aligned or not; all of them or none. Returns NO_TRAP or the cause. */
export function storeSlow(va: u64, bytes: u32, value: u64): u32 {
  const first = writable(va);
  if (first == 0) return trapAt(TRAP_FAULT_WRITE, va);
  if (!crossesPage(va, bytes)) {
    storeAt(first, bytes, value);
    return NO_TRAP;
  }
  const nextVa = (va | OFFSET_MASK) + 1;
  const next = writable(nextVa);
  if (next == 0) return trapAt(TRAP_FAULT_WRITE, nextVa);
  const inFirst = <u32>(nextVa - va);
  for (let i: u32 = 0; i < bytes; i++) {
    store<u8>(i < inFirst ? first + i : next + (i - inFirst), <u8>(value >> (i * 8)));
  }
  return NO_TRAP;
}

/** Fetches the 16 bits at `va`, which is even, for `loaded` to return. Returns NO_TRAP or the cause. */
export function fetchHalf(va: u64): u32 {
  const frame = executableFrame(va);
  if (frame == 0) return trapAt(TRAP_FAULT_EXEC, va);
  loadedValue = load<u16>(inPage(contentAddress(frame), va));
  return NO_TRAP;
}

/** A number from JavaScript as an address; what is none becomes one that nothing is mapped at. */
function guestAddress(va: f64): u64 {
  return va >= 0 && va < <f64>((<u64>1) << ADDRESS_BITS) ? <u64>va : u64.MAX_VALUE;
}

/**
 * Linear address of the byte at `va` of `space`, for an access ACCESS_READ, ACCESS_WRITE or ACCESS_EXEC by the guest; 0
 * when that would fault. For a write the byte may be stored to right away: shares are broken, frozen content is kept.
 */
export function translate(space: u32, va: f64, access: u32): usize {
  const address = guestAddress(va);
  const entry = findPte(space, address);
  if (entry == 0) return 0;
  const needed = access == ACCESS_READ ? PTE_READ : access == ACCESS_WRITE ? PTE_WRITE : PTE_EXEC;
  if ((load<u32>(entry) & needed) == 0) return 0;
  return translateFound(space, address, entry, access == ACCESS_WRITE);
}

/** As `translate`, for a debugger: whatever the permissions. A store to a private frame still goes to a copy. */
export function translateForce(space: u32, va: f64, forWrite: bool): usize {
  const address = guestAddress(va);
  const entry = findPte(space, address);
  return entry == 0 ? 0 : translateFound(space, address, entry, forWrite);
}

function translateFound(space: u32, va: u64, entry: usize, forWrite: bool): usize {
  if (!forWrite) return inPage(contentAddress(load<u32>(entry) >> PAGE_SHIFT), va);
  const frame = frameForStore(space, <u32>(va >> PAGE_SHIFT), entry);
  return frame == 0 ? 0 : inPage(pageAddress(frame), va);
}
