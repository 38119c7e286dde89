import { PAGE_BYTES } from '../core/layout.ts';
import { frameOfEntry, lookingInto } from './image.ts';
import type { InspectedImage } from './image.ts';
import { readPage } from './page-content.ts';
import { indexOfPage, memoryOf } from './processes.ts';
import type { PagePair } from './report.ts';

/**
 * The content of the page that holds `address` in process `pid`, on both sides; null where there is no such process, or nothing is
 * mapped in there.
 *
 * @errors ImageError 'base image' for a page of a base image that is not there; 'page data'
 */
export function pagePair(before: InspectedImage, after: InspectedImage, pid: number, address: number): PagePair {
  return { before: pageAt(before, pid, address), after: pageAt(after, pid, address) };
}

/** A copy of one page of a process; null where nothing is mapped in. */
export function pageAt(image: InspectedImage, pid: number, address: number): Uint8Array | null {
  return lookingInto('section kernel', () => {
    const group = image.kernel.threadGroups.get(pid);
    const memory = group === undefined ? null : memoryOf(image, group);
    if (memory === null) return null;
    const { table } = memory;
    const page = Math.floor(address / PAGE_BYTES);
    const at = indexOfPage(table, page) * 2;
    return table[at] === page ? readPage(image, frameOfEntry(table[at + 1]!)) : null;
  });
}
