import { ECONNREFUSED, ECONNRESET, ENOTCONN, EOPNOTSUPP, EPERM } from '../../abi/errno.ts';
import { AF_UNSPEC, MSG_OOB } from '../../abi/socket.ts';
import { SysError } from '../../base/errors.ts';
import { defineState, extend } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import type { Receipt, SendRequest, SocketPaths } from './socket.ts';
import { considerGarbage } from './unix-garbage.ts';
import { UnixSocket, unixSocketState } from './unix-socket.ts';

/** SOCK_DGRAM of unix(7). */
export class UnixDatagram extends UnixSocket {
  override acceptsPeer(sender: UnixSocket): boolean {
    return this.peer === null || this.peer === sender;
  }

  override connect(address: Uint8Array, isNonblocking: boolean, caller: Caller, paths: SocketPaths): number {
    void isNonblocking;
    void caller;
    if (address.length >= 2 && (address[0]! | (address[1]! << 8)) === AF_UNSPEC) {
      this.changePeer(null);
      return 0;
    }
    if (this.passesCredentials) this.autobind();
    const target = this.findPeer(address, paths);
    if (!target.acceptsPeer(this)) throw new SysError(EPERM, 'connect: the receiver is connected to another');
    this.changePeer(target);
    return 0;
  }

  /** Messages from a former peer are thrown away, and it learns of that. */
  changePeer(target: UnixSocket | null): void {
    const former = this.peer;
    this.peer = target;
    this.state = target === null ? 'unconnected' : 'connected';
    if (former === null || former === target) return;
    former.roomWaiters.delete(this);
    if (this.queue.length > 0) {
      this.purge();
      if (!former.isReleased && former.peer === this) former.pendingError = ECONNRESET;
      former.wakeEveryone();
    }
    this.writeQueue.wakeAll();
  }

  override send(src: IoSource, request: SendRequest, caller: Caller): number {
    if ((request.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP, 'send: no urgent data');
    let target: UnixSocket;
    if (request.address !== null) {
      target = this.findPeer(request.address, request.paths);
    } else {
      if (this.peer === null) throw new SysError(ENOTCONN, 'send: not connected');
      target = this.peer;
      if (target.isReleased) {
        this.changePeer(null);
        throw new SysError(ECONNREFUSED, 'send: the receiver is gone');
      }
    }
    return this.sendPacket(target, src, request, caller);
  }

  override receive(dst: IoTarget, receipt: Receipt): number {
    return this.receivePacket(dst, receipt);
  }

  override release(): void {
    this.isReleased = true;
    this.unbind();
    this.peer?.roomWaiters.delete(this);
    this.purge();
    considerGarbage(this.stack);
  }
}

defineState(UnixDatagram, 'UnixDatagram', 1, extend(unixSocketState, {}));
