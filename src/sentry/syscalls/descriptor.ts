import { EAGAIN, EBADF, EINVAL, ENOTTY, EPERM } from '../../abi/errno.ts';
import {
  F_ADD_SEALS, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_GETLEASE, F_GETLK, F_GETOWN, F_GETOWN_EX, F_GETPIPE_SZ, F_GETSIG, F_GET_SEALS,
  F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_OWNER_PGRP, F_OWNER_PID, F_SETFD, F_SETFL, F_SETLK, F_SETLKW, F_SETOWN, F_SETOWN_EX,
  F_SETPIPE_SZ, F_SETSIG, F_UNLCK, FIOASYNC, FIOCLEX, FIONBIO, FIONCLEX, FIOQSIZE, LOCK_EX, LOCK_MAND, LOCK_NB, LOCK_SH, LOCK_UN,
} from '../../abi/fs.ts';
import { FD_CLOEXEC, O_APPEND, O_ASYNC, O_CLOEXEC, O_DIRECT, O_NOATIME, O_NOCTTY, O_NONBLOCK, O_PATH } from '../../abi/open.ts';
import { TIOCGPTPEER } from '../../abi/ioctl.ts';
import { SysError } from '../../base/errors.ts';
import { TmpfsInode } from '../fs/tmpfs/tmpfs.ts';
import { followAsync } from '../task/input-signal.ts';
import type { Task } from '../task/task.ts';
import { PtyMaster } from '../tty/pty.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { FileLocks } from '../vfs/locks.ts';
import { isOwnerOrCapable } from '../vfs/permission.ts';
import { blockOn } from '../wait/block.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { requireOpenFile } from './files.ts';
import { getRecordLock, setRecordLock } from './record-lock.ts';

/** Status flags that F_SETFL changes. */
const SETTABLE_FLAGS = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME;
const MAX_SIGNAL = 64;

/** dup(2). */
export function dup(task: Task, args: SyscallArgs): SyscallResult {
  return task.fdTable.allocate(task.file(args.fd(0)), 0);
}

/** dup3(2). @errors EINVAL both the same, unknown flags; EBADF beyond the limit; EMFILE never */
export function dup3(task: Task, args: SyscallArgs): SyscallResult {
  const oldFd = args.fd(0);
  const newFd = args.fd(1);
  const flags = args.u32(2);
  if ((flags & ~O_CLOEXEC) !== 0 || oldFd === newFd) throw new SysError(EINVAL, 'dup3');
  if (newFd < 0 || newFd >= task.fdTable.limit) throw new SysError(EBADF, 'dup3: the new number is beyond the limit');
  const file = task.file(oldFd);
  file.hold();
  if (task.fdTable.get(newFd) !== null) task.fdTable.close(newFd, task.pid);
  task.fdTable.install(newFd, file, (flags & O_CLOEXEC) !== 0 ? FD_CLOEXEC : 0);
  file.drop();
  return newFd;
}

/**
 * fcntl(2).
 * @blocks F_SETLKW and F_OFD_SETLKW until the lock is free
 */
export function fcntl(task: Task, args: SyscallArgs): SyscallResult {
  const fd = args.fd(0);
  const command = args.u32(1);
  const file = task.pinnedFile(fd);
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: {
      const minimumFd = args.i32(2);
      if (minimumFd < 0 || minimumFd >= task.fdTable.limit) throw new SysError(EINVAL, 'fcntl: lowest number');
      return task.fdTable.allocate(file, command === F_DUPFD_CLOEXEC ? FD_CLOEXEC : 0, minimumFd);
    }
    case F_GETFD:
      return task.fdTable.flags(fd);
    case F_SETFD:
      task.fdTable.setFlags(fd, args.u32(2) & FD_CLOEXEC);
      return 0;
    case F_GETFL:
      return file.statusFlags;
  }
  if ((file.statusFlags & O_PATH) !== 0) throw new SysError(EBADF, 'fcntl: the descriptor only holds a place');
  switch (command) {
    case F_SETFL:
      return setStatusFlags(task, file, fd, args.u32(2));
    case F_GETLK:
    case F_OFD_GETLK:
      return getRecordLock(task, file, args.addr(2), command === F_OFD_GETLK);
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return setRecordLock(task, file, args.addr(2), {
        isOfd: command === F_OFD_SETLK || command === F_OFD_SETLKW,
        mayWait: command === F_SETLKW || command === F_OFD_SETLKW,
      });
    case F_SETPIPE_SZ:
      return file.setPipeCapacityBytes(args.u32(2), task);
    case F_GETPIPE_SZ:
      return file.pipeCapacityBytes();
    case F_ADD_SEALS:
      return addSeals(file, args.u32(2));
    case F_GET_SEALS:
      if (file.inode instanceof TmpfsInode && file.inode.isRegular()) return file.inode.seals;
      throw new SysError(EINVAL, 'fcntl: not a file with seals');
    case F_GETLEASE:
      return F_UNLCK;
    default:
      return ownership(task, file, command, args);
  }
}

