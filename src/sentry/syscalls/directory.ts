import { EFAULT, EINVAL, ENOENT, ENOTDIR } from '../../abi/errno.ts';
import { directoryEntryType } from '../../abi/stat.ts';
import { SysError } from '../../base/errors.ts';
import type { Task } from '../task/task.ts';
import { DirectoryFile } from '../vfs/directory-file.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { requireOpenFile } from './files.ts';

/** Bytes of `struct linux_dirent64` before the name: inode, offset, length, type. */
const HEADER_BYTES = 19;
const MAX_BUFFER_BYTES = 1 << 17;

/**
 * getdents64(2): entries of a directory from its offset on.
 *
 * @returns bytes written, 0 at the end
 * @errors  ENOTDIR; EINVAL not even one entry fits; ENOENT the directory was removed; EFAULT, at which the offset has not moved
 */
export function getdents64(task: Task, args: SyscallArgs): SyscallResult {
  const file = requireOpenFile(task, args.fd(0));
  const address = args.addr(1);
  const room = Math.min(args.u32(2), MAX_BUFFER_BYTES);
  if (!(file instanceof DirectoryFile)) throw new SysError(ENOTDIR, 'getdents64: not a directory');
  if (file.path?.dentry.isUnlinked === true) throw new SysError(ENOENT, 'getdents64: the directory was removed');

  const buffer = new Uint8Array(room);
  const view = new DataView(buffer.buffer);
  const before = file.offset;
  let used = 0;
  let isFull = false;
  file.readEntries(task, (name, ino, mode, nextPosition) => {
    const lengthBytes = (HEADER_BYTES + name.length + 1 + 7) & ~7;
    if (used + lengthBytes > room) {
      isFull = true;
      return false;
    }
    putWide(view, used, ino);
    putWide(view, used + 8, nextPosition);
    view.setUint16(used + 16, lengthBytes, true);
    buffer[used + 18] = directoryEntryType(mode);
    for (let i = 0; i < name.length; i++) buffer[used + HEADER_BYTES + i] = name.charCodeAt(i);
    used += lengthBytes;
    return true;
  });
  if (used === 0 && isFull) throw new SysError(EINVAL, 'getdents64: the buffer is too small');
  try {
    task.mm.writeBytes(address, buffer.subarray(0, used));
  } catch (error) {
    file.offset = before;
    throw error instanceof SysError ? new SysError(EFAULT, 'getdents64: buffer') : error;
  }
  return used;
}

function putWide(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, (value / 0x1_0000_0000) >>> 0, true);
}

export const directorySyscalls: SyscallTable = {
  getdents64: { number: 61, run: getdents64, support: 'full' },
};
