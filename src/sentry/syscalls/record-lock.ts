import { EAGAIN, EBADF, EINVAL, EOVERFLOW } from '../../abi/errno.ts';
import { F_RDLCK, F_UNLCK, F_WRLCK, SEEK_CUR, SEEK_END, SEEK_SET } from '../../abi/fs.ts';
import { SysError } from '../../base/errors.ts';
import type { Task } from '../task/task.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { FileLocks, LOCK_TO_END, processOwner } from '../vfs/locks.ts';
import type { LockOwner } from '../vfs/locks.ts';
import { blockOn } from '../wait/block.ts';
import type { SyscallResult } from '../wait/block.ts';

/** `struct flock` of riscv64: type and whence (16 bits each), start at 8, length at 16, pid at 24. */
interface FlockRequest {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

function readRequest(task: Task, file: FileDescription, address: number, isOfd: boolean): FlockRequest {
  const type = task.mm.readU16(address);
  const whence = task.mm.readU16(address + 2);
  const offset = task.mm.readI64(address + 8);
  const length = task.mm.readI64(address + 16);
  const pid = task.mm.readI32(address + 24);
  if (isOfd && pid !== 0) throw new SysError(EINVAL, 'fcntl: a lock of an open file names no process');
  let start = offset;
  if (whence === SEEK_CUR) start += file.offset;
  else if (whence === SEEK_END) start += file.inode.sizeBytes;
  else if (whence !== SEEK_SET) throw new SysError(EINVAL, 'fcntl: whence of a lock');
  let end = length === 0 ? LOCK_TO_END : start + length;
  if (length < 0) {
    end = start;
    start += length;
  }
  if (start < 0) throw new SysError(EINVAL, 'fcntl: a lock before the beginning');
  if (end > LOCK_TO_END) throw new SysError(EOVERFLOW, 'fcntl: the end of a lock');
  return { type, start, end };
}

/** F_GETLK: what would stand in the way of the lock described at `address`, written back there; or F_UNLCK. */
export function getRecordLock(task: Task, file: FileDescription, address: number, isOfd: boolean): number {
  const { type, start, end } = readRequest(task, file, address, isOfd);
  if (type !== F_RDLCK && type !== F_WRLCK) throw new SysError(EINVAL, 'fcntl: type of a lock');
  const owner: LockOwner = isOfd ? { pid: task.pid, file } : processOwner(task);
  const conflict = file.inode.locks?.findConflict(owner, type === F_WRLCK, start, end) ?? null;
  if (conflict === null) {
    task.mm.writeU16(address, F_UNLCK);
    return 0;
  }
  task.mm.writeU16(address, conflict.isExclusive ? F_WRLCK : F_RDLCK);
  task.mm.writeU16(address + 2, SEEK_SET);
  task.mm.writeU64(address + 8, conflict.start);
  task.mm.writeU64(address + 16, conflict.end === LOCK_TO_END ? 0 : conflict.end - conflict.start);
  task.mm.writeI32(address + 24, conflict.file !== null ? -1 : conflict.pid);
  return 0;
}

/** F_SETLK and F_SETLKW, of the process or of the open file. */
export function setRecordLock(task: Task, file: FileDescription, address: number, how: { isOfd: boolean; mayWait: boolean }): SyscallResult {
  const { type, start, end } = readRequest(task, file, address, how.isOfd);
  if (type !== F_RDLCK && type !== F_WRLCK && type !== F_UNLCK) throw new SysError(EINVAL, 'fcntl: type of a lock');
  if (type === F_RDLCK && !file.isReadable()) throw new SysError(EBADF, 'fcntl: a read lock on a file not open for reading');
  if (type === F_WRLCK && !file.isWritable()) throw new SysError(EBADF, 'fcntl: a write lock on a file not open for writing');
  const { inode } = file;
  const owner: LockOwner = how.isOfd ? { pid: task.pid, file } : processOwner(task);
  if (type === F_UNLCK) {
    inode.locks?.clearRecord(owner, start, end);
    return 0;
  }
  if (inode.locks === null) inode.locks = new FileLocks();
  const conflict = inode.locks.findConflict(owner, type === F_WRLCK, start, end);
  if (conflict === null) {
    inode.locks.setRecord(owner, type === F_WRLCK, start, end);
    return 0;
  }
  if (!how.mayWait) throw new SysError(EAGAIN, 'fcntl: locked');
  inode.fileSystem.vfs.locks.beginWait(conflict, owner);
  return blockOn(conflict.waiters);
}
