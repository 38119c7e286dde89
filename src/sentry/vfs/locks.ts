/**
 * Advisory locks: fcntl(2) record locks of processes, those of open files (OFD), and flock(2).
 *
 * A lock that somebody waits for has the waiters in its own queue; so who waits for whom can be read from the queues,
 * and nothing has to be cleaned up when a waiter gives up.
 */

import { EDEADLK } from '../../abi/errno.ts';
import { SysError } from '../../base/errors.ts';
import { anyRef, bool, defineState, list, map, optional, ref, set, int, i32 } from '../../state/index.ts';
import { WaitQueue } from '../wait/wait-queue.ts';
import type { Caller } from './caller.ts';
import type { FileDescription } from './file-description.ts';

/** Who holds a record lock: a process by pid, or an open file. */
export interface LockOwner {
  /** Pid of the process that set it; told by F_GETLK (−1 there for a lock of an open file). */
  readonly pid: number;
  /** The open file for an OFD lock, else null. */
  readonly file: FileDescription | null;
}

/** A lock on the bytes `[start, end)`; `end` is `LOCK_TO_END` for "to the end, however it grows". */
export class RecordLock {
  pid: number;
  file: FileDescription | null;
  isExclusive: boolean;
  start: number;
  end: number;
  /** Those whose F_SETLKW waits for this lock. */
  waiters = new WaitQueue();

  constructor(owner: LockOwner, isExclusive: boolean, start: number, end: number) {
    this.pid = owner.pid;
    this.file = owner.file;
    this.isExclusive = isExclusive;
    this.start = start;
    this.end = end;
  }

  isOwnedBy(owner: LockOwner): boolean {
    return this.file === owner.file && (this.file !== null || this.pid === owner.pid);
  }

  conflictsWith(owner: LockOwner, isExclusive: boolean, start: number, end: number): boolean {
    return (isExclusive || this.isExclusive) && this.start < end && start < this.end && !this.isOwnedBy(owner);
  }
}

/** `end` of a lock that reaches to the end of the file: beyond every offset. */
export const LOCK_TO_END = 2 ** 53;

/** Locks that have, or had, waiters: for the search for deadlocks. */
export class LockTable {
  contended = new Set<RecordLock>();

  /**
   * Notes that `owner` is about to wait for `lock`.
   * @errors EDEADLK when the holder waits, itself or through others, for a lock of `owner`'s
   */
  beginWait(lock: RecordLock, owner: LockOwner): void {
    if (owner.file === null && lock.file === null) {
      const seen = new Set<number>();
      if (this.waitsFor(lock.pid, owner.pid, seen)) throw new SysError(EDEADLK, 'fcntl: waiting would be a deadlock');
    }
    this.contended.add(lock);
  }

  waitsFor(pid: number, target: number, seen: Set<number>): boolean {
    if (pid === target) return true;
    if (seen.has(pid)) return false;
    seen.add(pid);
    for (const lock of this.contended) {
      if (lock.waiters.isEmpty()) {
        this.contended.delete(lock);
        continue;
      }
      if (lock.file !== null) continue;
      for (const waiter of lock.waiters.waiters) {
        if ('pid' in waiter && waiter.pid === pid && this.waitsFor(lock.pid, target, seen)) return true;
      }
    }
    return false;
  }
}

/** The locks of one inode. */
export class FileLocks {
  /** Record locks; those of one owner do not overlap. Ascending by start for each owner. */
  records: RecordLock[] = [];
  /** Open files that hold flock(2) locks, and whether exclusively. */
  flocks = new Map<FileDescription, boolean>();
  /** Those who wait in flock(2). */
  flockWaiters = new WaitQueue();

  /** The first lock that keeps `owner` from such a lock, or null. */
  findConflict(owner: LockOwner, isExclusive: boolean, start: number, end: number): RecordLock | null {
    for (const lock of this.records) if (lock.conflictsWith(owner, isExclusive, start, end)) return lock;
    return null;
  }

  /** Sets a lock that conflicts with none, replacing what the owner held in the range, and joins it to its neighbours. */
  setRecord(owner: LockOwner, isExclusive: boolean, start: number, end: number): void {
    let joinedStart = start;
    let joinedEnd = end;
    for (const lock of this.records) {
      if (!lock.isOwnedBy(owner) || lock.isExclusive !== isExclusive) continue;
      if (lock.end === start) joinedStart = lock.start;
      if (lock.start === end) joinedEnd = lock.end;
      if (lock.start < joinedStart && lock.end > start) joinedStart = lock.start;
      if (lock.end > joinedEnd && lock.start < end) joinedEnd = lock.end;
    }
    this.clearRecord(owner, joinedStart, joinedEnd);
    this.records.push(new RecordLock(owner, isExclusive, joinedStart, joinedEnd));
    this.records.sort((a, b) => a.start - b.start);
  }

  /** Gives up what `owner` holds in `[start, end)`; a lock that reaches beyond is cut or split. */
  clearRecord(owner: LockOwner, start: number, end: number): void {
    const kept: RecordLock[] = [];
    const changed: RecordLock[] = [];
    for (const lock of this.records) {
      if (!lock.isOwnedBy(owner) || lock.end <= start || lock.start >= end) {
        kept.push(lock);
        continue;
      }
      changed.push(lock);
      if (lock.start < start) kept.push(new RecordLock(owner, lock.isExclusive, lock.start, start));
      if (lock.end > end) kept.push(new RecordLock(owner, lock.isExclusive, end, lock.end));
    }
    this.records = kept;
    for (const lock of changed) lock.waiters.wakeAll();
  }

  releaseProcess(pid: number): void {
    if (this.records.length !== 0) this.clearRecord({ pid, file: null }, 0, LOCK_TO_END);
  }

  /** Drops what an open file held: its last descriptor was closed. */
  releaseFile(file: FileDescription): void {
    if (this.records.length !== 0) this.clearRecord({ pid: 0, file }, 0, LOCK_TO_END);
    this.unlockFlock(file);
  }

  /** Takes or changes a flock(2) lock; answers false when another open file stands in the way. */
  tryFlock(file: FileDescription, isExclusive: boolean): boolean {
    for (const [holder, exclusive] of this.flocks) if (holder !== file && (exclusive || isExclusive)) return false;
    const held = this.flocks.get(file);
    this.flocks.set(file, isExclusive);
    if (held === true && !isExclusive) this.flockWaiters.wakeAll();
    return true;
  }

  unlockFlock(file: FileDescription): void {
    if (this.flocks.delete(file)) this.flockWaiters.wakeAll();
  }
}

/** The process that a call acts for, as an owner of record locks. */
export function processOwner(caller: Caller): LockOwner {
  return { pid: caller.pid, file: null };
}

defineState(RecordLock, 'RecordLock', 1, {
  pid: i32,
  file: optional(ref<FileDescription>('FileDescription')),
  isExclusive: bool,
  start: int,
  end: int,
  waiters: ref<WaitQueue>('WaitQueue'),
});

defineState(LockTable, 'LockTable', 1, { contended: set(ref<RecordLock>('RecordLock')) });

defineState(FileLocks, 'FileLocks', 1, {
  records: list(ref<RecordLock>('RecordLock')),
  flocks: map(anyRef<FileDescription>(), bool),
  flockWaiters: ref<WaitQueue>('WaitQueue'),
});
