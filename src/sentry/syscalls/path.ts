import { EINVAL, ENOENT, ENOTDIR, EPERM, ERANGE } from '../../abi/errno.ts';
import { RENAME_EXCHANGE, RENAME_NOREPLACE, RENAME_WHITEOUT, X_OK } from '../../abi/fs.ts';
import { AT_EMPTY_PATH, AT_REMOVEDIR, AT_SYMLINK_FOLLOW } from '../../abi/open.ts';
import { S_IALLUGO, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../abi/stat.ts';
import { bytesOf } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_DAC_READ_SEARCH, CAP_MKNOD, CAP_SYS_CHROOT } from '../auth/credentials.ts';
import type { Task } from '../task/task.ts';
import { startOf, walkerOf } from '../vfs/actor.ts';
import { linkName, makeName, removeDirectory, renameName, unlinkName } from '../vfs/edit.ts';
import { lookupPath } from '../vfs/lookup.ts';
import { pathName } from '../vfs/path.ts';
import type { Path } from '../vfs/path.ts';
import { requireAccess } from '../vfs/permission.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { readPath, resolveAt } from './files.ts';

/** mkdirat(2). */
export function mkdirat(task: Task, args: SyscallArgs): SyscallResult {
  const name = readPath(task, args.addr(1));
  const mode = args.u32(2) & 0o1777 & ~task.fs.umask;
  makeName(task, startOf(task, args.fd(0), name), name, S_IFDIR | mode, 0, '');
  return 0;
}

/** mknodat(2). @errors EPERM a device without CAP_MKNOD; EINVAL a type that it does not make */
export function mknodat(task: Task, args: SyscallArgs): SyscallResult {
  const name = readPath(task, args.addr(1));
  const requested = args.u32(2);
  let type = requested & S_IFMT;
  if (type === 0) type = S_IFREG;
  if (type === S_IFDIR) throw new SysError(EPERM, 'mknod: a directory');
  const isDevice = type === S_IFCHR || type === S_IFBLK;
  if (!isDevice && type !== S_IFREG && type !== S_IFIFO && type !== S_IFSOCK) throw new SysError(EINVAL, 'mknod: type');
  const start = startOf(task, args.fd(0), name);
  if (isDevice && !task.credentials.has(CAP_MKNOD)) throw new SysError(EPERM, 'mknod: a device');
  makeName(task, start, name, type | (requested & S_IALLUGO & ~task.fs.umask), isDevice ? args.u32(3) : 0, '');
  return 0;
}

/** unlinkat(2): a file, or with AT_REMOVEDIR a directory. */
export function unlinkat(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(2);
  if ((flags & ~AT_REMOVEDIR) !== 0) throw new SysError(EINVAL, 'unlinkat: flags');
  const name = readPath(task, args.addr(1));
  const start = startOf(task, args.fd(0), name);
  if (flags === 0) unlinkName(task, start, name);
  else removeDirectory(task, start, name);
  return 0;
}

/** symlinkat(2): target, directory, name. @errors ENOENT an empty target */
export function symlinkat(task: Task, args: SyscallArgs): SyscallResult {
  const target = readPath(task, args.addr(0));
  if (target.length === 0) throw new SysError(ENOENT, 'symlink: an empty target');
  const name = readPath(task, args.addr(2));
  makeName(task, startOf(task, args.fd(1), name), name, S_IFLNK | 0o777, 0, target);
  return 0;
}

/** linkat(2): a further name for a file; with AT_EMPTY_PATH for an open one. */
export function linkat(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(4);
  if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !== 0) throw new SysError(EINVAL, 'linkat: flags');
  const oldName = readPath(task, args.addr(1));
  if ((flags & AT_EMPTY_PATH) !== 0 && oldName.length === 0 && !task.credentials.has(CAP_DAC_READ_SEARCH)) {
    throw new SysError(ENOENT, 'linkat: AT_EMPTY_PATH without CAP_DAC_READ_SEARCH');
  }
  const source = resolveAt(task, args.fd(0), oldName, (flags & AT_SYMLINK_FOLLOW) !== 0, (flags & AT_EMPTY_PATH) !== 0);
  const newName = readPath(task, args.addr(3));
  linkName(task, source, startOf(task, args.fd(2), newName), newName);
  return 0;
}

