import { EADDRINUSE, EAGAIN, EBADF, ECONNREFUSED, EEXIST, EINPROGRESS, EINVAL, ENOTSOCK } from '../../abi/errno.ts';
import { W_OK } from '../../abi/fs.ts';
import { FD_CLOEXEC, O_NONBLOCK, O_PATH } from '../../abi/open.ts';
import { AF_UNIX, SHUT_RDWR, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_TYPE_MASK, SOCKADDR_MAX_BYTES, SOMAXCONN } from '../../abi/socket.ts';
import { S_IFMT, S_IFSOCK } from '../../abi/stat.ts';
import { SysError } from '../../base/errors.ts';
import { createPair, createSocket } from '../net/create.ts';
import { Socket } from '../net/socket.ts';
import type { SocketPaths } from '../net/socket.ts';
import { NetStack } from '../net/stack.ts';
import type { Task } from '../task/task.ts';
import { startOf, walkerOf } from '../vfs/actor.ts';
import { makeName } from '../vfs/edit.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { Inode } from '../vfs/inode.ts';
import { lookupPath } from '../vfs/lookup.ts';
import { requireAccess } from '../vfs/permission.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { WaitQueue } from '../wait/wait-queue.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

const AT_FDCWD = -100;

/** The sockets of the task's container. */
export function netStackOf(task: Task): NetStack {
  return task.kernel.services.get('net', NetStack);
}

/** @errors ENOTSOCK; EBADF an O_PATH descriptor */
export function requireSocket(file: FileDescription): Socket {
  if ((file.statusFlags & O_PATH) !== 0) throw new SysError(EBADF, 'a descriptor that only holds a place');
  if (!(file instanceof Socket)) throw new SysError(ENOTSOCK, 'not a socket');
  return file;
}

/** The socket that `fd` names, for calls that never wait. @errors EBADF ENOTSOCK */
export function socketOf(task: Task, fd: number): Socket {
  return requireSocket(task.file(fd));
}

/** A raw socket address from the guest. @errors EINVAL longer than any; EFAULT */
export function readAddress(task: Task, address: number, lengthBytes: number): Uint8Array {
  if (lengthBytes < 0 || lengthBytes > SOCKADDR_MAX_BYTES) throw new SysError(EINVAL, `socket address of ${lengthBytes} bytes`);
  return task.mm.readBytes(address, lengthBytes);
}

/** Stores as much of `value` as fits at `address`, and its full length at `lengthAddr`, where the room is told. @errors EINVAL EFAULT */
export function writeAddress(task: Task, value: Uint8Array, address: number, lengthAddr: number): void {
  const room = task.mm.readI32(lengthAddr);
  if (room < 0) throw new SysError(EINVAL, `room for a socket address: ${room} bytes`);
  task.mm.writeBytes(address, value.subarray(0, Math.min(room, value.length)));
  task.mm.writeI32(lengthAddr, value.length);
}

/** A task's way from socket names to inodes, for the length of one call. */
export class TaskPaths implements SocketPaths {
  task: Task;

  constructor(task: Task) {
    this.task = task;
  }

  find(path: string): Inode {
    const { inode } = lookupPath(walkerOf(this.task), startOf(this.task, AT_FDCWD, path), path, true).dentry;
    requireAccess(inode, this.task.credentials, W_OK);
    if ((inode.mode & S_IFMT) !== S_IFSOCK) throw new SysError(ECONNREFUSED, 'not a socket');
    return inode;
  }

  make(path: string, mode: number): Inode {
    try {
      return makeName(this.task, startOf(this.task, AT_FDCWD, path), path, mode & ~this.task.fs.umask, 0, '').dentry.inode;
    } catch (error) {
      if (error instanceof SysError && error.errno === EEXIST) throw new SysError(EADDRINUSE, 'bind: the name exists');
      throw error;
    }
  }
}

/** Waits in `queue` for a socket; with a timeout the call is never restarted (signal(7)). */
export function socketBlock(queue: WaitQueue, deadlineNs: number | null): SyscallResult {
  return { queues: [queue], restart: deadlineNs === null ? 'sys' : 'eintr', deadlineNs };
}

/** The deadline of the current call by a socket's timeout. */
export function socketDeadline(task: Task, timeoutNs: number | null): number | null {
  return task.deadlineNs(() => (timeoutNs === null ? null : Math.min(Number.MAX_SAFE_INTEGER, task.kernel.clock.monotonicNs + timeoutNs)));
}

/** SOCK_NONBLOCK and SOCK_CLOEXEC of `flags` as status flags and descriptor flags. @errors EINVAL others */
function creationFlags(flags: number, call: string): { statusFlags: number; fdFlags: number } {
  if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) throw new SysError(EINVAL, `${call}: unknown flags`);
  return { statusFlags: (flags & SOCK_NONBLOCK) !== 0 ? O_NONBLOCK : 0, fdFlags: (flags & SOCK_CLOEXEC) !== 0 ? FD_CLOEXEC : 0 };
}

/** Installs a socket without references; gives it up when there is no descriptor. @errors EMFILE */
function installSocket(task: Task, socket: Socket, fdFlags: number): number {
  try {
    return task.fdTable.allocate(socket, fdFlags);
  } catch (error) {
    socket.abandon();
    throw error;
  }
}

/** socket(2). @errors EINVAL EAFNOSUPPORT EPROTONOSUPPORT ESOCKTNOSUPPORT EACCES EPERM EMFILE */
export function socket(task: Task, args: SyscallArgs): SyscallResult {
  const type = args.i32(1);
  const { statusFlags, fdFlags } = creationFlags(type & ~SOCK_TYPE_MASK, 'socket');
  const made = createSocket(netStackOf(task), args.i32(0), type & SOCK_TYPE_MASK, args.i32(2), statusFlags, task);
  return installSocket(task, made, fdFlags);
}

