import { EEXIST, EINVAL, ELOOP, ENOENT, EPERM } from '../../../abi/errno.ts';
import { EPOLL_MAX_NESTS } from '../../../abi/event-files.ts';
import {
  EPOLLET, EPOLLEXCLUSIVE, EPOLLONESHOT, EPOLLWAKEUP, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM,
} from '../../../abi/poll.ts';
import { SysError } from '../../../base/errors.ts';
import { anyRef, big, defineState, extend, list, map, ref, set, u32 } from '../../../state/index.ts';
import type { Caller } from '../../vfs/caller.ts';
import { FileDescription, fileDescriptionState } from '../../vfs/file-description.ts';
import type { FileWatcher } from '../../vfs/file-description.ts';
import { Waiter, WaitQueue } from '../../wait/wait-queue.ts';

/** Bits that say how to report, not what. */
const MODE_BITS = (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE) >>> 0;
const EXCLUSIVE_ALLOWED = (POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE) >>> 0;

/** What epoll_wait(2) reports of one file. */
export interface ReadyEvent {
  readonly events: number;
  /** The caller's own 64 bits. */
  readonly data: bigint;
}

/** One file that an epoll watches. It stands in the file's wait queues for as long as it is watched. */
export class Interest extends Waiter implements FileWatcher {
  epoll: Epoll;
  file: FileDescription;
  /** The number it was added under: one file may be there under several. */
  fd: number;
  /** Wanted events and mode bits; without events while a one-shot is disarmed. */
  events: number;
  data: bigint;
  queues: readonly WaitQueue[];

  constructor(epoll: Epoll, file: FileDescription, fd: number, events: number, data: bigint) {
    super();
    this.epoll = epoll;
    this.file = file;
    this.fd = fd;
    this.events = events;
    this.data = data;
    this.queues = [];
  }

  override notify(): void {
    if ((this.events & ~MODE_BITS) === 0) return;
    this.epoll.ready.add(this);
    this.epoll.readyQueue.wakeAll();
  }

  fileReleased(): void {
    this.epoll.forget(this);
  }

  /** Events that hold now, of those wanted. */
  holding(caller: Caller): number {
    return this.file.pollEvents(caller) & this.events & ~MODE_BITS;
  }

  /** Stands in the queues that `events` needs, and in no others. */
  enter(caller: Caller): void {
    this.leave();
    this.queues = [...this.file.queuesFor(this.events & ~MODE_BITS, caller)];
    for (const queue of this.queues) queue.add(this);
  }

  leave(): void {
    for (const queue of this.queues) queue.remove(this);
    this.queues = [];
  }
}

/**
 * A set of watched files and the list of those that may be ready: epoll(7).
 *
 * `ready` is a guess: a wake-up puts a file there, epoll_wait looks whether it is true. So a wait costs as much as there
 * are files in the list, however many are watched. The list is kept over a checkpoint, and with it which edges were reported.
 */
export class Epoll extends FileDescription {
  /** By descriptor number: files may have shared it, one after another. */
  interests = new Map<number, Interest[]>();
  /** Files that may be ready, the longest waiting first. */
  ready = new Set<Interest>();
  /** Those in epoll_wait, and those who poll or watch the epoll itself. */
  readyQueue = new WaitQueue();

  find(file: FileDescription, fd: number): Interest | null {
    return this.interests.get(fd)?.find((interest) => interest.file === file) ?? null;
  }

  /** EPOLL_CTL_ADD. @errors EPERM EINVAL ELOOP EEXIST */
  add(file: FileDescription, fd: number, events: number, data: bigint, caller: Caller): void {
    this.requireTarget(file, caller);
    const isExclusive = (events & EPOLLEXCLUSIVE) !== 0;
    if (isExclusive && (file instanceof Epoll || (events & ~EXCLUSIVE_ALLOWED) !== 0)) throw new SysError(EINVAL, 'epoll_ctl: EPOLLEXCLUSIVE');
    if (file instanceof Epoll) this.requireNoLoop(file);
    if (this.find(file, fd) !== null) throw new SysError(EEXIST, `epoll_ctl: descriptor ${fd} is there already`);
    const interest = new Interest(this, file, fd, (events | POLLERR | POLLHUP) >>> 0, data);
    const sameFd = this.interests.get(fd);
    if (sameFd === undefined) this.interests.set(fd, [interest]);
    else sameFd.push(interest);
    if (file.watchers === null) file.watchers = new Set();
    file.watchers.add(interest);
    this.watch(interest, caller);
  }

  /** EPOLL_CTL_MOD: also arms a one-shot again. @errors ENOENT; EINVAL about EPOLLEXCLUSIVE */
  modify(file: FileDescription, fd: number, events: number, data: bigint, caller: Caller): void {
    this.requireTarget(file, caller);
    if ((events & EPOLLEXCLUSIVE) !== 0) throw new SysError(EINVAL, 'epoll_ctl: EPOLLEXCLUSIVE only when added');
    const interest = this.find(file, fd);
    if (interest === null) throw new SysError(ENOENT, `epoll_ctl: descriptor ${fd} is not there`);
    if ((interest.events & EPOLLEXCLUSIVE) !== 0) throw new SysError(EINVAL, 'epoll_ctl: added with EPOLLEXCLUSIVE');
    interest.events = (events | POLLERR | POLLHUP) >>> 0;
    interest.data = data;
    this.watch(interest, caller);
  }

