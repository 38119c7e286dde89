import { PAGE_BYTES } from '../core/layout.ts';
import type { AddressSpace } from '../sentry/mm/address-space.ts';
import { frameOfEntry } from './image.ts';
import type { InspectedImage } from './image.ts';
import type { PageComparison } from './page-content.ts';
import { memoryOf } from './processes.ts';
import { PAGE_DIFF_LIMIT } from './report.ts';
import type { MappingReport, PageDiff, ProcessReport } from './report.ts';

/** Pages that differ: the first of them, and how many there are. */
export interface PageDiffs {
  readonly pages: readonly PageDiff[];
  readonly count: number;
  /** Bytes that differ in all of them, as far as they can be counted. */
  readonly bytes: number;
}

/** One process on both sides; null where it is not. */
export interface ProcessPair {
  readonly before: ProcessReport | null;
  readonly after: ProcessReport | null;
}

/** Compares what the processes have in memory, page by page. */
export function diffPages(before: InspectedImage, after: InspectedImage, processes: readonly ProcessPair[], comparison: PageComparison): PageDiffs {
  const pages: PageDiff[] = [];
  let count = 0;
  let bytes = 0;
  const seen = new Map<AddressSpace | null, AddressSpace | null>();
  for (const pair of processes) {
    const pid = pair.after?.pid ?? pair.before?.pid ?? 0;
    const { mm: one, table: first } = memoryOn(before, pair.before);
    const { mm: other, table: second } = memoryOn(after, pair.after);
    if (seen.get(one) === other && (one !== null || other !== null)) continue; // after a vfork two processes have one memory
    seen.set(one, other);
    const beforeNames = new MappingNames(pair.before?.mappings ?? []);
    const afterNames = new MappingNames(pair.after?.mappings ?? []);
    for (let i = 0, j = 0; i < first.length || j < second.length; ) {
      const page = Math.min(first[i] ?? Infinity, second[j] ?? Infinity);
      const wasThere = first[i] === page;
      const isThere = second[j] === page;
      const changedBytes = wasThere && isThere
        ? comparison.changedBytes(frameOfEntry(first[i + 1]!), frameOfEntry(second[j + 1]!))
        : loneBytes(comparison, wasThere ? frameOfEntry(first[i + 1]!) : 0, isThere ? frameOfEntry(second[j + 1]!) : 0);
      if (wasThere) i += 2;
      if (isThere) j += 2;
      if (changedBytes === 0) continue;
      count++;
      bytes += changedBytes ?? 0;
      if (pages.length >= PAGE_DIFF_LIMIT) continue;
      const address = page * PAGE_BYTES;
      const mapping = isThere ? afterNames.at(address) : beforeNames.at(address);
      pages.push({ pid, address, mapping, change: !wasThere ? 'added' : isThere ? 'changed' : 'removed', changedBytes });
    }
  }
  return { pages, count, bytes };
}

/** Of a page that only one side has: 4,096, unless it is zeros or a page of the base image, which is only mapped in. */
function loneBytes(comparison: PageComparison, beforeFrame: number, afterFrame: number): number {
  const { before, after } = comparison;
  if ((afterFrame === 0 ? before.chain.basePage(beforeFrame) : after.chain.basePage(afterFrame)) !== null) return 0;
  return comparison.changedBytes(beforeFrame, afterFrame) === 0 ? 0 : PAGE_BYTES;
}

const NO_MEMORY = { mm: null, table: new Uint32Array(0) };

function memoryOn(image: InspectedImage, process: ProcessReport | null): { readonly mm: AddressSpace | null; readonly table: Uint32Array } {
  const group = process === null ? undefined : image.kernel.threadGroups.get(process.pid);
  return (group === undefined ? null : memoryOf(image, group)) ?? NO_MEMORY;
}

/** Names of mappings, asked for by ascending address. */
class MappingNames {
  private readonly mappings: readonly MappingReport[];
  private next = 0;

  constructor(mappings: readonly MappingReport[]) {
    this.mappings = mappings;
  }

  at(address: number): string {
    while (this.next < this.mappings.length && this.mappings[this.next]!.end <= address) this.next++;
    const mapping = this.mappings[this.next];
    return mapping !== undefined && mapping.start <= address ? mapping.name : '';
  }
}
