import { EADDRNOTAVAIL, EEXIST, EINVAL, ENETUNREACH, ENODEV, EOPNOTSUPP, EPERM } from '../../abi/errno.ts';
import {
  AF_INET, AF_INET6, ARPHRD_LOOPBACK, IFF_LOWER_UP, IFF_UP, NLM_F_DUMP, NLM_F_MULTI, RTM_DELADDR, RTM_GETADDR, RTM_GETLINK,
  RTM_GETNEIGH, RTM_GETROUTE, RTM_GETRULE, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWROUTE, RTM_NEWRULE,
} from '../../abi/socket.ts';
import { byteStringOf, bytesOf } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_NET_ADMIN } from '../auth/credentials.ts';
import type { Caller } from '../vfs/caller.ts';
import { ipv4, ipv6, isIpv4, isLoopback4, LOOPBACK_4 } from './ip-address.ts';
import type { IpAddress } from './ip-address.ts';
import type { InterfaceAddress } from './interface.ts';
import type { NetStack } from './stack.ts';

const RTM_SETLINK = 19;
const IFLA_ADDRESS = 1;
const IFLA_BROADCAST = 2;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_QDISC = 6;
const IFLA_TXQLEN = 13;
const IFLA_OPERSTATE = 16;
const IFLA_LINKMODE = 17;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_F_PERMANENT = 0x80;
const SCOPE_HOST = 254;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_TABLE = 15;
const TABLE_LOCAL = 255;
const TABLE_MAIN = 254;
const TABLE_DEFAULT = 253;
const PROTOCOL_KERNEL = 2;
const TYPE_LOCAL = 2;
const IFINFO_BYTES = 16;
const IFADDR_BYTES = 8;
const RTMSG_BYTES = 12;
const TRANSMIT_QUEUE_LENGTH = 1000;

/** A request of rtnetlink(7): the header's fields, and what follows it. */
export interface RouteRequest {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Port id of whoever asks: repeated in the answer. */
  readonly portId: number;
  readonly body: Uint8Array;
}

export interface RouteAnswer {
  readonly messages: Uint8Array[];
  /** A list, which NLMSG_DONE ends. */
  readonly isDump: boolean;
}

/** A message under construction: header, fixed part, attributes. */
class MessageBuilder {
  parts: number[];

  constructor(request: RouteRequest, type: number, isDump: boolean, fixed: Uint8Array) {
    this.parts = [
      0, 0, 0, 0, ...le16(type), ...le16(isDump ? NLM_F_MULTI : 0), ...le32(request.sequence), ...le32(request.portId), ...fixed,
    ];
  }

  attribute(type: number, value: Uint8Array | number[]): this {
    this.parts.push(...le16(4 + value.length), ...le16(type), ...value);
    while (this.parts.length % 4 !== 0) this.parts.push(0);
    return this;
  }

  finish(): Uint8Array {
    const message = Uint8Array.from(this.parts);
    message.set(le32(message.length), 0);
    return message;
  }
}

function le16(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff];
}

function le32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

function nameBytes(name: string): Uint8Array {
  return bytesOf(`${name}\0`);
}

/** The address in its family's own length. */
function shortBytes(address: IpAddress): Uint8Array {
  const bytes = bytesOf(address);
  return isIpv4(address) ? bytes.subarray(12) : bytes;
}

/** Answers one request. @errors EOPNOTSUPP what is not there; EPERM EINVAL ENODEV … */
export function answerRoute(stack: NetStack, request: RouteRequest, caller: Caller): RouteAnswer {
  const isDump = (request.flags & NLM_F_DUMP) === NLM_F_DUMP;
  const family = request.body[0] ?? 0;
  switch (request.type) {
    case RTM_GETLINK:
      if (!isDump) requireLink(stack, request);
      return { messages: [linkMessage(stack, request, isDump)], isDump };
    case RTM_GETADDR: {
      if (!isDump) throw new SysError(EOPNOTSUPP, 'RTM_GETADDR: only lists');
      const shown = stack.loopback.addresses.filter(({ address }) => family === 0 || family === (isIpv4(address) ? AF_INET : AF_INET6));
      return { messages: shown.map((own) => addressMessage(stack, request, own)), isDump };
    }
    case RTM_GETROUTE:
      if (!isDump) return { messages: [routeGet(stack, request)], isDump };
      return { messages: routes(stack, request, family), isDump };
    case RTM_GETNEIGH:
      return { messages: [], isDump };
    case RTM_GETRULE:
      return { messages: rules(request, family), isDump };
    case RTM_NEWLINK:
    case RTM_SETLINK:
      requireAdmin(caller);
      changeLink(stack, request);
      return { messages: [], isDump: false };
    case RTM_NEWADDR:
    case RTM_DELADDR:
      requireAdmin(caller);
      changeAddress(stack, request);
      return { messages: [], isDump: false };
    default:
      if ((request.type & 3) !== 2) requireAdmin(caller);
      throw new SysError(EOPNOTSUPP, `rtnetlink: message ${request.type}`);
  }
}

