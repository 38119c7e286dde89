import { EDESTADDRREQ, EINVAL, EMSGSIZE, EOPNOTSUPP } from '../../abi/errno.ts';
import {
  AF_INET, AF_INET6, ICMP_FILTER, IP_HDRINCL, IP_TTL, IPPROTO_ICMPV6, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_RAW, IPV6_2292HOPLIMIT, IPV6_HOPLIMIT,
  IPV6_RECVHOPLIMIT, IPV6_UNICAST_HOPS, MSG_OOB, SOL_RAW,
} from '../../abi/socket.ts';
import { SysError } from '../../base/errors.ts';
import { bytes, defineState, extend } from '../../state/index.ts';
import type { IoSource } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import type { Datagram } from './datagram.ts';
import { InetDatagramSocket, inetDatagramState } from './inet-datagram.ts';
import { anyOf, formatEndpoint, isAny, parseEndpoint } from './ip-address.ts';
import type { IpAddress } from './ip-address.ts';
import { DEFAULT_HOPS, IP_HEADER_BYTES, makeIpv4, routeIpv4, routeIpv6 } from './packet.ts';
import type { PacketReceiver } from './packet.ts';
import type { PortTable } from './port-table.ts';
import type { Receipt, SendRequest } from './socket.ts';

const MAX_PACKET_BYTES = 65_535;

/**
 * raw(7) over loopback: what is sent comes back to every raw socket of the protocol, and the container's kernel answers echo
 * requests. Packets of TCP and UDP do not exist here, so nobody sees them.
 */
export class RawSocket extends InetDatagramSocket implements PacketReceiver {
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
    const data = this.takeWhole(src);
    if (this.family === AF_INET) this.sendIpv4(data, destination);
    else this.sendIpv6(data, destination);
    return lengthBytes;
  }

  sendIpv4(data: Uint8Array, destination: IpAddress): void {
    const hasHeader = this.protocol === IPPROTO_RAW || this.isOptionSet(IPPROTO_IP, IP_HDRINCL);
    if (hasHeader && data.length < IP_HEADER_BYTES) throw new SysError(EINVAL, 'send: less than an IP header');
    const hops = this.option(IPPROTO_IP, IP_TTL) ?? DEFAULT_HOPS;
    routeIpv4(this.stack, hasHeader ? data : makeIpv4(this.stack, data, this.sourceFor(destination), destination, this.protocol, hops));
  }

  sendIpv6(data: Uint8Array, destination: IpAddress): void {
    if (this.protocol === IPPROTO_ICMPV6 && data.length < 4) throw new SysError(EINVAL, 'send: less than an ICMP header');
    routeIpv6(this.stack, data, this.sourceFor(destination), destination, this.protocol);
  }

  /** Tells the hop count, under the option's present name or its one of RFC 2292, which busybox uses. */
  override addControl(message: Datagram, receipt: Receipt): void {
    void message;
    if (this.family !== AF_INET6) return;
    const data = Uint8Array.of(this.option(IPPROTO_IPV6, IPV6_UNICAST_HOPS) ?? DEFAULT_HOPS, 0, 0, 0);
    if (this.isOptionSet(IPPROTO_IPV6, IPV6_RECVHOPLIMIT)) receipt.control.push({ level: IPPROTO_IPV6, type: IPV6_HOPLIMIT, data });
    if (this.isOptionSet(IPPROTO_IPV6, IPV6_2292HOPLIMIT)) receipt.control.push({ level: IPPROTO_IPV6, type: IPV6_2292HOPLIMIT, data });
  }

  override localAddress(): Uint8Array {
    return formatEndpoint({ address: this.localIp, port: this.protocol }, this.family);
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

  override release(): void {
    this.stack.rawSockets.delete(this);
    this.queue = [];
  }
}

defineState(RawSocket, 'RawSocket', 1, extend(inetDatagramState, { filter: bytes }));
