/** Memory as a debugger reaches it: what is mapped counts, not its protection. */

import { EFAULT } from '../../abi/errno.ts';
import { PAGE_BYTES, PROT_WRITE } from '../../abi/mman.ts';
import { SysError } from '../../base/errors.ts';
import type { AddressSpace } from './address-space.ts';

const READ = 1;

/**
 * Linear address of the byte at `at`, mapped in if need be; 0 where nothing is. A store to what is private goes to a copy, and
 * what was decoded of the page is forgotten; into what is shared and may not be stored to none is made.
 */
export function forcedLinear(mm: AddressSpace, at: number, isWrite: boolean): number {
  const vma = mm.findVma(at);
  if (vma === null || (isWrite && vma.isShared && (vma.protection & PROT_WRITE) === 0)) return 0;
  const present = mm.core.translateForce(mm.space, at, isWrite);
  if (present !== 0) return present;
  try {
    mm.linear(at, READ);
  } catch (error) {
    if (error instanceof SysError && error.errno === EFAULT) return 0;
    throw error;
  }
  return mm.core.translateForce(mm.space, at, isWrite);
}

/** The 64-bit word at `address`; null where not all of it is mapped. */
export function peekWord(mm: AddressSpace, address: number): bigint | null {
  const bytes = new Uint8Array(8);
  for (let done = 0; done < 8; ) {
    const at = forcedLinear(mm, address + done, false);
    if (at === 0) return null;
    const chunk = chunkBytes(address, done);
    bytes.set(mm.core.bytes().subarray(at, at + chunk), done);
    done += chunk;
  }
  return new DataView(bytes.buffer).getBigUint64(0, true);
}

/** Stores the 64-bit word `word` at `address`. @returns false where not all of it is mapped; its first bytes may be stored then */
export function pokeWord(mm: AddressSpace, address: number, word: bigint): boolean {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, word, true);
  for (let done = 0; done < 8; ) {
    const at = forcedLinear(mm, address + done, true);
    if (at === 0) return false;
    const chunk = chunkBytes(address, done);
    mm.core.bytes().set(bytes.subarray(done, done + chunk), at);
    done += chunk;
  }
  return true;
}

function chunkBytes(address: number, done: number): number {
  return Math.min(8 - done, PAGE_BYTES - ((address + done) % PAGE_BYTES));
}