/** socketpair(2): stores two 32-bit descriptors. @errors as socket; EOPNOTSUPP; EFAULT */
export function socketpair(task: Task, args: SyscallArgs): SyscallResult {
  const type = args.i32(1);
  const { statusFlags, fdFlags } = creationFlags(type & ~SOCK_TYPE_MASK, 'socketpair');
  const [firstFd, secondFd] = task.fdTable.lowestFreePair();
  task.mm.writeI32s(args.addr(3), [firstFd, secondFd]);
  const [first, second] = createPair(netStackOf(task), args.i32(0), type & SOCK_TYPE_MASK, args.i32(2), statusFlags, task);
  task.fdTable.install(firstFd, first, fdFlags);
  task.fdTable.install(secondFd, second, fdFlags);
  return 0;
}

/** bind(2). @errors EBADF ENOTSOCK EINVAL EADDRINUSE EADDRNOTAVAIL EACCES EFAULT; those of a path */
export function bind(task: Task, args: SyscallArgs): SyscallResult {
  const bound = socketOf(task, args.fd(0));
  bound.bind(readAddress(task, args.addr(1), args.i32(2)), task, new TaskPaths(task));
  return 0;
}

/** listen(2). @errors EBADF ENOTSOCK EOPNOTSUPP EINVAL EADDRINUSE */
export function listen(task: Task, args: SyscallArgs): SyscallResult {
  socketOf(task, args.fd(0)).listen(Math.min(args.u32(1), SOMAXCONN), task);
  return 0;
}

/**
 * connect(2).
 *
 * @blocks until the listener has room for the connection; being interrupted does not undo it (it goes on, as of EINPROGRESS)
 */
export function connect(task: Task, args: SyscallArgs): SyscallResult {
  const connecting = requireSocket(task.pinnedFile(args.fd(0)));
  const address = readAddress(task, args.addr(1), args.i32(2));
  const result = connecting.connect(address, connecting.isNonblocking(), task, new TaskPaths(task));
  if (result !== WOULD_BLOCK) return result;
  const deadlineNs = socketDeadline(task, connecting.sendTimeoutNs);
  if (connecting.isNonblocking() || task.hasTimedOut()) {
    throw new SysError(connecting.family === AF_UNIX ? EAGAIN : EINPROGRESS, 'connect: no room at the listener');
  }
  return socketBlock(connecting.writeQueue, deadlineNs);
}

/** accept(2): accept4 without flags. */
export function accept(task: Task, args: SyscallArgs): SyscallResult {
  return acceptOn(task, args, 0);
}

/**
 * accept4(2).
 * @blocks until a connection is there
 * @errors EBADF ENOTSOCK EOPNOTSUPP EINVAL EMFILE EAGAIN ECONNABORTED EFAULT
 */
export function accept4(task: Task, args: SyscallArgs): SyscallResult {
  return acceptOn(task, args, args.u32(3));
}

function acceptOn(task: Task, args: SyscallArgs, flags: number): SyscallResult {
  const { statusFlags, fdFlags } = creationFlags(flags, 'accept');
  const listener = requireSocket(task.pinnedFile(args.fd(0)));
  task.fdTable.lowestFree();
  const accepted = listener.accept();
  if (accepted === null) {
    const deadlineNs = socketDeadline(task, listener.receiveTimeoutNs);
    if (listener.isNonblocking() || task.hasTimedOut()) throw new SysError(EAGAIN, 'accept: nobody is there');
    return socketBlock(listener.readQueue, deadlineNs);
  }
  accepted.statusFlags |= statusFlags;
  if (args.addr(1) !== 0) {
    try {
      writeAddress(task, accepted.connectedAddress(), args.addr(1), args.addr(2));
    } catch (error) {
      accepted.abandon();
      throw error;
    }
  }
  return installSocket(task, accepted, fdFlags);
}

/** getsockname(2). @errors EBADF ENOTSOCK EINVAL EFAULT */
export function getsockname(task: Task, args: SyscallArgs): SyscallResult {
  writeAddress(task, socketOf(task, args.fd(0)).localAddress(), args.addr(1), args.addr(2));
  return 0;
}

/** getpeername(2). @errors ENOTCONN; EBADF ENOTSOCK EINVAL EFAULT */
export function getpeername(task: Task, args: SyscallArgs): SyscallResult {
  writeAddress(task, socketOf(task, args.fd(0)).peerAddress(), args.addr(1), args.addr(2));
  return 0;
}

/** shutdown(2). @errors EBADF ENOTSOCK EINVAL ENOTCONN */
export function shutdown(task: Task, args: SyscallArgs): SyscallResult {
  const closing = socketOf(task, args.fd(0));
  const how = args.u32(1);
  if (how > SHUT_RDWR) throw new SysError(EINVAL, `shutdown: ${how}`);
  closing.shutdown(how);
  return 0;
}

export const socketSyscalls: SyscallTable = {
  socket: { number: 198, run: socket, support: 'partial', note: 'unix, loopback internet and NETLINK_ROUTE sockets' },
  socketpair: { number: 199, run: socketpair, support: 'full' },
  bind: { number: 200, run: bind, support: 'full' },
  listen: { number: 201, run: listen, support: 'full' },
  accept: { number: 202, run: accept, support: 'full' },
  connect: { number: 203, run: connect, support: 'full' },
  getsockname: { number: 204, run: getsockname, support: 'full' },
  getpeername: { number: 205, run: getpeername, support: 'full' },
  shutdown: { number: 210, run: shutdown, support: 'full' },
  accept4: { number: 242, run: accept4, support: 'full' },
};
