import { ECONNRESET, EINVAL, ENOTCONN, EOPNOTSUPP, EPIPE } from '../../abi/errno.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../../abi/poll.ts';
import { IPPROTO_TCP, MSG_NOSIGNAL, MSG_OOB, MSG_PEEK, MSG_TRUNC, TCP_INFO } from '../../abi/socket.ts';
import { SIGPIPE } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { bool, defineState, enumOf, extend, optional, ref } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import { ByteRing } from '../vfs/byte-ring.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import { InetSocket, inetSocketState } from './inet-socket.ts';
import { formatEndpoint } from './ip-address.ts';
import type { PortTable } from './port-table.ts';
import type { Receipt, SendRequest } from './socket.ts';
import { tcpInfo } from './tcp-info.ts';
import type { TcpState } from './tcp-info.ts';
import { beginTimeWait } from './tcp-time-wait.ts';

/** Buffers as Linux has them over loopback: net.ipv4.tcp_wmem and tcp_rmem, the first grown at connecting. */
const IDLE_SEND_BYTES = 16_384;
const RECEIVE_BYTES = 131_072;
/** IPv4 and TCP headers, as the interface counts them. */
const HEADERS_BYTES = 52;

/**
 * One end of a connection of tcp(7) over loopback: two sockets that know each other, a queue of bytes for each direction. Segments are not made; what is sent
 * arrives at once, and so do FIN and RST. One queue holds what would lie in the sender's and the receiver's buffer.
 */
export abstract class TcpConnection extends InetSocket {
  state: TcpState = 'closed';
  /** The other end; stays after the connection's end. */
  peer: TcpConnection | null = null;
  /** Bytes received and not yet read. */
  received = new ByteRing();
  /** A FIN has come. */
  hasPeerFinished = false;
  isReleased = false;
  /** SO_SNDBUF was set: not grown at connecting. */
  hasFixedSendBuffer = false;

  constructor(...given: ConstructorParameters<typeof InetSocket>) {
    super(...given);
    this.sendBufferBytes = IDLE_SEND_BYTES;
    this.receiveBufferBytes = RECEIVE_BYTES;
  }

  override ports(): PortTable {
    return this.stack.tcpPorts;
  }

  override isListening(): boolean {
    return this.state === 'listen';
  }

  // ---- bytes ------------------------------------------------------------------------------------------------------

  /** Bytes that the direction to the peer holds at most: the own send buffer and the peer's receive buffer. */
  capacityBytes(): number {
    return this.sendBufferBytes + (this.peer === null ? 0 : this.peer.receiveBufferBytes);
  }

  freeBytes(): number {
    return this.peer === null ? 0 : Math.max(0, this.capacityBytes() - this.peer.received.used);
  }

  /** Whether poll(2) calls it writable: a third of the room is free. */
  isSendReady(): boolean {
    return this.peer === null || this.freeBytes() * 3 >= this.capacityBytes();
  }

