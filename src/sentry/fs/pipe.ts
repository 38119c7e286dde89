import { EBUSY, EINVAL, EPERM, EPIPE } from '../../abi/errno.ts';
import { FIONREAD } from '../../abi/ioctl.ts';
import { O_ACCMODE, O_DIRECT, O_RDONLY, O_RDWR, O_WRONLY } from '../../abi/open.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../abi/poll.ts';
import { SIGPIPE } from '../../abi/signal.ts';
import { S_IFIFO } from '../../abi/stat.ts';
import { SysError } from '../../base/errors.ts';
import { atRest, bool, bytes, defineState, extend, f64, list, record, ref, u32 } from '../../state/index.ts';
import { CAP_SYS_RESOURCE } from '../auth/credentials.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import { AnonInode } from '../vfs/anon.ts';
import type { Caller } from '../vfs/caller.ts';
import { FileDescription, fileDescriptionState } from '../vfs/file-description.ts';
import type { UserMemory } from '../vfs/file-description.ts';
import type { FileSystem } from '../vfs/file-system.ts';
import { inodeState } from '../vfs/inode.ts';
import type { Inode } from '../vfs/inode.ts';
import type { Path } from '../vfs/path.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import { WaitQueue } from '../wait/wait-queue.ts';

const PAGE_BYTES = 4096;
const DEFAULT_SLOTS = 16;
/** /proc/sys/fs/pipe-max-size. */
const MAX_UNPRIVILEGED_BYTES = 1 << 20;
const NO_COUNT = -1;

/** A page of a pipe: `page[start..end)` waits to be read. */
export interface PipeSlot {
  page: Uint8Array;
  start: number;
  end: number;
  /** Written in packet mode: a read takes it whole, the rest is lost. */
  isPacket: boolean;
  /** A later write may be added behind `end`. */
  canMerge: boolean;
}

/**
 * The content of a pipe: pages in order, as Linux has it. A pipe is full when its slots are used, however little is in
 * each; a write of up to a page goes into one slot, and so is never split (PIPE_BUF).
 */
export class Pipe {
  slots: PipeSlot[] = [];
  maxSlots = DEFAULT_SLOTS;
  /** Open read ends and write ends. */
  readers = 0;
  writers = 0;
  /** Read ends and write ends ever opened: how a FIFO's open sees that the other end came and went. */
  readerCount = 0;
  writerCount = 0;
  readQueue = new WaitQueue();
  writeQueue = new WaitQueue();
  openQueue = new WaitQueue();
  /** A page to use next. */
  spare: Uint8Array | null = null;

  isFull(): boolean {
    return this.slots.length >= this.maxSlots;
  }

  isEmpty(): boolean {
    return this.slots.length === 0;
  }

  countBytes(): number {
    let total = 0;
    for (const slot of this.slots) total += slot.end - slot.start;
    return total;
  }

  /**
   * Adds what there is room for.
   * @returns bytes taken, 0 when the pipe is full
   * @errors EFAULT when not even one byte could be taken
   */
  push(src: IoSource, isPacket: boolean): number {
    let done = 0;
    const tailBytes = src.remainingBytes % PAGE_BYTES;
    const last = this.slots[this.slots.length - 1];
    if (tailBytes > 0 && last !== undefined && last.canMerge && last.end + tailBytes <= PAGE_BYTES) {
      done = src.prepare(tailBytes);
      src.take(last.page, last.end, done);
      last.end += done;
      if (done < tailBytes) return done;
    }
    while (src.remainingBytes > 0 && this.slots.length < this.maxSlots) {
      const wanted = Math.min(PAGE_BYTES, src.remainingBytes);
      const ready = done === 0 ? src.prepare(wanted) : prepareOrNone(src, wanted);
      if (ready === 0) break;
      const page = this.takePage();
      src.take(page, 0, ready);
      this.slots.push({ page, start: 0, end: ready, isPacket, canMerge: !isPacket });
      done += ready;
      if (ready < wanted) break;
    }
    return done;
  }