  /** EPOLL_CTL_DEL. @errors ENOENT */
  remove(file: FileDescription, fd: number, caller: Caller): void {
    this.requireTarget(file, caller);
    const interest = this.find(file, fd);
    if (interest === null) throw new SysError(ENOENT, `epoll_ctl: descriptor ${fd} is not there`);
    this.forget(interest);
  }

  /** @errors EPERM a file that is always ready; EINVAL the epoll itself */
  requireTarget(file: FileDescription, caller: Caller): void {
    if (file.queuesFor(POLLIN | POLLOUT, caller).length === 0) throw new SysError(EPERM, 'epoll_ctl: a file that cannot be waited for');
    if (file === this) throw new SysError(EINVAL, 'epoll_ctl: an epoll in itself');
  }

  watch(interest: Interest, caller: Caller): void {
    interest.enter(caller);
    if (interest.holding(caller) === 0) return;
    this.ready.add(interest);
    this.readyQueue.wakeAll();
  }

  forget(interest: Interest): void {
    interest.leave();
    interest.file.watchers?.delete(interest);
    this.ready.delete(interest);
    const left = (this.interests.get(interest.fd) ?? []).filter((other) => other !== interest);
    if (left.length === 0) this.interests.delete(interest.fd);
    else this.interests.set(interest.fd, left);
  }

  /** Refuses circles, and chains of more than EPOLL_MAX_NESTS. @errors ELOOP */
  requireNoLoop(target: Epoll): void {
    const below = depthBelow(target, this, 0);
    if (below < 0 || below + depthAbove(this, 0) + 1 > EPOLL_MAX_NESTS) throw new SysError(ELOOP, 'epoll_ctl: a circle, or too deep');
  }

  /**
   * Hands up to `maxEvents` ready files to `emit`, the longest waiting first. A level-triggered one goes back to the end of
   * the list, a one-shot is disarmed. @returns how many were handed on
   */
  collect(maxEvents: number, caller: Caller, emit: (event: ReadyEvent) => void): number {
    let count = 0;
    let left = this.ready.size; // those that go back to the end are not looked at again
    for (const interest of this.ready) {
      if (left === 0 || count === maxEvents) break;
      left--;
      this.ready.delete(interest);
      const events = interest.holding(caller);
      if (events === 0) continue;
      try {
        emit({ events, data: interest.data });
      } catch (error) {
        this.ready.add(interest);
        if (count > 0 && error instanceof SysError) return count;
        throw error;
      }
      count++;
      if ((interest.events & EPOLLONESHOT) !== 0) interest.events = (interest.events & MODE_BITS) >>> 0;
      else if ((interest.events & EPOLLET) === 0) this.ready.add(interest);
    }
    return count;
  }

  override pollEvents(caller: Caller): number {
    for (const interest of this.ready) {
      if (interest.holding(caller) !== 0) return POLLIN | POLLRDNORM;
      this.ready.delete(interest);
    }
    return 0;
  }

  override queuesFor(): readonly WaitQueue[] {
    return [this.readyQueue];
  }

  /** Accepted and without effect, as in Linux. */
  override seek(): number {
    return 0;
  }

  override describe(): string {
    return 'anon_inode:[eventpoll]';
  }

  override release(): void {
    for (const sameFd of [...this.interests.values()]) for (const interest of sameFd) this.forget(interest);
  }
}

/** How many epolls follow below `epoll`; −1 when `forbidden` is among them. */
function depthBelow(epoll: Epoll, forbidden: Epoll, level: number): number {
  if (epoll === forbidden || level > EPOLL_MAX_NESTS) return -1;
  let deepest = 0;
  for (const sameFd of epoll.interests.values()) {
    for (const { file } of sameFd) {
      if (!(file instanceof Epoll)) continue;
      const below = depthBelow(file, forbidden, level + 1);
      if (below < 0) return -1;
      deepest = Math.max(deepest, below + 1);
    }
  }
  return deepest;
}

/** How many epolls watch `epoll`, one above the other. */
function depthAbove(epoll: Epoll, level: number): number {
  let highest = 0;
  if (level > EPOLL_MAX_NESTS) return highest;
  for (const watcher of epoll.watchers ?? []) {
    if (watcher instanceof Interest) highest = Math.max(highest, depthAbove(watcher.epoll, level + 1) + 1);
  }
  return highest;
}

defineState(Interest, 'Interest', 1, {
  epoll: ref<Epoll>('Epoll'),
  file: anyRef<FileDescription>(),
  fd: u32,
  events: u32,
  data: big,
  queues: list(ref<WaitQueue>('WaitQueue')),
});
defineState(Epoll, 'Epoll', 1, extend(fileDescriptionState, {
  interests: map(u32, list(ref<Interest>('Interest'))),
  ready: set(ref<Interest>('Interest')),
  readyQueue: ref<WaitQueue>('WaitQueue'),
}));
