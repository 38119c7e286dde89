import { EINVAL } from '../../../abi/errno.ts';
import { EFD_SEMAPHORE } from '../../../abi/event-files.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../../abi/poll.ts';
import { SysError } from '../../../base/errors.ts';
import { big, bool, defineState, extend, ref } from '../../../state/index.ts';
import type { IoSource, IoTarget } from '../../mm/io-buffer.ts';
import { FileDescription, fileDescriptionState } from '../../vfs/file-description.ts';
import type { Inode } from '../../vfs/inode.ts';
import { WOULD_BLOCK } from '../../wait/block.ts';
import { queuesOf, WaitQueue } from '../../wait/wait-queue.ts';

const COUNTER_BYTES = 8;
/** What a write may not give. */
const INVALID_VALUE = 2n ** 64n - 1n;
/** The counter never exceeds this. */
const MAX_COUNT = INVALID_VALUE - 1n;

/** A counter that can be waited for: eventfd(2). */
export class EventFile extends FileDescription {
  count: bigint;
  /** A read takes one instead of all. */
  isSemaphore: boolean;
  readQueue = new WaitQueue();
  writeQueue = new WaitQueue();

  constructor(inode: Inode, statusFlags: number, count: number, flags: number) {
    super(inode, null, statusFlags);
    this.count = BigInt(count);
    this.isSemaphore = (flags & EFD_SEMAPHORE) !== 0;
  }

  override read(dst: IoTarget): number {
    if (dst.remainingBytes < COUNTER_BYTES) throw new SysError(EINVAL, 'read: an eventfd gives eight bytes');
    if (this.count === 0n) return WOULD_BLOCK;
    const ready = dst.prepare(COUNTER_BYTES);
    const taken = this.isSemaphore ? 1n : this.count;
    this.count -= taken;
    dst.put(encodeU64(taken), 0, ready);
    this.writeQueue.wakeAll();
    return COUNTER_BYTES;
  }

  override write(src: IoSource): number {
    if (src.remainingBytes < COUNTER_BYTES) throw new SysError(EINVAL, 'write: an eventfd takes eight bytes');
    const encoded = new Uint8Array(COUNTER_BYTES);
    const value = peekU64(src, encoded);
    if (value === INVALID_VALUE) throw new SysError(EINVAL, 'write: the value is beyond the counter');
    if (this.count + value > MAX_COUNT) return WOULD_BLOCK;
    this.count += value;
    this.readQueue.wakeAll();
    return COUNTER_BYTES;
  }

  override pollEvents(): number {
    const readable = this.count > 0n ? POLLIN | POLLRDNORM : 0;
    return this.count < MAX_COUNT ? readable | POLLOUT | POLLWRNORM : readable;
  }

  override queuesFor(events: number): readonly WaitQueue[] {
    return queuesOf(events, this.readQueue, this.writeQueue);
  }

  /** Accepted and without effect, as in Linux. */
  override seek(): number {
    return 0;
  }

  override describe(): string {
    return 'anon_inode:[eventfd]';
  }
}

/** Takes eight bytes of `src` by way of `encoded`. */
function peekU64(src: IoSource, encoded: Uint8Array): bigint {
  src.take(encoded, 0, src.prepare(COUNTER_BYTES));
  return new DataView(encoded.buffer).getBigUint64(0, true);
}

export function encodeU64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(COUNTER_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

defineState(EventFile, 'EventFile', 1, extend(fileDescriptionState, {
  count: big,
  isSemaphore: bool,
  readQueue: ref<WaitQueue>('WaitQueue'),
  writeQueue: ref<WaitQueue>('WaitQueue'),
}));
