import { SysError } from '../../base/errors.ts';
import { FUTEX_BITSET_MATCH_ANY, FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from '../../abi/futex.ts';
import { WaitQueue } from '../wait/wait-queue.ts';
import type { Task } from './task.ts';

/** Most entries of a robust list that exit walks (ROBUST_LIST_LIMIT). */
const ROBUST_LIST_LIMIT = 2048;

/** Queues of one kind of futex, by place. */
type Bucket = { queues: Map<number, WaitQueue>; key: number };

/**
 * Where the futex at `address` is known: by address in private memory, by page and offset of the backing in shared memory
 * unless FUTEX_PRIVATE_FLAG says that nobody else looks there.
 */
function bucketOf(task: Task, address: number, create: boolean, isPrivate: boolean): Bucket | null {
  const vma = isPrivate ? null : task.mm.findVma(address);
  if (vma === null || !vma.isShared || vma.mappable === null) return { queues: task.mm.futexes, key: address };
  const { sharedFutexes } = task.kernel;
  let queues = sharedFutexes.get(vma.mappable);
  if (queues === undefined) {
    if (!create) return null;
    queues = new Map();
    sharedFutexes.set(vma.mappable, queues);
  }
  return { queues, key: vma.pageOf(address) * 4096 + (address % 4096) };
}

/** The queue of waiters on the futex at `address`, made if there is none. */
export function futexQueue(task: Task, address: number, isPrivate: boolean): WaitQueue {
  const bucket = bucketOf(task, address, true, isPrivate)!;
  let queue = bucket.queues.get(bucket.key);
  if (queue === undefined) {
    queue = new WaitQueue();
    bucket.queues.set(bucket.key, queue);
  }
  return queue;
}

function existingQueue(task: Task, address: number, isPrivate: boolean): WaitQueue | null {
  const bucket = bucketOf(task, address, false, isPrivate);
  return bucket?.queues.get(bucket.key) ?? null;
}

/** Drops the queue at `address` when nobody waits there. */
function forgetIfEmpty(task: Task, address: number, queue: WaitQueue, isPrivate: boolean): void {
  if (!queue.isEmpty()) return;
  const bucket = bucketOf(task, address, false, isPrivate);
  if (bucket !== null && bucket.queues.get(bucket.key) === queue) bucket.queues.delete(bucket.key);
  if (bucket === null || isPrivate || bucket.queues.size > 0) return;
  const vma = task.mm.findVma(address);
  if (vma !== null && vma.mappable !== null && vma.isShared) task.kernel.sharedFutexes.delete(vma.mappable);
}

/**
 * Wakes up to `count` waiters of the futex at `address` whose bits meet `bitset`, in order of arrival.
 * @returns how many
 */
export function wakeFutexAt(task: Task, address: number, count: number, bitset = FUTEX_BITSET_MATCH_ANY, isPrivate = false): number {
  const queue = existingQueue(task, address, isPrivate);
  if (queue === null) return 0;
  let woken = 0;
  for (const waiter of [...queue.waiters]) {
    if (woken >= count) break;
    const waiting = waiter as Task;
    if ((waiting.wait!.bitset & bitset) === 0) continue;
    waiting.wait!.isGranted = true;
    waiting.unpark();
    woken++;
  }
  forgetIfEmpty(task, address, queue, isPrivate);
  return woken;
}

/** Moves up to `count` waiters from one futex to another without waking them; returns how many. */
export function requeueFutex(task: Task, from: number, to: number, count: number, isPrivate: boolean): number {
  const source = existingQueue(task, from, isPrivate);
  if (source === null || count <= 0) return 0;
  const target = futexQueue(task, to, isPrivate);
  if (source === target) return Math.min(count, source.waiters.size);
  let moved = 0;
  for (const waiter of [...source.waiters]) {
    if (moved >= count) break;
    const waiting = waiter as Task;
    source.remove(waiting);
    target.add(waiting);
    waiting.wait!.queues = [target];
    moved++;
  }
  forgetIfEmpty(task, from, source, isPrivate);
  return moved;
}

/** At exit: every robust mutex that the thread still holds is marked, and one waiter of each woken (set_robust_list(2)). */
export function releaseRobustList(task: Task): void {
  const head = task.robustList;
  task.robustList = 0;
  try {
    const offset = task.mm.readI64(head + 8);
    const pending = task.mm.readU64(head + 16);
    let entry = task.mm.readU64(head);
    for (let steps = 0; entry !== head && entry !== 0 && steps < ROBUST_LIST_LIMIT; steps++) {
      const next = task.mm.readU64(entry - (entry % 2));
      if (entry !== pending) markOwnerDied(task, entry - (entry % 2) + offset);
      entry = next;
    }
    if (pending !== 0) markOwnerDied(task, pending - (pending % 2) + offset);
  } catch (error) {
    if (!(error instanceof SysError)) throw error; // a broken list ends the walk, as in Linux
  }
}

function markOwnerDied(task: Task, address: number): void {
  const word = task.mm.readU32(address);
  if ((word & FUTEX_TID_MASK) !== task.tid) return;
  task.mm.writeU32(address, ((word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0);
  if ((word & FUTEX_WAITERS) !== 0) wakeFutexAt(task, address, 1);
}
