import { EDOM, EINVAL, ENODEV, ENOENT, ENOPROTOOPT, EOPNOTSUPP, EPERM } from '../../abi/errno.ts';
import * as abi from '../../abi/socket.ts';
import { byteStringOf, bytesOf } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_NET_ADMIN } from '../auth/credentials.ts';
import type { Socket } from '../net/socket.ts';
import { TcpSocket } from '../net/tcp.ts';
import { LOOPBACK_SEGMENT_BYTES } from '../net/tcp-info.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { socketOf } from './socket.ts';
import { clampNs } from './timespec.ts';

/** net.core.wmem_max and rmem_max; a request is doubled, as Linux does for its bookkeeping. */
const MAX_BUFFER_BYTES = 212_992;
const MIN_SEND_BYTES = 4608;
const MIN_RECEIVE_BYTES = 2304;
const CONGESTION = 'cubic';

/** An integer option that is kept and shown. */
interface PlainOption {
  readonly initial: number;
  /** Any value but 0 becomes 1. */
  readonly isFlag?: boolean;
  /** Allowed values; EINVAL outside. */
  readonly range?: readonly [number, number];
  /** Needs CAP_NET_ADMIN to be set. */
  readonly isPrivileged?: boolean;
}

const flag: PlainOption = { initial: 0, isFlag: true };
const flagOn: PlainOption = { initial: 1, isFlag: true };
const zero: PlainOption = { initial: 0 };

const key = (level: number, name: number): number => level * 0x10000 + name;