  /**
   * Moves bytes to `dst` and frees the slots that become empty.
   * @returns bytes moved
   */
  shift(dst: IoTarget): number {
    let moved = 0;
    while (this.slots.length > 0 && dst.remainingBytes > 0) {
      const slot = this.slots[0]!;
      const wanted = Math.min(slot.end - slot.start, dst.remainingBytes);
      const ready = moved === 0 ? dst.prepare(wanted) : prepareOrNone(dst, wanted);
      dst.put(slot.page, slot.start, ready);
      slot.start += ready;
      moved += ready;
      if (ready < wanted) break;
      if (slot.isPacket) {
        this.dropSlot();
        break;
      }
      if (slot.start === slot.end) this.dropSlot();
    }
    return moved;
  }

  /** A copy of up to `maxBytes` of what waits, from the slot `firstSlot` on. */
  peek(maxBytes: number): Uint8Array {
    const result = new Uint8Array(Math.min(maxBytes, this.countBytes()));
    let at = 0;
    for (const slot of this.slots) {
      if (at === result.length) break;
      const count = Math.min(result.length - at, slot.end - slot.start);
      result.set(slot.page.subarray(slot.start, slot.start + count), at);
      at += count;
    }
    return result;
  }

  /** Forgets the oldest `countBytes`. */
  drop(countBytes: number): void {
    for (let left = countBytes; left > 0; ) {
      const slot = this.slots[0]!;
      const count = Math.min(left, slot.end - slot.start);
      slot.start += count;
      left -= count;
      if (slot.start === slot.end) this.dropSlot();
    }
  }

  takePage(): Uint8Array {
    const page = this.spare;
    if (page === null) return new Uint8Array(PAGE_BYTES);
    this.spare = null;
    return page;
  }

  dropSlot(): void {
    this.spare = this.slots.shift()!.page;
  }

  capacityBytes(): number {
    return this.maxSlots * PAGE_BYTES;
  }

  /**
   * F_SETPIPE_SZ: rounds up to a power of two of pages.
   *
   * @returns the new capacity in bytes
   * @errors EBUSY more is in use; EPERM beyond pipe-max-size; EINVAL
   */
  setCapacity(sizeBytes: number, caller: Caller): number {
    if (sizeBytes < 0 || sizeBytes > 0x80000000) throw new SysError(EINVAL, `F_SETPIPE_SZ: ${sizeBytes} bytes`);
    let slots = 1;
    while (slots * PAGE_BYTES < sizeBytes) slots *= 2;
    const isGrowing = slots > this.maxSlots;
    if (isGrowing && slots * PAGE_BYTES > MAX_UNPRIVILEGED_BYTES && !caller.credentials.has(CAP_SYS_RESOURCE)) {
      throw new SysError(EPERM, 'F_SETPIPE_SZ: beyond pipe-max-size');
    }
    if (slots < this.slots.length) throw new SysError(EBUSY, 'F_SETPIPE_SZ: more is in use');
    this.maxSlots = slots;
    if (isGrowing) this.writeQueue.wakeAll();
    return slots * PAGE_BYTES;
  }
}

/** As `prepare`, but 0 where the memory ends: something was moved already. */
function prepareOrNone(buffer: IoSource | IoTarget, countBytes: number): number {
  try {
    return buffer.prepare(countBytes);
  } catch (error) {
    if (error instanceof SysError) return 0;
    throw error;
  }
}

/** One end of a pipe or FIFO, or both (O_RDWR). */
export class PipeFile extends FileDescription {
  pipe: Pipe;
  /** What `pipe.writerCount` was when a reader came without waiting: no hang-up is shown while it is still the same. */
  writersSeen = NO_COUNT;
  /** The open waits until the other end's count differs from this. */
  partnersSeen = NO_COUNT;

  constructor(inode: Inode, path: Path | null, statusFlags: number, pipe: Pipe) {
    super(inode, path, statusFlags);
    this.pipe = pipe;
    if (this.isReadable()) {
      pipe.readers++;
      pipe.readerCount++;
    }
    if (this.isWritable()) {
      pipe.writers++;
      pipe.writerCount++;
    }
  }

  override signalsInput(): boolean {
    return true;
  }

  override read(dst: IoTarget): number {
    const { pipe } = this;
    if (dst.remainingBytes === 0) return 0;
    if (pipe.slots.length === 0) return pipe.writers === 0 ? 0 : WOULD_BLOCK;
    const moved = pipe.shift(dst);
    if (!pipe.writeQueue.isEmpty() && !pipe.isFull()) pipe.writeQueue.wakeAll();
    return moved;
  }

