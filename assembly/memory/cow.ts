/** The one place that decides whether a store goes to the frame or to a copy of it. */
import { PAGE_BYTES, PAGE_SHIFT } from '../layout';
import { contentAddress } from './absent';
import { frameAllocDirty, frameForWrite, frameRefs, frameUnref } from './frames';
import { PTE_SHARED, ownPteAddress, replacePte } from './page-table';
import { pageAddress } from './pool';

/**
 * Makes what `pteAddress` maps at `vpn` fit for a store, whatever the write permission says: a private frame that others
 * hold too is replaced by a copy, frozen content is kept, decoded code is dropped. Returns the frame to store to; 0 when
 * the limit of frames is reached or memory cannot grow.
 */
export function frameForStore(space: u32, vpn: u32, pteAddress: usize): u32 {
  const entry = load<u32>(pteAddress);
  const frame = entry >> PAGE_SHIFT;
  if ((entry & PTE_SHARED) != 0 || frameRefs(frame) == 1) {
    return frameForWrite(frame) ? frame : 0;
  }
  const copy = frameAllocDirty();
  if (copy == 0) return 0;
  memory.copy(pageAddress(copy), contentAddress(frame), PAGE_BYTES);
  replacePte(space, vpn, ownPteAddress(space, vpn), (copy << PAGE_SHIFT) | (entry & (PAGE_BYTES - 1)));
  frameUnref(frame);
  return copy;
}
