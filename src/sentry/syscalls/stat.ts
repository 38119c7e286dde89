import { EACCES, EINVAL, EROFS } from '../../abi/errno.ts';
import { F_OK, MS_NOATIME, MS_NODEV, MS_NODIRATIME, MS_NOEXEC, MS_NOSUID, MS_RELATIME, R_OK, W_OK, X_OK } from '../../abi/fs.ts';
import { ST_NOATIME, ST_NODEV, ST_NODIRATIME, ST_NOEXEC, ST_NOSUID, ST_RDONLY, ST_RELATIME, ST_VALID } from '../../abi/fs.ts';
import { AT_EACCESS, AT_EMPTY_PATH, AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW } from '../../abi/open.ts';
import {
  AT_STATX_DONT_SYNC, AT_STATX_FORCE_SYNC, S_IFDIR, S_IFMT, S_IFREG, STATFS_BYTES, STATX_ATTR_MOUNT_ROOT, STATX_BASIC_STATS, STATX_BTIME,
  STATX_BYTES, STATX_MNT_ID, STATX__RESERVED, STAT_BYTES, deviceMajor, deviceMinor,
} from '../../abi/stat.ts';
import { SysError } from '../../base/errors.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { Task } from '../task/task.ts';
import { startOf, walkerOf } from '../vfs/actor.ts';
import type { Inode } from '../vfs/inode.ts';
import { lookupPath } from '../vfs/lookup.ts';
import type { Mount } from '../vfs/mount.ts';
import type { Path } from '../vfs/path.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { placeOf, readPath, resolveAt } from './files.ts';

const BLOCK_BYTES = 4096;
const NS_PER_SECOND = 1_000_000_000n;

// One call fills it and hands it out before it returns.
const record = new DataView(new ArrayBuffer(STATX_BYTES));
const statBytes = new Uint8Array(record.buffer, 0, STAT_BYTES);
const statxBytes = new Uint8Array(record.buffer, 0, STATX_BYTES);
const statfsBytes = new Uint8Array(record.buffer, 0, STATFS_BYTES);

function putU32(at: number, value: number): void {
  record.setUint32(at, value, true);
}

function putU64(at: number, value: number): void {
  record.setUint32(at, value >>> 0, true);
  record.setUint32(at + 4, (value / 0x1_0000_0000) | 0, true);
}

/** Seconds and nanoseconds of a time, 8 bytes each. */
function putTime(at: number, timeNs: bigint): void {
  const seconds = timeNs / NS_PER_SECOND;
  let nanoseconds = Number(timeNs - seconds * NS_PER_SECOND);
  let whole = Number(seconds);
  if (nanoseconds < 0) {
    nanoseconds += 1_000_000_000;
    whole--;
  }
  putI64(at, whole);
  putU64(at + 8, nanoseconds);
}

function putI64(at: number, value: number): void {
  record.setUint32(at, value >>> 0, true);
  record.setUint32(at + 4, Math.floor(value / 0x1_0000_0000) >>> 0, true);
}

/** Writes `struct stat` of `inode`, as seen through a file system's device number, to `address`. */
function writeStat(task: Task, address: number, inode: Inode): void {
  inode.refresh();
  putU64(0, inode.fileSystem.device);
  putU64(8, inode.ino);
  putU32(16, inode.mode);
  putU32(20, inode.nlink);
  putU32(24, inode.uid);
  putU32(28, inode.gid);
  putU64(32, inode.rdev);
  putU64(40, 0);
  putU64(48, inode.sizeBytes);
  putU32(56, BLOCK_BYTES);
  putU32(60, 0);
  putU64(64, inode.blocks());
  putTime(72, inode.atimeNs);
  putTime(88, inode.mtimeNs);
  putTime(104, inode.ctimeNs);
  putU64(120, 0);
  task.mm.writeBytes(address, statBytes);
}

/** newfstatat(2). @errors EINVAL unknown flags, and those of the path */
export function newfstatat(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(3);
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)) !== 0) throw new SysError(EINVAL, 'fstatat: flags');
  const nameAddr = args.addr(1);
  const name = nameAddr === 0 && (flags & AT_EMPTY_PATH) !== 0 ? '' : readPath(task, nameAddr);
  const path = resolveAt(task, args.fd(0), name, (flags & AT_SYMLINK_NOFOLLOW) === 0, (flags & AT_EMPTY_PATH) !== 0);
  writeStat(task, args.addr(2), path.dentry.inode);
  return 0;
}

/** fstat(2). */
export function fstat(task: Task, args: SyscallArgs): SyscallResult {
  writeStat(task, args.addr(1), task.file(args.fd(0)).inode);
  return 0;
}

/** 16 bytes of `struct statx_timestamp`. */
function putStatxTime(at: number, timeNs: bigint): void {
  putTime(at, timeNs);
  putU32(at + 12, 0);
}

