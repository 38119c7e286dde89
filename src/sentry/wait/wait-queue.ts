import { anyRef, defineState, set } from '../../state/index.ts';

/** POLLIN, POLLPRI, POLLRDNORM, POLLRDBAND, POLLRDHUP; POLLOUT, POLLWRNORM, POLLWRBAND. */
const READ_EVENTS = 0x20c3;
const WRITE_EVENTS = 0x304;

/** Something that can stand in a wait queue: a task, or an epoll interest. */
export abstract class Waiter {
  /** Called by a queue it stands in. It stays in the queue until it takes itself out. */
  abstract notify(queue: WaitQueue): void;
}

/** Those who wait for one condition, in order of arrival. Waking means "look again", never "it is yours". */
export class WaitQueue {
  waiters = new Set<Waiter>();

  add(waiter: Waiter): void {
    this.waiters.add(waiter);
  }

  remove(waiter: Waiter): void {
    this.waiters.delete(waiter);
  }

  isEmpty(): boolean {
    return this.waiters.size === 0;
  }

  /** Notifies everyone who stands here now. */
  wakeAll(): void {
    if (this.waiters.size === 0) return;
    for (const waiter of [...this.waiters]) waiter.notify(this);
  }

  /** Notifies the first to have come, if any. */
  wakeOne(): void {
    for (const waiter of this.waiters) {
      waiter.notify(this);
      return;
    }
  }
}

/**
 * For a file with one queue for those who wait to read and one for those who wait to write: the ones that `events` of
 * poll(2) are about. Both are woken when the file is hung up.
 */
export function queuesOf(events: number, readQueue: WaitQueue, writeQueue: WaitQueue): readonly WaitQueue[] {
  const isWriting = (events & WRITE_EVENTS) !== 0;
  if (!isWriting) return [readQueue];
  return (events & READ_EVENTS) !== 0 ? [readQueue, writeQueue] : [writeQueue];
}

defineState(WaitQueue, 'WaitQueue', 1, { waiters: set(anyRef<Waiter>()) });
