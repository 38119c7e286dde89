import {
  EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EALREADY, ECONNABORTED, ECONNREFUSED, EINPROGRESS, EINVAL, EISCONN, ENOTCONN, ETIMEDOUT,
} from '../../abi/errno.ts';
import { POLLIN, POLLRDNORM } from '../../abi/poll.ts';
import { AF_INET, AF_INET6, AF_UNSPEC } from '../../abi/socket.ts';
import { SysError } from '../../base/errors.ts';
import { defineState, enumOf, extend, list, optional, ref, u32 } from '../../state/index.ts';
import type { Caller } from '../vfs/caller.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import { Timer, timerFields } from '../wait/timers.ts';
import { anyOf, isMulticast, parseEndpoint } from './ip-address.ts';
import type { IpAddress } from './ip-address.ts';
import { fit } from './port-table.ts';
import { TcpConnection, tcpConnectionState } from './tcp-connection.ts';

/** Send buffer of a connection over loopback. */
const CONNECTED_SEND_BYTES = 2_626_560;
/** How long a connect waits for room in a listener's queue: what six retransmissions take. */
const CONNECT_NS = 127_000_000_000;

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

/** A socket of tcp(7): a connection, or a listener, or on its way to be either. */
export class TcpSocket extends TcpConnection {
  stage: ConnectStage = 'none';
  backlog = 0;
  acceptQueue: TcpSocket[] = [];
  /** Connects that wait for room in `acceptQueue`, the first to come first. */
  waitingConnects: TcpSocket[] = [];
  connectTimer: ConnectTimer | null = null;
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

  override pollEvents(): number {
    if (this.state === 'listen') return this.acceptQueue.length > 0 ? POLLIN | POLLRDNORM : 0;
    return super.pollEvents();
  }
}

defineState(ConnectTimer, 'ConnectTimer', 1, { ...timerFields, socket: ref<TcpSocket>('TcpSocket') });

defineState(TcpSocket, 'TcpSocket', 1, extend(tcpConnectionState, {
  stage: enumOf<ConnectStage>('none', 'connecting', 'told'),
  backlog: u32,
  acceptQueue: list(ref<TcpSocket>('TcpSocket')),
  waitingConnects: list(ref<TcpSocket>('TcpSocket')),
  connectTimer: optional(ref<ConnectTimer>('ConnectTimer')),
}));
