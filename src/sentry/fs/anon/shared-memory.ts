import type { Mappable } from '../../mm/mappable.ts';
import type { Tmpfs } from '../tmpfs/tmpfs.ts';

/**
 * Backing of a new shared anonymous mapping (mmap(2) with MAP_SHARED | MAP_ANONYMOUS): a file in memory without a name,
 * `lengthBytes` long, that lives as long as it is mapped.
 */
export function sharedAnonymousMemory(memory: Tmpfs, lengthBytes: number): Mappable {
  const inode = memory.makeUnnamed(0o600);
  inode.truncate(lengthBytes);
  return inode;
}
