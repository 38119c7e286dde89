import { EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, ENETUNREACH } from '../../abi/errno.ts';
import { AF_INET, AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY } from '../../abi/socket.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_NET_BIND_SERVICE } from '../auth/credentials.ts';
import { bool, byteString, defineState, extend, optional, u32 } from '../../state/index.ts';
import type { Caller } from '../vfs/caller.ts';
import { endpointKind } from './datagram.ts';
import { ANY_4, ANY_6, anyOf, formatEndpoint, isAny, isBroadcast, isIpv4, isLoopback4, isMulticast, LOOPBACK_4, LOOPBACK_6, parseEndpoint } from './ip-address.ts';
import type { Endpoint, IpAddress } from './ip-address.ts';
import type { PortTable, PortUser } from './port-table.ts';
import { Socket, socketState } from './socket.ts';

/** Ports below this are for CAP_NET_BIND_SERVICE. */
const UNPRIVILEGED_PORTS = 1024;
const V6ONLY = IPPROTO_IPV6 * 0x10000 + IPV6_V6ONLY;

/** What TCP and UDP sockets have: addresses and ports of the loopback interface. */
export abstract class InetSocket extends Socket implements PortUser {
  localIp: IpAddress;
  /** 0 while not bound. */
  localPort = 0;
  /** Whether the local address was chosen by bind(2), and stays when the connection ends. */
  isBound = false;
  remote: Endpoint | null = null;
  /** User id of whoever bound it, for SO_REUSEPORT. */
  ownerUid = 0;
  isV6Only = false;

  constructor(...given: ConstructorParameters<typeof Socket>) {
    super(...given);
    this.localIp = anyOf(this.family);
  }

  /** Who has which port of the protocol. */
  abstract ports(): PortTable;

  override bind(address: Uint8Array, caller: Caller): void {
    const endpoint = this.parseLocal(address);
    const { loopback } = this.stack;
    this.requireOwnKind(endpoint.address, EINVAL);
    if (!isAny(endpoint.address) && !loopback.isLocal(endpoint.address) && !this.mayBindTo(endpoint.address)) {
      throw new SysError(EADDRNOTAVAIL, 'bind: not an address of the container');
    }
    if (endpoint.port !== 0 && endpoint.port < UNPRIVILEGED_PORTS && !caller.credentials.has(CAP_NET_BIND_SERVICE)) {
      throw new SysError(EACCES, `bind: port ${endpoint.port}`);
    }
    if (this.localPort !== 0 || this.remote !== null) throw new SysError(EINVAL, 'bind: already bound');
    this.ownerUid = caller.credentials.euid;
    const former = this.localIp;
    this.localIp = endpoint.address;
    if (!this.takePort(endpoint.port)) {
      this.localIp = former;
      throw new SysError(EADDRINUSE, `bind: port ${endpoint.port}`);
    }
    this.isBound = true;
  }

  /** Addresses beside the container's own that may be bound: broadcast and multicast for datagrams. */
  mayBindTo(address: IpAddress): boolean {
    void address;
    return false;
  }

  parseLocal(address: Uint8Array): Endpoint {
    if (this.family === AF_INET && address.length >= 16 && (address[0]! | (address[1]! << 8)) === 0) {
      // Old programs bind an AF_UNSPEC any-address.
      const endpoint = parseEndpoint(Uint8Array.of(AF_INET, 0, ...address.subarray(2)), AF_INET);
      if (endpoint !== null && endpoint.address === ANY_4) return endpoint;
    }
    const endpoint = this.family === AF_INET6 && address.length >= 2 && (address[0]! | (address[1]! << 8)) === AF_INET ? null : parseEndpoint(address, this.family);
    if (endpoint === null) throw new SysError(EAFNOSUPPORT, 'bind: another address family');
    return endpoint;
  }

  /** @errors ENETUNREACH, or `errno`, when an IPv6-only socket is given an IPv4 address */
  requireOwnKind(address: IpAddress, errno: number): void {
    if (this.family === AF_INET6 && this.isV6Only && isIpv4(address)) throw new SysError(errno, 'an IPv4 address for an IPv6-only socket');
  }

  /** Takes `port`, or any free one for 0. @returns whether it could */
  takePort(port: number): boolean {
    const ports = this.ports();
    const wanted = port === 0 ? ports.ephemeral() : port;
    if (wanted === 0) return false;
    this.localPort = wanted;
    if (port !== 0 && !ports.isFree(wanted, this)) {
      this.localPort = 0;
      return false;
    }
    ports.add(this);
    return true;
  }

  /** Takes an ephemeral port unless it has a port. @errors EADDRNOTAVAIL none is left */
  autobind(caller: Caller, errno = EADDRNOTAVAIL): void {
    if (this.localPort !== 0) return;
    this.ownerUid = caller.credentials.euid;
    if (!this.takePort(0)) throw new SysError(errno, 'no port is left');
  }

  giveUpPort(): void {
    if (this.localPort !== 0) this.ports().remove(this);
    this.localPort = 0;
  }

  /** Where a packet to `address` goes: the any-address means the container itself. @errors ENETUNREACH */
  routeTo(address: IpAddress): IpAddress {
    this.requireOwnKind(address, ENETUNREACH);
    const { loopback } = this.stack;
    if (!loopback.isUp) throw new SysError(ENETUNREACH, 'the loopback interface is down');
    if (address === ANY_4) return LOOPBACK_4;
    if (address === ANY_6) return this.family === AF_INET6 && isIpv4(this.localIp) && this.localIp !== ANY_4 ? LOOPBACK_4 : LOOPBACK_6;
    if (loopback.isLocal(address)) return address;
    throw new SysError(ENETUNREACH, 'only the loopback network is there');
  }

  /** The own address that packets to `destination` carry. */
  sourceFor(destination: IpAddress): IpAddress {
    if (!isAny(this.localIp)) return this.localIp;
    if (isBroadcast(destination) || isMulticast(destination)) return isIpv4(destination) ? LOOPBACK_4 : LOOPBACK_6;
    return isLoopback4(destination) ? LOOPBACK_4 : destination;
  }

  override localAddress(): Uint8Array {
    return formatEndpoint({ address: this.localIp, port: this.localPort }, this.family);
  }

  override setProtocolOption(level: number, name: number, value: Uint8Array, caller: Caller): boolean {
    void caller;
    if (this.family !== AF_INET6 || level * 0x10000 + name !== V6ONLY) return false;
    if (value.length < 4 || this.localPort !== 0) throw new SysError(EINVAL, 'setsockopt: IPV6_V6ONLY on a bound socket');
    this.isV6Only = new DataView(value.buffer, value.byteOffset).getInt32(0, true) !== 0;
    return true;
  }

  override protocolOption(level: number, name: number): Uint8Array | null {
    if (this.family !== AF_INET6 || level * 0x10000 + name !== V6ONLY) return null;
    return Uint8Array.of(this.isV6Only ? 1 : 0, 0, 0, 0);
  }
}

export const inetSocketState = defineState(InetSocket, 'InetSocket', 1, extend(socketState, {
  localIp: byteString,
  localPort: u32,
  isBound: bool,
  remote: optional(endpointKind),
  ownerUid: u32,
  isV6Only: bool,
}));
