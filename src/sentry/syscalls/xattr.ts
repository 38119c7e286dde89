import { E2BIG, EEXIST, EINVAL, ENAMETOOLONG, ENODATA, ENOSPC, EOPNOTSUPP, EPERM, ERANGE } from '../../abi/errno.ts';
import { R_OK, W_OK, XATTR_CREATE, XATTR_LIST_MAX, XATTR_NAME_MAX, XATTR_REPLACE, XATTR_SIZE_MAX } from '../../abi/fs.ts';
import { IN_ATTRIB } from '../../abi/inotify.ts';
import { S_IFDIR, S_IFMT, S_IFREG, S_ISVTX } from '../../abi/stat.ts';
import { bytesOf } from '../../base/bytes.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_SYS_ADMIN } from '../auth/credentials.ts';
import type { Task } from '../task/task.ts';
import { startOf, walkerOf } from '../vfs/actor.ts';
import { lookupPath } from '../vfs/lookup.ts';
import { notifyPath } from '../vfs/notify.ts';
import { requireWritableMount } from '../vfs/open.ts';
import type { Path } from '../vfs/path.ts';
import { isOwnerOrCapable, requireAccess } from '../vfs/permission.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { placeOf, readPath, requireOpenFile } from './files.ts';

/** Most bytes of all attributes of one file: what an ext4 file has room for, roughly. */
const MAX_TOTAL_BYTES = 1 << 20;

function pathArgument(task: Task, args: SyscallArgs, follow: boolean): Path {
  const name = readPath(task, args.addr(0));
  return lookupPath(walkerOf(task), startOf(task, -100, name), name, follow);
}

function fileArgument(task: Task, args: SyscallArgs): Path {
  return placeOf(requireOpenFile(task, args.fd(0)));
}

/** The name of an attribute. @errors ERANGE empty or longer than 255 bytes */
function attributeName(task: Task, address: number): ByteString {
  let name: ByteString;
  try {
    name = task.mm.readCString(address, XATTR_NAME_MAX + 1);
  } catch (error) {
    if (error instanceof SysError && error.errno === ENAMETOOLONG) throw new SysError(ERANGE, 'xattr: the name is too long');
    throw error;
  }
  if (name.length === 0) throw new SysError(ERANGE, 'xattr: an empty name');
  return name;
}

/** @errors as xattr(7): EOPNOTSUPP an unknown namespace, EPERM EACCES ENODATA by namespace and access */
function requireNamespace(task: Task, path: Path, name: ByteString, isWriting: boolean): void {
  const { inode } = path.dentry;
  if (isWriting) requireWritableMount(path.mount);
  if (!inode.hasXattrs()) throw new SysError(EOPNOTSUPP, 'xattr: the file system has none');
  if (name.startsWith('security.') && name.length > 9) {
    if (isWriting && !task.credentials.has(CAP_SYS_ADMIN)) throw new SysError(EPERM, 'xattr: security');
    return;
  }
  if (name.startsWith('trusted.') && name.length > 8) {
    if (!task.credentials.has(CAP_SYS_ADMIN)) throw new SysError(isWriting ? EPERM : ENODATA, 'xattr: trusted');
    return;
  }
  if (!name.startsWith('user.')) throw new SysError(EOPNOTSUPP, 'xattr: unknown namespace');
  if (name.length === 5) throw new SysError(EINVAL, 'xattr: no name after the namespace');
  const type = inode.mode & S_IFMT;
  if (type !== S_IFREG && type !== S_IFDIR) throw new SysError(isWriting ? EPERM : ENODATA, 'xattr: user attributes are for files and directories');
  if (isWriting && type === S_IFDIR && (inode.mode & S_ISVTX) !== 0 && !isOwnerOrCapable(inode, task.credentials)) {
    throw new SysError(EPERM, 'xattr: a sticky directory');
  }
  requireAccess(inode, task.credentials, isWriting ? W_OK : R_OK);
}

function set(task: Task, args: SyscallArgs, path: Path): number {
  const flags = args.u32(4);
  const sizeBytes = args.sizeBytes(3);
  if ((flags & ~(XATTR_CREATE | XATTR_REPLACE)) !== 0) throw new SysError(EINVAL, 'setxattr: flags');
  const name = attributeName(task, args.addr(1));
  if (sizeBytes > XATTR_SIZE_MAX) throw new SysError(E2BIG, 'setxattr: the value is too long');
  const value = task.mm.readBytes(args.addr(2), sizeBytes);
  requireNamespace(task, path, name, true);
  const { inode } = path.dentry;
  const exists = inode.xattrs?.has(name) === true;
  if ((flags & XATTR_REPLACE) !== 0 && !exists) throw new SysError(ENODATA, 'setxattr: no such attribute');
  if ((flags & XATTR_CREATE) !== 0 && exists) throw new SysError(EEXIST, 'setxattr: the attribute exists');
  let total = name.length + sizeBytes;
  if (inode.xattrs !== null) for (const [other, held] of inode.xattrs) if (other !== name) total += other.length + held.length;
  if (total > MAX_TOTAL_BYTES) throw new SysError(ENOSPC, 'setxattr: no room left');
  inode.setXattr(name, value);
  notifyPath(path.dentry, IN_ATTRIB);
  return 0;
}