const PLAIN: ReadonlyMap<number, PlainOption> = new Map<number, PlainOption>([
  [key(abi.SOL_SOCKET, abi.SO_DEBUG), { initial: 0, isFlag: true, isPrivileged: true }],
  [key(abi.SOL_SOCKET, abi.SO_DONTROUTE), flag],
  [key(abi.SOL_SOCKET, abi.SO_KEEPALIVE), flag],
  [key(abi.SOL_SOCKET, abi.SO_OOBINLINE), flag],
  [key(abi.SOL_SOCKET, abi.SO_NO_CHECK), flag],
  [key(abi.SOL_SOCKET, abi.SO_PRIORITY), { initial: 0, range: [0, 6] }],
  [key(abi.SOL_SOCKET, abi.SO_PASSSEC), flag],
  [key(abi.SOL_SOCKET, abi.SO_MARK), { initial: 0, isPrivileged: true }],
  [key(abi.SOL_SOCKET, abi.SO_LOCK_FILTER), flag],
  [key(abi.SOL_SOCKET, abi.SO_SELECT_ERR_QUEUE), flag],
  [key(abi.SOL_SOCKET, abi.SO_BUSY_POLL), zero],
  [key(abi.SOL_SOCKET, abi.SO_ZEROCOPY), flag],
  [key(abi.SOL_SOCKET, abi.SO_NOFCS), flag],
  [key(abi.IPPROTO_TCP, abi.TCP_NODELAY), flag],
  [key(abi.IPPROTO_TCP, abi.TCP_CORK), flag],
  [key(abi.IPPROTO_TCP, abi.TCP_KEEPIDLE), { initial: 7200, range: [1, 32_767] }],
  [key(abi.IPPROTO_TCP, abi.TCP_KEEPINTVL), { initial: 75, range: [1, 32_767] }],
  [key(abi.IPPROTO_TCP, abi.TCP_KEEPCNT), { initial: 9, range: [1, 127] }],
  [key(abi.IPPROTO_TCP, abi.TCP_SYNCNT), { initial: 6, range: [1, 127] }],
  [key(abi.IPPROTO_TCP, abi.TCP_LINGER2), { initial: 60 }],
  [key(abi.IPPROTO_TCP, abi.TCP_DEFER_ACCEPT), zero],
  [key(abi.IPPROTO_TCP, abi.TCP_WINDOW_CLAMP), zero],
  [key(abi.IPPROTO_TCP, abi.TCP_QUICKACK), flagOn],
  [key(abi.IPPROTO_TCP, abi.TCP_USER_TIMEOUT), zero],
  [key(abi.IPPROTO_TCP, abi.TCP_FASTOPEN), zero],
  [key(abi.IPPROTO_TCP, abi.TCP_NOTSENT_LOWAT), zero],
  [key(abi.IPPROTO_TCP, abi.TCP_INQ), flag],
  [key(abi.IPPROTO_IP, abi.IP_TOS), { initial: 0, range: [0, 255] }],
  [key(abi.IPPROTO_IP, abi.IP_TTL), { initial: 64, range: [-1, 255] }],
  [key(abi.IPPROTO_IP, abi.IP_HDRINCL), flag],
  [key(abi.IPPROTO_IP, abi.IP_RECVOPTS), flag],
  [key(abi.IPPROTO_IP, abi.IP_PKTINFO), flag],
  [key(abi.IPPROTO_IP, abi.IP_MTU_DISCOVER), { initial: 1, range: [0, 5] }],
  [key(abi.IPPROTO_IP, abi.IP_RECVERR), flag],
  [key(abi.IPPROTO_IP, abi.IP_RECVTTL), flag],
  [key(abi.IPPROTO_IP, abi.IP_RECVTOS), flag],
  [key(abi.IPPROTO_IP, abi.IP_FREEBIND), flag],
  [key(abi.IPPROTO_IP, abi.IP_TRANSPARENT), { initial: 0, isFlag: true, isPrivileged: true }],
  [key(abi.IPPROTO_IP, abi.IP_BIND_ADDRESS_NO_PORT), flag],
  [key(abi.IPPROTO_IP, abi.IP_MULTICAST_TTL), { initial: 1, range: [-1, 255] }],
  [key(abi.IPPROTO_IP, abi.IP_MULTICAST_LOOP), flagOn],
  [key(abi.IPPROTO_IP, abi.IP_MULTICAST_ALL), flagOn],
  [key(abi.IPPROTO_IPV6, abi.IPV6_CHECKSUM), { initial: -1 }],
  [key(abi.SOL_RAW, abi.IPV6_CHECKSUM), { initial: -1 }],
  [key(abi.IPPROTO_IPV6, abi.IPV6_2292HOPLIMIT), flag],
  [key(abi.IPPROTO_IPV6, abi.IPV6_UNICAST_HOPS), { initial: 64, range: [-1, 255] }],
  [key(abi.IPPROTO_IPV6, abi.IPV6_MULTICAST_HOPS), { initial: 1, range: [-1, 255] }],
  [key(abi.IPPROTO_IPV6, abi.IPV6_MULTICAST_LOOP), flagOn],
  [key(abi.IPPROTO_IPV6, abi.IPV6_MTU_DISCOVER), { initial: 1, range: [0, 5] }],
  [key(abi.IPPROTO_IPV6, abi.IPV6_RECVERR), flag],
  [key(abi.IPPROTO_IPV6, abi.IPV6_RECVPKTINFO), flag],
  [key(abi.IPPROTO_IPV6, abi.IPV6_RECVHOPLIMIT), flag],
  [key(abi.IPPROTO_IPV6, abi.IPV6_RECVTCLASS), flag],
  [key(abi.IPPROTO_IPV6, abi.IPV6_TCLASS), { initial: 0, range: [-1, 255] }],
  [key(abi.IPPROTO_IPV6, abi.IPV6_AUTOFLOWLABEL), flagOn],
  [key(abi.IPPROTO_IPV6, abi.IPV6_ADDR_PREFERENCES), zero],
]);
/** Highest option number of SOL_NETLINK; all are plain. */
const MAX_NETLINK_OPTION = 12;

/** Whether the socket has options of `level` at all. @errors EOPNOTSUPP for unix(7), ENOPROTOOPT for others */
function requireLevel(socket: Socket, level: number): void {
  if (level === abi.SOL_SOCKET) return;
  const { family } = socket;
  if (family === abi.AF_UNIX) throw new SysError(EOPNOTSUPP, `unix sockets have no options of level ${level}`);
  const isInternet = family === abi.AF_INET || family === abi.AF_INET6;
  if (isInternet && level === abi.IPPROTO_IP) return;
  if (family === abi.AF_INET6 && level === abi.IPPROTO_IPV6) return;
  if (isInternet && level === abi.IPPROTO_TCP && socket instanceof TcpSocket) return;
  if (family === abi.AF_NETLINK && level === abi.SOL_NETLINK) return;
  if (isInternet && socket.type === abi.SOCK_RAW && (level === abi.SOL_RAW || level === abi.IPPROTO_ICMPV6)) return;
  throw new SysError(ENOPROTOOPT, `no options of level ${level}`);
}