  override send(src: IoSource, request: SendRequest, caller: Caller): number {
    if ((request.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP, 'send: no urgent data');
    if (this.state === 'syn-sent') return WOULD_BLOCK;
    const { peer } = this;
    if (this.pendingError !== 0 || this.isWriteShut || peer === null || (this.state !== 'established' && this.state !== 'close-wait')) {
      const errno = this.takeError() || EPIPE;
      if (errno === EPIPE && (request.flags & MSG_NOSIGNAL) === 0) caller.raise(SIGPIPE);
      throw new SysError(errno, 'send: not connected any more');
    }
    if (src.remainingBytes === 0) return 0;
    if (peer.isReleased) {
      // Nobody is there to take it: the bytes are gone, and the answer is a reset.
      const countBytes = src.prepare(src.remainingBytes);
      src.take(new Uint8Array(countBytes), 0, countBytes);
      this.receiveReset();
      return countBytes;
    }
    const room = this.freeBytes();
    if (room === 0) return WOULD_BLOCK;
    const countBytes = src.prepare(Math.min(room, src.remainingBytes));
    if (countBytes === 0) return 0;
    peer.received.pushFrom(src, countBytes);
    this.stack.loopback.count(countBytes + HEADERS_BYTES);
    peer.readQueue.wakeAll();
    return countBytes;
  }

  override receive(dst: IoTarget, receipt: Receipt): number {
    if (this.state === 'listen') throw new SysError(ENOTCONN, 'receive: listening');
    if ((receipt.flags & MSG_OOB) !== 0) throw new SysError(EINVAL, 'receive: no urgent data');
    if (this.received.isEmpty()) return this.receiveNothing();
    const wantedBytes = Math.min(dst.remainingBytes, this.received.used);
    if ((receipt.flags & MSG_TRUNC) !== 0) {
      if ((receipt.flags & MSG_PEEK) === 0) this.consume(wantedBytes, null);
      return wantedBytes;
    }
    const countBytes = wantedBytes === 0 ? 0 : dst.prepare(wantedBytes);
    if ((receipt.flags & MSG_PEEK) !== 0) dst.put(this.received.peek(countBytes), 0, countBytes);
    else this.consume(countBytes, dst);
    return countBytes;
  }

  receiveNothing(): number {
    if (this.hasPeerFinished) return 0;
    this.throwPending('receive');
    if (this.isReadShut) return 0;
    if (this.state === 'closed') throw new SysError(ENOTCONN, 'receive: not connected');
    return WOULD_BLOCK;
  }

  /** Takes bytes out, into `dst` or nowhere, and tells the sender of the room. */
  consume(countBytes: number, dst: IoTarget | null): void {
    if (dst === null) this.received.drop(countBytes);
    else this.received.shiftInto(dst, countBytes);
    const { peer } = this;
    if (peer !== null && !peer.writeQueue.isEmpty() && peer.isSendReady()) peer.writeQueue.wakeAll();
  }

  override readableBytes(): number {
    if (this.state === 'listen') throw new SysError(EINVAL, 'ioctl: a listening socket');
    return this.received.used;
  }

  override unsentBytes(): number {
    if (this.state === 'listen') throw new SysError(EINVAL, 'ioctl: a listening socket');
    if (this.peer === null || this.peer.isReleased) return 0;
    return Math.max(0, this.peer.received.used - this.peer.receiveBufferBytes);
  }

  // ---- the end ----------------------------------------------------------------------------------------------------

  /** Sends a FIN: nothing more comes from here. */
  finish(): void {
    this.isWriteShut = true;
    const { peer } = this;
    if (peer === null) return;
    if (this.state === 'established') {
      this.state = 'fin-wait-2';
      peer.receiveFinish();
    } else if (this.state === 'close-wait') {
      peer.receiveFinish();
      this.end();
    }
  }

  receiveFinish(): void {
    if (this.state === 'closed') return;
    this.isReadShut = true;
    this.hasPeerFinished = true;
    if (this.state === 'established') {
      this.state = 'close-wait';
    } else if (this.state === 'fin-wait-2') {
      beginTimeWait(this);
      this.end();
    }
    this.wakeEveryone();
  }

  /** Sends a RST: the peer learns that the connection is broken. */
  reset(): void {
    const { peer } = this;
    this.end();
    peer?.receiveReset();
  }

  receiveReset(): void {
    if (this.state === 'closed') return;
    this.pendingError = this.state === 'close-wait' ? EPIPE : ECONNRESET;
    this.end();
    this.wakeEveryone();
  }

  /** The connection is over. */
  end(): void {
    this.state = 'closed';
    this.isReadShut = true;
    this.isWriteShut = true;
    if (!this.isBound) this.ports().remove(this);
  }

  closeConnection(): void {
    const isHard = this.linger !== null && this.linger.seconds === 0;
    if (isHard || !this.received.isEmpty()) {
      this.reset();
      return;
    }
    const isFirst = this.state === 'established' || this.state === 'fin-wait-2';
    if (!this.isWriteShut) this.finish();
    if (isFirst && this.localPort !== 0) beginTimeWait(this);
  }

  // ---- what it shows ----------------------------------------------------------------------------------------------

  override peerAddress(): Uint8Array {
    if (this.remote === null || this.state === 'closed' || this.state === 'syn-sent') throw new SysError(ENOTCONN, 'getpeername: not connected');
    return formatEndpoint(this.remote, this.family);
  }

  override connectedAddress(): Uint8Array {
    return this.remote === null ? this.peerAddress() : formatEndpoint(this.remote, this.family);
  }

  override pollEvents(): number {
    let events = 0;
    if (this.state === 'closed' || (this.isReadShut && this.isWriteShut)) events |= POLLHUP;
    if (this.isReadShut) events |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (this.state !== 'syn-sent') {
      if (this.received.used >= this.receiveLowBytes && this.received.used > 0) events |= POLLIN | POLLRDNORM;
      if (this.isWriteShut || this.isSendReady()) events |= POLLOUT | POLLWRNORM;
    }
    if (this.pendingError !== 0) events |= POLLERR;
    return events;
  }

  override protocolOption(level: number, name: number): Uint8Array | null {
    if (level === IPPROTO_TCP && name === TCP_INFO) return tcpInfo(this.state, this.unsentBytesOrNone(), this.received.used);
    return super.protocolOption(level, name);
  }

  unsentBytesOrNone(): number {
    return this.state === 'listen' ? 0 : this.unsentBytes();
  }
}

export const tcpConnectionState = defineState(TcpConnection, 'TcpConnection', 1, extend(inetSocketState, {
  state: enumOf<TcpState>(
    'closed', 'listen', 'syn-sent', 'established', 'fin-wait-1', 'fin-wait-2', 'close-wait', 'last-ack', 'closing', 'time-wait',
  ),
  peer: optional(ref<TcpConnection>('TcpConnection')),
  received: ref<ByteRing>('ByteRing'),
  hasPeerFinished: bool,
  isReleased: bool,
  hasFixedSendBuffer: bool,
}));
