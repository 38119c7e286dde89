import {
  EACCES, EBADF, EFBIG, EINVAL, EISDIR, ENODEV, EOPNOTSUPP, EPERM, ESPIPE, ETXTBSY,
} from '../../abi/errno.ts';
import { F_SEAL_EXEC, FALLOC_FL_KEEP_SIZE, UTIME_NOW, UTIME_OMIT, W_OK } from '../../abi/fs.ts';
import { IN_ATTRIB, IN_MODIFY } from '../../abi/inotify.ts';
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from '../../abi/open.ts';
import { S_IALLUGO, S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, S_ISGID, S_ISUID, S_IXGRP } from '../../abi/stat.ts';
import { SIGXFSZ } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_CHOWN, CAP_FSETID } from '../auth/credentials.ts';
import type { Task } from '../task/task.ts';
import { startOf, walkerOf } from '../vfs/actor.ts';
import { lookupPath } from '../vfs/lookup.ts';
import { notifyPath } from '../vfs/notify.ts';
import { requireWritableMount } from '../vfs/open.ts';
import { isOwnerOrCapable, requireAccess } from '../vfs/permission.ts';
import type { Path } from '../vfs/path.ts';
import { ContentInode, MAX_FILE_BYTES, dropPrivileges } from '../vfs/regular-file.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { placeOf, readPath, requireOpenFile, resolveAt } from './files.ts';

const KEEP_ID = 0xffffffff;
const NS_PER_SECOND = 1_000_000_000n;
const FALLOC_KNOWN = 0x7f;

// ---- mode -----------------------------------------------------------------------------------------------------------

/** fchmod(2). */
export function fchmod(task: Task, args: SyscallArgs): SyscallResult {
  changeMode(task, placeOf(requireOpenFile(task, args.fd(0))), args.u32(1));
  return 0;
}

/** fchmodat(2): follows a link at the end. */
export function fchmodat(task: Task, args: SyscallArgs): SyscallResult {
  const name = readPath(task, args.addr(1));
  changeMode(task, lookupPath(walkerOf(task), startOf(task, args.fd(0), name), name, true), args.u32(2));
  return 0;
}

/** fchmodat2(2): with flags. @errors EOPNOTSUPP a symbolic link */
export function fchmodat2(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(3);
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw new SysError(EINVAL, 'fchmodat2: flags');
  const name = readPath(task, args.addr(1));
  changeMode(task, resolveAt(task, args.fd(0), name, (flags & AT_SYMLINK_NOFOLLOW) === 0, (flags & AT_EMPTY_PATH) !== 0), args.u32(2));
  return 0;
}

function changeMode(task: Task, path: Path, requested: number): void {
  const { inode } = path.dentry;
  const { credentials } = task;
  requireWritableMount(path.mount);
  if (inode.isSymlink()) throw new SysError(EOPNOTSUPP, 'chmod: a symbolic link');
  if (!isOwnerOrCapable(inode, credentials)) throw new SysError(EPERM, 'chmod: another owner');
  let bits = requested & S_IALLUGO;
  if ((bits & S_ISGID) !== 0 && !credentials.inGroup(inode.gid) && !credentials.has(CAP_FSETID)) bits &= ~S_ISGID;
  if (inode instanceof ContentInode && (inode.seals & F_SEAL_EXEC) !== 0 && ((inode.mode ^ bits) & 0o111) !== 0) {
    throw new SysError(EPERM, 'chmod: sealed');
  }
  inode.setMode(bits);
  notifyPath(path.dentry, IN_ATTRIB);
}

// ---- owner ----------------------------------------------------------------------------------------------------------

/** fchown(2). */
export function fchown(task: Task, args: SyscallArgs): SyscallResult {
  changeOwner(task, placeOf(requireOpenFile(task, args.fd(0))), args.u32(1), args.u32(2));
  return 0;
}

/** fchownat(2). */
export function fchownat(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(4);
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw new SysError(EINVAL, 'fchownat: flags');
  const name = readPath(task, args.addr(1));
  const path = resolveAt(task, args.fd(0), name, (flags & AT_SYMLINK_NOFOLLOW) === 0, (flags & AT_EMPTY_PATH) !== 0);
  changeOwner(task, path, args.u32(2), args.u32(3));
  return 0;
}

