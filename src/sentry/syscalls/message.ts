import { EAGAIN, EINVAL, EMSGSIZE, ENOBUFS } from '../../abi/errno.ts';
import {
  AF_UNIX, MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_NOSIGNAL, MSG_PEEK, MSG_WAITALL, MSG_WAITFORONE, SOCKADDR_MAX_BYTES,
} from '../../abi/socket.ts';
import { SysError } from '../../base/errors.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { UserBuffer } from '../mm/user-memory.ts';
import { receipt } from '../net/socket.ts';
import type { Receipt, Socket } from '../net/socket.ts';
import type { Task } from '../task/task.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import { dropRights, NO_CONTROL, readControl, writeControl } from './control-message.ts';
import type { SentControl } from './control-message.ts';
import type { SyscallTable } from './entry.ts';
import { readAddress, requireSocket, socketBlock, socketDeadline, TaskPaths, writeAddress } from './socket.ts';
import { clampNs, readTimespec } from './timespec.ts';

// struct msghdr, 56 bytes; struct mmsghdr has a 32-bit length behind it.
//
//    0      8         16    24       32        40           48
//    ├──────┼─────────┼─────┼────────┼─────────┼────────────┼───────┤
//    │ name │ namelen │ iov │ iovlen │ control │ controllen │ flags │
//    └──────┴─────────┴─────┴────────┴─────────┴────────────┴───────┘
/** Control messages of one call, at most: net.core.optmem_max. */
const MAX_CONTROL_BYTES = 131_072;
const NAME_LENGTH = 8;
const IOV = 16;
const IOV_COUNT = 24;
const CONTROL = 32;
const CONTROL_LENGTH = 40;
const FLAGS = 48;
const MESSAGE_LENGTH = 56;
const MMSGHDR_BYTES = 64;
const MAX_SEGMENTS = 1024;
const MAX_MESSAGES = 1024;
const READ = 1;
const WRITE = 2;

/** Passes over the first `countBytes` of a guest's buffer: what an earlier execution has moved. */
function skip(buffer: UserBuffer, countBytes: number): UserBuffer {
  for (let left = countBytes; left > 0; ) {
    const chunk = buffer.nextChunk(left);
    buffer.advance(chunk);
    left -= chunk;
  }
  return buffer;
}

// ---- sending --------------------------------------------------------------------------------------------------------

/**
 * Sends `src`, of which `task.progress()` bytes have gone before.
 * @param mayKeepProgress  a partly sent stream waits for more room, instead of ending the call with what was sent
 */
function sendOn(task: Task, socket: Socket, src: IoSource, flags: number, address: Uint8Array | null, control: SentControl, mayKeepProgress: boolean): SyscallResult {
  const isNonblocking = socket.isNonblocking() || (flags & MSG_DONTWAIT) !== 0;
  const paths = address === null ? null : new TaskPaths(task);
  let done = task.progress();
  for (;;) {
    if (done > 0 && socket.pendingError !== 0) return done;
    let countBytes: number;
    try {
      countBytes = socket.send(
        src,
        {
          flags: (isNonblocking ? flags | MSG_DONTWAIT : flags) | (done > 0 ? MSG_NOSIGNAL : 0),
          address,
          rights: done > 0 ? [] : control.rights,
          credentials: control.credentials,
          paths,
        },
        task,
      );
    } catch (error) {
      if (done > 0 && error instanceof SysError) return done;
      throw error;
    }
    if (countBytes === WOULD_BLOCK) break;
    done += countBytes;
    if (!socket.isStream() || countBytes === 0 || src.remainingBytes === 0) return done;
  }
  const deadlineNs = socketDeadline(task, socket.sendTimeoutNs);
  if (isNonblocking || task.hasTimedOut() || (done > 0 && !mayKeepProgress)) {
    if (done > 0) return done;
    throw new SysError(EAGAIN, 'send: no room');
  }
  if (done > 0) task.setProgress(done);
  return socketBlock(socket.writeQueue, deadlineNs);
}

/**
 * sendto(2).
 * @blocks until there is room; a stream until all has gone
 */
export function sendto(task: Task, args: SyscallArgs): SyscallResult {
  const socket = requireSocket(task.pinnedFile(args.fd(0)));
  const done = task.progress();
  const src = task.mm.userSource(args.addr(1) + done, args.sizeBytes(2) - done);
  const address = args.addr(4) === 0 ? null : readAddress(task, args.addr(4), args.i32(5));
  return sendOn(task, socket, src, args.u32(3), address, NO_CONTROL, true);
}

