import { E2BIG, EFAULT, EINVAL } from '../../abi/errno.ts';
import { CLOSE_RANGE_CLOEXEC, CLOSE_RANGE_UNSHARE, F_SEAL_EXEC, F_SEAL_SEAL, MFD_ALLOW_SEALING, MFD_CLOEXEC, MFD_EXEC, MFD_NOEXEC_SEAL } from '../../abi/fs.ts';
import { RESOLVE_BENEATH, RESOLVE_CACHED, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../abi/fs.ts';
import {
  FD_CLOEXEC, O_ACCMODE, O_APPEND, O_ASYNC, O_CLOEXEC, O_CREAT, O_DIRECT, O_DIRECTORY, O_EXCL, O_LARGEFILE, O_NOATIME, O_NOCTTY,
  O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDWR, O_SYNC, O_TRUNC,
} from '../../abi/open.ts';
import { S_IALLUGO } from '../../abi/stat.ts';
import { SysError } from '../../base/errors.ts';
import type { Task } from '../task/task.ts';
import { Tmpfs } from '../fs/tmpfs/tmpfs.ts';
import { MemfdFile } from '../fs/tmpfs/memfd.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { openPath, TMPFILE_BIT } from '../vfs/open.ts';
import type { OpenRequest } from '../vfs/open.ts';
import { startOf } from '../vfs/actor.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { readPath } from './files.ts';

/** Under this number an open that waits for the other end of a FIFO is pinned: no descriptor has it. */
const OPENING_FD = -1;
const OPEN_HOW_BYTES = 24;
const KNOWN_FLAGS =
  O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY |
  O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | TMPFILE_BIT;
const PATH_FLAGS = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
const RESOLVE_FLAGS = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED;

/**
 * openat(2): opens, and with O_CREAT makes, a file.
 *
 * @blocks until a FIFO has its other end
 * @source open(2)
 */
export function openat(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(2) & KNOWN_FLAGS;
  return openFile(task, args.fd(0), args.addr(1), {
    flags: (flags & O_PATH) !== 0 ? flags & PATH_FLAGS : flags | O_LARGEFILE,
    mode: args.u32(3) & S_IALLUGO,
    resolve: 0,
  });
}

/**
 * openat2(2): as openat, with a structure of flags, mode and ways to resolve; nothing unknown is let pass.
 * @errors EINVAL unknown bits, a mode without O_CREAT; E2BIG a longer structure with something in it
 */
export function openat2(task: Task, args: SyscallArgs): SyscallResult {
  const howAddr = args.addr(2);
  const sizeBytes = args.sizeBytes(3);
  if (sizeBytes < OPEN_HOW_BYTES) throw new SysError(EINVAL, 'openat2: the structure is too short');
  if (sizeBytes > 4096) throw new SysError(E2BIG, 'openat2: the structure is too long');
  const rest = task.mm.readBytes(howAddr + OPEN_HOW_BYTES, sizeBytes - OPEN_HOW_BYTES);
  const wideFlags = task.mm.readBig(howAddr);
  const wideMode = task.mm.readBig(howAddr + 8);
  const wideResolve = task.mm.readBig(howAddr + 16);
  if (rest.some((byte) => byte !== 0)) throw new SysError(E2BIG, 'openat2: something beyond what is known');
  if ((wideFlags & ~BigInt(KNOWN_FLAGS)) !== 0n || (wideResolve & ~BigInt(RESOLVE_FLAGS)) !== 0n) throw new SysError(EINVAL, 'openat2: unknown flags');
  const flags = Number(wideFlags);
  const mayCreate = (flags & (O_CREAT | TMPFILE_BIT)) !== 0;
  if (mayCreate ? (wideMode & ~BigInt(S_IALLUGO)) !== 0n : wideMode !== 0n) throw new SysError(EINVAL, 'openat2: mode');
  if ((wideResolve & BigInt(RESOLVE_BENEATH | RESOLVE_IN_ROOT)) === BigInt(RESOLVE_BENEATH | RESOLVE_IN_ROOT)) {
    throw new SysError(EINVAL, 'openat2: RESOLVE_BENEATH with RESOLVE_IN_ROOT');
  }
  if ((flags & O_PATH) !== 0 && (flags & ~PATH_FLAGS) !== 0) throw new SysError(EINVAL, 'openat2: flags that O_PATH does not have');
  return openFile(task, args.fd(0), args.addr(1), {
    flags: (flags & O_PATH) !== 0 ? flags : flags | O_LARGEFILE,
    mode: Number(wideMode),
    resolve: Number(wideResolve),
  });
}

function openFile(task: Task, dirFd: number, nameAddr: number, request: OpenRequest): SyscallResult {
  const isUnderWay = task.wait !== null && task.wait.pinnedFds.includes(OPENING_FD);
  const file = isUnderWay ? task.pinnedFile(OPENING_FD) : beginOpen(task, dirFd, nameAddr, request);
  const queue = file.openQueue();
  if (queue !== null) {
    task.kernel.touchedFds.push(OPENING_FD);
    task.kernel.touchedFiles.push(file);
    return { queues: [queue], restart: 'sys', deadlineNs: null };
  }
  return task.fdTable.allocate(file, (request.flags & O_CLOEXEC) !== 0 ? FD_CLOEXEC : 0);
}

function beginOpen(task: Task, dirFd: number, nameAddr: number, request: OpenRequest): FileDescription {
  const name = readPath(task, nameAddr);
  task.fdTable.lowestFree();
  const start = (request.resolve & RESOLVE_IN_ROOT) !== 0 && name.charCodeAt(0) === 0x2f ? startOf(task, dirFd, '.') : startOf(task, dirFd, name);
  return openPath(task, start, name, request);
}

/** close(2). The descriptor is gone whatever the answer. */
export function close(task: Task, args: SyscallArgs): SyscallResult {
  task.fdTable.close(args.fd(0), task.pid);
  return 0;
}

/** close_range(2): closes descriptors `first` to `last`, or marks them close-on-exec. */
export function close_range(task: Task, args: SyscallArgs): SyscallResult {
  const first = args.u32(0);
  const last = args.u32(1);
  const flags = args.u32(2);
  if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) !== 0 || first > last) throw new SysError(EINVAL, 'close_range');
  if ((flags & CLOSE_RANGE_UNSHARE) !== 0 && task.fdTable.users > 1) {
    const own = task.fdTable.copy();
    task.fdTable.drop(task.pid);
    task.fdTable = own;
  }
  for (const fd of task.fdTable.openFds()) {
    if (fd < first || fd > last) continue;
    if ((flags & CLOSE_RANGE_CLOEXEC) !== 0) task.fdTable.setFlags(fd, FD_CLOEXEC);
    else task.fdTable.close(fd, task.pid);
  }
  return 0;
}

