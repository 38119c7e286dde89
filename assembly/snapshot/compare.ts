import { PAGE_BYTES } from '../layout';

/** Whether the 64 bytes at `a` and at `b` differ in any bit. */
@inline
export function blocksDiffer(a: usize, b: usize): bool {
  return v128.any_true(
    v128.or(
      v128.or(v128.xor(v128.load(a), v128.load(b)), v128.xor(v128.load(a, 16), v128.load(b, 16))),
      v128.or(v128.xor(v128.load(a, 32), v128.load(b, 32)), v128.xor(v128.load(a, 48), v128.load(b, 48))),
    ),
  );
}

/** Whether the pages at `a` and `b` hold the same bytes. */
export function pagesEqual(a: usize, b: usize): bool {
  const end = a + PAGE_BYTES;
  do {
    const first = v128.or(
      v128.or(v128.xor(v128.load(a), v128.load(b)), v128.xor(v128.load(a, 16), v128.load(b, 16))),
      v128.or(v128.xor(v128.load(a, 32), v128.load(b, 32)), v128.xor(v128.load(a, 48), v128.load(b, 48))),
    );
    const second = v128.or(
      v128.or(v128.xor(v128.load(a, 64), v128.load(b, 64)), v128.xor(v128.load(a, 80), v128.load(b, 80))),
      v128.or(v128.xor(v128.load(a, 96), v128.load(b, 96)), v128.xor(v128.load(a, 112), v128.load(b, 112))),
    );
    if (v128.any_true(v128.or(first, second))) return false;
    a += 128;
    b += 128;
  } while (a != end);
  return true;
}
