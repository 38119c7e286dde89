import {
  EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EALREADY, ECONNABORTED, ECONNREFUSED, ECONNRESET, EINPROGRESS, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP,
  EPIPE, ETIMEDOUT,
} from '../../abi/errno.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../../abi/poll.ts';
import { AF_INET, AF_INET6, AF_UNSPEC, IPPROTO_TCP, MSG_NOSIGNAL, MSG_OOB, MSG_PEEK, MSG_TRUNC, TCP_INFO } from '../../abi/socket.ts';
import { SIGPIPE } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { bool, byteString, defineState, enumOf, extend, list, optional, ref, u32 } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import { ByteRing } from '../vfs/byte-ring.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import { Timer, timerFields } from '../wait/timers.ts';
import { InetSocket, inetSocketState } from './inet-socket.ts';
import { anyOf, formatEndpoint, isMulticast, parseEndpoint } from './ip-address.ts';
import type { IpAddress } from './ip-address.ts';
import { fit } from './port-table.ts';
import type { PortTable, PortUser } from './port-table.ts';
import type { Receipt, SendRequest } from './socket.ts';
import type { NetStack } from './stack.ts';
import { tcpInfo } from './tcp-info.ts';
import type { TcpState } from './tcp-info.ts';

/** Buffers as Linux has them over loopback: net.ipv4.tcp_wmem and tcp_rmem, grown at connecting. */
const IDLE_SEND_BYTES = 16_384;
const CONNECTED_SEND_BYTES = 2_626_560;
const RECEIVE_BYTES = 131_072;
/** How long a connect waits for room in a listener's queue: what six retransmissions take. */
const CONNECT_NS = 127_000_000_000;
/** IPv4 and TCP headers, as the interface counts them. */
const HEADERS_BYTES = 52;
const TIME_WAIT_NS = 60_000_000_000;

/** Whether connect(2) has been begun, and whether its end has been told. */
export type ConnectStage = 'none' | 'connecting' | 'told';

/** Gives a connect up that nobody has answered. */
export class ConnectTimer extends Timer {
  socket: TcpSocket;

  constructor(socket: TcpSocket) {
    super();
    this.socket = socket;
  }

  override fire(): void {
    this.socket.failConnect(ETIMEDOUT);
  }
}

/** A connection that this side has closed first keeps its port for a minute. */
export class TimeWait extends Timer implements PortUser {
  stack: NetStack;
  localIp: IpAddress;
  localPort: number;
  remoteIp: IpAddress;
  remotePort: number;
  reusesAddress: boolean;
  reusesPort: boolean;
  ownerUid: number;
  isV6Only: boolean;

  constructor(socket: TcpSocket) {
    super();
    this.stack = socket.stack;
    this.localIp = socket.localIp;
    this.localPort = socket.localPort;
    this.remoteIp = socket.remote?.address ?? socket.localIp;
    this.remotePort = socket.remote?.port ?? 0;
    this.reusesAddress = socket.reusesAddress;
    this.reusesPort = socket.reusesPort;
    this.ownerUid = socket.ownerUid;
    this.isV6Only = socket.isV6Only;
  }

  isListening(): boolean {
    return false;
  }

  override fire(): void {
    this.stack.tcpPorts.remove(this);
  }
}

/**
 * tcp(7) over loopback: two sockets that know each other, a queue of bytes for each direction. Segments are not made; what is sent
 * arrives at once, and so do FIN and RST. One queue holds what would lie in the sender's and the receiver's buffer.
 */
export class TcpSocket extends InetSocket {
  state: TcpState = 'closed';
  stage: ConnectStage = 'none';
  /** The other end; stays after the connection's end. */
  peer: TcpSocket | null = null;
  /** Bytes received and not yet read. */
  received = new ByteRing();
  backlog = 0;
  acceptQueue: TcpSocket[] = [];
  /** Connects that wait for room in `acceptQueue`, the first to come first. */
  waitingConnects: TcpSocket[] = [];
  connectTimer: ConnectTimer | null = null;
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

  // ---- the listener's side ----------------------------------------------------------------------------------------

  override listen(backlog: number, caller: Caller): void {
    if (this.state !== 'closed' && this.state !== 'listen') throw new SysError(EINVAL, 'listen: connected');
    if (this.stage !== 'none') throw new SysError(EINVAL, 'listen: connecting');
    this.backlog = backlog;
    if (this.state === 'listen') {
      this.admitWaiting();
      return;
    }
    this.autobind(caller, EADDRINUSE);
    if (!this.ports().isFree(this.localPort, this)) throw new SysError(EADDRINUSE, `listen: port ${this.localPort}`);
    this.isReadShut = false;
    this.isWriteShut = false;
    this.state = 'listen';
  }

  override accept(): TcpSocket | null {
    if (this.state !== 'listen') throw new SysError(EINVAL, 'accept: not listening');
    const child = this.acceptQueue.shift();
    if (child === undefined) return null;
    this.admitWaiting();
    return child;
  }

