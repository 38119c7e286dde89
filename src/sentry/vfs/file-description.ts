import { EBADF, EINVAL, ENOTTY, ESPIPE } from '../../abi/errno.ts';
import { IN_CLOSE_NOWRITE, IN_CLOSE_WRITE } from '../../abi/inotify.ts';
import { O_ACCMODE, O_NONBLOCK, O_PATH, O_RDONLY, O_WRONLY } from '../../abi/open.ts';
import { SysError } from '../../base/errors.ts';
import { anyRef, defineState, i32, int, optional, ref, set, u32 } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Mappable } from '../mm/mappable.ts';
import type { WaitQueue } from '../wait/wait-queue.ts';
import type { Caller } from './caller.ts';
import type { Inode } from './inode.ts';
import { notifyPath } from './notify.ts';
import type { Path } from './path.ts';

/**
 * An open file (open(2)): offset and status flags, shared by dup and fork. Subclasses give it behaviour.
 *
 * `references` counts FD-table slots, descriptors in flight and pins of blocked calls; the last one gone calls `release`.
 * Nothing here blocks: read and write answer WOULD_BLOCK, and the syscall decides whether to wait on `queuesFor`.
 */
export abstract class FileDescription {
  /** Number of holders. */
  references = 0;
  /** Access mode and status flags of open(2), as F_GETFL shows them. */
  statusFlags = 0;
  /** File offset in bytes, for files that have one. */
  offset = 0;
  /** What is open: never null, anonymous files have an anonymous inode. */
  inode: Inode;
  /** Where it was opened; null for what has no place (pipe, socket, memfd). */
  path: Path | null;
  /** F_SETOWN: pid, or −pgid; 0 none. F_SETSIG. */
  owner = 0;
  ownerSignal = 0;
  /** Who watches it, and has to let go when it is released: the interests of epoll(7), signals for input. Null for nobody. */
  watchers: Set<FileWatcher> | null = null;

  constructor(inode: Inode, path: Path | null, statusFlags: number) {
    this.inode = inode;
    this.path = path;
    this.statusFlags = statusFlags;
    inode.hold();
    if (path !== null) path.mount.hold();
  }

  /**
   * Reads at the offset and advances it.
   * @returns bytes read, 0 at the end, or WOULD_BLOCK
   */
  read(dst: IoTarget, caller: Caller): number {
    void dst;
    void caller;
    throw new SysError(EINVAL, 'read: not a readable kind of file');
  }

  /** Writes at the offset (at the end under O_APPEND) and advances it. */
  write(src: IoSource, caller: Caller): number {
    void src;
    void caller;
    throw new SysError(EINVAL, 'write: not a writable kind of file');
  }

  /** pread(2): leaves the offset alone. @errors ESPIPE where a file has none */
  readAt(dst: IoTarget, offset: number, caller: Caller): number {
    void dst;
    void offset;
    void caller;
    throw new SysError(ESPIPE, 'pread: the file has no offset');
  }

  /** pwrite(2). */
  writeAt(src: IoSource, offset: number, caller: Caller): number {
    void src;
    void offset;
    void caller;
    throw new SysError(ESPIPE, 'pwrite: the file has no offset');
  }

  /** lseek(2): sets and returns the new offset. */
  seek(offset: number, whence: number): number {
    void offset;
    void whence;
    throw new SysError(ESPIPE, 'lseek: the file has no offset');
  }

  /** Events of poll(2) that hold now (POLLIN, POLLOUT, POLLHUP, POLLERR, …), whether asked for or not. */
  pollEvents(caller: Caller): number {
    void caller;
    return 0x145; // POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM: a regular file is always ready
  }

  /** Queues that are woken when one of `events` may have begun to hold for `caller`. The same ones as long as the file is open. */
  queuesFor(events: number, caller: Caller): readonly WaitQueue[] {
    void events;
    void caller;
    return [];
  }

  /** When a read of `caller` that found nothing gives up (VTIME of a terminal); null to wait without end. */
  readDeadlineNs(caller: Caller): number | null {
    void caller;
    return null;
  }

  /** Whether a blocking write goes on until everything is written: pipes, terminals, stream sockets. */
  writesAll(): boolean {
    return false;
  }

  /** Whether O_ASYNC makes it send signals. */
  signalsInput(): boolean {
    return false;
  }

  /** Where open(2) has to wait before it gives a descriptor: the other end of a FIFO; null when the open is complete. */
  openQueue(): WaitQueue | null {
    return null;
  }

