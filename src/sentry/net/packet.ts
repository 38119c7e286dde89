import { AF_INET, AF_INET6, ICMP_ECHO, ICMP_ECHOREPLY, ICMPV6_ECHO_REPLY, ICMPV6_ECHO_REQUEST, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_UDP } from '../../abi/socket.ts';
import { bytesOf } from '../../base/bytes.ts';
import { Datagram } from './datagram.ts';
import { ipv4, isAny, isIpv4 } from './ip-address.ts';
import type { Endpoint, IpAddress } from './ip-address.ts';
import type { LoopbackInterface } from './interface.ts';

/** IP packets as raw sockets see them: made, delivered, and answered where they are echo requests. */

export const IP_HEADER_BYTES = 20;
export const DEFAULT_HOPS = 64;
const ICMP_UNREACHABLE = 3;
const ICMP_PORT_UNREACHABLE = 3;
const ICMPV6_UNREACHABLE = 1;
const ICMPV6_PORT_UNREACHABLE = 4;
const UDP_HEADER_BYTES = 8;

/** Whoever takes packets of one protocol: a raw socket. */
export interface PacketReceiver {
  readonly family: number;
  readonly protocol: number;
  readonly localIp: IpAddress;
  readonly remote: Endpoint | null;
  /** ICMP types not wanted, one bit each. */
  readonly filter: Uint8Array;
  enqueue(packet: Datagram): void;
}

/** What of the stack packets need. */
export interface PacketWorld {
  readonly rawSockets: ReadonlySet<PacketReceiver>;
  readonly loopback: LoopbackInterface;
  /** Identification of the last IPv4 packet. */
  lastPacketId: number;
}

/** An IPv4 packet around `data`. */
export function makeIpv4(stack: PacketWorld, data: Uint8Array, source: IpAddress, destination: IpAddress, protocol: number, hops: number): Uint8Array {
  const packet = new Uint8Array(IP_HEADER_BYTES + data.length);
  stack.lastPacketId = (stack.lastPacketId + 1) & 0xffff;
  packet.set([0x45, 0, packet.length >>> 8, packet.length & 0xff, stack.lastPacketId >>> 8, stack.lastPacketId & 0xff, 0, 0, hops, protocol]);
  packet.set(bytesOf(source).subarray(12), 12);
  packet.set(bytesOf(destination).subarray(12), 16);
  setChecksum(packet.subarray(0, IP_HEADER_BYTES), 10, new Uint8Array(0));
  packet.set(data, IP_HEADER_BYTES);
  return packet;
}

/** Delivers a whole IPv4 packet; the kernel answers an echo request. */
export function routeIpv4(stack: PacketWorld, packet: Uint8Array): void {
  const start = (packet[0]! & 15) * 4;
  const source = ipv4(packet, 12);
  const destination = ipv4(packet, 16);
  const isIcmp = packet[9] === IPPROTO_ICMP;
  stack.loopback.count(packet.length);
  arrive(stack, new Datagram({ address: source, port: 0 }, destination, packet), AF_INET, packet[9]!, isIcmp ? packet[start]! : -1);
  if (!isIcmp || packet[start] !== ICMP_ECHO) return;
  const reply = packet.slice(start);
  reply[0] = ICMP_ECHOREPLY;
  setChecksum(reply, 2, new Uint8Array(0));
  routeIpv4(stack, makeIpv4(stack, reply, destination, source, IPPROTO_ICMP, DEFAULT_HOPS));
}

/** Delivers what an IPv6 header would carry; the checksum of ICMPv6 is set here, and an echo request answered. */
export function routeIpv6(stack: PacketWorld, data: Uint8Array, source: IpAddress, destination: IpAddress, protocol: number): void {
  const isIcmp = protocol === IPPROTO_ICMPV6;
  if (isIcmp) setChecksum(data, 2, pseudoHeader(source, destination, data.length));
  stack.loopback.count(40 + data.length);
  arrive(stack, new Datagram({ address: source, port: 0 }, destination, data), AF_INET6, protocol, isIcmp ? data[0]! : -1);
  if (!isIcmp || data[0] !== ICMPV6_ECHO_REQUEST) return;
  const reply = data.slice();
  reply[0] = ICMPV6_ECHO_REPLY;
  routeIpv6(stack, reply, destination, source, IPPROTO_ICMPV6);
}