  hasAcceptRoom(): boolean {
    return this.acceptQueue.length <= this.backlog;
  }

  /** Lets connects in that found the queue full. */
  admitWaiting(): void {
    while (this.waitingConnects.length > 0 && this.hasAcceptRoom()) this.waitingConnects.shift()?.establishWith(this);
  }

  // ---- connecting -------------------------------------------------------------------------------------------------

  override connect(address: Uint8Array, isNonblocking: boolean, caller: Caller): number {
    if (address.length < 2) throw new SysError(EINVAL, `connect: address of ${address.length} bytes`);
    if ((address[0]! | (address[1]! << 8)) === AF_UNSPEC) {
      this.disconnect();
      return 0;
    }
    if (this.state === 'listen') throw new SysError(EISCONN, 'connect: listening');
    if (this.stage === 'told') throw new SysError(EISCONN, 'connect: connected');
    if (this.stage === 'none') {
      const endpoint = parseEndpoint(address, this.family);
      if (this.family === AF_INET6 && address[0] === AF_INET) throw new SysError(EAFNOSUPPORT, 'connect: an IPv4 address');
      if (endpoint !== null) this.beginConnect(endpoint.address, endpoint.port, caller);
      if (isNonblocking) throw new SysError(EINPROGRESS, 'connect: under way');
    }
    if (this.state === 'syn-sent') {
      if (isNonblocking) throw new SysError(EALREADY, 'connect: under way');
      return WOULD_BLOCK;
    }
    if (this.state === 'closed') {
      this.stage = 'none';
      const errno = this.takeError() || ECONNABORTED;
      this.isReadShut = false;
      this.isWriteShut = false;
      throw new SysError(errno, 'connect: not accepted');
    }
    this.stage = 'told';
    return 0;
  }

  beginConnect(address: IpAddress, port: number, caller: Caller): void {
    if (isMulticast(address)) throw new SysError(EAFNOSUPPORT, 'connect: a multicast address');
    const remoteIp = this.routeTo(address);
    const source = this.sourceFor(remoteIp);
    const wanted = this.localPort;
    this.autobind(caller);
    if (wanted !== 0 && this.isConnectionTaken(source, remoteIp, port)) throw new SysError(EADDRNOTAVAIL, 'connect: the connection exists');
    this.localIp = source;
    this.remote = { address: remoteIp, port };
    this.stage = 'connecting';
    this.state = 'syn-sent';
    this.pendingError = 0;

    const listener = this.findListener(remoteIp, port);
    if (listener === null) {
      this.failConnect(ECONNREFUSED);
    } else if (listener.hasAcceptRoom()) {
      this.establishWith(listener);
    } else {
      listener.waitingConnects.push(this);
      this.connectTimer = new ConnectTimer(this);
      this.stack.timers.arm(this.connectTimer, this.stack.clock.monotonicNs + CONNECT_NS);
    }
  }

  isConnectionTaken(source: IpAddress, remoteIp: IpAddress, port: number): boolean {
    return this.ports()
      .at(this.localPort)
      .some((user) => user instanceof TcpSocket && user !== this && user.localIp === source && user.remote?.port === port && user.remote.address === remoteIp);
  }

  findListener(address: IpAddress, port: number): TcpSocket | null {
    let best: TcpSocket | null = null;
    let bestFit = 0;
    for (const user of this.ports().at(port)) {
      if (!(user instanceof TcpSocket) || user.state !== 'listen') continue;
      const quality = fit(user, address);
      if (quality <= bestFit) continue;
      best = user;
      bestFit = quality;
    }
    return best;
  }

  /** The handshake: this end and a new one in `listener`'s queue know each other. */
  establishWith(listener: TcpSocket): void {
    this.stopConnectTimer();
    const child = new TcpSocket(this.stack, listener.family, listener.type, listener.protocol, 0);
    const remote = this.remote;
    if (remote === null) return;
    child.inheritFrom(listener);
    child.localIp = remote.address;
    child.localPort = remote.port;
    child.remote = { address: this.localIp, port: this.localPort };
    child.peer = this;
    child.stage = 'told';
    this.peer = child;
    for (const end of [this, child]) {
      end.state = 'established';
      if (!end.hasFixedSendBuffer) end.sendBufferBytes = CONNECTED_SEND_BYTES;
    }
    this.ports().add(child);
    listener.acceptQueue.push(child);
    listener.readQueue.wakeAll();
    this.wakeEveryone();
  }

  inheritFrom(listener: TcpSocket): void {
    this.ownerUid = listener.ownerUid;
    this.isV6Only = listener.isV6Only;
    this.reusesAddress = listener.reusesAddress;
    this.reusesPort = listener.reusesPort;
    this.linger = listener.linger;
    this.sendBufferBytes = listener.sendBufferBytes;
    this.hasFixedSendBuffer = listener.hasFixedSendBuffer;
    this.receiveBufferBytes = listener.receiveBufferBytes;
    this.receiveTimeoutNs = listener.receiveTimeoutNs;
    this.sendTimeoutNs = listener.sendTimeoutNs;
    this.receiveLowBytes = listener.receiveLowBytes;
    this.options = new Map(listener.options);
  }

