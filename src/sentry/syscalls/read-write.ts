import { EAGAIN, EBADF, EFBIG, EINVAL, EISDIR, EOPNOTSUPP, EOVERFLOW } from '../../abi/errno.ts';
import { O_APPEND } from '../../abi/open.ts';
import { POLLIN, POLLOUT } from '../../abi/poll.ts';
import { SysError } from '../../base/errors.ts';
import { KernelBuffer } from '../mm/io-buffer.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Task } from '../task/task.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { RegularFile } from '../vfs/regular-file.ts';
import { DirectoryFile } from '../vfs/directory-file.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { requireOpenFile } from './files.ts';

const READ = 1;
const COPY_CHUNK_BYTES = 1 << 16;
const RWF_APPEND = 16;
const RWF_NOWAIT = 8;
const RWF_KNOWN = 0x1f;

/**
 * read(2).
 * @blocks until there is something to read, unless the file is non-blocking
 */
export function read(task: Task, args: SyscallArgs): SyscallResult {
  const file = task.pinnedFile(args.fd(0));
  file.requireReadable();
  return readInto(task, file, task.mm.userTarget(args.addr(1), args.sizeBytes(2)), false);
}

/** Counts a read for /proc/PID/io. */
function countRead(task: Task, countBytes: number): number {
  task.readCalls++;
  task.readBytes += countBytes;
  return countBytes;
}

function countWrite(task: Task, countBytes: number): number {
  task.writeCalls++;
  task.writtenBytes += countBytes;
  return countBytes;
}

/** readv(2). */
export function readv(task: Task, args: SyscallArgs): SyscallResult {
  const file = task.pinnedFile(args.fd(0));
  file.requireReadable();
  return readInto(task, file, task.mm.iovTarget(args.addr(1), args.i32(2)), false);
}

function readInto(task: Task, file: FileDescription, dst: IoTarget, noWait: boolean): SyscallResult {
  const countBytes = file.read(dst, task);
  if (countBytes !== WOULD_BLOCK) return countRead(task, countBytes);
  if (noWait || file.isNonblocking()) throw new SysError(EAGAIN, 'read: nothing there yet');
  return { queues: file.queuesFor(POLLIN, task), restart: 'sys', deadlineNs: file.readDeadlineNs(task) };
}

/**
 * write(2).
 * @blocks until there is room; a pipe, terminal or stream socket until all is written
 */
export function write(task: Task, args: SyscallArgs): SyscallResult {
  const file = task.pinnedFile(args.fd(0));
  file.requireWritable();
  const done = task.progress();
  return writeFrom(task, file, task.mm.userSource(args.addr(1) + done, args.sizeBytes(2) - done), done, false);
}

/** writev(2). */
export function writev(task: Task, args: SyscallArgs): SyscallResult {
  const file = task.pinnedFile(args.fd(0));
  file.requireWritable();
  return writeFrom(task, file, sourceAfter(task, args), task.progress(), false);
}

/** The bytes of an iovec array (arguments 1 and 2) that are still to be written. */
function sourceAfter(task: Task, args: SyscallArgs): IoSource {
  const source = task.mm.iovBuffer(args.addr(1), args.i32(2), READ);
  for (let skip = task.progress(); skip > 0; ) {
    const chunk = source.nextChunk(skip);
    source.advance(chunk);
    skip -= chunk;
  }
  return source;
}

function writeFrom(task: Task, file: FileDescription, src: IoSource, progressBytes: number, noWait: boolean): SyscallResult {
  let done = progressBytes;
  const canWait = !noWait && !file.isNonblocking();
  for (;;) {
    let countBytes: number;
    try {
      countBytes = file.write(src, task);
    } catch (error) {
      if (done > 0 && error instanceof SysError) return done;
      throw error;
    }
    if (countBytes === WOULD_BLOCK) break;
    done += countBytes;
    if (src.remainingBytes === 0 || countBytes === 0 || !file.writesAll()) return countWrite(task, done);
  }
  if (!canWait) {
    if (done > 0) return done;
    throw new SysError(EAGAIN, 'write: no room yet');
  }
  if (done > 0) task.setProgress(done);
  return { queues: file.queuesFor(POLLOUT, task), restart: 'sys', deadlineNs: null };
}

/** An offset argument of pread and relatives. @errors EINVAL negative */
function offsetArgument(args: SyscallArgs, index: number): number {
  const offset = args.offset(index);
  if (offset < 0) throw new SysError(EINVAL, 'a negative offset');
  return offset;
}