/** renameat2(2). */
export function renameat2(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(4);
  const known = RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT;
  if ((flags & ~known) !== 0 || ((flags & RENAME_EXCHANGE) !== 0 && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) !== 0)) {
    throw new SysError(EINVAL, 'rename: flags');
  }
  const oldName = readPath(task, args.addr(1));
  const newName = readPath(task, args.addr(3));
  if ((flags & RENAME_WHITEOUT) !== 0) throw new SysError(EINVAL, 'rename: no whiteouts');
  renameName(task, startOf(task, args.fd(0), oldName), oldName, startOf(task, args.fd(2), newName), newName, flags);
  return 0;
}

/** readlinkat(2): up to `size` bytes of a link's target, without a final zero. */
export function readlinkat(task: Task, args: SyscallArgs): SyscallResult {
  const sizeBytes = args.i32(3);
  if (sizeBytes <= 0) throw new SysError(EINVAL, 'readlink: size');
  const name = readPath(task, args.addr(1));
  const path = resolveAt(task, args.fd(0), name, false, true);
  const { inode } = path.dentry;
  if (!inode.isSymlink()) throw new SysError(name.length === 0 ? ENOENT : EINVAL, 'readlink: not a symbolic link');
  inode.touchAccess();
  const target = bytesOf(inode.readlink(task));
  const length = Math.min(sizeBytes, target.length);
  task.mm.writeBytes(args.addr(2), target.subarray(0, length));
  return length;
}

function requireDirectory(task: Task, path: Path): Path {
  if (!path.dentry.inode.isDirectory()) throw new SysError(ENOTDIR, 'not a directory');
  requireAccess(path.dentry.inode, task.credentials, X_OK);
  return path;
}

/** chdir(2). */
export function chdir(task: Task, args: SyscallArgs): SyscallResult {
  const name = readPath(task, args.addr(0));
  task.fs.setCwd(requireDirectory(task, lookupPath(walkerOf(task), startOf(task, -100, name), name, true)));
  return 0;
}

/** fchdir(2). */
export function fchdir(task: Task, args: SyscallArgs): SyscallResult {
  const { path } = task.file(args.fd(0));
  if (path === null) throw new SysError(ENOTDIR, 'fchdir: not a directory');
  task.fs.setCwd(requireDirectory(task, path));
  return 0;
}

/** chroot(2). @errors EPERM without CAP_SYS_CHROOT */
export function chroot(task: Task, args: SyscallArgs): SyscallResult {
  const name = readPath(task, args.addr(0));
  const path = requireDirectory(task, lookupPath(walkerOf(task), startOf(task, -100, name), name, true));
  if (!task.credentials.has(CAP_SYS_CHROOT)) throw new SysError(EPERM, 'chroot');
  task.fs.setRoot(path);
  return 0;
}

/** getcwd(2): returns the bytes with the final zero. @errors ENOENT the directory was removed; ERANGE the buffer is too small */
export function getcwd(task: Task, args: SyscallArgs): SyscallResult {
  const { cwd, root } = task.fs;
  if (cwd.dentry.isUnlinked) throw new SysError(ENOENT, 'getcwd: the directory was removed');
  const name = `${pathName(cwd, root) ?? `(unreachable)${unreachableName(cwd)}`}\0`;
  if (name.length > args.sizeBytes(1)) throw new SysError(ERANGE, 'getcwd: the buffer is too small');
  task.mm.writeBytes(args.addr(0), bytesOf(name));
  return name.length;
}

/** The name of a place that does not lie under the root directory: from the top of its mount. */
function unreachableName(path: Path): string {
  const top: Path = path.mount.rootPath();
  return pathName(path, top) ?? '/';
}

/** umask(2). */
export function umask(task: Task, args: SyscallArgs): SyscallResult {
  const before = task.fs.umask;
  task.fs.umask = args.u32(0) & 0o777;
  return before;
}

export const pathSyscalls: SyscallTable = {
  getcwd: { number: 17, run: getcwd, support: 'full' },
  mknodat: { number: 33, run: mknodat, support: 'full' },
  mkdirat: { number: 34, run: mkdirat, support: 'full' },
  unlinkat: { number: 35, run: unlinkat, support: 'full' },
  symlinkat: { number: 36, run: symlinkat, support: 'full' },
  linkat: { number: 37, run: linkat, support: 'full' },
  chdir: { number: 49, run: chdir, support: 'full' },
  fchdir: { number: 50, run: fchdir, support: 'full' },
  chroot: { number: 51, run: chroot, support: 'full' },
  readlinkat: { number: 78, run: readlinkat, support: 'full' },
  umask: { number: 166, run: umask, support: 'full' },
  renameat2: { number: 276, run: renameat2, support: 'full', note: 'no RENAME_WHITEOUT' },
};
