import { EADDRINUSE, ECONNREFUSED, EINVAL, EMSGSIZE, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE, EPROTOTYPE } from '../../abi/errno.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM } from '../../abi/poll.ts';
import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC, SOCK_DGRAM } from '../../abi/socket.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { bool, byteString, bytes, defineState, enumOf, extend, int, list, optional, ref, set, u32, anyRef } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { Inode } from '../vfs/inode.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import { peerCredentialsKind, prepareWhole, Socket, socketState } from './socket.ts';
import type { PeerCredentials, Receipt, SendRequest, SocketPaths } from './socket.ts';
import { truesizeOf } from './truesize.ts';
import type { FlyingSocket } from './unix-garbage.ts';
import { considerGarbage } from './unix-garbage.ts';
import { formatUnixName, isNameless, parseUnixName } from './unix-name.ts';

/** net.unix.max_dgram_qlen: messages that a datagram socket keeps, less one. */
const DATAGRAM_BACKLOG = 10;
const SOCKET_NODE_MODE = 0o140777;
/** What a receiver that asks for credentials sees where none were sent: pid 0, user and group nobody. */
const NO_CREDENTIALS: PeerCredentials = { pid: 0, uid: 65_534, gid: 65_534 };

/** Bytes under way from one unix socket to another, with what came along. */
export class UnixMessage {
  sender: UnixSocket;
  data: Uint8Array;
  /** Bytes of `data` already taken. */
  position = 0;
  /** SCM_RIGHTS: files, each with a reference of the message's. */
  rights: FileDescription[];
  credentials: PeerCredentials | null;
  /** What it takes of the sender's buffer. */
  costBytes: number;

  constructor(sender: UnixSocket, data: Uint8Array, rights: FileDescription[], credentials: PeerCredentials | null) {
    this.sender = sender;
    this.data = data;
    this.rights = rights;
    this.credentials = credentials;
    this.costBytes = truesizeOf(data.length);
  }
}

export type UnixState = 'unconnected' | 'listening' | 'connected';

/** What unix(7) sockets of all types have: names, a queue of messages, and the rules for passing files and credentials. */
export abstract class UnixSocket extends Socket implements FlyingSocket {
  state: UnixState = 'unconnected';
  /** Name it is bound to: a path, or a zero byte and an abstract name; null while it has none. */
  name: ByteString | null = null;
  /** The node of a path. */
  boundInode: Inode | null = null;
  peer: UnixSocket | null = null;
  peerIdentity: PeerCredentials | null = null;
  /** Messages received, the oldest first. */
  queue: UnixMessage[] = [];
  /** Bytes in `queue` not yet taken. */
  queuedBytes = 0;
  /** Cost of own messages not yet taken by their receivers. */
  unsentCostBytes = 0;
  /** Most messages, or connections, that wait here, less one. */
  backlog = DATAGRAM_BACKLOG;
  /** Sockets that wait for room here: told by their write queues. */
  roomWaiters = new Set<UnixSocket>();
  /** References on it that messages hold. */
  inFlightCount = 0;
  isReleased = false;

  constructor(...given: ConstructorParameters<typeof Socket>) {
    super(...given);
    this.stack.unixSockets.add(this);
  }

  abstract acceptsPeer(sender: UnixSocket): boolean;

  // ---- names ------------------------------------------------------------------------------------------------------

  override bind(address: Uint8Array, caller: Caller, paths: SocketPaths): void {
    void caller;
    if (isNameless(address)) {
      this.autobind();
      return;
    }
    const name = parseUnixName(address);
    if (name.startsWith('\0')) {
      if (this.name !== null) throw new SysError(EINVAL, 'bind: already bound');
      const key = `${this.type}${name}`;
      if (this.stack.abstractNames.has(key)) throw new SysError(EADDRINUSE, 'bind: the name is in use');
      this.stack.abstractNames.set(key, this);
    } else {
      if (this.name !== null) throw new SysError(EINVAL, 'bind: already bound');
      const inode = paths.make(name, SOCKET_NODE_MODE);
      inode.attachment = this;
      inode.hold();
      this.boundInode = inode;
    }
    this.name = name;
  }

