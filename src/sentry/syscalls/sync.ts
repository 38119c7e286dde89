import { EBADF, EINVAL, ESPIPE } from '../../abi/errno.ts';
import { S_IFBLK, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '../../abi/stat.ts';
import { SysError } from '../../base/errors.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { mountsOf, requireOpenFile } from './files.ts';

/** Highest advice of posix_fadvise(2): POSIX_FADV_NOREUSE. */
const FADV_MAX = 5;
/** SYNC_FILE_RANGE_WAIT_BEFORE | _WRITE | _WAIT_AFTER. */
const SYNC_RANGE_FLAGS = 7;

/** fsync(2): brings a file to where it outlasts the machine. */
export function fsync(task: Task, args: SyscallArgs): SyscallResult {
  requireOpenFile(task, args.fd(0)).sync();
  return 0;
}

/** sync(2): all file systems. */
export function sync(task: Task): SyscallResult {
  for (const mount of mountsOf(task).mounts) mount.fileSystem.sync();
  return 0;
}

/** syncfs(2): the file system of a file. */
export function syncfs(task: Task, args: SyscallArgs): SyscallResult {
  requireOpenFile(task, args.fd(0)).inode.fileSystem.sync();
  return 0;
}

/** sync_file_range(2). */
export function sync_file_range(task: Task, args: SyscallArgs): SyscallResult {
  const file = requireOpenFile(task, args.fd(0));
  const offset = args.offset(1);
  const lengthBytes = args.offset(2);
  if ((args.u32(3) & ~SYNC_RANGE_FLAGS) !== 0 || offset < 0 || lengthBytes < 0) throw new SysError(EINVAL, 'sync_file_range');
  const type = file.inode.mode & S_IFMT;
  if (type !== S_IFREG && type !== S_IFBLK && type !== S_IFDIR && type !== S_IFLNK) throw new SysError(ESPIPE, 'sync_file_range: not a file');
  file.sync();
  return 0;
}

/** fadvise64(2): accepted; everything is in memory, or read when it is needed. */
export function fadvise64(task: Task, args: SyscallArgs): SyscallResult {
  const file = requireOpenFile(task, args.fd(0));
  if ((file.inode.mode & S_IFMT) === S_IFIFO) throw new SysError(ESPIPE, 'fadvise64: a pipe');
  if (args.offset(2) < 0 || args.u32(3) > FADV_MAX) throw new SysError(EINVAL, 'fadvise64');
  return 0;
}

/** readahead(2): accepted for files that can be read. */
export function readahead(task: Task, args: SyscallArgs): SyscallResult {
  const file = requireOpenFile(task, args.fd(0));
  if (!file.isReadable()) throw new SysError(EBADF, 'readahead: not open for reading');
  const type = file.inode.mode & S_IFMT;
  if (type !== S_IFREG && type !== S_IFBLK) throw new SysError(EINVAL, 'readahead: not a regular file');
  return 0;
}

export const syncSyscalls: SyscallTable = {
  sync: { number: 81, run: sync, support: 'full' },
  fsync: { number: 82, run: fsync, support: 'full' },
  fdatasync: { number: 83, run: fsync, support: 'full' },
  sync_file_range: { number: 84, run: sync_file_range, support: 'full' },
  readahead: { number: 213, run: readahead, support: 'full' },
  fadvise64: { number: 223, run: fadvise64, support: 'full' },
  syncfs: { number: 267, run: syncfs, support: 'full' },
};