  failConnect(errno: number): void {
    this.stopConnectTimer();
    this.pendingError = errno;
    this.end();
    this.remote = null;
    if (!this.isBound) this.forgetLocal();
    this.wakeEveryone();
  }

  stopConnectTimer(): void {
    if (this.connectTimer === null) return;
    this.stack.timers.disarm(this.connectTimer);
    this.connectTimer = null;
  }

  forgetLocal(): void {
    this.giveUpPort();
    this.localIp = anyOf(this.family);
  }

  /** connect(2) with AF_UNSPEC: back to the beginning. */
  disconnect(): void {
    if (this.state === 'listen') this.closeListener();
    else if (this.state === 'syn-sent') this.leaveListener();
    else if (this.peer !== null && this.state !== 'closed') this.reset();
    this.state = 'closed';
    this.stage = 'none';
    this.peer = null;
    this.remote = null;
    this.received.clear();
    this.isReadShut = false;
    this.isWriteShut = false;
    this.hasPeerFinished = false;
    this.pendingError = 0;
    if (!this.isBound) this.forgetLocal();
    this.wakeEveryone();
  }

  /** Takes itself out of the listener's waiting connects. */
  leaveListener(): void {
    this.stopConnectTimer();
    if (this.remote === null) return;
    const listener = this.findListener(this.remote.address, this.remote.port);
    if (listener !== null) listener.waitingConnects = listener.waitingConnects.filter((socket) => socket !== this);
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

  override shutdown(how: number): void {
    if (this.state === 'listen') {
      if (how === 1) return;
      this.closeListener();
      this.state = 'closed';
      this.wakeEveryone();
      return;
    }
    if (this.state === 'syn-sent') {
      this.disconnect();
      return;
    }
    if (this.state === 'closed') throw new SysError(ENOTCONN, 'shutdown: not connected');
    if (how !== 1) this.isReadShut = true;
    if (how !== 0 && !this.isWriteShut) this.finish();
    this.wakeEveryone();
  }

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
      this.enterTimeWait();
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

  enterTimeWait(): void {
    const rest = new TimeWait(this);
    this.stack.tcpPorts.add(rest);
    this.stack.timers.arm(rest, this.stack.clock.monotonicNs + TIME_WAIT_NS);
  }

  closeListener(): void {
    for (const child of this.acceptQueue) {
      child.linger = { seconds: 0 };
      child.abandon();
    }
    this.acceptQueue = [];
    for (const socket of this.waitingConnects) socket.failConnect(ECONNREFUSED);
    this.waitingConnects = [];
  }

  override release(): void {
    if (this.state === 'listen') this.closeListener();
    else if (this.state === 'syn-sent') this.leaveListener();
    else if (this.state !== 'closed') this.closeConnection();
    this.isReleased = true;
    this.ports().remove(this);
    this.state = 'closed';
  }

  closeConnection(): void {
    const isHard = this.linger !== null && this.linger.seconds === 0;
    if (isHard || !this.received.isEmpty()) {
      this.reset();
      return;
    }
    const isFirst = this.state === 'established' || this.state === 'fin-wait-2';
    if (!this.isWriteShut) this.finish();
    if (isFirst && this.localPort !== 0) this.enterTimeWait();
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
    if (this.state === 'listen') return this.acceptQueue.length > 0 ? POLLIN | POLLRDNORM : 0;
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

defineState(ConnectTimer, 'ConnectTimer', 1, { ...timerFields, socket: ref<TcpSocket>('TcpSocket') });

defineState(TimeWait, 'TimeWait', 1, {
  ...timerFields,
  stack: ref<NetStack>('NetStack'),
  localIp: byteString,
  localPort: u32,
  remoteIp: byteString,
  remotePort: u32,
  reusesAddress: bool,
  reusesPort: bool,
  ownerUid: u32,
  isV6Only: bool,
});

defineState(TcpSocket, 'TcpSocket', 1, extend(inetSocketState, {
  state: enumOf<TcpState>(
    'closed', 'listen', 'syn-sent', 'established', 'fin-wait-1', 'fin-wait-2', 'close-wait', 'last-ack', 'closing', 'time-wait',
  ),
  stage: enumOf<ConnectStage>('none', 'connecting', 'told'),
  peer: optional(ref<TcpSocket>('TcpSocket')),
  received: ref<ByteRing>('ByteRing'),
  backlog: u32,
  acceptQueue: list(ref<TcpSocket>('TcpSocket')),
  waitingConnects: list(ref<TcpSocket>('TcpSocket')),
  connectTimer: optional(ref<ConnectTimer>('ConnectTimer')),
  hasPeerFinished: bool,
  isReleased: bool,
  hasFixedSendBuffer: bool,
}));