function requireAdmin(caller: Caller): void {
  if (!caller.credentials.has(CAP_NET_ADMIN)) throw new SysError(EPERM, 'rtnetlink: CAP_NET_ADMIN');
}

/** Attributes of a request by type, from `start` of its body. */
function attributes(body: Uint8Array, start: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = start; at + 4 <= body.length; ) {
    const lengthBytes = body[at]! | (body[at + 1]! << 8);
    if (lengthBytes < 4 || at + lengthBytes > body.length) break;
    found.set((body[at + 2]! | (body[at + 3]! << 8)) & 0x3fff, body.subarray(at + 4, at + lengthBytes));
    at += (lengthBytes + 3) & ~3;
  }
  return found;
}

function indexAt(body: Uint8Array, at: number): number {
  if (body.length < at + 4) throw new SysError(EINVAL, 'rtnetlink: too short');
  return new DataView(body.buffer, body.byteOffset, body.byteLength).getInt32(at, true);
}

/** @errors ENODEV the request names another interface */
function requireLink(stack: NetStack, request: RouteRequest): void {
  const { loopback } = stack;
  const index = indexAt(request.body, 4);
  if (index > 0 && index !== loopback.index) throw new SysError(ENODEV, `rtnetlink: interface ${index}`);
  const name = attributes(request.body, IFINFO_BYTES).get(IFLA_IFNAME);
  if (index <= 0 && name === undefined) throw new SysError(EINVAL, 'rtnetlink: no interface named');
  if (name !== undefined && byteStringOf(name).replace(/\0.*$/s, '') !== loopback.name) throw new SysError(ENODEV, 'rtnetlink: no such interface');
}

function linkMessage(stack: NetStack, request: RouteRequest, isDump: boolean): Uint8Array {
  const { loopback } = stack;
  const flags = loopback.flags() | (loopback.isUp ? IFF_LOWER_UP : 0);
  const fixed = Uint8Array.of(0, 0, ...le16(ARPHRD_LOOPBACK), ...le32(loopback.index), ...le32(flags), ...le32(0));
  return new MessageBuilder(request, RTM_NEWLINK, isDump, fixed)
    .attribute(IFLA_IFNAME, nameBytes(loopback.name))
    .attribute(IFLA_TXQLEN, le32(TRANSMIT_QUEUE_LENGTH))
    .attribute(IFLA_OPERSTATE, [0])
    .attribute(IFLA_LINKMODE, [0])
    .attribute(IFLA_MTU, le32(loopback.mtuBytes))
    .attribute(IFLA_QDISC, nameBytes('noqueue'))
    .attribute(IFLA_ADDRESS, [0, 0, 0, 0, 0, 0])
    .attribute(IFLA_BROADCAST, [0, 0, 0, 0, 0, 0])
    .finish();
}

function addressMessage(stack: NetStack, request: RouteRequest, own: InterfaceAddress): Uint8Array {
  const { loopback } = stack;
  const family = isIpv4(own.address) ? AF_INET : AF_INET6;
  const fixed = Uint8Array.of(family, own.prefixBits, IFA_F_PERMANENT, SCOPE_HOST, ...le32(loopback.index));
  const builder = new MessageBuilder(request, RTM_NEWADDR, true, fixed).attribute(IFA_ADDRESS, shortBytes(own.address));
  if (family === AF_INET) builder.attribute(IFA_LOCAL, shortBytes(own.address)).attribute(IFA_LABEL, nameBytes(loopback.name));
  const forever = le32(0xffff_ffff);
  return builder
    .attribute(IFA_CACHEINFO, [...forever, ...forever, ...le32(0), ...le32(0)])
    .attribute(IFA_FLAGS, le32(IFA_F_PERMANENT))
    .finish();
}

function routeMessage(stack: NetStack, request: RouteRequest, isDump: boolean, destination: IpAddress, prefixBits: number, source: IpAddress): Uint8Array {
  const family = isIpv4(destination) ? AF_INET : AF_INET6;
  const fixed = Uint8Array.of(family, prefixBits, 0, 0, TABLE_LOCAL, PROTOCOL_KERNEL, SCOPE_HOST, TYPE_LOCAL, ...le32(0));
  return new MessageBuilder(request, RTM_NEWROUTE, isDump, fixed)
    .attribute(RTA_TABLE, le32(TABLE_LOCAL))
    .attribute(RTA_DST, shortBytes(destination))
    .attribute(RTA_PREFSRC, shortBytes(source))
    .attribute(RTA_OIF, le32(stack.loopback.index))
    .finish();
}