/** F_SETOWN and relatives: who is signalled about the file. @errors EINVAL an unknown command or value */
function ownership(task: Task, file: FileDescription, command: number, args: SyscallArgs): number {
  switch (command) {
    case F_SETOWN:
      file.owner = args.i32(2);
      return 0;
    case F_GETOWN:
      return file.owner;
    case F_SETOWN_EX: {
      const type = task.mm.readI32(args.addr(2));
      const id = task.mm.readI32(args.addr(2) + 4);
      if (type < 0 || type > F_OWNER_PGRP || id < 0) throw new SysError(EINVAL, 'fcntl: owner');
      file.owner = type === F_OWNER_PGRP ? -id : id;
      return 0;
    }
    case F_GETOWN_EX:
      task.mm.writeI32s(args.addr(2), [file.owner < 0 ? F_OWNER_PGRP : F_OWNER_PID, Math.abs(file.owner)]);
      return 0;
    case F_SETSIG: {
      const signal = args.u32(2);
      if (signal > MAX_SIGNAL) throw new SysError(EINVAL, 'fcntl: signal');
      file.ownerSignal = signal;
      return 0;
    }
    case F_GETSIG:
      return file.ownerSignal;
    default:
      throw new SysError(EINVAL, `fcntl: command ${command}`);
  }
}

function setStatusFlags(task: Task, file: FileDescription, fd: number, flags: number): number {
  if ((flags & O_NOATIME & ~file.statusFlags) !== 0 && !isOwnerOrCapable(file.inode, task.credentials)) {
    throw new SysError(EPERM, 'fcntl: O_NOATIME of another owner');
  }
  file.setStatusFlags((file.statusFlags & ~SETTABLE_FLAGS) | (flags & SETTABLE_FLAGS));
  followAsync(task.kernel, file, fd, (flags & O_ASYNC) !== 0, task.credentials);
  return 0;
}

function addSeals(file: FileDescription, seals: number): number {
  const { inode } = file;
  if (!(inode instanceof TmpfsInode) || !inode.isRegular()) throw new SysError(EINVAL, 'fcntl: not a file with seals');
  if (!file.isWritable()) throw new SysError(EPERM, 'fcntl: not open for writing');
  inode.addSeals(seals);
  return 0;
}

/**
 * flock(2): a lock of the open file.
 * @blocks without LOCK_NB until no other open file stands in the way
 */
export function flock(task: Task, args: SyscallArgs): SyscallResult {
  const operation = args.u32(1);
  const kind = operation & ~LOCK_NB;
  const file = task.pinnedFile(args.fd(0));
  if ((file.statusFlags & O_PATH) !== 0) throw new SysError(EBADF, 'flock: the descriptor only holds a place');
  if ((operation & LOCK_MAND) !== 0) return 0; // mandatory locks are no more: Linux takes the call for done
  if (kind !== LOCK_SH && kind !== LOCK_EX && kind !== LOCK_UN) throw new SysError(EINVAL, 'flock: operation');
  const { inode } = file;
  if (kind === LOCK_UN) {
    inode.locks?.unlockFlock(file);
    return 0;
  }
  if (inode.locks === null) inode.locks = new FileLocks();
  const { locks } = inode;
  if (locks.tryFlock(file, kind === LOCK_EX)) return 0;
  locks.unlockFlock(file); // changing a lock gives up the old one first, as Linux does
  if ((operation & LOCK_NB) !== 0) throw new SysError(EAGAIN, 'flock: locked');
  return blockOn(locks.flockWaiters);
}

/** ioctl(2): what every file knows; the rest is the file's own. */
export function ioctl(task: Task, args: SyscallArgs): SyscallResult {
  const fd = args.fd(0);
  const request = args.u32(1);
  const argument = args.addr(2);
  const file = requireOpenFile(task, fd);
  switch (request) {
    case FIOCLEX:
      task.fdTable.setFlags(fd, FD_CLOEXEC);
      return 0;
    case FIONCLEX:
      task.fdTable.setFlags(fd, 0);
      return 0;
    case FIONBIO:
      switchFlag(file, O_NONBLOCK, task.mm.readU32(argument));
      return 0;
    case FIOASYNC:
      switchFlag(file, O_ASYNC, task.mm.readU32(argument));
      followAsync(task.kernel, file, fd, (file.statusFlags & O_ASYNC) !== 0, task.credentials);
      return 0;
    case FIOQSIZE:
      if (!file.inode.isRegular() && !file.inode.isDirectory()) throw new SysError(ENOTTY, 'ioctl: FIOQSIZE');
      task.mm.writeU64(argument, file.inode.sizeBytes);
      return 0;
    case TIOCGPTPEER:
      return openPtyPeer(task, file, args.u32(2));
    default:
      return file.ioctl(request, argument, task, task.mm);
  }
}

/** TIOCGPTPEER: a descriptor of the slave of the pty master `file`; `flags` as of open(2). */
function openPtyPeer(task: Task, file: FileDescription, flags: number): number {
  if (!(file instanceof PtyMaster)) throw new SysError(ENOTTY, 'TIOCGPTPEER: not a pty master');
  task.fdTable.lowestFree();
  const peer = file.openPeer(flags, flags & ~(O_NOCTTY | O_CLOEXEC), task);
  return task.fdTable.allocate(peer, (flags & O_CLOEXEC) !== 0 ? FD_CLOEXEC : 0);
}

function switchFlag(file: FileDescription, flag: number, on: number): void {
  file.setStatusFlags(on !== 0 ? file.statusFlags | flag : file.statusFlags & ~flag);
}

export const descriptorSyscalls: SyscallTable = {
  dup: { number: 23, run: dup, support: 'full' },
  dup3: { number: 24, run: dup3, support: 'full' },
  fcntl: { number: 25, run: fcntl, support: 'partial', note: 'no leases, no directory notification' },
  ioctl: { number: 29, run: ioctl, support: 'full' },
  flock: { number: 32, run: flock, support: 'full' },
};
