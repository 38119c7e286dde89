import { ECONNREFUSED, ECONNRESET, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP, EPIPE } from '../../abi/errno.ts';
import { MSG_NOSIGNAL, MSG_OOB, MSG_PEEK } from '../../abi/socket.ts';
import { SIGPIPE } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { defineState, extend, list, optional, ref } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import type { Receipt, SendRequest, SocketPaths } from './socket.ts';
import { STREAM_CHUNK_BYTES } from './truesize.ts';
import { considerGarbage } from './unix-garbage.ts';
import { credentialsOf, UnixSocket, unixSocketState } from './unix-socket.ts';
import type { UnixMessage } from './unix-socket.ts';

/** SOCK_STREAM and SOCK_SEQPACKET of unix(7): what connecting means. */
export abstract class UnixConnection extends UnixSocket {
  /** Connections not yet accepted. */
  acceptQueue: UnixConnection[] = [];
  /** The listener whose full queue a connect waits for. */
  waitsAt: UnixConnection | null = null;

  /** A socket of the same kind, for the listener's side of a connection. */
  abstract makeSibling(): UnixConnection;

  override acceptsPeer(): boolean {
    return true;
  }

  override listen(backlog: number, caller: Caller): void {
    if (this.name === null || this.state === 'connected') throw new SysError(EINVAL, 'listen: not bound, or connected');
    this.backlog = backlog;
    this.state = 'listening';
    this.peerIdentity = credentialsOf(caller);
    this.wakeRoomWaiters();
  }

  override isListening(): boolean {
    return this.state === 'listening';
  }

  override connect(address: Uint8Array, isNonblocking: boolean, caller: Caller, paths: SocketPaths): number {
    void isNonblocking;
    if (this.passesCredentials) this.autobind();
    const listener = this.findPeer(address, paths);
    if (!(listener instanceof UnixConnection) || listener.state !== 'listening' || listener.isReadShut) {
      throw new SysError(ECONNREFUSED, 'connect: nobody listens');
    }
    if (this.state === 'connected') throw new SysError(EISCONN, 'connect: connected');
    if (this.state === 'listening') throw new SysError(EINVAL, 'connect: listening');
    this.stopWaiting();
    if (listener.acceptQueue.length > listener.backlog) {
      listener.roomWaiters.add(this);
      this.waitsAt = listener;
      return WOULD_BLOCK;
    }

    const child = listener.makeSibling();
    child.name = listener.name;
    child.state = 'connected';
    child.peer = this;
    child.peerIdentity = credentialsOf(caller);
    child.passesCredentials = listener.passesCredentials;
    this.peer = child;
    this.state = 'connected';
    this.peerIdentity = listener.peerIdentity;
    listener.acceptQueue.push(child);
    listener.readQueue.wakeAll();
    return 0;
  }

  stopWaiting(): void {
    this.waitsAt?.roomWaiters.delete(this);
    this.waitsAt = null;
  }

  override accept(): UnixConnection | null {
    if (this.state !== 'listening') throw new SysError(EINVAL, 'accept: not listening');
    const child = this.acceptQueue.shift();
    if (child === undefined) {
      if (this.isReadShut) throw new SysError(EINVAL, 'accept: shut down');
      return null;
    }
    this.wakeRoomWaiters();
    return child;
  }

  override withChildren(): UnixSocket[] {
    return [this, ...this.acceptQueue];
  }

  override hasSomethingToTake(): boolean {
    return this.queue.length > 0 || this.acceptQueue.length > 0;
  }

  override release(): void {
    this.isReleased = true;
    this.unbind();
    this.stopWaiting();
    for (const child of this.acceptQueue) {
      if (child.peer !== null) child.peer.pendingError = ECONNRESET;
      child.abandon();
    }
    this.acceptQueue = [];
    const { peer } = this;
    if (peer !== null) {
      peer.isReadShut = true;
      peer.isWriteShut = true;
      if (this.queue.length > 0) peer.pendingError = ECONNRESET;
      peer.wakeEveryone();
    }
    this.purge();
    considerGarbage(this.stack);
  }
}

/** SOCK_STREAM of unix(7). */
export class UnixStream extends UnixConnection {
  override makeSibling(): UnixStream {
    return new UnixStream(this.stack, this.family, this.type, this.protocol, 0);
  }

