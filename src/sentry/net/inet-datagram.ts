import { ENOTCONN, EOPNOTSUPP } from '../../abi/errno.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM } from '../../abi/poll.ts';
import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC } from '../../abi/socket.ts';
import { SysError } from '../../base/errors.ts';
import { defineState, extend, int, list, ref } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import type { Datagram } from './datagram.ts';
import { InetSocket, inetSocketState } from './inet-socket.ts';
import { formatEndpoint } from './ip-address.ts';
import { prepareWhole } from './socket.ts';
import type { Receipt } from './socket.ts';
import { truesizeOf } from './truesize.ts';

/** What UDP and raw sockets have: a queue of whole datagrams, each received by one call, and no connection to lose. */
export abstract class InetDatagramSocket extends InetSocket {
  /** Received and not yet read, oldest first. */
  queue: Datagram[] = [];
  /** What the queue takes of the receive buffer. */
  queuedCostBytes = 0;

  /** Takes a datagram; one that finds the buffer full is lost. */
  enqueue(message: Datagram): void {
    const cost = truesizeOf(message.data.length);
    if (this.queuedCostBytes + cost > this.receiveBufferBytes && this.queue.length > 0) return;
    this.queue.push(message);
    this.queuedCostBytes += cost;
    this.readQueue.wakeAll();
  }

  /** The bytes of a message that is about to be sent. @errors EFAULT not all can be read; then none was taken */
  takeWhole(src: IoSource): Uint8Array {
    const data = new Uint8Array(src.remainingBytes);
    prepareWhole(src, data.length);
    if (data.length > 0) src.take(data, 0, data.length);
    return data;
  }

  override receive(dst: IoTarget, receipt: Receipt): number {
    if ((receipt.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP, 'receive: no urgent data');
    this.throwPending('receive');
    const message = this.queue[0];
    if (message === undefined) return this.isReadShut && (receipt.flags & MSG_DONTWAIT) === 0 ? 0 : WOULD_BLOCK;
    const lengthBytes = message.data.length;
    const countBytes = Math.min(lengthBytes, dst.remainingBytes);
    prepareWhole(dst, countBytes);
    if (countBytes > 0) dst.put(message.data, 0, countBytes);
    if (countBytes < lengthBytes) receipt.resultFlags |= MSG_TRUNC;
    receipt.address = formatEndpoint(message.source, this.family);
    this.addControl(message, receipt);
    if ((receipt.flags & MSG_PEEK) === 0) {
      this.queue.shift();
      this.queuedCostBytes -= truesizeOf(lengthBytes);
    }
    return (receipt.flags & MSG_TRUNC) !== 0 ? lengthBytes : countBytes;
  }

  /** Puts the control messages that options asked for with a datagram into `receipt`. */
  abstract addControl(message: Datagram, receipt: Receipt): void;

  /** The value that setsockopt(2) gave to an option; undefined while it never did. */
  option(level: number, name: number): number | undefined {
    return this.options.get(level * 0x10000 + name);
  }

  isOptionSet(level: number, name: number): boolean {
    return (this.option(level, name) ?? 0) !== 0;
  }

  override readableBytes(): number {
    return this.queue[0]?.data.length ?? 0;
  }

  override peerAddress(): Uint8Array {
    if (this.remote === null) throw new SysError(ENOTCONN, 'getpeername: not connected');
    return formatEndpoint(this.remote, this.family);
  }

  override shutdown(how: number): void {
    if (how !== 1) this.isReadShut = true;
    if (how !== 0) this.isWriteShut = true;
    this.wakeEveryone();
    if (this.remote === null) throw new SysError(ENOTCONN, 'shutdown: not connected');
  }

  override pollEvents(): number {
    let events = POLLOUT | POLLWRNORM | POLLWRBAND;
    if (this.pendingError !== 0) events |= POLLERR;
    if (this.isReadShut) events |= POLLRDHUP | POLLIN | POLLRDNORM;
    if (this.isReadShut && this.isWriteShut) events |= POLLHUP;
    if (this.queue.length > 0) events |= POLLIN | POLLRDNORM;
    return events;
  }
}

export const inetDatagramState = defineState(InetDatagramSocket, 'InetDatagramSocket', 1, extend(inetSocketState, {
  queue: list(ref<Datagram>('Datagram')),
  queuedCostBytes: int,
}));