/** pread64(2). @errors ESPIPE for a file without an offset */
export function pread64(task: Task, args: SyscallArgs): SyscallResult {
  const offset = offsetArgument(args, 3);
  const file = task.file(args.fd(0));
  file.requireReadable();
  return countRead(task, file.readAt(task.mm.userTarget(args.addr(1), args.sizeBytes(2)), offset, task));
}

export function pwrite64(task: Task, args: SyscallArgs): SyscallResult {
  const offset = offsetArgument(args, 3);
  const file = task.file(args.fd(0));
  file.requireWritable();
  return countWrite(task, file.writeAt(task.mm.userSource(args.addr(1), args.sizeBytes(2)), offset, task));
}

export function preadv(task: Task, args: SyscallArgs): SyscallResult {
  const offset = offsetArgument(args, 3);
  const file = task.file(args.fd(0));
  file.requireReadable();
  return countRead(task, file.readAt(task.mm.iovTarget(args.addr(1), args.i32(2)), offset, task));
}

export function pwritev(task: Task, args: SyscallArgs): SyscallResult {
  const offset = offsetArgument(args, 3);
  const file = task.file(args.fd(0));
  file.requireWritable();
  return countWrite(task, file.writeAt(task.mm.iovSource(args.addr(1), args.i32(2)), offset, task));
}

/** preadv2(2): offset −1 is the file's own. */
export function preadv2(task: Task, args: SyscallArgs): SyscallResult {
  const flags = requireRwFlags(args);
  const offset = args.offset(3);
  if (offset !== -1) return preadv(task, args);
  const file = task.pinnedFile(args.fd(0));
  file.requireReadable();
  return readInto(task, file, task.mm.iovTarget(args.addr(1), args.i32(2)), (flags & RWF_NOWAIT) !== 0);
}

export function pwritev2(task: Task, args: SyscallArgs): SyscallResult {
  const flags = requireRwFlags(args);
  const offset = args.offset(3);
  const file = task.pinnedFile(args.fd(0));
  file.requireWritable();
  if ((flags & RWF_APPEND) !== 0 && file instanceof RegularFile) {
    file.content.refresh();
    const countBytes = file.writeThere(task.mm.iovSource(args.addr(1), args.i32(2)), file.content.sizeBytes, task);
    if (offset === -1) file.offset = file.content.sizeBytes;
    return countBytes;
  }
  if (offset !== -1) return pwritev(task, args);
  return writeFrom(task, file, sourceAfter(task, args), task.progress(), (flags & RWF_NOWAIT) !== 0);
}

/** @errors EOPNOTSUPP unknown RWF_* */
function requireRwFlags(args: SyscallArgs): number {
  const flags = args.u32(5);
  if ((flags & ~RWF_KNOWN) !== 0) throw new SysError(EOPNOTSUPP, 'preadv2: flags');
  return flags;
}

/** lseek(2). */
export function lseek(task: Task, args: SyscallArgs): SyscallResult {
  const file = requireOpenFile(task, args.fd(0));
  const whence = args.u32(2);
  if (whence > 4) throw new SysError(EINVAL, 'lseek: unknown whence');
  return file.seek(args.offset(1), whence);
}

/**
 * sendfile(2): moves bytes from a file with an offset to any file.
 * @errors EBADF; EINVAL the source has no offset, or the target appends; EOVERFLOW
 * @blocks until the target has room
 */
export function sendfile(task: Task, args: SyscallArgs): SyscallResult {
  const out = task.pinnedFile(args.fd(0));
  const source = task.pinnedFile(args.fd(1));
  const offsetAddr = args.addr(2);
  const count = Math.min(args.sizeBytes(3), 0x7ffff000);
  source.requireReadable();
  out.requireWritable();
  if (!source.inode.isRegular() || (out.statusFlags & O_APPEND) !== 0) throw new SysError(EINVAL, 'sendfile: files it cannot serve');
  // An offset of the caller's is brought up to date at each wait and at the end: it counts from where the call began.
  const start = offsetAddr === 0 ? source.offset : task.mm.readI64(offsetAddr) - task.progress();
  if (start < 0) throw new SysError(EINVAL, 'sendfile: a negative offset');
  if (offsetAddr !== 0 && start + count > Number.MAX_SAFE_INTEGER) throw new SysError(EOVERFLOW, 'sendfile: offset');

  let done = task.progress();
  const finish = (): number => {
    if (offsetAddr !== 0) task.mm.writeU64(offsetAddr, start + done);
    return done;
  };
  while (done < count) {
    const from = offsetAddr === 0 ? source.offset : start + done;
    const buffer = new KernelBuffer(new Uint8Array(Math.min(COPY_CHUNK_BYTES, count - done)));
    const got = source.readAt(buffer, from, task);
    if (got <= 0) break;
    const chunk = new KernelBuffer(buffer.bytes.subarray(0, got));
    let put: number;
    try {
      put = out.write(chunk, task);
    } catch (error) {
      if (done > 0 && error instanceof SysError) break;
      throw error;
    }
    if (put === WOULD_BLOCK) {
      if (out.isNonblocking()) {
        if (done > 0) break;
        throw new SysError(EAGAIN, 'sendfile: no room yet');
      }
      if (done > 0) task.setProgress(done);
      finish();
      return { queues: out.queuesFor(POLLOUT, task), restart: 'sys', deadlineNs: null };
    }
    done += put;
    if (offsetAddr === 0) source.offset += put;
    if (put === 0) break;
  }
  countRead(task, done);
  countWrite(task, done);
  return finish();
}

