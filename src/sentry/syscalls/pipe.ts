import { EAGAIN, EINVAL, EPIPE, ESPIPE } from '../../abi/errno.ts';
import { SPLICE_F_ALL, SPLICE_F_NONBLOCK } from '../../abi/event-files.ts';
import { FD_CLOEXEC, O_APPEND, O_CLOEXEC, O_DIRECT, O_NONBLOCK, O_RDONLY, O_WRONLY } from '../../abi/open.ts';
import { POLLIN, POLLOUT } from '../../abi/poll.ts';
import { SIGPIPE } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { Pipe, PipeFile, PipeInode } from '../fs/pipe.ts';
import { KernelBuffer } from '../mm/io-buffer.ts';
import type { Task } from '../task/task.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import type { Block, SyscallResult } from '../wait/block.ts';
import { pipeFileSystem } from './anon-files.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

const MAX_SPLICE_BYTES = 0x7ffff000;
const CHUNK_BYTES = 65_536;
const PAGE_BYTES = 4096;

/**
 * pipe2(2): makes a pipe and stores its read and write descriptors, two 32-bit integers, at `fdsAddr`.
 *
 * @errors  EINVAL unknown flag; EMFILE fewer than two descriptors free; EFAULT `fdsAddr` not writable.
 *          On error nothing has changed.
 */
export function pipe2(task: Task, args: SyscallArgs): SyscallResult {
  const fdsAddr = args.addr(0);
  const flags = args.u32(1);
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) !== 0) throw new SysError(EINVAL, `pipe2: flags ${flags.toString(8)}`);
  const [readFd, writeFd] = task.fdTable.lowestFreePair();
  task.mm.writeI32s(fdsAddr, [readFd, writeFd]);

  const pipe = new Pipe();
  const inode = new PipeInode(pipeFileSystem(task.kernel), pipe);
  const statusFlags = flags & (O_NONBLOCK | O_DIRECT);
  const fdFlags = (flags & O_CLOEXEC) !== 0 ? FD_CLOEXEC : 0;
  task.fdTable.install(readFd, new PipeFile(inode, null, O_RDONLY | statusFlags, pipe), fdFlags);
  task.fdTable.install(writeFd, new PipeFile(inode, null, O_WRONLY | statusFlags, pipe), fdFlags);
  return 0;
}

/**
 * splice(2): moves bytes between a pipe and any file, or between two pipes.
 *
 * @errors EBADF; EINVAL no pipe among them, one pipe twice, a target that appends; ESPIPE an offset for a pipe; EAGAIN
 * @blocks until the pipe that is read has something, or the one written has room, unless SPLICE_F_NONBLOCK
 */
export function splice(task: Task, args: SyscallArgs): SyscallResult {
  const count = Math.min(args.sizeBytes(4), MAX_SPLICE_BYTES);
  const flags = spliceFlags(args.u32(5));
  if (count === 0) return 0;
  const source = task.pinnedFile(args.fd(0));
  const target = task.pinnedFile(args.fd(2));
  const sourceOffsetAddr = args.addr(1);
  const targetOffsetAddr = args.addr(3);
  source.requireReadable();
  target.requireWritable();
  if ((source instanceof PipeFile && sourceOffsetAddr !== 0) || (target instanceof PipeFile && targetOffsetAddr !== 0)) {
    throw new SysError(ESPIPE, 'splice: an offset for a pipe');
  }
  const isNonblocking = (flags & SPLICE_F_NONBLOCK) !== 0;
  if (source instanceof PipeFile && target instanceof PipeFile) return betweenPipes(task, source, target, count, isNonblocking, true);
  if (source instanceof PipeFile) return pipeToFile(task, source, target, targetOffsetAddr, count, isNonblocking);
  if (target instanceof PipeFile) return fileToPipe(task, source, sourceOffsetAddr, target, count, isNonblocking);
  throw new SysError(EINVAL, 'splice: neither file is a pipe');
}

/** tee(2): copies what waits in one pipe to another, and leaves it there. */
export function tee(task: Task, args: SyscallArgs): SyscallResult {
  const count = Math.min(args.sizeBytes(2), MAX_SPLICE_BYTES);
  const flags = spliceFlags(args.u32(3));
  if (count === 0) return 0;
  const source = task.pinnedFile(args.fd(0));
  const target = task.pinnedFile(args.fd(1));
  source.requireReadable();
  target.requireWritable();
  if (!(source instanceof PipeFile) || !(target instanceof PipeFile)) throw new SysError(EINVAL, 'tee: not two pipes');
  return betweenPipes(task, source, target, count, (flags & SPLICE_F_NONBLOCK) !== 0, false);
}

/** vmsplice(2): writes a process's buffers to a pipe, or reads a pipe into them; always a copy. */
export function vmsplice(task: Task, args: SyscallArgs): SyscallResult {
  const flags = spliceFlags(args.u32(3));
  const file = task.pinnedFile(args.fd(0));
  if (!(file instanceof PipeFile)) throw new SysError(EINVAL, 'vmsplice: not a pipe');
  const isNonblocking = (flags & SPLICE_F_NONBLOCK) !== 0 || file.isNonblocking();
  if (file.isWritable()) {
    const countBytes = file.write(task.mm.iovSource(args.addr(1), args.i32(2)), task);
    return countBytes !== WOULD_BLOCK ? countBytes : waitFor(task, file, POLLOUT, isNonblocking);
  }
  const countBytes = file.read(task.mm.iovTarget(args.addr(1), args.i32(2)));
  return countBytes !== WOULD_BLOCK ? countBytes : waitFor(task, file, POLLIN, isNonblocking);
}