/** Sends the message that the msghdr at `headerAddr` describes. */
function sendHeader(task: Task, socket: Socket, headerAddr: number, flags: number, mayKeepProgress: boolean): SyscallResult {
  const { mm } = task;
  const nameAddr = mm.readU64(headerAddr);
  const nameLength = mm.readI32(headerAddr + NAME_LENGTH);
  if (nameLength < 0) throw new SysError(EINVAL, `sendmsg: address of ${nameLength} bytes`);
  const address = nameAddr === 0 || nameLength === 0 ? null : mm.readBytes(nameAddr, Math.min(nameLength, SOCKADDR_MAX_BYTES));
  const src = headerBuffer(task, headerAddr, READ);
  const controlLength = mm.readU64(headerAddr + CONTROL_LENGTH);
  if (controlLength > MAX_CONTROL_BYTES) throw new SysError(ENOBUFS, `sendmsg: ${controlLength} bytes of control messages`);
  const controlAddr = mm.readU64(headerAddr + CONTROL);
  const control = controlAddr === 0 || controlLength === 0 ? NO_CONTROL : readControl(task, socket, controlAddr, controlLength);
  return sendOn(task, socket, skip(src, task.progress()), flags, address, control, mayKeepProgress);
}

function headerBuffer(task: Task, headerAddr: number, access: number): UserBuffer {
  const count = task.mm.readU64(headerAddr + IOV_COUNT);
  if (count > MAX_SEGMENTS) throw new SysError(EMSGSIZE, `message of ${count} segments`);
  return task.mm.iovBuffer(task.mm.readU64(headerAddr + IOV), count, access);
}

/** sendmsg(2). @blocks as sendto */
export function sendmsg(task: Task, args: SyscallArgs): SyscallResult {
  const socket = requireSocket(task.pinnedFile(args.fd(0)));
  return sendHeader(task, socket, args.addr(1), args.u32(2), true);
}

/**
 * sendmmsg(2): returns the messages sent, with the bytes of each stored behind its header.
 * @blocks until there is room for the first; later ones end the call
 */
export function sendmmsg(task: Task, args: SyscallArgs): SyscallResult {
  const socket = requireSocket(task.pinnedFile(args.fd(0)));
  const count = Math.min(args.u32(2), MAX_MESSAGES);
  for (let i = 0; i < count; i++) {
    const headerAddr = args.addr(1) + i * MMSGHDR_BYTES;
    let result: SyscallResult;
    try {
      result = sendHeader(task, socket, headerAddr, i === 0 ? args.u32(3) : args.u32(3) | MSG_DONTWAIT, false);
    } catch (error) {
      if (i > 0 && error instanceof SysError) return i;
      throw error;
    }
    if (typeof result !== 'number') return result;
    task.mm.writeU32(headerAddr + MESSAGE_LENGTH, result);
  }
  return count;
}

// ---- receiving ------------------------------------------------------------------------------------------------------

/** Receives into `dst`, into which `done` bytes have gone before; the receipt is filled when the result is a number. */
function receiveOn(task: Task, socket: Socket, dst: IoTarget, got: Receipt, doneBefore: number): SyscallResult {
  const isNonblocking = socket.isNonblocking() || (got.flags & MSG_DONTWAIT) !== 0;
  if (isNonblocking) got.flags |= MSG_DONTWAIT;
  if ((got.flags & MSG_ERRQUEUE) !== 0 && socket.family !== AF_UNIX) throw new SysError(EAGAIN, 'receive: no errors are queued');
  let done = doneBefore;
  const targetBytes = (got.flags & MSG_WAITALL) !== 0 ? Infinity : socket.receiveLowBytes;
  const goesOn = socket.isStream() && (got.flags & MSG_PEEK) === 0;
  for (;;) {
    if (done > 0 && socket.pendingError !== 0) return done;
    let countBytes: number;
    try {
      countBytes = socket.receive(dst, got, task);
    } catch (error) {
      if (done > 0 && error instanceof SysError) return done;
      throw error;
    }
    if (countBytes === WOULD_BLOCK) break;
    done += countBytes;
    if (countBytes === 0 || !goesOn || got.isFinal || dst.remainingBytes === 0 || done >= targetBytes) return done;
  }
  const deadlineNs = socketDeadline(task, socket.receiveTimeoutNs);
  if (isNonblocking || task.hasTimedOut()) {
    if (done > 0) return done;
    throw new SysError(EAGAIN, 'receive: nothing there');
  }
  if (done > 0) task.setProgress(done);
  return socketBlock(socket.readQueue, deadlineNs);
}