/**
 * copy_file_range(2): copies between regular files inside the kernel.
 * @errors EISDIR EINVAL (not regular files, overlap) EBADF (O_APPEND) EFBIG
 */
export function copy_file_range(task: Task, args: SyscallArgs): SyscallResult {
  const source = requireOpenFile(task, args.fd(0));
  const sourceOffsetAddr = args.addr(1);
  const out = requireOpenFile(task, args.fd(2));
  const outOffsetAddr = args.addr(3);
  const count = Math.min(args.sizeBytes(4), 0x7ffff000);
  const sourceStart = sourceOffsetAddr === 0 ? source.offset : task.mm.readI64(sourceOffsetAddr);
  const outStart = outOffsetAddr === 0 ? out.offset : task.mm.readI64(outOffsetAddr);
  if (args.u32(5) !== 0) throw new SysError(EINVAL, 'copy_file_range: flags');
  if (source instanceof DirectoryFile || out instanceof DirectoryFile) throw new SysError(EISDIR, 'copy_file_range: a directory');
  if (!source.inode.isRegular() || !out.inode.isRegular()) throw new SysError(EINVAL, 'copy_file_range: not regular files');
  source.requireReadable();
  out.requireWritable();
  if ((out.statusFlags & O_APPEND) !== 0) throw new SysError(EBADF, 'copy_file_range: the target appends');
  if (sourceStart < 0 || outStart < 0) throw new SysError(EINVAL, 'copy_file_range: a negative offset');
  if (outStart + count > Number.MAX_SAFE_INTEGER) throw new SysError(EFBIG, 'copy_file_range: offset');
  const length = Math.min(count, Math.max(0, source.inode.sizeBytes - sourceStart));
  if (source.inode === out.inode && sourceStart < outStart + length && outStart < sourceStart + length) {
    throw new SysError(EINVAL, 'copy_file_range: the ranges overlap');
  }
  let done = 0;
  while (done < length) {
    const buffer = new KernelBuffer(new Uint8Array(Math.min(COPY_CHUNK_BYTES, length - done)));
    const got = source.readAt(buffer, sourceStart + done, task);
    if (got <= 0) break;
    let put: number;
    try {
      put = out.writeAt(new KernelBuffer(buffer.bytes.subarray(0, got)), outStart + done, task);
    } catch (error) {
      if (done > 0 && error instanceof SysError) break;
      throw error;
    }
    if (put <= 0) break;
    done += put;
  }
  if (sourceOffsetAddr === 0) source.offset = sourceStart + done;
  else task.mm.writeU64(sourceOffsetAddr, sourceStart + done);
  if (outOffsetAddr === 0) out.offset = outStart + done;
  else task.mm.writeU64(outOffsetAddr, outStart + done);
  countRead(task, done);
  countWrite(task, done);
  return done;
}

export const readWriteSyscalls: SyscallTable = {
  lseek: { number: 62, run: lseek, support: 'full' },
  read: { number: 63, run: read, support: 'full' },
  write: { number: 64, run: write, support: 'full' },
  readv: { number: 65, run: readv, support: 'full' },
  writev: { number: 66, run: writev, support: 'full' },
  pread64: { number: 67, run: pread64, support: 'full' },
  pwrite64: { number: 68, run: pwrite64, support: 'full' },
  preadv: { number: 69, run: preadv, support: 'full' },
  pwritev: { number: 70, run: pwritev, support: 'full' },
  sendfile: { number: 71, run: sendfile, support: 'full' },
  copy_file_range: { number: 285, run: copy_file_range, support: 'full' },
  preadv2: { number: 286, run: preadv2, support: 'full' },
  pwritev2: { number: 287, run: pwritev2, support: 'full' },
};