function get(task: Task, args: SyscallArgs, path: Path): number {
  const name = attributeName(task, args.addr(1));
  const sizeBytes = args.sizeBytes(3);
  requireNamespace(task, path, name, false);
  const value = path.dentry.inode.xattrs?.get(name);
  if (value === undefined) throw new SysError(ENODATA, 'getxattr: no such attribute');
  if (sizeBytes === 0) return value.length;
  if (sizeBytes < value.length) throw new SysError(ERANGE, 'getxattr: the buffer is too small');
  task.mm.writeBytes(args.addr(2), value);
  return value.length;
}

function list(task: Task, args: SyscallArgs, path: Path): number {
  const sizeBytes = Math.min(args.sizeBytes(2), XATTR_LIST_MAX);
  let text = '';
  const maySeeTrusted = task.credentials.has(CAP_SYS_ADMIN);
  for (const name of path.dentry.inode.xattrs?.keys() ?? []) if (maySeeTrusted || !name.startsWith('trusted.')) text += `${name}\0`;
  if (sizeBytes === 0) return text.length;
  if (sizeBytes < text.length) throw new SysError(ERANGE, 'listxattr: the buffer is too small');
  task.mm.writeBytes(args.addr(1), bytesOf(text));
  return text.length;
}

function remove(task: Task, args: SyscallArgs, path: Path): number {
  const name = attributeName(task, args.addr(1));
  requireNamespace(task, path, name, true);
  const { inode } = path.dentry;
  if (inode.xattrs?.has(name) !== true) throw new SysError(ENODATA, 'removexattr: no such attribute');
  inode.setXattr(name, null);
  notifyPath(path.dentry, IN_ATTRIB);
  return 0;
}

/** setxattr(2) and its relatives: path followed, link itself, descriptor. */
export function setxattr(task: Task, args: SyscallArgs): SyscallResult {
  return set(task, args, pathArgument(task, args, true));
}
export function lsetxattr(task: Task, args: SyscallArgs): SyscallResult {
  return set(task, args, pathArgument(task, args, false));
}
export function fsetxattr(task: Task, args: SyscallArgs): SyscallResult {
  return set(task, args, fileArgument(task, args));
}

/** getxattr(2) and its relatives; size 0 asks for the length. */
export function getxattr(task: Task, args: SyscallArgs): SyscallResult {
  return get(task, args, pathArgument(task, args, true));
}
export function lgetxattr(task: Task, args: SyscallArgs): SyscallResult {
  return get(task, args, pathArgument(task, args, false));
}
export function fgetxattr(task: Task, args: SyscallArgs): SyscallResult {
  return get(task, args, fileArgument(task, args));
}

/** listxattr(2) and its relatives: names, each with a final zero. */
export function listxattr(task: Task, args: SyscallArgs): SyscallResult {
  return list(task, args, pathArgument(task, args, true));
}
export function llistxattr(task: Task, args: SyscallArgs): SyscallResult {
  return list(task, args, pathArgument(task, args, false));
}
export function flistxattr(task: Task, args: SyscallArgs): SyscallResult {
  return list(task, args, fileArgument(task, args));
}

/** removexattr(2) and its relatives. */
export function removexattr(task: Task, args: SyscallArgs): SyscallResult {
  return remove(task, args, pathArgument(task, args, true));
}
export function lremovexattr(task: Task, args: SyscallArgs): SyscallResult {
  return remove(task, args, pathArgument(task, args, false));
}
export function fremovexattr(task: Task, args: SyscallArgs): SyscallResult {
  return remove(task, args, fileArgument(task, args));
}

export const xattrSyscalls: SyscallTable = {
  setxattr: { number: 5, run: setxattr, support: 'full' },
  lsetxattr: { number: 6, run: lsetxattr, support: 'full' },
  fsetxattr: { number: 7, run: fsetxattr, support: 'full' },
  getxattr: { number: 8, run: getxattr, support: 'full' },
  lgetxattr: { number: 9, run: lgetxattr, support: 'full' },
  fgetxattr: { number: 10, run: fgetxattr, support: 'full' },
  listxattr: { number: 11, run: listxattr, support: 'full' },
  llistxattr: { number: 12, run: llistxattr, support: 'full' },
  flistxattr: { number: 13, run: flistxattr, support: 'full' },
  removexattr: { number: 14, run: removexattr, support: 'full' },
  lremovexattr: { number: 15, run: lremovexattr, support: 'full' },
  fremovexattr: { number: 16, run: fremovexattr, support: 'full' },
};
