import { EEXIST, EINVAL, ENOSPC } from '../../../abi/errno.ts';
import {
  IN_ALL_EVENTS, IN_DELETE_SELF, IN_EXCL_UNLINK, IN_IGNORED, IN_ISDIR, IN_MASK_ADD, IN_MASK_CREATE, IN_ONESHOT, IN_Q_OVERFLOW, IN_UNMOUNT,
} from '../../../abi/inotify.ts';
import { FIONREAD } from '../../../abi/ioctl.ts';
import { POLLIN, POLLRDNORM } from '../../../abi/poll.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { SysError } from '../../../base/errors.ts';
import { bool, byteString, defineState, extend, i32, list, map, record, ref, u32 } from '../../../state/index.ts';
import type { IoTarget } from '../../mm/io-buffer.ts';
import type { Caller } from '../../vfs/caller.ts';
import { FileDescription, fileDescriptionState } from '../../vfs/file-description.ts';
import type { UserMemory } from '../../vfs/file-description.ts';
import type { Inode, InodeWatcher } from '../../vfs/inode.ts';
import { WOULD_BLOCK } from '../../wait/block.ts';
import { WaitQueue } from '../../wait/wait-queue.ts';

const HEADER_BYTES = 16;
/** /proc/sys/fs/inotify/max_queued_events and max_user_watches. */
const MAX_QUEUED_EVENTS = 16_384;
const MAX_WATCHES = 65_536;
const NO_WATCH = -1;

/** An event that waits to be read. */
export interface InotifyEvent {
  readonly watch: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: ByteString;
}

/** One inode that is watched. */
export class InotifyWatch implements InodeWatcher {
  file: InotifyFile;
  inode: Inode;
  number: number;
  /** IN_* events wanted, with IN_ONESHOT and IN_EXCL_UNLINK. */
  mask: number;

  constructor(file: InotifyFile, inode: Inode, number: number, mask: number) {
    this.file = file;
    this.inode = inode;
    this.number = number;
    this.mask = mask;
  }

  onInodeEvent(event: number, name: ByteString, cookie: number, isUnlinked: boolean): void {
    if (isUnlinked && (this.mask & IN_EXCL_UNLINK) !== 0) return;
    if ((event & this.mask & IN_ALL_EVENTS) !== 0) {
      this.file.queue({ watch: this.number, mask: event, cookie, name });
      if ((this.mask & IN_ONESHOT) !== 0) this.file.remove(this);
    } else if ((event & IN_UNMOUNT) !== 0) {
      this.file.queue({ watch: this.number, mask: event & ~IN_ISDIR, cookie, name });
    }
    // The inode is gone, and the watch with it.
    if ((event & (IN_DELETE_SELF | IN_UNMOUNT)) !== 0) this.file.remove(this);
  }
}

/** Watches and the events that nobody has read: inotify(7). */
export class InotifyFile extends FileDescription {
  /** By number. */
  watches = new Map<number, InotifyWatch>();
  lastNumber = 0;
  events: InotifyEvent[] = [];
  /** IN_Q_OVERFLOW is at the end of `events`. */
  hasOverflown = false;
  readQueue = new WaitQueue();