  /** Takes an abstract name that nobody has, unless it has a name. */
  autobind(): void {
    if (this.name !== null) return;
    let name = this.stack.nextAutobindName();
    while (this.stack.abstractNames.has(`${this.type}${name}`)) name = this.stack.nextAutobindName();
    this.stack.abstractNames.set(`${this.type}${name}`, this);
    this.name = name;
  }

  /** The socket that `address` names. @errors EINVAL; ECONNREFUSED nobody has the name; EPROTOTYPE another type; and those of the path */
  findPeer(address: Uint8Array, paths: SocketPaths | null): UnixSocket {
    const name = parseUnixName(address);
    if (name.startsWith('\0')) {
      const found = this.stack.abstractNames.get(`${this.type}${name}`);
      if (!(found instanceof UnixSocket)) throw new SysError(ECONNREFUSED, 'nobody has this abstract name');
      return found;
    }
    const found = paths?.find(name).attachment;
    if (!(found instanceof UnixSocket)) throw new SysError(ECONNREFUSED, 'nobody is bound to the path');
    if (found.type !== this.type) throw new SysError(EPROTOTYPE, 'a socket of another type');
    return found;
  }

  override localAddress(): Uint8Array {
    return formatUnixName(this.name);
  }

  override peerAddress(): Uint8Array {
    if (this.peer === null) throw new SysError(ENOTCONN, 'getpeername: not connected');
    return formatUnixName(this.peer.name);
  }

  override peerCredentials(): PeerCredentials {
    return this.peerIdentity ?? super.peerCredentials();
  }

  /** Makes this and `other` each other's peers: socketpair(2). */
  pairWith(other: UnixSocket, caller: Caller): void {
    const identity = credentialsOf(caller);
    for (const [socket, peer] of [[this, other], [other, this]] as const) {
      socket.peer = peer;
      socket.state = 'connected';
      socket.peerIdentity = identity;
    }
  }

  // ---- messages ---------------------------------------------------------------------------------------------------

  /** Whether own messages leave room for another one. */
  hasSendRoom(): boolean {
    return this.unsentCostBytes < this.sendBufferBytes;
  }

  /** Whether poll(2) calls it writable: three quarters of the buffer are free. */
  isSendReady(): boolean {
    return this.state !== 'listening' && this.unsentCostBytes * 4 <= this.sendBufferBytes;
  }

  /** Puts the next `countBytes` (prepared) bytes of `src` into `target`'s queue; `withRights` only with the first message of a send. */
  deliver(target: UnixSocket, src: IoSource, countBytes: number, request: SendRequest, caller: Caller, withRights: boolean): void {
    const data = new Uint8Array(countBytes);
    if (countBytes > 0) src.take(data, 0, countBytes);
    const wanted = this.passesCredentials || target.passesCredentials || target.references === 0;
    const credentials = request.credentials ?? (wanted ? credentialsOf(caller) : null);
    const rights = withRights ? [...request.rights] : [];
    for (const file of rights) {
      file.hold();
      if (!(file instanceof UnixSocket)) continue;
      file.inFlightCount++;
      this.stack.inFlight.add(file);
    }
    const message = new UnixMessage(this, data, rights, credentials);
    this.unsentCostBytes += message.costBytes;
    target.queue.push(message);
    target.queuedBytes += countBytes;
    target.readQueue.wakeAll();
  }

  /** Adds what came with `message` to the receipt; its files go over to the receiver, or are shared with it when peeking. */
  receiveExtras(message: UnixMessage, receipt: Receipt): void {
    if (this.passesCredentials) receipt.credentials = message.credentials ?? NO_CREDENTIALS;
    if (message.rights.length === 0) return;
    receipt.rights.push(...message.rights);
    if ((receipt.flags & MSG_PEEK) !== 0) {
      for (const file of message.rights) file.hold();
      return;
    }
    this.landed(message.rights);
    message.rights = [];
  }

