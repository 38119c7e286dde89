import { EACCES, EAFNOSUPPORT, EINVAL, EOPNOTSUPP, EPERM, EPROTONOSUPPORT, ESOCKTNOSUPPORT } from '../../abi/errno.ts';
import {
  AF_INET, AF_INET6, AF_MAX, AF_NETLINK, AF_UNIX, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, NETLINK_ROUTE, SOCK_DGRAM, SOCK_PACKET, SOCK_RAW,
  SOCK_SEQPACKET, SOCK_STREAM,
} from '../../abi/socket.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_NET_RAW } from '../auth/credentials.ts';
import type { Caller } from '../vfs/caller.ts';
import { NetlinkSocket } from './netlink.ts';
import { RawSocket } from './raw.ts';
import type { Socket } from './socket.ts';
import type { NetStack } from './stack.ts';
import { TcpSocket } from './tcp.ts';
import { UdpSocket } from './udp.ts';
import { UnixDatagram } from './unix-datagram.ts';
import { UnixSocket } from './unix-socket.ts';
import { UnixSeqpacket, UnixStream } from './unix-stream.ts';

/**
 * A new socket.
 *
 * @param statusFlags  O_NONBLOCK or 0
 * @errors EAFNOSUPPORT the family; EINVAL the type; EPROTONOSUPPORT ESOCKTNOSUPPORT what the family does not have; EPERM EACCES raw sockets
 */
export function createSocket(stack: NetStack, family: number, type: number, protocol: number, statusFlags: number, caller: Caller): Socket {
  if (family < 0 || family >= AF_MAX) throw new SysError(EAFNOSUPPORT, `socket: family ${family}`);
  if (type < 0 || type > SOCK_PACKET) throw new SysError(EINVAL, `socket: type ${type}`);
  switch (family) {
    case AF_UNIX:
      return createUnix(stack, type, protocol, statusFlags);
    case AF_INET:
    case AF_INET6:
      return createInet(stack, family, type, protocol, statusFlags, caller);
    case AF_NETLINK:
      if (type !== SOCK_RAW && type !== SOCK_DGRAM) throw new SysError(ESOCKTNOSUPPORT, `socket: netlink type ${type}`);
      if (protocol !== NETLINK_ROUTE) throw new SysError(EPROTONOSUPPORT, `socket: netlink protocol ${protocol}`);
      return new NetlinkSocket(stack, family, type, protocol, statusFlags);
    default:
      throw new SysError(EAFNOSUPPORT, `socket: family ${family}`);
  }
}

function createUnix(stack: NetStack, type: number, protocol: number, statusFlags: number): UnixSocket {
  if (protocol !== 0 && protocol !== AF_UNIX) throw new SysError(EPROTONOSUPPORT, `socket: unix protocol ${protocol}`);
  if (type === SOCK_STREAM) return new UnixStream(stack, AF_UNIX, type, 0, statusFlags);
  if (type === SOCK_SEQPACKET) return new UnixSeqpacket(stack, AF_UNIX, type, 0, statusFlags);
  if (type === SOCK_DGRAM || type === SOCK_RAW) return new UnixDatagram(stack, AF_UNIX, SOCK_DGRAM, 0, statusFlags);
  throw new SysError(ESOCKTNOSUPPORT, `socket: unix type ${type}`);
}

function createInet(stack: NetStack, family: number, type: number, protocol: number, statusFlags: number, caller: Caller): Socket {
  if (protocol < 0 || protocol > 255) throw new SysError(EINVAL, `socket: protocol ${protocol}`);
  const icmp = family === AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  if (type === SOCK_STREAM) {
    if (protocol !== 0 && protocol !== IPPROTO_TCP) throw new SysError(EPROTONOSUPPORT, `socket: stream protocol ${protocol}`);
    return new TcpSocket(stack, family, type, IPPROTO_TCP, statusFlags);
  }
  if (type === SOCK_DGRAM) {
    // Ping sockets are for the groups of net.ipv4.ping_group_range, which is empty.
    if (protocol === icmp) throw new SysError(EACCES, 'socket: ping sockets are for nobody');
    if (protocol !== 0 && protocol !== IPPROTO_UDP) throw new SysError(EPROTONOSUPPORT, `socket: datagram protocol ${protocol}`);
    return new UdpSocket(stack, family, type, IPPROTO_UDP, statusFlags);
  }
  if (type !== SOCK_RAW) throw new SysError(ESOCKTNOSUPPORT, `socket: internet type ${type}`);
  if (protocol === 0) throw new SysError(EPROTONOSUPPORT, 'socket: raw without a protocol');
  if (!caller.credentials.has(CAP_NET_RAW)) throw new SysError(EPERM, 'socket: CAP_NET_RAW');
  const socket = new RawSocket(stack, family, type, protocol, statusFlags);
  stack.rawSockets.add(socket);
  return socket;
}

/**
 * Two sockets connected to each other: socketpair(2).
 * @errors as createSocket; EOPNOTSUPP a family that has no pairs
 */
export function createPair(stack: NetStack, family: number, type: number, protocol: number, statusFlags: number, caller: Caller): [Socket, Socket] {
  const first = createSocket(stack, family, type, protocol, statusFlags, caller);
  if (!(first instanceof UnixSocket)) {
    first.abandon();
    throw new SysError(EOPNOTSUPP, `socketpair: family ${family}`);
  }
  const second = createUnix(stack, type, protocol, statusFlags);
  first.pairWith(second, caller);
  return [first, second];
}
