/**
 * The difference of two pages: the runs of 8-byte words that changed, ascending, each
 *
 *    15           7 6            0
 *    ├─────────────┼─────────────┤
 *    │ first word  │ words − 1   │  then the words themselves
 *    └─────────────┴─────────────┘
 *
 * A run never has more than 128 words; a longer stretch is several runs. Equal pages have an empty difference.
 */
import { PAGE_BYTES } from '../layout';
import { blocksDiffer } from './compare';

const RUN_WORDS: u32 = 128;
const PAGE_WORDS: u32 = PAGE_BYTES / 8;

/**
 * Writes what makes `page` out of `base` to `out`.
 *
 * @returns  bytes written, or −1 when they would be more than `max`; then what is at `out` means nothing
 */
export function deltaEncode(base: usize, page: usize, out: usize, max: u32): i32 {
  const start = out;
  const limit = out + max;
  let run: usize = 0;
  let runEnd: usize = 0;
  for (let block: usize = 0; block < PAGE_BYTES; block += 64) {
    if (!blocksDiffer(base + block, page + block)) continue;
    for (let at = block; at < block + 64; at += 8) {
      const word = load<u64>(page + at);
      if (word == load<u64>(base + at)) continue;
      if (at == runEnd && run != 0 && (<u32>load<u16>(run) & 0x7f) + 1 < RUN_WORDS) {
        if (out + 8 > limit) return -1;
        store<u16>(run, load<u16>(run) + 1);
      } else {
        if (out + 10 > limit) return -1;
        run = out;
        store<u16>(run, <u16>((at >> 3) << 7));
        out += 2;
      }
      store<u64>(out, word);
      out += 8;
      runEnd = at + 8;
    }
  }
  return <i32>(out - start);
}

/**
 * Makes a page at `out` from `base` and a difference of `length` bytes.
 *
 * @returns  false for a difference that is cut off, out of order or reaches beyond the page; nothing is written then
 */
export function deltaDecode(base: usize, delta: usize, length: u32, out: usize): bool {
  const end = delta + length;
  let next: u32 = 0;
  for (let at = delta; at < end; ) {
    if (at + 2 > end) return false;
    const first = <u32>load<u16>(at) >> 7;
    const words = (<u32>load<u16>(at) & 0x7f) + 1;
    at += 2 + (<usize>words << 3);
    if (first < next || first + words > PAGE_WORDS || at > end) return false;
    next = first + words;
  }
  if (out != base) memory.copy(out, base, PAGE_BYTES);
  for (let at = delta; at < end; ) {
    let to = out + ((<usize>load<u16>(at) >> 7) << 3);
    const last = to + (((<usize>load<u16>(at) & 0x7f) + 1) << 3);
    at += 2;
    for (; to != last; to += 8, at += 8) store<u64>(to, load<u64>(at));
  }
  return true;
}