  /** `files` are no longer in flight. */
  landed(files: readonly FileDescription[]): void {
    for (const file of files) {
      if (!(file instanceof UnixSocket)) continue;
      file.inFlightCount--;
      if (file.inFlightCount === 0) this.stack.inFlight.delete(file);
    }
  }

  /** Gives the first message's room back to its sender, and takes it out. */
  finishFirst(): void {
    const message = this.queue.shift();
    if (message === undefined) return;
    this.queuedBytes -= message.data.length - message.position;
    const { sender } = message;
    sender.unsentCostBytes -= message.costBytes;
    if (sender.isSendReady()) sender.writeQueue.wakeAll();
  }

  /** Tells those who wait for room here. */
  wakeRoomWaiters(): void {
    if (this.roomWaiters.size === 0) return;
    const waiting = [...this.roomWaiters];
    this.roomWaiters.clear();
    for (const socket of waiting) socket.writeQueue.wakeAll();
  }

  /** Throws every message away, with the files in it. */
  purge(): void {
    const doomed: FileDescription[] = [];
    while (this.queue.length > 0) {
      const { rights } = this.queue[0]!;
      this.landed(rights);
      doomed.push(...rights);
      this.finishFirst();
    }
    this.wakeRoomWaiters();
    this.stack.dropAll(doomed);
  }

  // ---- whole messages: datagram and seqpacket ---------------------------------------------------------------------

  sendPacket(target: UnixSocket, src: IoSource, request: SendRequest, caller: Caller): number {
    const lengthBytes = src.remainingBytes;
    if (lengthBytes > this.sendBufferBytes - 32) throw new SysError(EMSGSIZE, `send: a message of ${lengthBytes} bytes`);
    this.throwPending('send');
    if (this.isWriteShut) throw new SysError(EPIPE, 'send: shut down');
    if (!this.hasSendRoom()) return WOULD_BLOCK;
    if (!target.acceptsPeer(this)) throw new SysError(EPERM, 'send: the receiver is connected to another');
    if (target.isReadShut) throw new SysError(EPIPE, 'send: the receiver is shut down');
    if (this.waitsForRoomOf(target)) {
      target.roomWaiters.add(this);
      return WOULD_BLOCK;
    }
    if (this.passesCredentials && this.type === SOCK_DGRAM) this.autobind();
    prepareWhole(src, lengthBytes);
    this.deliver(target, src, lengthBytes, request, caller, true);
    return lengthBytes;
  }

  /** Whether `target` has its queue full of messages. Sockets connected to each other only mind the sender's buffer. */
  waitsForRoomOf(target: UnixSocket): boolean {
    return target !== this && target.peer !== this && target.queue.length > target.backlog;
  }