/** statx(2). */
export function statx(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(2);
  const mask = args.u32(3);
  const syncMode = flags & (AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC);
  if ((mask & STATX__RESERVED) !== 0 || syncMode === (AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC)) throw new SysError(EINVAL, 'statx: mask or flags');
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | syncMode)) !== 0) throw new SysError(EINVAL, 'statx: flags');
  const nameAddr = args.addr(1);
  const name = nameAddr === 0 && (flags & AT_EMPTY_PATH) !== 0 ? '' : readPath(task, nameAddr);
  const path = resolveAt(task, args.fd(0), name, (flags & AT_SYMLINK_NOFOLLOW) === 0, (flags & AT_EMPTY_PATH) !== 0);
  const { inode } = path.dentry;
  inode.refresh();
  statxBytes.fill(0);
  putU32(0, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID);
  putU32(4, BLOCK_BYTES);
  putU64(8, path.dentry === path.mount.root ? STATX_ATTR_MOUNT_ROOT : 0);
  putU32(16, inode.nlink);
  putU32(20, inode.uid);
  putU32(24, inode.gid);
  record.setUint16(28, inode.mode, true);
  putU64(32, inode.ino);
  putU64(40, inode.sizeBytes);
  putU64(48, inode.blocks());
  putU64(56, STATX_ATTR_MOUNT_ROOT);
  putStatxTime(64, inode.atimeNs);
  putStatxTime(80, inode.btimeNs);
  putStatxTime(96, inode.ctimeNs);
  putStatxTime(112, inode.mtimeNs);
  putU32(128, deviceMajor(inode.rdev));
  putU32(132, deviceMinor(inode.rdev));
  putU32(136, deviceMajor(inode.fileSystem.device));
  putU32(140, deviceMinor(inode.fileSystem.device));
  putU64(144, path.mount.id);
  task.mm.writeBytes(args.addr(4), statxBytes);
  return 0;
}

/** ST_* flags of a mount. */
function statfsFlags(mount: Mount): number {
  let flags = ST_VALID;
  if (mount.isReadOnly()) flags |= ST_RDONLY;
  if ((mount.flags & MS_NOSUID) !== 0) flags |= ST_NOSUID;
  if ((mount.flags & MS_NODEV) !== 0) flags |= ST_NODEV;
  if ((mount.flags & MS_NOEXEC) !== 0) flags |= ST_NOEXEC;
  if ((mount.flags & MS_NOATIME) !== 0) flags |= ST_NOATIME;
  if ((mount.flags & MS_NODIRATIME) !== 0) flags |= ST_NODIRATIME;
  if ((mount.flags & MS_RELATIME) !== 0) flags |= ST_RELATIME;
  return flags;
}

function writeStatfs(task: Task, address: number, path: Path): void {
  const { fileSystem } = path.dentry.inode;
  const { blockBytes, blocks, freeBlocks, files, freeFiles, nameMaxBytes } = fileSystem.statistics();
  statfsBytes.fill(0);
  putU64(0, fileSystem.magic);
  putU64(8, blockBytes);
  putU64(16, blocks);
  putU64(24, freeBlocks);
  putU64(32, freeBlocks);
  putU64(40, files);
  putU64(48, freeFiles);
  putU32(56, fileSystem.device);
  putU64(64, nameMaxBytes);
  putU64(72, blockBytes);
  putU64(80, statfsFlags(path.mount));
  task.mm.writeBytes(address, statfsBytes);
}

/** statfs(2). */
export function statfs(task: Task, args: SyscallArgs): SyscallResult {
  const name = readPath(task, args.addr(0));
  writeStatfs(task, args.addr(1), lookupPath(walkerOf(task), startOf(task, -100, name), name, true));
  return 0;
}

/** fstatfs(2). */
export function fstatfs(task: Task, args: SyscallArgs): SyscallResult {
  writeStatfs(task, args.addr(1), placeOf(task.file(args.fd(0))));
  return 0;
}

/** faccessat(2): as the real user and group. */
export function faccessat(task: Task, args: SyscallArgs): SyscallResult {
  return checkAccess(task, args.fd(0), args.addr(1), args.u32(2), 0);
}

/** faccessat2(2). */
export function faccessat2(task: Task, args: SyscallArgs): SyscallResult {
  return checkAccess(task, args.fd(0), args.addr(1), args.u32(2), args.u32(3));
}

function checkAccess(task: Task, dirFd: number, nameAddr: number, want: number, flags: number): number {
  if ((want & ~(R_OK | W_OK | X_OK)) !== 0) throw new SysError(EINVAL, 'access: mode');
  if ((flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw new SysError(EINVAL, 'access: flags');
  const name = readPath(task, nameAddr);
  const credentials = (flags & AT_EACCESS) !== 0 ? task.credentials : realCredentials(task.credentials);
  const path = name.length === 0 && (flags & AT_EMPTY_PATH) !== 0
    ? resolveAt(task, dirFd, name, true, true)
    : lookupPath({ root: task.fs.root, credentials, caller: task }, startOf(task, dirFd, name), name, (flags & AT_SYMLINK_NOFOLLOW) === 0);
  if (want === F_OK) return 0;
  const { inode } = path.dentry;
  const type = inode.mode & S_IFMT;
  if ((want & X_OK) !== 0 && type === S_IFREG && (path.mount.flags & MS_NOEXEC) !== 0) throw new SysError(EACCES, 'access: a mount without execution');
  if (!inode.permits(credentials, want)) throw new SysError(EACCES, 'access: not allowed');
  if ((want & W_OK) !== 0 && path.mount.isReadOnly() && (type === S_IFREG || type === S_IFDIR)) throw new SysError(EROFS, 'access: read-only');
  return 0;
}

/** Who the caller would be by its real ids: access(2) asks for a set-user-ID program's user. */
function realCredentials(credentials: Credentials): Credentials {
  if (credentials.fsuid === credentials.uid && credentials.fsgid === credentials.gid) return credentials;
  const real = credentials.copy();
  real.fsuid = credentials.uid;
  real.fsgid = credentials.gid;
  real.effective = credentials.uid === 0 ? credentials.permitted : 0n;
  return real;
}

export const statSyscalls: SyscallTable = {
  statfs: { number: 43, run: statfs, support: 'full' },
  fstatfs: { number: 44, run: fstatfs, support: 'full' },
  faccessat: { number: 48, run: faccessat, support: 'full' },
  newfstatat: { number: 79, run: newfstatat, support: 'full' },
  fstat: { number: 80, run: fstat, support: 'full' },
  statx: { number: 291, run: statx, support: 'full' },
  faccessat2: { number: 439, run: faccessat2, support: 'full' },
};
