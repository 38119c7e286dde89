import { EDESTADDRREQ, EINVAL, EMSGSIZE, ENOTCONN, EOPNOTSUPP } from '../../abi/errno.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM } from '../../abi/poll.ts';
import {
  AF_INET, AF_INET6, ICMP_FILTER, IP_HDRINCL, IP_TTL, IPPROTO_ICMPV6, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_RAW, IPV6_2292HOPLIMIT, IPV6_HOPLIMIT,
  IPV6_RECVHOPLIMIT, IPV6_UNICAST_HOPS, MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC, SOL_RAW,
} from '../../abi/socket.ts';
import { SysError } from '../../base/errors.ts';
import { bytes, defineState, extend, int, list, ref } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import type { Datagram } from './datagram.ts';
import { InetSocket, inetSocketState } from './inet-socket.ts';
import { anyOf, formatEndpoint, isAny, parseEndpoint } from './ip-address.ts';
import type { IpAddress } from './ip-address.ts';
import { DEFAULT_HOPS, IP_HEADER_BYTES, makeIpv4, routeIpv4, routeIpv6 } from './packet.ts';
import type { PacketReceiver } from './packet.ts';
import type { PortTable } from './port-table.ts';
import { prepareWhole } from './socket.ts';
import type { Receipt, SendRequest } from './socket.ts';
import { truesizeOf } from './truesize.ts';


const MAX_PACKET_BYTES = 65_535;

/**
 * raw(7) over loopback: what is sent comes back to every raw socket of the protocol, and the container's kernel answers echo
 * requests. Packets of TCP and UDP do not exist here, so nobody sees them.
 */
export class RawSocket extends InetSocket implements PacketReceiver {
  /** Received: whole IPv4 packets, or what an IPv6 header would carry. */
  queue: Datagram[] = [];
  queuedCostBytes = 0;
  /** ICMP types not wanted, one bit each: 32 bits for IPv4, 256 for IPv6. */
  filter = new Uint8Array(32);

  override ports(): PortTable {
    return this.stack.udpPorts; // never used: a raw socket has no port
  }

  override bind(address: Uint8Array, caller: Caller): void {
    void caller;
    const endpoint = this.parseLocal(address);
    this.localIp = isAny(endpoint.address) ? anyOf(this.family) : this.routeTo(endpoint.address);
  }

  override connect(address: Uint8Array): number {
    const endpoint = parseEndpoint(address, this.family);
    this.remote = endpoint === null ? null : { address: this.routeTo(endpoint.address), port: 0 };
    return 0;
  }