  override write(src: IoSource, caller: Caller): number {
    const { pipe } = this;
    if (src.remainingBytes === 0) return 0;
    if (pipe.readers === 0) {
      caller.raise(SIGPIPE);
      throw new SysError(EPIPE, 'write: the pipe has no reader');
    }
    const done = pipe.push(src, (this.statusFlags & O_DIRECT) !== 0);
    if (done === 0) return WOULD_BLOCK;
    if (!pipe.readQueue.isEmpty()) pipe.readQueue.wakeAll();
    return done;
  }

  override writesAll(): boolean {
    return true;
  }

  override pollEvents(): number {
    const { pipe } = this;
    let events = 0;
    if (this.isReadable()) {
      if (!pipe.isEmpty()) events |= POLLIN | POLLRDNORM;
      if (pipe.writers === 0 && pipe.writerCount !== this.writersSeen) events |= POLLHUP;
    }
    if (this.isWritable()) {
      if (!pipe.isFull()) events |= POLLOUT | POLLWRNORM;
      if (pipe.readers === 0) events |= POLLERR;
    }
    return events;
  }

  override queuesFor(): readonly WaitQueue[] {
    const { pipe } = this;
    const mode = this.statusFlags & O_ACCMODE;
    if (mode === O_RDONLY) return [pipe.readQueue];
    return mode === O_WRONLY ? [pipe.writeQueue] : [pipe.readQueue, pipe.writeQueue];
  }

  override openQueue(): WaitQueue | null {
    if (this.partnersSeen === NO_COUNT) return null;
    const { pipe } = this;
    const partners = this.isReadable() ? pipe.writerCount : pipe.readerCount;
    if (partners === this.partnersSeen) return pipe.openQueue;
    this.partnersSeen = NO_COUNT;
    return null;
  }

  override pipeCapacityBytes(): number {
    return this.pipe.capacityBytes();
  }

  override setPipeCapacityBytes(countBytes: number, caller: Caller): number {
    return this.pipe.setCapacity(countBytes, caller);
  }

  override ioctl(request: number, argument: number, caller: Caller, memory: UserMemory): number {
    if (request !== FIONREAD) return super.ioctl(request, argument, caller, memory);
    memory.writeU32(argument, this.pipe.countBytes());
    return 0;
  }

  override describe(): string {
    return `pipe:[${this.inode.ino}]`;
  }

  override release(): void {
    const { pipe, inode } = this;
    if (this.isReadable()) pipe.readers--;
    if (this.isWritable()) pipe.writers--;
    pipe.readQueue.wakeAll();
    pipe.writeQueue.wakeAll();
    if (pipe.readers === 0 && pipe.writers === 0 && inode.attachment === pipe) inode.attachment = null;
  }
}

/** The inode of an anonymous pipe: /proc/PID/fd/N opens it again as a FIFO is opened. */
export class PipeInode extends AnonInode {
  pipe: Pipe;

  constructor(fileSystem: FileSystem, pipe: Pipe) {
    super(fileSystem, S_IFIFO | 0o600);
    this.pipe = pipe;
  }

  override open(path: Path | null, statusFlags: number): FileDescription {
    void path;
    const mode = statusFlags & O_ACCMODE;
    if (mode !== O_RDONLY && mode !== O_WRONLY && mode !== O_RDWR) throw new SysError(EINVAL, 'open: no access mode of a pipe');
    return new PipeFile(this, null, statusFlags, this.pipe);
  }
}

defineState(Pipe, 'Pipe', 1, {
  slots: list(record<PipeSlot>({ page: bytes, start: u32, end: u32, isPacket: bool, canMerge: bool })),
  maxSlots: u32,
  readers: u32,
  writers: u32,
  readerCount: u32,
  writerCount: u32,
  readQueue: ref<WaitQueue>('WaitQueue'),
  writeQueue: ref<WaitQueue>('WaitQueue'),
  openQueue: ref<WaitQueue>('WaitQueue'),
  spare: atRest((): Uint8Array | null => null),
});
defineState(PipeFile, 'PipeFile', 1, extend(fileDescriptionState, { pipe: ref<Pipe>('Pipe'), writersSeen: f64, partnersSeen: f64 }));
defineState(PipeInode, 'PipeInode', 1, extend(inodeState, { pipe: ref<Pipe>('Pipe') }));