  /**
   * ioctl(2) beyond what every file knows (FIONBIO, FIOCLEX are handled before).
   * @param memory  reads and writes the caller's memory
   */
  ioctl(request: number, argument: number, caller: Caller, memory: UserMemory): number {
    void request;
    void argument;
    void caller;
    void memory;
    throw new SysError(ENOTTY, 'ioctl: not a request for this file');
  }

  /** F_GETPIPE_SZ: bytes that a pipe holds. @errors EBADF not a pipe */
  pipeCapacityBytes(): number {
    throw new SysError(EBADF, 'fcntl: not a pipe');
  }

  /** F_SETPIPE_SZ: changes what a pipe holds; returns the new capacity. @errors EBADF not a pipe; EBUSY EPERM */
  setPipeCapacityBytes(countBytes: number, caller: Caller): number {
    void countBytes;
    void caller;
    throw new SysError(EBADF, 'fcntl: not a pipe');
  }

  /** fsync(2) and relatives. @errors EINVAL for what cannot be synchronized */
  sync(): void {
    throw new SysError(EINVAL, 'fsync: the file cannot be synchronized');
  }

  /** Called when one FD-table slot of `pid` that named it was closed, before a possible release: drops fcntl locks. */
  flush(pid: number): void {
    this.inode.releaseRecordLocks(pid);
  }

  /** Called when the last reference is gone. */
  release(): void {}

  /** Target of /proc/PID/fd/N for a file without a path: `pipe:[7]`, `anon_inode:[eventpoll]`. */
  describe(): string {
    return `anon_inode:[${this.constructor.name}]`;
  }

  /** Further lines of /proc/PID/fdinfo/N, each with its newline. */
  describeMore(): string {
    return '';
  }

  /** F_SETFL: takes new status flags. */
  setStatusFlags(flags: number): void {
    this.statusFlags = flags;
  }

  isNonblocking(): boolean {
    return (this.statusFlags & O_NONBLOCK) !== 0;
  }

  isReadable(): boolean {
    return (this.statusFlags & O_ACCMODE) !== O_WRONLY && (this.statusFlags & O_PATH) === 0;
  }

  isWritable(): boolean {
    return (this.statusFlags & O_ACCMODE) !== O_RDONLY && (this.statusFlags & O_PATH) === 0;
  }

  /** Takes a reference. */
  hold(): void {
    this.references++;
  }

  /** Gives a reference back; releases at the last. */
  drop(): void {
    this.references--;
    if (this.references !== 0) return;
    const { inode, path } = this;
    if (this.watchers !== null) for (const watcher of [...this.watchers]) watcher.fileReleased();
    if (inode.locks !== null) inode.locks.releaseFile(this);
    if (inode.fileSystem.vfs.watcherCount !== 0 && path !== null && (this.statusFlags & O_PATH) === 0) {
      notifyPath(path.dentry, this.isWritable() ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
    }
    this.release();
    if (path !== null) path.mount.drop();
    inode.drop();
  }

  /** PROT_* bits that a shared mapping may have or be given: less for a sealed file. */
  maxSharedProtection(): number {
    return 7;
  }

  /** What mmap(2) maps, or null for a file that cannot be mapped (ENODEV). */
  mappable(): Mappable | null {
    return null;
  }

  /** Whether a mapping of it is anonymous memory: /dev/zero. */
  mapsAsAnonymous(): boolean {
    return false;
  }

  /** @errors EBADF when not open for reading */
  requireReadable(): void {
    if (!this.isReadable()) throw new SysError(EBADF, 'not open for reading');
  }

  /** @errors EBADF when not open for writing */
  requireWritable(): void {
    if (!this.isWritable()) throw new SysError(EBADF, 'not open for writing');
  }
}

/** Stands by an open file without keeping it open: an interest of epoll(7). */
export interface FileWatcher {
  /** The last reference to the file is gone. */
  fileReleased(): void;
}

/** The caller's memory as an ioctl sees it. Every call: EFAULT when not accessible. */
export interface UserMemory {
  readBytes(address: number, countBytes: number): Uint8Array;
  writeBytes(address: number, bytes: Uint8Array): void;
  readU32(address: number): number;
  writeU32(address: number, value: number): void;
}

/** Fields of every open file, for the schemas of its subclasses: `extend(fileDescriptionState, { … })`. */
export const fileDescriptionState = defineState(FileDescription, 'FileDescription', 1, {
  references: u32,
  statusFlags: u32,
  offset: int,
  inode: ref<Inode>('Inode'),
  path: optional(ref<Path>('Path')),
  owner: i32,
  ownerSignal: i32,
  watchers: optional(set(anyRef<FileWatcher>())),
});