  /**
   * inotify_add_watch(2): watches `inode`, or changes what is wanted of it.
   *
   * @returns the watch's number
   * @errors EEXIST with IN_MASK_CREATE; ENOSPC
   */
  watch(inode: Inode, mask: number): number {
    const wanted = mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);
    for (const watch of this.watches.values()) {
      if (watch.inode !== inode) continue;
      if ((mask & IN_MASK_CREATE) !== 0) throw new SysError(EEXIST, 'inotify_add_watch: watched already');
      watch.mask = ((mask & IN_MASK_ADD) !== 0 ? watch.mask | wanted : wanted) >>> 0;
      return watch.number;
    }
    if (this.watches.size >= MAX_WATCHES) throw new SysError(ENOSPC, 'inotify_add_watch: too many watches');
    const watch = new InotifyWatch(this, inode, ++this.lastNumber, wanted >>> 0);
    this.watches.set(watch.number, watch);
    inode.addWatcher(watch);
    return watch.number;
  }

  /** inotify_rm_watch(2). @errors EINVAL no such watch */
  unwatch(number: number): void {
    const watch = this.watches.get(number);
    if (watch === undefined) throw new SysError(EINVAL, `inotify_rm_watch: no watch ${number}`);
    this.remove(watch);
  }

  /** Ends a watch and says so. */
  remove(watch: InotifyWatch): void {
    if (!this.watches.delete(watch.number)) return;
    watch.inode.removeWatcher(watch);
    this.queue({ watch: watch.number, mask: IN_IGNORED, cookie: 0, name: '' });
  }

  /** Adds an event, unless it says what the last one says; too many end in IN_Q_OVERFLOW. */
  queue(event: InotifyEvent): void {
    const last = this.events[this.events.length - 1];
    const isRepeated =
      last !== undefined && last.watch === event.watch && last.mask === event.mask && last.cookie === event.cookie && last.name === event.name;
    if (isRepeated) return;
    if (this.events.length >= MAX_QUEUED_EVENTS) {
      if (this.hasOverflown) return;
      this.hasOverflown = true;
      this.events.push({ watch: NO_WATCH, mask: IN_Q_OVERFLOW, cookie: 0, name: '' });
    } else {
      this.events.push(event);
    }
    this.readQueue.wakeAll();
  }

  override signalsInput(): boolean {
    return true;
  }

  /** Gives as many whole events as fit. @errors EINVAL not even the first fits */
  override read(dst: IoTarget): number {
    if (this.events.length === 0) return WOULD_BLOCK;
    let moved = 0;
    let taken = 0;
    for (const event of this.events) {
      const sizeBytes = eventBytes(event);
      if (dst.remainingBytes < sizeBytes) break;
      if (dst.prepare(sizeBytes) < sizeBytes) break;
      dst.put(encodeEvent(event), 0, sizeBytes);
      moved += sizeBytes;
      taken++;
    }
    if (taken === 0) throw new SysError(EINVAL, 'read: the next inotify event does not fit');
    this.events.splice(0, taken);
    if (this.events.length === 0) this.hasOverflown = false;
    return moved;
  }

  override pollEvents(): number {
    return this.events.length > 0 ? POLLIN | POLLRDNORM : 0;
  }

  override queuesFor(): readonly WaitQueue[] {
    return [this.readQueue];
  }

  override ioctl(request: number, argument: number, caller: Caller, memory: UserMemory): number {
    if (request !== FIONREAD) return super.ioctl(request, argument, caller, memory);
    memory.writeU32(argument, this.events.reduce((sum, event) => sum + eventBytes(event), 0));
    return 0;
  }

  /** Accepted and without effect, as in Linux. */
  override seek(): number {
    return 0;
  }

  override describe(): string {
    return 'anon_inode:inotify';
  }

  override release(): void {
    for (const watch of this.watches.values()) watch.inode.removeWatcher(watch);
    this.watches.clear();
  }
}

/** Names are ended by a NUL and filled up to whole headers. */
function nameBytes(event: InotifyEvent): number {
  return event.name.length === 0 ? 0 : Math.ceil((event.name.length + 1) / HEADER_BYTES) * HEADER_BYTES;
}

function eventBytes(event: InotifyEvent): number {
  return HEADER_BYTES + nameBytes(event);
}

/** `struct inotify_event` and its name. */
function encodeEvent(event: InotifyEvent): Uint8Array {
  const result = new Uint8Array(eventBytes(event));
  const view = new DataView(result.buffer);
  view.setInt32(0, event.watch, true);
  view.setUint32(4, event.mask, true);
  view.setUint32(8, event.cookie, true);
  view.setUint32(12, nameBytes(event), true);
  for (let i = 0; i < event.name.length; i++) result[HEADER_BYTES + i] = event.name.charCodeAt(i);
  return result;
}

defineState(InotifyWatch, 'InotifyWatch', 1, {
  file: ref<InotifyFile>('InotifyFile'), inode: ref<Inode>('Inode'), number: u32, mask: u32,
});
defineState(InotifyFile, 'InotifyFile', 1, extend(fileDescriptionState, {
  watches: map(u32, ref<InotifyWatch>('InotifyWatch')),
  lastNumber: u32,
  events: list(record<InotifyEvent>({ watch: i32, mask: u32, cookie: u32, name: byteString })),
  hasOverflown: bool,
  readQueue: ref<WaitQueue>('WaitQueue'),
}));