function plainOption(level: number, name: number): PlainOption | undefined {
  if (level === abi.SOL_NETLINK) return name >= 1 && name <= MAX_NETLINK_OPTION ? zero : undefined;
  return PLAIN.get(key(level, name));
}

// ---- setsockopt -----------------------------------------------------------------------------------------------------

/** setsockopt(2). @errors EBADF ENOTSOCK; ENOPROTOOPT EOPNOTSUPP no such option; EINVAL EDOM EPERM; EFAULT */
export function setsockopt(task: Task, args: SyscallArgs): SyscallResult {
  const socket = socketOf(task, args.fd(0));
  const level = args.i32(1);
  const name = args.i32(2);
  const lengthBytes = args.i32(4);
  if (lengthBytes < 0) throw new SysError(EINVAL, `setsockopt: ${lengthBytes} bytes`);
  requireLevel(socket, level);
  const value = task.mm.readBytes(args.addr(3), Math.min(lengthBytes, 4096));
  if (socket.setProtocolOption(level, name, value, task)) return 0;
  if (level === abi.SOL_SOCKET && setSocketOption(task, socket, name, value)) return 0;
  if (level === abi.IPPROTO_TCP && setTcpOption(socket, name, value)) return 0;
  setPlainOption(task, socket, level, name, value);
  return 0;
}

/** A 32-bit integer; the options of IPPROTO_IP also take a single byte. @errors EINVAL too short */
function integerOf(value: Uint8Array, level: number): number {
  if (value.length >= 4) return new DataView(value.buffer, value.byteOffset).getInt32(0, true);
  if (level === abi.IPPROTO_IP && value.length >= 1) return value[0]!;
  throw new SysError(EINVAL, `setsockopt: ${value.length} bytes`);
}

function setPlainOption(task: Task, socket: Socket, level: number, name: number, bytes: Uint8Array): void {
  const option = plainOption(level, name);
  if (option === undefined) throw new SysError(ENOPROTOOPT, `setsockopt: option ${name} of level ${level}`);
  const value = integerOf(bytes, level);
  if (option.isPrivileged === true && value !== 0 && !task.credentials.has(CAP_NET_ADMIN)) throw new SysError(EPERM, 'setsockopt: CAP_NET_ADMIN');
  if (option.range !== undefined && (value < option.range[0] || value > option.range[1])) throw new SysError(EINVAL, `setsockopt: ${value}`);
  const isDefault = option.range?.[0] === -1 && value === -1;
  if (isDefault) socket.options.delete(key(level, name));
  else socket.options.set(key(level, name), option.isFlag === true ? (value === 0 ? 0 : 1) : value);
}

/** @returns whether `name` is one of the options handled here */
function setSocketOption(task: Task, socket: Socket, name: number, bytes: Uint8Array): boolean {
  const isAdmin = task.credentials.has(CAP_NET_ADMIN);
  const number = (): number => integerOf(bytes, abi.SOL_SOCKET);
  switch (name) {
    case abi.SO_REUSEADDR:
      socket.reusesAddress = number() !== 0;
      return true;
    case abi.SO_REUSEPORT:
      socket.reusesPort = number() !== 0;
      return true;
    case abi.SO_BROADCAST:
      socket.mayBroadcast = number() !== 0;
      return true;
    case abi.SO_PASSCRED:
      socket.passesCredentials = number() !== 0;
      return true;
    case abi.SO_SNDBUFFORCE:
    case abi.SO_RCVBUFFORCE:
      if (!isAdmin) throw new SysError(EPERM, 'setsockopt: CAP_NET_ADMIN');
      setBuffer(socket, name === abi.SO_SNDBUFFORCE, Math.max(0, number()));
      return true;
    case abi.SO_SNDBUF:
    case abi.SO_RCVBUF:
      setBuffer(socket, name === abi.SO_SNDBUF, Math.min(number() >>> 0, MAX_BUFFER_BYTES));
      return true;
    case abi.SO_RCVLOWAT:
      socket.receiveLowBytes = number() < 0 ? 0x7fff_ffff : Math.max(1, number());
      return true;
    case abi.SO_LINGER: {
      if (bytes.length < 8) throw new SysError(EINVAL, `setsockopt: ${bytes.length} bytes`);
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      socket.linger = view.getInt32(0, true) === 0 ? null : { seconds: view.getInt32(4, true) };
      return true;
    }
    case abi.SO_RCVTIMEO:
    case abi.SO_RCVTIMEO_NEW:
      socket.receiveTimeoutNs = timeoutOf(bytes);
      return true;
    case abi.SO_SNDTIMEO:
    case abi.SO_SNDTIMEO_NEW:
      socket.sendTimeoutNs = timeoutOf(bytes);
      return true;
    case abi.SO_TIMESTAMP:
    case abi.SO_TIMESTAMPNS:
      if (number() !== 0) throw new SysError(ENOPROTOOPT, 'setsockopt: messages carry no time');
      return true;
    case abi.SO_BINDTODEVICE: {
      const device = byteStringOf(bytes.subarray(0, abi.IFNAMSIZ)).replace(/\0.*$/s, '');
      if (device !== '' && device !== socket.stack.loopback.name) throw new SysError(ENODEV, 'setsockopt: no such interface');
      socket.options.set(key(abi.SOL_SOCKET, name), device === '' ? 0 : 1);
      return true;
    }
    case abi.SO_DETACH_FILTER:
      throw new SysError(ENOENT, 'setsockopt: no filter is attached');
    case abi.SO_PRIORITY:
      if ((number() < 0 || number() > 6) && !isAdmin) throw new SysError(EPERM, 'setsockopt: CAP_NET_ADMIN');
      socket.options.set(key(abi.SOL_SOCKET, name), number());
      return true;
    case abi.SO_TYPE:
    case abi.SO_PROTOCOL:
    case abi.SO_DOMAIN:
    case abi.SO_ERROR:
    case abi.SO_ACCEPTCONN:
      throw new SysError(ENOPROTOOPT, 'setsockopt: an option that is only read');
    default:
      return false;
  }
}

