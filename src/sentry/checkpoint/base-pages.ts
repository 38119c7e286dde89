import { PAGE_BYTES } from '../../core/layout.ts';
import type { BaseTree } from '../../ports/base-tree.ts';

/** Puts page `page` of a file of the base at `out`, with zeros after the file's end. Returns false when it has no such page. */
export function readBasePage(base: BaseTree, path: string, page: number, out: Uint8Array): boolean {
  const stat = base.stat(path);
  if (stat === null || page * PAGE_BYTES >= stat.sizeBytes) return false;
  const count = base.read(path, page * PAGE_BYTES, out);
  out.fill(0, count);
  return true;
}