/**
 * memfd_create(2): a file in memory without a place.
 * @errors EINVAL unknown flags, a name over 249 bytes; EFAULT
 */
export function memfd_create(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(1);
  if ((flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC)) !== 0) throw new SysError(EINVAL, 'memfd_create: flags');
  if ((flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) === (MFD_EXEC | MFD_NOEXEC_SEAL)) throw new SysError(EINVAL, 'memfd_create: flags');
  let name: string;
  try {
    name = task.mm.readCString(args.addr(0), 250);
  } catch (error) {
    throw new SysError(error instanceof SysError && error.errno === EFAULT ? EFAULT : EINVAL, 'memfd_create: name');
  }
  const fd = task.fdTable.lowestFree();
  const inode = task.kernel.services.get('memory', Tmpfs).makeUnnamed((flags & MFD_NOEXEC_SEAL) !== 0 ? 0o666 : 0o777);
  inode.uid = task.credentials.fsuid;
  inode.gid = task.credentials.fsgid;
  inode.seals = (flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL)) !== 0 ? 0 : F_SEAL_SEAL;
  if ((flags & MFD_NOEXEC_SEAL) !== 0) inode.seals |= F_SEAL_EXEC;
  task.fdTable.install(fd, new MemfdFile(inode, O_RDWR | O_LARGEFILE, name), (flags & MFD_CLOEXEC) !== 0 ? FD_CLOEXEC : 0);
  return fd;
}

export const openSyscalls: SyscallTable = {
  openat: { number: 56, run: openat, support: 'full' },
  close: { number: 57, run: close, support: 'full' },
  close_range: { number: 436, run: close_range, support: 'full' },
  openat2: { number: 437, run: openat2, support: 'full' },
  memfd_create: { number: 279, run: memfd_create, support: 'partial', note: 'no huge pages' },
};