function setBuffer(socket: Socket, isSend: boolean, wantedBytes: number): void {
  if (!isSend) {
    socket.receiveBufferBytes = Math.max(wantedBytes * 2, MIN_RECEIVE_BYTES);
    return;
  }
  socket.sendBufferBytes = Math.max(wantedBytes * 2, MIN_SEND_BYTES);
  if (socket instanceof TcpSocket) socket.hasFixedSendBuffer = true;
  socket.writeQueue.wakeAll();
}

/** A timeval as ns; null for 0, which is no limit. @errors EINVAL too short; EDOM microseconds out of range */
function timeoutOf(bytes: Uint8Array): number | null {
  if (bytes.length < 16) throw new SysError(EINVAL, `setsockopt: timeout of ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const seconds = view.getBigInt64(0, true);
  const microseconds = view.getBigInt64(8, true);
  if (microseconds < 0n || microseconds >= 1_000_000n) throw new SysError(EDOM, `setsockopt: ${microseconds} µs`);
  if (seconds < 0n) return 0;
  const ns = clampNs(seconds * 1_000_000_000n + microseconds * 1000n);
  return ns === 0 ? null : ns;
}

function setTcpOption(socket: Socket, name: number, bytes: Uint8Array): boolean {
  if (name === abi.TCP_CONGESTION) {
    const wanted = byteStringOf(bytes).replace(/\0.*$/s, '');
    if (wanted !== CONGESTION && wanted !== 'reno') throw new SysError(ENOENT, 'setsockopt: no such congestion control');
    return true;
  }
  if (name === abi.TCP_MAXSEG) {
    const value = integerOf(bytes, abi.IPPROTO_TCP);
    if (value !== 0 && (value < 88 || value > 32_767)) throw new SysError(EINVAL, `setsockopt: segments of ${value} bytes`);
    socket.options.set(key(abi.IPPROTO_TCP, name), value);
    return true;
  }
  return false;
}

// ---- getsockopt -----------------------------------------------------------------------------------------------------

/** getsockopt(2): stores as much of the value as fits, and the length stored. @errors as setsockopt */
export function getsockopt(task: Task, args: SyscallArgs): SyscallResult {
  const socket = socketOf(task, args.fd(0));
  const level = args.i32(1);
  const name = args.i32(2);
  const lengthAddr = args.addr(4);
  const room = task.mm.readI32(lengthAddr);
  if (room < 0) throw new SysError(EINVAL, `getsockopt: room for ${room} bytes`);
  requireLevel(socket, level);
  const value = valueOf(socket, level, name);
  const stored = value.subarray(0, Math.min(room, value.length));
  task.mm.writeBytes(args.addr(3), stored);
  task.mm.writeI32(lengthAddr, stored.length);
  return 0;
}

function integer(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

function valueOf(socket: Socket, level: number, name: number): Uint8Array {
  const own = socket.protocolOption(level, name);
  if (own !== null) return own;
  const special = level === abi.SOL_SOCKET ? socketValue(socket, name) : protocolValue(socket, level, name);
  if (special !== null) return special;
  const option = plainOption(level, name);
  if (option === undefined) throw new SysError(ENOPROTOOPT, `getsockopt: option ${name} of level ${level}`);
  return integer(socket.options.get(key(level, name)) ?? option.initial);
}

function socketValue(socket: Socket, name: number): Uint8Array | null {
  switch (name) {
    case abi.SO_TYPE:
      return integer(socket.type);
    case abi.SO_DOMAIN:
      return integer(socket.family);
    case abi.SO_PROTOCOL:
      return integer(socket.protocol);
    case abi.SO_ERROR:
      return integer(socket.takeError());
    case abi.SO_ACCEPTCONN:
      return integer(socket.isListening() ? 1 : 0);
    case abi.SO_REUSEADDR:
      return integer(socket.reusesAddress ? 1 : 0);
    case abi.SO_REUSEPORT:
      return integer(socket.reusesPort ? 1 : 0);
    case abi.SO_BROADCAST:
      return integer(socket.mayBroadcast ? 1 : 0);
    case abi.SO_PASSCRED:
      return integer(socket.passesCredentials ? 1 : 0);
    case abi.SO_SNDBUF:
      return integer(socket.sendBufferBytes);
    case abi.SO_RCVBUF:
      return integer(socket.receiveBufferBytes);
    case abi.SO_RCVLOWAT:
      return integer(socket.receiveLowBytes);
    case abi.SO_SNDLOWAT:
      return integer(1);
    case abi.SO_TIMESTAMP:
    case abi.SO_TIMESTAMPNS:
    case abi.SO_INCOMING_CPU:
      return integer(0);
    case abi.SO_PEEK_OFF:
      return integer(-1);
    case abi.SO_LINGER:
      return new Uint8Array(Int32Array.of(socket.linger === null ? 0 : 1, socket.linger?.seconds ?? 0).buffer);
    case abi.SO_RCVTIMEO:
    case abi.SO_RCVTIMEO_NEW:
      return timeval(socket.receiveTimeoutNs);
    case abi.SO_SNDTIMEO:
    case abi.SO_SNDTIMEO_NEW:
      return timeval(socket.sendTimeoutNs);
    case abi.SO_PEERCRED: {
      const { pid, uid, gid } = socket.peerCredentials();
      return new Uint8Array(Uint32Array.of(pid, uid, gid).buffer);
    }
    case abi.SO_BINDTODEVICE:
      return socket.options.get(key(abi.SOL_SOCKET, name)) === 1 ? bytesOf(`${socket.stack.loopback.name}\0`) : new Uint8Array(0);
    case abi.SO_COOKIE:
      return new Uint8Array(BigUint64Array.of(BigInt(socket.inode.ino)).buffer);
    default:
      return null;
  }
}

function timeval(ns: number | null): Uint8Array {
  const total = BigInt(ns ?? 0);
  return new Uint8Array(BigInt64Array.of(total / 1_000_000_000n, (total % 1_000_000_000n) / 1000n).buffer);
}

function protocolValue(socket: Socket, level: number, name: number): Uint8Array | null {
  if (level === abi.IPPROTO_TCP && name === abi.TCP_CONGESTION) return bytesOf(CONGESTION.padEnd(16, '\0'));
  if (level === abi.IPPROTO_TCP && name === abi.TCP_MAXSEG && socket instanceof TcpSocket) {
    return integer(socket.peer !== null ? LOOPBACK_SEGMENT_BYTES : (socket.options.get(key(level, name)) ?? 536));
  }
  const asksMtu = (level === abi.IPPROTO_IP && name === abi.IP_MTU) || (level === abi.IPPROTO_IPV6 && name === abi.IPV6_MTU);
  if (asksMtu) {
    socket.peerAddress(); // ENOTCONN
    return integer(socket.stack.loopback.mtuBytes);
  }
  return null;
}

export const socketOptionSyscalls: SyscallTable = {
  setsockopt: { number: 208, run: setsockopt, support: 'partial', note: 'no filters, no time stamps, no multicast groups' },
  getsockopt: { number: 209, run: getsockopt, support: 'full' },
};
