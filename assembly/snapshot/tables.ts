/** Page tables as they stand in a checkpoint: pairs of u32, virtual page number and PTE, ascending, no page twice. */
import { PAGE_SHIFT, SPACE_PAGES } from '../layout';
import { map, nextMapped, pteAddress } from '../memory/page-table';

const LEAF_PAGES: u32 = 1024;
const PTE_FLAGS: u32 = 15;

/**
 * Writes the pairs of all that `space` maps to `out`, at most `max` of them.
 *
 * @returns  how many there are, which may be more than `max`
 */
export function spaceDump(space: u32, out: usize, max: u32): u32 {
  let count: u32 = 0;
  let page = nextMapped(space, 0, SPACE_PAGES);
  while (page < SPACE_PAGES) {
    const leaf = pteAddress(space, page & ~(LEAF_PAGES - 1));
    const leafEnd = (page | (LEAF_PAGES - 1)) + 1;
    for (; page < leafEnd; page++) {
      const entry = load<u32>(leaf + (<usize>(page & (LEAF_PAGES - 1)) << 2));
      if (entry == 0) continue;
      if (count < max) {
        store<u32>(out + (<usize>count << 3), page);
        store<u32>(out + (<usize>count << 3), entry, 4);
      }
      count++;
    }
    page = nextMapped(space, leafEnd, SPACE_PAGES);
  }
  return count;
}

/**
 * Maps `count` pairs at `pairs` into `space`; each mapping takes a reference of its own on its frame.
 *
 * @returns  pairs that were mapped: fewer than `count` when memory cannot grow for the tables, or a page number is out of range
 */
export function spaceLoad(space: u32, pairs: usize, count: u32): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const entry = load<u32>(pairs + (<usize>i << 3), 4);
    if (map(space, load<u32>(pairs + (<usize>i << 3)), entry >> PAGE_SHIFT, entry & PTE_FLAGS) == 0) return i;
  }
  return count;
}
