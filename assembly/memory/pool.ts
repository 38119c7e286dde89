/**
 * Pages of linear memory: the stock that frames, page tables and scratch buffers are taken from. A page is known by its
 * number, linear address >> 12; 0 is none.
 */
import { FIRST_PAGE, PAGE_BYTES, PAGE_NEXT, PAGE_SHIFT } from '../layout';

/** Wasm's own unit of growth is 64 KiB, 16 of our pages. */
const PAGES_PER_WASM_PAGE: u32 = 16;
/** Memory grows by at least this many pages (4 MiB), or by a quarter of what there is: each growth makes the engine collect garbage. */
const GROWTH_PAGES: u32 = 1024;

let firstFree: u32 = 0;
/** Pages from here on were never handed out and so are zero. */
let neverUsed: u32 = FIRST_PAGE;

@inline
export function pageAddress(page: u32): usize {
  return (<usize>page) << PAGE_SHIFT;
}

/** One past the highest page that was ever handed out. */
export function poolEnd(): u32 {
  return neverUsed;
}

function endOfMemory(): u32 {
  return <u32>memory.size() * PAGES_PER_WASM_PAGE;
}

/** Grows memory until `pages` never-used pages exist. Returns whether they do. */
export function growFor(pages: u32): bool {
  const missing = <i32>(neverUsed + pages) - <i32>endOfMemory();
  if (missing <= 0) return true;
  const quarter = neverUsed >> 2;
  const generous = max(<u32>missing, max(GROWTH_PAGES, quarter));
  if (memory.grow((generous + PAGES_PER_WASM_PAGE - 1) / PAGES_PER_WASM_PAGE) >= 0) return true;
  return memory.grow((<u32>missing + PAGES_PER_WASM_PAGE - 1) / PAGES_PER_WASM_PAGE) >= 0;
}

/** Takes a page with whatever bytes it has. Returns 0 when memory cannot grow. */
export function takePage(): u32 {
  const page = firstFree;
  if (page != 0) {
    firstFree = load<u32>(<usize>page << 2, PAGE_NEXT);
    return page;
  }
  if (neverUsed >= endOfMemory() && !growFor(1)) return 0;
  return neverUsed++;
}

/** Takes a page of zeros. Returns 0 when memory cannot grow. */
export function takeZeroPage(): u32 {
  const isFresh = firstFree == 0;
  const page = takePage();
  if (page != 0 && !isFresh) memory.fill(pageAddress(page), 0, PAGE_BYTES);
  return page;
}

export function givePage(page: u32): void {
  store<u32>(<usize>page << 2, firstFree, PAGE_NEXT);
  firstFree = page;
}

/** Takes `pages` consecutive pages. Returns the first, 0 when memory cannot grow. */
export function takeRun(pages: u32): u32 {
  if (!growFor(pages)) return 0;
  const first = neverUsed;
  neverUsed += pages;
  return first;
}