  receivePacket(dst: IoTarget, receipt: Receipt): number {
    if ((receipt.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP, 'receive: no urgent data');
    const message = this.queue[0];
    if (message === undefined) {
      this.throwPending('receive');
      const seesEnd = this.type !== SOCK_DGRAM || (receipt.flags & MSG_DONTWAIT) === 0;
      return this.isReadShut && seesEnd ? 0 : WOULD_BLOCK;
    }
    const lengthBytes = message.data.length;
    const countBytes = Math.min(lengthBytes, dst.remainingBytes);
    prepareWhole(dst, countBytes);
    if (countBytes > 0) dst.put(message.data, 0, countBytes);
    if (countBytes < lengthBytes) receipt.resultFlags |= MSG_TRUNC;
    if (message.sender.name !== null) receipt.address = formatUnixName(message.sender.name);
    this.receiveExtras(message, receipt);
    if ((receipt.flags & MSG_PEEK) === 0) {
      this.finishFirst();
      this.wakeRoomWaiters();
    }
    return (receipt.flags & MSG_TRUNC) !== 0 ? lengthBytes : countBytes;
  }

  override readableBytes(): number {
    if (this.state === 'listening') throw new SysError(EINVAL, 'ioctl: a listening socket');
    return this.isStream() ? this.queuedBytes : (this.queue[0]?.data.length ?? 0);
  }

  override unsentBytes(): number {
    return this.unsentCostBytes;
  }

  // ---- state ------------------------------------------------------------------------------------------------------

  override pollEvents(): number {
    let events = 0;
    if (this.pendingError !== 0) events |= POLLERR;
    if (this.isReadShut && this.isWriteShut) events |= POLLHUP;
    if (this.isReadShut) events |= POLLRDHUP | POLLIN | POLLRDNORM;
    if (this.hasSomethingToTake()) events |= POLLIN | POLLRDNORM;
    if (this.isConnectionBased() && this.state === 'unconnected') events |= POLLHUP;
    if (this.isSendReady() && !this.minds(this.peer)) events |= POLLOUT | POLLWRNORM | POLLWRBAND;
    return events;
  }

  /** Whether the connected receiver's full queue keeps a datagram socket from being writable; it then tells when there is room. */
  minds(target: UnixSocket | null): boolean {
    if (target === null || this.isStream() || !this.waitsForRoomOf(target)) return false;
    target.roomWaiters.add(this);
    return true;
  }

  hasSomethingToTake(): boolean {
    return this.queue.length > 0;
  }

  override shutdown(how: number): void {
    const shutsRead = how !== 1;
    const shutsWrite = how !== 0;
    if (shutsRead) this.isReadShut = true;
    if (shutsWrite) this.isWriteShut = true;
    const { peer } = this;
    if (peer !== null && this.isConnectionBased()) {
      if (shutsRead) peer.isWriteShut = true;
      if (shutsWrite) peer.isReadShut = true;
      peer.wakeEveryone();
    }
    this.wakeEveryone();
    this.wakeRoomWaiters();
  }

  /** Sockets whose messages go when this one's go: itself, and those that wait to be accepted by it. */
  withChildren(): UnixSocket[] {
    return [this];
  }

  override drop(): void {
    super.drop();
    if (this.references > 0 && this.references === this.inFlightCount) considerGarbage(this.stack);
  }

  /** Gives its name back, and leaves the list of sockets. */
  unbind(): void {
    this.stack.unixSockets.delete(this);
    if (this.name !== null && this.name.startsWith('\0')) this.stack.abstractNames.delete(`${this.type}${this.name}`);
    if (this.boundInode !== null) {
      this.boundInode.attachment = null;
      this.boundInode.drop();
      this.boundInode = null;
    }
  }
}

/** The caller as SO_PEERCRED and SCM_CREDENTIALS show it. */
export function credentialsOf(caller: Caller): PeerCredentials {
  return { pid: caller.pid, uid: caller.credentials.euid, gid: caller.credentials.egid };
}

defineState(UnixMessage, 'UnixMessage', 1, {
  sender: ref<UnixSocket>('UnixSocket'),
  data: bytes,
  position: u32,
  rights: list(anyRef<FileDescription>()),
  credentials: optional(peerCredentialsKind),
  costBytes: u32,
});

export const unixSocketState = defineState(UnixSocket, 'UnixSocket', 1, extend(socketState, {
  state: enumOf<UnixState>('unconnected', 'listening', 'connected'),
  name: optional(byteString),
  boundInode: optional(ref<Inode>('Inode')),
  peer: optional(ref<UnixSocket>('UnixSocket')),
  peerIdentity: optional(peerCredentialsKind),
  queue: list(ref<UnixMessage>('UnixMessage')),
  queuedBytes: int,
  unsentCostBytes: int,
  backlog: u32,
  roomWaiters: set(ref<UnixSocket>('UnixSocket')),
  inFlightCount: u32,
  isReleased: bool,
}));