function spliceFlags(flags: number): number {
  if ((flags & ~SPLICE_F_ALL) !== 0) throw new SysError(EINVAL, `splice: flags ${flags.toString(16)}`);
  return flags;
}

function waitFor(task: Task, file: FileDescription, events: number, isNonblocking: boolean): Block {
  if (isNonblocking) throw new SysError(EAGAIN, 'splice: would have to wait');
  return { queues: file.queuesFor(events, task), restart: 'sys', deadlineNs: null };
}

function pipeToFile(task: Task, source: PipeFile, target: FileDescription, offsetAddr: number, count: number, isNonblocking: boolean): SyscallResult {
  const offset = offsetAddr === 0 ? null : task.mm.readI64(offsetAddr);
  if ((target.statusFlags & O_APPEND) !== 0) throw new SysError(EINVAL, 'splice: the target appends');
  const { pipe } = source;
  if (pipe.isEmpty()) {
    if (pipe.writers === 0) return 0;
    return waitFor(task, source, POLLIN, isNonblocking || source.isNonblocking());
  }
  const chunk = new KernelBuffer(pipe.peek(count));
  const written = offset === null ? target.write(chunk, task) : writeAtOffset(task, target, chunk, offset);
  if (written === WOULD_BLOCK) return waitFor(task, target, POLLOUT, isNonblocking || target.isNonblocking());
  pipe.drop(written);
  if (!pipe.isFull()) pipe.writeQueue.wakeAll();
  if (offset !== null) task.mm.writeU64(offsetAddr, offset + written);
  return written;
}

/** @errors EINVAL for a file without offsets */
function writeAtOffset(task: Task, target: FileDescription, chunk: KernelBuffer, offset: number): number {
  try {
    return target.writeAt(chunk, offset, task);
  } catch (error) {
    throw seekless(error);
  }
}

function seekless(error: unknown): unknown {
  return error instanceof SysError && error.errno === ESPIPE ? new SysError(EINVAL, 'splice: an offset for a file without one') : error;
}

function fileToPipe(task: Task, source: FileDescription, offsetAddr: number, target: PipeFile, count: number, isNonblocking: boolean): SyscallResult {
  const offset = offsetAddr === 0 ? null : task.mm.readI64(offsetAddr);
  const { pipe } = target;
  requireReader(task, pipe);
  if (pipe.isFull()) return waitFor(task, target, POLLOUT, isNonblocking || target.isNonblocking());
  const room = (pipe.maxSlots - pipe.slots.length) * PAGE_BYTES;
  const buffer = new KernelBuffer(new Uint8Array(Math.min(count, room, CHUNK_BYTES)));
  let got: number;
  try {
    got = offset === null ? source.read(buffer, task) : source.readAt(buffer, offset, task);
  } catch (error) {
    throw seekless(error);
  }
  if (got === WOULD_BLOCK) return waitFor(task, source, POLLIN, isNonblocking || source.isNonblocking());
  if (got === 0) return 0;
  pipe.push(new KernelBuffer(buffer.bytes.subarray(0, got)), false);
  pipe.readQueue.wakeAll();
  if (offset !== null) task.mm.writeU64(offsetAddr, offset + got);
  return got;
}

function betweenPipes(task: Task, source: PipeFile, target: PipeFile, count: number, isNonblocking: boolean, isMoving: boolean): SyscallResult {
  const from = source.pipe;
  const to = target.pipe;
  if (from === to) throw new SysError(EINVAL, 'splice: one pipe twice');
  const mayNotWait = isNonblocking || source.isNonblocking() || target.isNonblocking();
  requireReader(task, to);
  if (from.isEmpty()) {
    if (from.writers === 0) return 0;
    return waitFor(task, source, POLLIN, mayNotWait);
  }
  if (to.isFull()) return waitFor(task, target, POLLOUT, mayNotWait);
  const room = (to.maxSlots - to.slots.length) * PAGE_BYTES;
  const chunk = from.peek(Math.min(count, room));
  to.push(new KernelBuffer(chunk), false);
  to.readQueue.wakeAll();
  if (isMoving) {
    from.drop(chunk.length);
    if (!from.isFull()) from.writeQueue.wakeAll();
  }
  return chunk.length;
}

function requireReader(task: Task, pipe: Pipe): void {
  if (pipe.readers > 0) return;
  task.raise(SIGPIPE);
  throw new SysError(EPIPE, 'splice: the pipe has no reader');
}

export const pipeSyscalls: SyscallTable = {
  pipe2: { number: 59, run: pipe2, support: 'full' },
  vmsplice: { number: 75, run: vmsplice, support: 'full', note: 'copies, gifts included' },
  splice: { number: 76, run: splice, support: 'full' },
  tee: { number: 77, run: tee, support: 'full' },
};
