import { O_RDONLY, O_WRONLY } from '../abi/open.ts';
import { S_IFDIR, S_IFREG } from '../abi/stat.ts';
import type { ByteString } from '../base/bytes.ts';
import { bytesOf, byteStringOf } from '../base/bytes.ts';
import { SysError } from '../base/errors.ts';
import { KernelBuffer } from '../sentry/mm/io-buffer.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import { lookupForCreate, lookupPath } from '../sentry/vfs/lookup.ts';
import { Path } from '../sentry/vfs/path.ts';
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

/** Writes `bytes` to a new or truncated file of the container. @errors SysError as open(2) and write(2) */
export function writeContainerFile(kernel: Kernel, path: ByteString, bytes: Uint8Array, permissions: number): void {
  const walker = walkerOf(kernel);
  const target = lookupForCreate(walker, walker.root, path, true);
  const { parent } = target;
  const where =
    target.path ??
    new Path(parent.path.mount, parent.path.dentry.inode.create(parent.path.dentry, parent.name, { mode: S_IFREG | permissions, uid: 0, gid: 0, rdev: 0, target: '' }));
  const { inode } = where.dentry;
  inode.truncate(0);
  const file = inode.open(where, O_WRONLY, O_WRONLY, walker.caller);
  file.hold();
  try {
    const buffer = new KernelBuffer(bytes);
    while (buffer.remainingBytes > 0) file.write(buffer, walker.caller);
  } finally {
    file.drop();
  }
}

/** As container engines do: names for the loopback addresses and the host, where the root has none of its own. */
export function provideHostFiles(kernel: Kernel, hostname: ByteString): void {
  ensureDirectory(kernel, '/etc', 0o755);
  if (readContainerFile(kernel, '/etc/hosts', 1) === null) {
    writeContainerFile(kernel, '/etc/hosts', bytesOf(`127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`), 0o644);
  }
  if (readContainerFile(kernel, '/etc/hostname', 1) === null) writeContainerFile(kernel, '/etc/hostname', bytesOf(`${hostname}\n`), 0o644);
}