  override send(src: IoSource, request: SendRequest, caller: Caller): number {
    void caller;
    const lengthBytes = src.remainingBytes;
    if (lengthBytes > MAX_PACKET_BYTES) throw new SysError(EMSGSIZE, `send: ${lengthBytes} bytes`);
    if ((request.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP, 'send: no urgent data');
    const to = (request.address === null ? null : parseEndpoint(request.address, this.family)) ?? this.remote;
    if (to === null) throw new SysError(EDESTADDRREQ, 'send: not connected and no address');
    const destination = this.routeTo(to.address);
    prepareWhole(src, lengthBytes);
    const data = new Uint8Array(lengthBytes);
    if (lengthBytes > 0) src.take(data, 0, lengthBytes);
    if (this.family === AF_INET) this.sendIpv4(data, destination);
    else this.sendIpv6(data, destination);
    return lengthBytes;
  }

  option(level: number, name: number): number | undefined {
    return this.options.get(level * 0x10000 + name);
  }

  sendIpv4(data: Uint8Array, destination: IpAddress): void {
    const hasHeader = this.protocol === IPPROTO_RAW || (this.option(IPPROTO_IP, IP_HDRINCL) ?? 0) !== 0;
    if (hasHeader && data.length < IP_HEADER_BYTES) throw new SysError(EINVAL, 'send: less than an IP header');
    const hops = this.option(IPPROTO_IP, IP_TTL) ?? DEFAULT_HOPS;
    routeIpv4(this.stack, hasHeader ? data : makeIpv4(this.stack, data, this.sourceFor(destination), destination, this.protocol, hops));
  }

  sendIpv6(data: Uint8Array, destination: IpAddress): void {
    if (this.protocol === IPPROTO_ICMPV6 && data.length < 4) throw new SysError(EINVAL, 'send: less than an ICMP header');
    routeIpv6(this.stack, data, this.sourceFor(destination), destination, this.protocol);
  }

  enqueue(message: Datagram): void {
    const cost = truesizeOf(message.data.length);
    if (this.queuedCostBytes + cost > this.receiveBufferBytes && this.queue.length > 0) return;
    this.queue.push(message);
    this.queuedCostBytes += cost;
    this.readQueue.wakeAll();
  }

  override receive(dst: IoTarget, receipt: Receipt): number {
    if ((receipt.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP, 'receive: no urgent data');
    this.throwPending('receive');
    const message = this.queue[0];
    if (message === undefined) return this.isReadShut && (receipt.flags & MSG_DONTWAIT) === 0 ? 0 : WOULD_BLOCK;
    const countBytes = Math.min(message.data.length, dst.remainingBytes);
    prepareWhole(dst, countBytes);
    if (countBytes > 0) dst.put(message.data, 0, countBytes);
    if (countBytes < message.data.length) receipt.resultFlags |= MSG_TRUNC;
    receipt.address = formatEndpoint(message.source, this.family);
    this.addHops(receipt);
    if ((receipt.flags & MSG_PEEK) === 0) {
      this.queue.shift();
      this.queuedCostBytes -= truesizeOf(message.data.length);
    }
    return (receipt.flags & MSG_TRUNC) !== 0 ? message.data.length : countBytes;
  }

  /** Tells the hop count, under the option's present name or its one of RFC 2292, which busybox uses. */
  addHops(receipt: Receipt): void {
    if (this.family !== AF_INET6) return;
    const data = Uint8Array.of(this.option(IPPROTO_IPV6, IPV6_UNICAST_HOPS) ?? DEFAULT_HOPS, 0, 0, 0);
    if ((this.option(IPPROTO_IPV6, IPV6_RECVHOPLIMIT) ?? 0) !== 0) receipt.control.push({ level: IPPROTO_IPV6, type: IPV6_HOPLIMIT, data });
    if ((this.option(IPPROTO_IPV6, IPV6_2292HOPLIMIT) ?? 0) !== 0) receipt.control.push({ level: IPPROTO_IPV6, type: IPV6_2292HOPLIMIT, data });
  }

  override localAddress(): Uint8Array {
    return formatEndpoint({ address: this.localIp, port: this.protocol }, this.family);
  }

  override peerAddress(): Uint8Array {
    if (this.remote === null) throw new SysError(ENOTCONN, 'getpeername: not connected');
    return formatEndpoint(this.remote, this.family);
  }

  override readableBytes(): number {
    return this.queue[0]?.data.length ?? 0;
  }

  override setProtocolOption(level: number, name: number, value: Uint8Array, caller: Caller): boolean {
    if (name === ICMP_FILTER && (level === SOL_RAW || level === IPPROTO_ICMPV6)) {
      this.filter.fill(0);
      this.filter.set(value.subarray(0, level === SOL_RAW ? 4 : 32));
      return true;
    }
    return super.setProtocolOption(level, name, value, caller);
  }

  override protocolOption(level: number, name: number): Uint8Array | null {
    if (name === ICMP_FILTER && level === SOL_RAW && this.family === AF_INET) return this.filter.slice(0, 4);
    if (name === ICMP_FILTER && level === IPPROTO_ICMPV6 && this.family === AF_INET6) return this.filter.slice();
    return super.protocolOption(level, name);
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

  override release(): void {
    this.stack.rawSockets.delete(this);
    this.queue = [];
  }
}

defineState(RawSocket, 'RawSocket', 1, extend(inetSocketState, { queue: list(ref<Datagram>('Datagram')), queuedCostBytes: int, filter: bytes }));
