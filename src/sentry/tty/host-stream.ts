import { EBADF, EPIPE } from '../../abi/errno.ts';
import { FIONREAD } from '../../abi/ioctl.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../abi/poll.ts';
import { SIGPIPE } from '../../abi/signal.ts';
import { S_IFIFO } from '../../abi/stat.ts';
import { SysError } from '../../base/errors.ts';
import { hostKeyText } from '../../ports/console.ts';
import type { HostEnd, HostFileView, HostKey } from '../../ports/console.ts';
import { bool, defineState, edge, enumOf, extend, ref, u32 } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import { AnonInode } from '../vfs/anon.ts';
import { ByteRing } from '../vfs/byte-ring.ts';
import type { Caller } from '../vfs/caller.ts';
import { FileDescription, fileDescriptionState } from '../vfs/file-description.ts';
import type { UserMemory } from '../vfs/file-description.ts';
import type { FileSystem } from '../vfs/file-system.ts';
import { inodeState } from '../vfs/inode.ts';
import type { Inode } from '../vfs/inode.ts';
import type { Path } from '../vfs/path.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import { queuesOf, WaitQueue } from '../wait/wait-queue.ts';
import { hostKeyKind } from './console.ts';

/** What waits in one direction: beyond it writers wait, and input is refused. */
const STREAM_BYTES = 65_536;

/** A pipe whose other end is outside: standard input, output or error of a process without a terminal. */
export class HostStream implements HostFileView {
  readonly kind: 'stream';
  id: number;
  hostKey: HostKey;
  isRestorable: boolean;
  end: HostEnd | null;
  /** From the host, and to it. */
  incoming = new ByteRing();
  outgoing = new ByteRing();
  /** The host gives no more. */
  isAtEnd = false;
  /** The host takes no more. */
  isClosed = false;
  /** The guest has asked for input: before that the host keeps what it has. */
  isWanted = false;
  /** Files open on it. */
  openFiles = 0;
  readQueue = new WaitQueue();
  writeQueue = new WaitQueue();

  constructor(id: number, hostKey: HostKey, isRestorable: boolean, end: HostEnd) {
    this.kind = 'stream';
    this.id = id;
    this.hostKey = hostKey;
    this.isRestorable = isRestorable;
    this.end = end;
  }

  outputBytes(): number {
    return this.outgoing.used;
  }

  isReleased(): boolean {
    return this.openFiles === 0;
  }

  takeOutput(maxBytes: number): Uint8Array | null {
    if (this.outgoing.isEmpty()) return null;
    const bytes = this.outgoing.shift(maxBytes);
    this.writeQueue.wakeAll();
    return bytes;
  }

  pushInput(bytes: Uint8Array): number {
    if (this.isAtEnd || this.end === null) return bytes.length;
    const count = Math.min(bytes.length, STREAM_BYTES - this.incoming.used);
    if (count === 0) return 0;
    this.incoming.push(bytes, 0, count);
    this.readQueue.wakeAll();
    return count;
  }

  pushEof(): void {
    this.isAtEnd = true;
    this.readQueue.wakeAll();
  }

  disconnect(): void {
    this.isAtEnd = true;
    this.isClosed = true;
    this.outgoing.clear();
    this.readQueue.wakeAll();
    this.writeQueue.wakeAll();
  }

  bind(end: HostEnd): void {
    this.end = end;
    this.isClosed = false;
    this.readQueue.wakeAll();
    this.writeQueue.wakeAll();
  }

  outputRoomBytes(): number {
    return STREAM_BYTES - this.outgoing.used;
  }
}

/** What fstat(2) shows of a stream, and what /proc/PID/fd/N opens again. */
export class HostStreamInode extends AnonInode {
  stream: HostStream;

  constructor(fileSystem: FileSystem, stream: HostStream) {
    super(fileSystem, S_IFIFO | 0o600);
    this.stream = stream;
  }

  override open(path: Path | null, statusFlags: number): FileDescription {
    void path;
    return new HostStreamFile(this, statusFlags, this.stream);
  }
}

/** An open host stream. Left unbound by a restore, every use of it is EBADF. */
export class HostStreamFile extends FileDescription {
  stream: HostStream;

  constructor(inode: Inode, statusFlags: number, stream: HostStream) {
    super(inode, null, statusFlags);
    this.stream = stream;
    stream.openFiles++;
  }

  requireBound(): void {
    if (this.stream.end === null) throw new SysError(EBADF, `${hostKeyText(this.stream.hostKey)} was not bound again at the restore`);
  }

  override read(dst: IoTarget): number {
    this.requireBound();
    const { incoming, isAtEnd } = this.stream;
    if (dst.remainingBytes === 0) return 0;
    if (incoming.isEmpty()) {
      this.stream.isWanted = true;
      return isAtEnd ? 0 : WOULD_BLOCK;
    }
    const countBytes = dst.prepare(Math.min(dst.remainingBytes, incoming.used));
    incoming.shiftInto(dst, countBytes);
    return countBytes;
  }

  override write(src: IoSource, caller: Caller): number {
    this.requireBound();
    const { stream } = this;
    if (stream.isClosed) {
      caller.raise(SIGPIPE);
      throw new SysError(EPIPE, `write: ${hostKeyText(stream.hostKey)} is closed outside`);
    }
    if (src.remainingBytes === 0) return 0;
    const room = stream.outputRoomBytes();
    if (room === 0) return WOULD_BLOCK;
    const countBytes = src.prepare(Math.min(room, src.remainingBytes));
    stream.outgoing.pushFrom(src, countBytes);
    return countBytes;
  }

  override writesAll(): boolean {
    return true;
  }

  override pollEvents(): number {
    const { stream } = this;
    if (stream.end === null) return POLLERR | POLLHUP;
    let events = 0;
    if (this.isReadable()) {
      stream.isWanted = true;
      if (!stream.incoming.isEmpty()) events |= POLLIN | POLLRDNORM;
      if (stream.isAtEnd) events |= POLLHUP;
    }
    if (this.isWritable()) {
      if (stream.isClosed) events |= POLLERR;
      else if (stream.outputRoomBytes() > 0) events |= POLLOUT | POLLWRNORM;
    }
    return events;
  }

  override queuesFor(events: number): readonly WaitQueue[] {
    return queuesOf(events, this.stream.readQueue, this.stream.writeQueue);
  }

  override ioctl(request: number, argument: number, caller: Caller, memory: UserMemory): number {
    if (request !== FIONREAD) return super.ioctl(request, argument, caller, memory);
    this.requireBound();
    memory.writeU32(argument, this.stream.incoming.used);
    return 0;
  }

  override describe(): string {
    return `host:[${this.inode.ino}]`;
  }

  override release(): void {
    this.stream.openFiles--;
  }
}

defineState(HostStream, 'HostStream', 1, {
  kind: enumOf('stream'),
  id: u32,
  hostKey: hostKeyKind,
  isRestorable: bool,
  end: edge<HostEnd | null, HostStream>('console', (self) => hostKeyText(self.hostKey)),
  incoming: ref<ByteRing>('ByteRing'),
  outgoing: ref<ByteRing>('ByteRing'),
  isAtEnd: bool,
  isClosed: bool,
  isWanted: bool,
  openFiles: u32,
  readQueue: ref<WaitQueue>('WaitQueue'),
  writeQueue: ref<WaitQueue>('WaitQueue'),
});
defineState(HostStreamInode, 'HostStreamInode', 1, extend(inodeState, { stream: ref<HostStream>('HostStream') }));
defineState(HostStreamFile, 'HostStreamFile', 1, extend(fileDescriptionState, { stream: ref<HostStream>('HostStream') }));
