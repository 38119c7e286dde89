import { ImageError, SysError } from '../../base/errors.ts';
import { PAGE_BYTES } from '../../core/layout.ts';
import type { BaseTree } from '../../ports/base-tree.ts';

/**
 * Puts page `page` of a file of the base at `out`, with zeros after the file's end. Returns false when it has no such page.
 * @errors ImageError 'base image' when it cannot be read
 */
export function readBasePage(base: BaseTree, path: string, page: number, out: Uint8Array): boolean {
  const stat = base.stat(path);
  if (stat === null || page * PAGE_BYTES >= stat.sizeBytes) return false;
  try {
    const count = base.read(path, page * PAGE_BYTES, out);
    out.fill(0, count);
    return true;
  } catch (error) {
    if (error instanceof SysError) throw new ImageError('base image', `page ${page} of ${path} cannot be read (${error.message})`);
    throw error;
  }
}
