import { O_RDONLY } from '../abi/open.ts';
import { S_IFDIR } from '../abi/stat.ts';
import type { ByteString } from '../base/bytes.ts';
import { byteStringOf } from '../base/bytes.ts';
import { SysError } from '../base/errors.ts';
import { KernelBuffer } from '../sentry/mm/io-buffer.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import { lookupForCreate, lookupPath } from '../sentry/vfs/lookup.ts';
import { SystemCaller } from '../sentry/vfs/system-caller.ts';

function walkerOf(kernel: Kernel) {
  const caller = new SystemCaller();
  return { root: kernel.fs!.root, credentials: caller.credentials, caller };
}

/** Up to `maxBytes` of a file of the container, as a byte string; null where there is none. */
export function readContainerFile(kernel: Kernel, path: ByteString, maxBytes: number): ByteString | null {
  const walker = walkerOf(kernel);
  try {
    const where = lookupPath(walker, walker.root, path, true);
    if (!where.dentry.inode.isRegular()) return null;
    const file = where.dentry.inode.open(where, O_RDONLY, O_RDONLY, walker.caller);
    file.hold();
    try {
      const buffer = new KernelBuffer(new Uint8Array(Math.min(maxBytes, where.dentry.inode.sizeBytes)));
      while (buffer.remainingBytes > 0 && file.readAt(buffer, buffer.position, walker.caller) > 0) continue;
      return byteStringOf(buffer.bytes, 0, buffer.position);
    } finally {
      file.drop();
    }
  } catch (error) {
    if (error instanceof SysError) return null;
    throw error;
  }
}

/** Makes the directory at `path` where there is nothing; its parents must be there. */
export function ensureDirectory(kernel: Kernel, path: ByteString, permissions: number): void {
  const walker = walkerOf(kernel);
  const target = lookupForCreate(walker, walker.root, path, true);
  if (target.path !== null) return;
  const { parent } = target;
  parent.path.dentry.inode.create(parent.path.dentry, parent.name, { mode: S_IFDIR | permissions, uid: 0, gid: 0, rdev: 0, target: '' });
}
