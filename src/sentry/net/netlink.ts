import { EADDRINUSE, ECONNREFUSED, EINVAL, EOPNOTSUPP, EPERM } from '../../abi/errno.ts';
import { POLLERR, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../abi/poll.ts';
import {
  AF_NETLINK, AF_UNSPEC, MSG_OOB, MSG_PEEK, MSG_TRUNC, NLM_F_ACK, NLM_F_MULTI, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NLMSG_HEADER_BYTES,
  SOCKADDR_NL_BYTES,
} from '../../abi/socket.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_NET_ADMIN } from '../auth/credentials.ts';
import { bytes, defineState, extend, list, u32 } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import { answerRoute } from './netlink-route.ts';
import type { RouteRequest } from './netlink-route.ts';
import { prepareWhole, Socket, socketState } from './socket.ts';
import type { Receipt, SendRequest } from './socket.ts';

const MAX_MESSAGE_BYTES = 212_960;
/** The first message type that a protocol defines for itself. */
const NLMSG_MIN_TYPE = 16;

/** netlink(7) with NETLINK_ROUTE: asks the container's kernel about its interface, addresses and routes. */
export class NetlinkSocket extends Socket {
  /** 0 while not bound. */
  portId = 0;
  groups = 0;
  /** Answers not yet read, whole. */
  queue: Uint8Array[] = [];

  constructor(...given: ConstructorParameters<typeof Socket>) {
    super(...given);
    this.stack.netlinkSockets.add(this);
  }

  override bind(address: Uint8Array, caller: Caller): void {
    const { portId, groups } = parseAddress(address);
    if (this.portId !== 0 && portId !== this.portId) throw new SysError(EINVAL, 'bind: already bound');
    if (this.portId === 0) this.takePort(portId, caller);
    this.groups = groups;
  }

  takePort(wanted: number, caller: Caller): void {
    const taken = this.stack.netlinkPorts;
    let portId = wanted === 0 ? caller.pid : wanted;
    if (taken.has(portId)) {
      if (wanted !== 0) throw new SysError(EADDRINUSE, `bind: netlink port ${wanted}`);
      portId = 0xffff_f000;
      while (taken.has(portId)) portId--;
    }
    taken.add(portId);
    this.portId = portId;
  }

  override connect(address: Uint8Array, isNonblocking: boolean, caller: Caller): number {
    void isNonblocking;
    if (address.length >= 2 && (address[0]! | (address[1]! << 8)) === AF_UNSPEC) return 0;
    if (parseAddress(address).portId !== 0) throw new SysError(ECONNREFUSED, 'connect: only the kernel answers');
    if (this.portId === 0) this.takePort(0, caller);
    return 0;
  }

  override send(src: IoSource, request: SendRequest, caller: Caller): number {
    if ((request.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP, 'send: no urgent data');
    if (request.address !== null) {
      const { portId, groups } = parseAddress(request.address);
      if (portId !== 0) throw new SysError(ECONNREFUSED, `send: nobody has netlink port ${portId}`);
      if (groups !== 0 && !caller.credentials.has(CAP_NET_ADMIN)) throw new SysError(EPERM, 'send: to netlink groups');
    }
    if (this.portId === 0) this.takePort(0, caller);
    const lengthBytes = Math.min(src.remainingBytes, MAX_MESSAGE_BYTES);
    prepareWhole(src, lengthBytes);
    const message = new Uint8Array(lengthBytes);
    if (lengthBytes > 0) src.take(message, 0, lengthBytes);
    this.answerAll(message, caller);
    return lengthBytes;
  }

  /** Answers each request in `message`, one behind the other at multiples of four bytes. */
  answerAll(message: Uint8Array, caller: Caller): void {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    for (let at = 0; at + NLMSG_HEADER_BYTES <= message.length; ) {
      const lengthBytes = view.getUint32(at, true);
      if (lengthBytes < NLMSG_HEADER_BYTES || at + lengthBytes > message.length) return;
      this.answer(message.subarray(at, at + lengthBytes), caller);
      at += (lengthBytes + 3) & ~3;
    }
  }

  answer(message: Uint8Array, caller: Caller): void {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const request: RouteRequest = {
      type: view.getUint16(4, true),
      flags: view.getUint16(6, true),
      sequence: view.getUint32(8, true),
      portId: this.portId,
      body: message.subarray(NLMSG_HEADER_BYTES),
    };
    if ((request.flags & NLM_F_REQUEST) === 0 || request.type < NLMSG_MIN_TYPE) {
      if ((request.flags & NLM_F_ACK) !== 0) this.enqueue(errorMessage(request, message, 0));
      return;
    }
    try {
      const answer = answerRoute(this.stack, request, caller);
      if (answer.messages.length > 0) this.enqueue(join(answer.messages));
      if (answer.isDump) this.enqueue(plainMessage(request, NLMSG_DONE, NLM_F_MULTI, new Uint8Array(4)));
      else if ((request.flags & NLM_F_ACK) !== 0) this.enqueue(errorMessage(request, message, 0));
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.enqueue(errorMessage(request, message, error.errno));
    }
  }

  enqueue(message: Uint8Array): void {
    this.queue.push(message);
    this.readQueue.wakeAll();
  }

  override receive(dst: IoTarget, receipt: Receipt): number {
    if ((receipt.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP, 'receive: no urgent data');
    this.throwPending('receive');
    const message = this.queue[0];
    if (message === undefined) return WOULD_BLOCK;
    const countBytes = Math.min(message.length, dst.remainingBytes);
    prepareWhole(dst, countBytes);
    if (countBytes > 0) dst.put(message, 0, countBytes);
    if (countBytes < message.length) receipt.resultFlags |= MSG_TRUNC;
    receipt.address = formatAddress(0, 0);
    if ((receipt.flags & MSG_PEEK) === 0) this.queue.shift();
    return (receipt.flags & MSG_TRUNC) !== 0 ? message.length : countBytes;
  }

  override localAddress(): Uint8Array {
    return formatAddress(this.portId, this.groups);
  }

  override peerAddress(): Uint8Array {
    return formatAddress(0, 0);
  }

  override readableBytes(): number {
    return this.queue[0]?.length ?? 0;
  }

  override pollEvents(): number {
    let events = POLLOUT | POLLWRNORM;
    if (this.queue.length > 0) events |= POLLIN | POLLRDNORM;
    if (this.pendingError !== 0) events |= POLLERR;
    return events;
  }

  override accept(): Socket | null {
    throw new SysError(EOPNOTSUPP, 'accept: a netlink socket');
  }

  override release(): void {
    this.stack.netlinkSockets.delete(this);
    this.stack.netlinkPorts.delete(this.portId);
    this.queue = [];
  }
}

function parseAddress(address: Uint8Array): { portId: number; groups: number } {
  if (address.length < SOCKADDR_NL_BYTES || (address[0]! | (address[1]! << 8)) !== AF_NETLINK) {
    throw new SysError(EINVAL, `netlink address of ${address.length} bytes`);
  }
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  return { portId: view.getUint32(4, true), groups: view.getUint32(8, true) };
}

function formatAddress(portId: number, groups: number): Uint8Array {
  const address = new DataView(new ArrayBuffer(SOCKADDR_NL_BYTES));
  address.setUint16(0, AF_NETLINK, true);
  address.setUint32(4, portId, true);
  address.setUint32(8, groups, true);
  return new Uint8Array(address.buffer);
}

function plainMessage(request: RouteRequest, type: number, flags: number, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(NLMSG_HEADER_BYTES + body.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, request.sequence, true);
  view.setUint32(12, request.portId, true);
  message.set(body, NLMSG_HEADER_BYTES);
  return message;
}

/** NLMSG_ERROR: −errno and the request, of which an acknowledgement (errno 0) repeats only the header. */
function errorMessage(request: RouteRequest, original: Uint8Array, errno: number): Uint8Array {
  const repeated = errno === 0 ? original.subarray(0, NLMSG_HEADER_BYTES) : original;
  const body = new Uint8Array(4 + repeated.length);
  new DataView(body.buffer).setInt32(0, -errno, true);
  body.set(repeated, 4);
  return plainMessage(request, NLMSG_ERROR, 0, body);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

defineState(NetlinkSocket, 'NetlinkSocket', 1, extend(socketState, { portId: u32, groups: u32, queue: list(bytes) }));