function changeOwner(task: Task, path: Path, uid: number, gid: number): void {
  const { inode } = path.dentry;
  const { credentials } = task;
  requireWritableMount(path.mount);
  if (!credentials.has(CAP_CHOWN)) {
    const isOwner = credentials.fsuid === inode.uid;
    if (uid !== KEEP_ID && (!isOwner || uid !== inode.uid)) throw new SysError(EPERM, 'chown: the user');
    if (gid !== KEEP_ID && (!isOwner || (gid !== inode.gid && !credentials.inGroup(gid)))) throw new SysError(EPERM, 'chown: the group');
  }
  let { mode } = inode;
  if ((mode & S_IFMT) !== S_IFDIR) {
    // Linux drops set-user-ID, and set-group-ID of what the group may execute, whoever asks.
    mode &= ~S_ISUID;
    if ((mode & S_IXGRP) !== 0) mode &= ~S_ISGID;
  }
  inode.setOwner(uid === KEEP_ID ? inode.uid : uid, gid === KEEP_ID ? inode.gid : gid, mode);
  notifyPath(path.dentry, IN_ATTRIB);
}

// ---- times ----------------------------------------------------------------------------------------------------------

/** utimensat(2): sets access and modification time; a null path means the descriptor. */
export function utimensat(task: Task, args: SyscallArgs): SyscallResult {
  const nameAddr = args.addr(1);
  const timesAddr = args.addr(2);
  const flags = args.u32(3);
  const now = task.kernel.clock.realtimeNs();
  let atime: bigint | null = now;
  let mtime: bigint | null = now;
  let isNow = true;
  if (timesAddr !== 0) {
    const a = readFileTime(task, timesAddr, now);
    const m = readFileTime(task, timesAddr + 16, now);
    if (a.timeNs === null && m.timeNs === null) return 0;
    atime = a.timeNs;
    mtime = m.timeNs;
    isNow = a.isNow && m.isNow;
  }
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw new SysError(EINVAL, 'utimensat: flags');
  let path: Path;
  if (nameAddr === 0) {
    if (flags !== 0) throw new SysError(EINVAL, 'utimensat: flags with a descriptor');
    path = placeOf(requireOpenFile(task, args.fd(0)));
  } else {
    path = resolveAt(task, args.fd(0), readPath(task, nameAddr), (flags & AT_SYMLINK_NOFOLLOW) === 0, (flags & AT_EMPTY_PATH) !== 0);
  }
  const { inode } = path.dentry;
  requireWritableMount(path.mount);
  if (!isOwnerOrCapable(inode, task.credentials)) {
    if (!isNow) throw new SysError(EPERM, 'utimensat: another owner');
    if (!inode.permits(task.credentials, W_OK)) throw new SysError(EACCES, 'utimensat: not allowed');
  }
  inode.setTimes(atime, mtime);
  notifyPath(path.dentry, IN_ATTRIB);
  return 0;
}

/** A timespec of utimensat: null for UTIME_OMIT. @errors EINVAL */
function readFileTime(task: Task, address: number, now: bigint): { timeNs: bigint | null; isNow: boolean } {
  const seconds = BigInt.asIntN(64, task.mm.readBig(address));
  const nanoseconds = task.mm.readU64(address + 8);
  if (nanoseconds === UTIME_NOW) return { timeNs: now, isNow: true };
  if (nanoseconds === UTIME_OMIT) return { timeNs: null, isNow: false };
  if (nanoseconds > 999_999_999) throw new SysError(EINVAL, 'utimensat: nanoseconds');
  return { timeNs: seconds * NS_PER_SECOND + BigInt(nanoseconds), isNow: false };
}

// ---- size -----------------------------------------------------------------------------------------------------------

