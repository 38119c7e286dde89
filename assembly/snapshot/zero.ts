import { PAGE_BYTES } from '../layout';

/** Whether the page at `page` (aligned to 16 bytes) holds only zero bytes. */
export function pageIsZero(page: usize): bool {
  const end = page + PAGE_BYTES;
  // Most pages that are not zero differ at their beginning: look there before starting the wide loop.
  if ((load<u64>(page) | load<u64>(page, 8)) != 0) return false;
  do {
    const a = v128.or(v128.or(v128.load(page), v128.load(page, 16)), v128.or(v128.load(page, 32), v128.load(page, 48)));
    const b = v128.or(v128.or(v128.load(page, 64), v128.load(page, 80)), v128.or(v128.load(page, 96), v128.load(page, 112)));
    const c = v128.or(v128.or(v128.load(page, 128), v128.load(page, 144)), v128.or(v128.load(page, 160), v128.load(page, 176)));
    const d = v128.or(v128.or(v128.load(page, 192), v128.load(page, 208)), v128.or(v128.load(page, 224), v128.load(page, 240)));
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) return false;
    page += 256;
  } while (page != end);
  return true;
}