  override send(src: IoSource, request: SendRequest, caller: Caller): number {
    if ((request.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP, 'send: no urgent data');
    if (request.address !== null) throw new SysError(this.state === 'connected' ? EISCONN : EOPNOTSUPP, 'send: an address on a stream');
    const { peer } = this;
    if (peer === null) throw new SysError(ENOTCONN, 'send: not connected');
    if (this.isWriteShut) this.breakPipe(request, caller);
    let sentBytes = 0;
    while (src.remainingBytes > 0) {
      if (this.pendingError !== 0 && sentBytes > 0) break;
      this.throwPending('send');
      if (!this.hasSendRoom()) break;
      const wantedBytes = Math.min(src.remainingBytes, Math.max(1, (this.sendBufferBytes >> 1) - 64), STREAM_CHUNK_BYTES);
      const countBytes = src.prepare(wantedBytes);
      if (countBytes === 0) break;
      this.deliver(peer, src, countBytes, request, caller, sentBytes === 0);
      sentBytes += countBytes;
      if (countBytes < wantedBytes) return sentBytes;
    }
    return sentBytes === 0 && src.remainingBytes > 0 ? WOULD_BLOCK : sentBytes;
  }

  breakPipe(request: SendRequest, caller: Caller): never {
    if ((request.flags & MSG_NOSIGNAL) === 0) caller.raise(SIGPIPE);
    throw new SysError(EPIPE, 'send: the reader is gone');
  }

  override receive(dst: IoTarget, receipt: Receipt): number {
    if (this.state !== 'connected') throw new SysError(EINVAL, 'receive: not connected');
    if ((receipt.flags & MSG_OOB) !== 0) throw new SysError(EINVAL, 'receive: no urgent data');
    if (this.queue.length === 0) {
      this.throwPending('receive');
      return this.isReadShut ? 0 : WOULD_BLOCK;
    }
    const isPeeking = (receipt.flags & MSG_PEEK) !== 0;
    let countBytes = 0;
    let index = 0;
    let first: UnixMessage | null = null;
    while (dst.remainingBytes > 0) {
      const message: UnixMessage | undefined = this.queue[index];
      if (message === undefined) break;
      if (first !== null && this.passesCredentials && !isOfSameSender(first, message)) {
        receipt.isFinal = true;
        break;
      }
      const wantedBytes = Math.min(message.data.length - message.position, dst.remainingBytes);
      const readyBytes = dst.prepare(wantedBytes);
      dst.put(message.data, message.position, readyBytes);
      countBytes += readyBytes;
      first ??= message;
      const hasRights = message.rights.length > 0;
      this.receiveExtras(message, receipt);
      if (isPeeking) {
        index++;
      } else {
        message.position += readyBytes;
        this.queuedBytes -= readyBytes;
        if (message.position === message.data.length) this.finishFirst();
      }
      if (hasRights) receipt.isFinal = true;
      if (hasRights || readyBytes < wantedBytes) break;
    }
    if (this.peer !== null && this.peer.name !== null) receipt.address = this.peerAddress();
    return countBytes;
  }
}

function isOfSameSender(a: UnixMessage, b: UnixMessage): boolean {
  return a.credentials?.pid === b.credentials?.pid && a.credentials?.uid === b.credentials?.uid && a.credentials?.gid === b.credentials?.gid;
}

/** SOCK_SEQPACKET of unix(7): connections of whole messages. */
export class UnixSeqpacket extends UnixConnection {
  override makeSibling(): UnixSeqpacket {
    return new UnixSeqpacket(this.stack, this.family, this.type, this.protocol, 0);
  }

  override send(src: IoSource, request: SendRequest, caller: Caller): number {
    if ((request.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP, 'send: no urgent data');
    this.throwPending('send');
    if (this.state !== 'connected' || this.peer === null) throw new SysError(ENOTCONN, 'send: not connected');
    return this.sendPacket(this.peer, src, request, caller);
  }

  override receive(dst: IoTarget, receipt: Receipt): number {
    if (this.state !== 'connected') throw new SysError(ENOTCONN, 'receive: not connected');
    return this.receivePacket(dst, receipt);
  }
}

const connectionFields = {
  acceptQueue: list(ref<UnixConnection>('UnixConnection')),
  waitsAt: optional(ref<UnixConnection>('UnixConnection')),
};
const connectionState = defineState(UnixConnection, 'UnixConnection', 1, extend(unixSocketState, connectionFields));
defineState(UnixStream, 'UnixStream', 1, extend(connectionState, {}));
defineState(UnixSeqpacket, 'UnixSeqpacket', 1, extend(connectionState, {}));