/** truncate(2). */
export function truncate(task: Task, args: SyscallArgs): SyscallResult {
  const sizeBytes = args.offset(1);
  if (sizeBytes < 0) throw new SysError(EINVAL, 'truncate: a negative size');
  const name = readPath(task, args.addr(0));
  const path = lookupPath(walkerOf(task), startOf(task, -100, name), name, true);
  const { inode } = path.dentry;
  if (inode.isDirectory()) throw new SysError(EISDIR, 'truncate: a directory');
  if ((inode.mode & S_IFMT) !== S_IFREG) throw new SysError(EINVAL, 'truncate: not a regular file');
  requireWritableMount(path.mount);
  requireAccess(inode, task.credentials, W_OK);
  if (inode.writers < 0) throw new SysError(ETXTBSY, 'truncate: the program is running');
  resize(task, path, sizeBytes);
  return 0;
}

/** ftruncate(2). @errors EINVAL not a regular file, or not open for writing */
export function ftruncate(task: Task, args: SyscallArgs): SyscallResult {
  const sizeBytes = args.offset(1);
  if (sizeBytes < 0) throw new SysError(EINVAL, 'ftruncate: a negative size');
  const file = requireOpenFile(task, args.fd(0));
  if ((file.inode.mode & S_IFMT) !== S_IFREG || !file.isWritable()) throw new SysError(EINVAL, 'ftruncate: not a regular file open for writing');
  resize(task, placeOf(file), sizeBytes);
  return 0;
}

function resize(task: Task, path: Path, sizeBytes: number): void {
  const { inode } = path.dentry;
  if (sizeBytes > inode.sizeBytes && sizeBytes > task.fileSizeLimitBytes()) {
    task.raise(SIGXFSZ);
    throw new SysError(EFBIG, 'truncate: beyond RLIMIT_FSIZE');
  }
  if (sizeBytes > MAX_FILE_BYTES) throw new SysError(EFBIG, 'truncate: beyond the largest file size');
  inode.truncate(sizeBytes);
  dropPrivileges(inode, task);
  notifyPath(path.dentry, IN_MODIFY);
}

/** fallocate(2): reserves, punches holes, zeroes. */
export function fallocate(task: Task, args: SyscallArgs): SyscallResult {
  const mode = args.u32(1);
  const offset = args.offset(2);
  const lengthBytes = args.offset(3);
  const file = requireOpenFile(task, args.fd(0));
  if (offset < 0 || lengthBytes <= 0) throw new SysError(EINVAL, 'fallocate: range');
  if ((mode & ~FALLOC_KNOWN) !== 0) throw new SysError(EOPNOTSUPP, 'fallocate: mode');
  if (!file.isWritable()) throw new SysError(EBADF, 'fallocate: not open for writing');
  const type = file.inode.mode & S_IFMT;
  if (type === S_IFIFO) throw new SysError(ESPIPE, 'fallocate: a pipe');
  if (type === S_IFDIR) throw new SysError(EISDIR, 'fallocate: a directory');
  if (type !== S_IFREG) throw new SysError(ENODEV, 'fallocate: not a regular file');
  if (offset + lengthBytes > MAX_FILE_BYTES) throw new SysError(EFBIG, 'fallocate: beyond the largest file size');
  if ((mode & FALLOC_FL_KEEP_SIZE) === 0 && offset + lengthBytes > task.fileSizeLimitBytes()) {
    task.raise(SIGXFSZ);
    throw new SysError(EFBIG, 'fallocate: beyond RLIMIT_FSIZE');
  }
  file.inode.allocate(mode, offset, lengthBytes);
  if (file.path !== null) notifyPath(file.path.dentry, IN_MODIFY);
  return 0;
}

export const attributeSyscalls: SyscallTable = {
  truncate: { number: 45, run: truncate, support: 'full' },
  ftruncate: { number: 46, run: ftruncate, support: 'full' },
  fallocate: { number: 47, run: fallocate, support: 'full', note: 'no collapsing or inserting of ranges' },
  fchmod: { number: 52, run: fchmod, support: 'full' },
  fchmodat: { number: 53, run: fchmodat, support: 'full' },
  fchownat: { number: 54, run: fchownat, support: 'full' },
  fchown: { number: 55, run: fchown, support: 'full' },
  utimensat: { number: 88, run: utimensat, support: 'full' },
  fchmodat2: { number: 452, run: fchmodat2, support: 'full' },
};