/**
 * recvfrom(2).
 * @blocks until something is there; with MSG_WAITALL until all is, or the stream ends
 */
export function recvfrom(task: Task, args: SyscallArgs): SyscallResult {
  const socket = requireSocket(task.pinnedFile(args.fd(0)));
  const done = task.progress();
  const dst = task.mm.userTarget(args.addr(1) + done, args.sizeBytes(2) - done);
  const got = receipt(args.u32(3));
  const result = receiveOn(task, socket, dst, got, done);
  if (typeof result !== 'number') return result;
  dropRights(got);
  if (args.addr(4) !== 0) writeAddress(task, got.address ?? new Uint8Array(0), args.addr(4), args.addr(5));
  return result;
}

/** Receives one message by the msghdr at `headerAddr`. */
function receiveHeader(task: Task, socket: Socket, headerAddr: number, flags: number, doneBefore: number): SyscallResult {
  const { mm } = task;
  const nameAddr = mm.readU64(headerAddr);
  const nameRoom = mm.readI32(headerAddr + NAME_LENGTH);
  if (nameRoom < 0) throw new SysError(EINVAL, `recvmsg: room for an address: ${nameRoom} bytes`);
  const dst = skip(headerBuffer(task, headerAddr, WRITE), doneBefore);
  const got = receipt(flags);
  const result = receiveOn(task, socket, dst, got, doneBefore);
  if (typeof result !== 'number') return result;
  const controlBytes = writeControl(task, got, mm.readU64(headerAddr + CONTROL), mm.readU64(headerAddr + CONTROL_LENGTH));
  if (nameAddr !== 0) {
    const address = got.address ?? new Uint8Array(0);
    mm.writeBytes(nameAddr, address.subarray(0, Math.min(nameRoom, address.length)));
    mm.writeI32(headerAddr + NAME_LENGTH, address.length);
  }
  mm.writeU64(headerAddr + CONTROL_LENGTH, controlBytes);
  mm.writeU32(headerAddr + FLAGS, got.resultFlags | (flags & MSG_CMSG_CLOEXEC));
  return result;
}

/** recvmsg(2). @blocks as recvfrom */
export function recvmsg(task: Task, args: SyscallArgs): SyscallResult {
  const socket = requireSocket(task.pinnedFile(args.fd(0)));
  return receiveHeader(task, socket, args.addr(1), args.u32(2), task.progress());
}

/**
 * recvmmsg(2): returns the messages received.
 *
 * The timeout ends the wait itself; Linux looks at it only between messages, which its manual page lists as a bug.
 *
 * @blocks until all have come, the timeout is over, or, with MSG_WAITFORONE, one has come
 */
export function recvmmsg(task: Task, args: SyscallArgs): SyscallResult {
  const socket = requireSocket(task.pinnedFile(args.fd(0)));
  const timeoutAddr = args.addr(4);
  const deadlineNs = task.deadlineNs(() =>
    timeoutAddr === 0 ? null : task.kernel.clock.monotonicNs + clampNs(readTimespec(task.mm, timeoutAddr, 'recvmmsg')),
  );
  const count = Math.min(args.u32(2), MAX_MESSAGES);
  const flags = args.u32(3);
  for (let i = task.progress(); i < count; i++) {
    const headerAddr = args.addr(1) + i * MMSGHDR_BYTES;
    let result: SyscallResult;
    try {
      result = receiveHeader(task, socket, headerAddr, messageFlags(flags, i), 0);
    } catch (error) {
      if (i > 0 && error instanceof SysError) return i;
      throw error;
    }
    if (typeof result !== 'number') {
      task.setProgress(i);
      return socketBlock(socket.readQueue, deadlineNs);
    }
    task.mm.writeU32(headerAddr + MESSAGE_LENGTH, result);
    if (task.hasTimedOut()) return i + 1;
  }
  return count;
}

function messageFlags(flags: number, index: number): number {
  const own = flags & ~(MSG_WAITFORONE | MSG_CTRUNC);
  return index > 0 && (flags & MSG_WAITFORONE) !== 0 ? own | MSG_DONTWAIT : own;
}

export const messageSyscalls: SyscallTable = {
  sendto: { number: 206, run: sendto, support: 'full' },
  recvfrom: { number: 207, run: recvfrom, support: 'full' },
  sendmsg: { number: 211, run: sendmsg, support: 'full' },
  recvmsg: { number: 212, run: recvmsg, support: 'full' },
  recvmmsg: { number: 243, run: recvmmsg, support: 'full' },
  sendmmsg: { number: 269, run: sendmmsg, support: 'full' },
};
