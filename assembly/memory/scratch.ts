/** The buffer through which JavaScript and the core hand each other bytes. */
import { PAGE_BYTES, PAGE_SHIFT } from '../layout';
import { givePage, pageAddress, takeRun } from './pool';

let firstPage: u32 = 0;
let pages: u32 = 0;

/**
 * Linear address of a buffer of at least `bytes` bytes, 0 when memory cannot grow. The bytes belong to the caller until
 * the next call; a call for more than before moves the buffer and forgets its content.
 */
export function scratchAddress(bytes: u32): usize {
  const wanted = (bytes >> PAGE_SHIFT) + ((bytes & (PAGE_BYTES - 1)) != 0 ? 1 : 0);
  if (wanted > pages) {
    const run = takeRun(max(wanted, 16));
    if (run == 0) return 0;
    for (let i: u32 = 0; i < pages; i++) givePage(firstPage + i);
    firstPage = run;
    pages = max(wanted, 16);
  }
  return pageAddress(firstPage);
}