/** Gives a packet to every raw socket that it is for. @param icmpType  −1 when it is not ICMP */
function arrive(stack: PacketWorld, packet: Datagram, family: number, protocol: number, icmpType: number): void {
  for (const receiver of stack.rawSockets) {
    if (receiver.family !== family || receiver.protocol !== protocol) continue;
    if (!isAny(receiver.localIp) && receiver.localIp !== packet.destination) continue;
    if (receiver.remote !== null && receiver.remote.address !== packet.source.address) continue;
    if (icmpType >= 0 && (receiver.filter[icmpType >> 3]! & (1 << (icmpType & 7))) !== 0) continue;
    receiver.enqueue(packet);
  }
}

/** The ICMP answer to a UDP datagram that nobody takes: goes to raw sockets; the sender itself is told by its error. */
export function sendPortUnreachable(stack: PacketWorld, datagram: Datagram, port: number): void {
  if (stack.rawSockets.size === 0) return;
  const { source, destination, data } = datagram;
  const header = Uint8Array.of(
    source.port >>> 8, source.port & 0xff, port >>> 8, port & 0xff, (data.length + UDP_HEADER_BYTES) >>> 8, (data.length + UDP_HEADER_BYTES) & 0xff, 0, 0,
  );
  if (isIpv4(destination)) {
    const lost = makeIpv4(stack, Uint8Array.of(...header, ...data), source.address, destination, IPPROTO_UDP, DEFAULT_HOPS);
    const quoted = lost.subarray(0, 548);
    const message = Uint8Array.of(ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, 0, 0, 0, 0, 0, ...quoted);
    setChecksum(message, 2, new Uint8Array(0));
    routeIpv4(stack, makeIpv4(stack, message, destination, source.address, IPPROTO_ICMP, DEFAULT_HOPS));
    return;
  }
  const lengthBytes = data.length + UDP_HEADER_BYTES;
  const outer = Uint8Array.of(
    0x60, 0, 0, 0, lengthBytes >>> 8, lengthBytes & 0xff, IPPROTO_UDP, DEFAULT_HOPS, ...bytesOf(source.address), ...bytesOf(destination),
  );
  const quoted = Uint8Array.of(...outer, ...header, ...data).subarray(0, 1232);
  const message = Uint8Array.of(ICMPV6_UNREACHABLE, ICMPV6_PORT_UNREACHABLE, 0, 0, 0, 0, 0, 0, ...quoted);
  routeIpv6(stack, message, destination, source.address, IPPROTO_ICMPV6);
}

/** What the checksum of ICMPv6 covers before the message itself. */
function pseudoHeader(source: IpAddress, destination: IpAddress, lengthBytes: number): Uint8Array {
  const header = new Uint8Array(40);
  header.set(bytesOf(source), 0);
  header.set(bytesOf(destination), 16);
  header[34] = lengthBytes >>> 8;
  header[35] = lengthBytes & 0xff;
  header[39] = IPPROTO_ICMPV6;
  return header;
}

/** Stores at `at` the internet checksum of `before` and `message` (RFC 1071). */
function setChecksum(message: Uint8Array, at: number, before: Uint8Array): void {
  message[at] = 0;
  message[at + 1] = 0;
  let sum = 0;
  for (const part of [before, message]) for (let i = 0; i < part.length; i += 2) sum += (part[i]! << 8) | (part[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  message[at] = (~sum >>> 8) & 0xff;
  message[at + 1] = ~sum & 0xff;
}