/** The local table: the network of each address, and the address itself. */
function routes(stack: NetStack, request: RouteRequest, family: number): Uint8Array[] {
  if (!stack.loopback.isUp) return [];
  const messages: Uint8Array[] = [];
  for (const { address, prefixBits } of stack.loopback.addresses) {
    const own = isIpv4(address) ? AF_INET : AF_INET6;
    if (family !== 0 && family !== own) continue;
    const whole = own === AF_INET ? 32 : 128;
    if (prefixBits < whole) messages.push(routeMessage(stack, request, true, networkOf(address, prefixBits), prefixBits, address));
    messages.push(routeMessage(stack, request, true, address, whole, address));
  }
  return messages;
}

function networkOf(address: IpAddress, prefixBits: number): IpAddress {
  const bytes = bytesOf(address);
  const start = isIpv4(address) ? 12 : 0;
  for (let bit = prefixBits; bit < (16 - start) * 8; bit++) bytes[start + (bit >> 3)]! &= ~(0x80 >> (bit & 7));
  return byteStringOf(bytes);
}

/** The route to the one destination that the request names. */
function routeGet(stack: NetStack, request: RouteRequest): Uint8Array {
  const given = attributes(request.body, RTMSG_BYTES).get(RTA_DST);
  if (given === undefined || (given.length !== 4 && given.length !== 16)) throw new SysError(EINVAL, 'RTM_GETROUTE: no destination');
  const destination = given.length === 4 ? ipv4(given) : ipv6(given);
  if (!stack.loopback.isLocal(destination)) throw new SysError(ENETUNREACH, 'RTM_GETROUTE: only the loopback network is there');
  const source = isLoopback4(destination) ? LOOPBACK_4 : destination;
  return routeMessage(stack, request, false, destination, given.length * 8, source);
}

/** The three rules that look tables up: local, main, default. IPv6 has no default table. */
function rules(request: RouteRequest, family: number): Uint8Array[] {
  const shownFamily = family === AF_INET6 ? AF_INET6 : AF_INET;
  const known: readonly [priority: number, table: number][] = [[0, TABLE_LOCAL], [32_766, TABLE_MAIN], [32_767, TABLE_DEFAULT]];
  return known
    .filter(([, table]) => shownFamily === AF_INET || table !== TABLE_DEFAULT)
    .map(([priority, table]) =>
      new MessageBuilder(request, RTM_NEWRULE, true, Uint8Array.of(shownFamily, 0, 0, 0, table, 0, 0, 1, 0, 0, 0, 0))
        .attribute(RTA_TABLE, le32(table))
        .attribute(RTA_PRIORITY, le32(priority))
        .finish(),
    );
}

/** Switches the interface on or off: struct ifinfomsg's flags where its mask, or no mask, says so. */
function changeLink(stack: NetStack, request: RouteRequest): void {
  requireLink(stack, request);
  const flags = indexAt(request.body, 8);
  const mask = indexAt(request.body, 12);
  if (mask === 0 || (mask & IFF_UP) !== 0) stack.loopback.isUp = (flags & IFF_UP) !== 0;
}

function changeAddress(stack: NetStack, request: RouteRequest): void {
  const { loopback } = stack;
  if (indexAt(request.body, 4) !== loopback.index) throw new SysError(ENODEV, 'rtnetlink: no such interface');
  const given = attributes(request.body, IFADDR_BYTES);
  const bytes = given.get(IFA_LOCAL) ?? given.get(IFA_ADDRESS);
  const family = request.body[0];
  if (bytes === undefined || bytes.length !== (family === AF_INET ? 4 : 16)) throw new SysError(EINVAL, 'rtnetlink: no address');
  const address = family === AF_INET ? ipv4(bytes) : ipv6(bytes);
  const exists = loopback.addresses.some((own) => own.address === address);
  if (request.type === RTM_DELADDR) {
    if (!exists) throw new SysError(EADDRNOTAVAIL, 'RTM_DELADDR: no such address');
    loopback.addresses = loopback.addresses.filter((own) => own.address !== address);
    return;
  }
  if (exists) throw new SysError(EEXIST, 'RTM_NEWADDR: the address exists');
  loopback.addresses.push({ address, prefixBits: request.body[1] ?? 32 });
}
