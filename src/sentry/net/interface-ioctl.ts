import { EADDRNOTAVAIL, EINVAL, ENODEV, ENOTTY, EPERM } from '../../abi/errno.ts';
import {
  AF_INET, ARPHRD_LOOPBACK, IFF_UP, IFNAMSIZ, IFREQ_BYTES, SIOCGIFADDR, SIOCGIFBRDADDR, SIOCGIFCONF, SIOCGIFDSTADDR, SIOCGIFFLAGS, SIOCGIFHWADDR,
  SIOCGIFINDEX, SIOCGIFMAP, SIOCGIFMETRIC, SIOCGIFMTU, SIOCGIFNAME, SIOCGIFNETMASK, SIOCGIFTXQLEN, SIOCSIFADDR, SIOCSIFFLAGS, SIOCSIFNETMASK,
} from '../../abi/socket.ts';
import { byteStringOf, bytesOf } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_NET_ADMIN } from '../auth/credentials.ts';
import type { Caller } from '../vfs/caller.ts';
import type { UserMemory } from '../vfs/file-description.ts';
import { ANY_4, ipv4, isIpv4 } from './ip-address.ts';
import type { IpAddress } from './ip-address.ts';
import type { NetStack } from './stack.ts';

/** Offset of the union behind the name in struct ifreq. */
const VALUE = IFNAMSIZ;
const TRANSMIT_QUEUE_LENGTH = 1000;

/** A sockaddr_in of 16 bytes without a port. */
function sockaddr(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[0] = AF_INET;
  bytes.set(bytesOf(address).subarray(12), 4);
  return bytes;
}

function maskOf(prefixBits: number): IpAddress {
  const mask = prefixBits === 0 ? 0 : (0xffff_ffff << (32 - prefixBits)) >>> 0;
  return ipv4(Uint8Array.of(mask >>> 24, mask >>> 16, mask >>> 8, mask));
}

/**
 * The requests of netdevice(7) on any socket.
 *
 * @errors ENOTTY not one of them; ENODEV no such interface; EPERM to change without CAP_NET_ADMIN; EADDRNOTAVAIL no address; EFAULT
 */
export function interfaceRequest(stack: NetStack, request: number, argument: number, caller: Caller, memory: UserMemory): number {
  const { loopback } = stack;
  if (request === SIOCGIFCONF) return listInterfaces(stack, argument, memory);
  if (request === SIOCGIFNAME) {
    if (memory.readU32(argument + VALUE) !== loopback.index) throw new SysError(ENODEV, 'SIOCGIFNAME: no such interface');
    const name = new Uint8Array(IFNAMSIZ);
    name.set(bytesOf(loopback.name));
    memory.writeBytes(argument, name);
    return 0;
  }
  const value = new DataView(new ArrayBuffer(IFREQ_BYTES - VALUE));
  const bytes = new Uint8Array(value.buffer);
  const answer = readers[request];
  const change = writers[request];
  if (answer === undefined && change === undefined) throw new SysError(ENOTTY, 'ioctl: not a request for a socket');
  requireLoopback(stack, argument, memory);
  if (answer !== undefined) {
    answer(stack, value, bytes);
    memory.writeBytes(argument + VALUE, bytes);
  } else if (change !== undefined) {
    if (!caller.credentials.has(CAP_NET_ADMIN)) throw new SysError(EPERM, 'ioctl: CAP_NET_ADMIN');
    change(stack, memory.readBytes(argument + VALUE, 16));
  }
  return 0;
}

function requireLoopback(stack: NetStack, argument: number, memory: UserMemory): void {
  const bytes = memory.readBytes(argument, IFNAMSIZ);
  const end = bytes.indexOf(0);
  const name = byteStringOf(bytes, 0, end < 0 ? IFNAMSIZ - 1 : end).split(':')[0];
  if (name !== stack.loopback.name) throw new SysError(ENODEV, 'ioctl: no such interface');
}

function requireIpv4(stack: NetStack): { address: IpAddress; prefixBits: number } {
  const own = stack.loopback.firstIpv4();
  if (own === null) throw new SysError(EADDRNOTAVAIL, 'ioctl: the interface has no address');
  return own;
}

type Reader = (stack: NetStack, value: DataView, bytes: Uint8Array) => void;

const readers: Readonly<Record<number, Reader>> = {
  [SIOCGIFFLAGS]: (stack, value) => value.setUint16(0, stack.loopback.flags(), true),
  [SIOCGIFADDR]: (stack, _value, bytes) => bytes.set(sockaddr(requireIpv4(stack).address)),
  [SIOCGIFDSTADDR]: (stack, _value, bytes) => bytes.set(sockaddr(requireIpv4(stack).address)),
  [SIOCGIFBRDADDR]: (_stack, _value, bytes) => bytes.set(sockaddr(ANY_4)),
  [SIOCGIFNETMASK]: (stack, _value, bytes) => bytes.set(sockaddr(maskOf(requireIpv4(stack).prefixBits))),
  [SIOCGIFHWADDR]: (_stack, value) => value.setUint16(0, ARPHRD_LOOPBACK, true),
  [SIOCGIFMTU]: (stack, value) => value.setInt32(0, stack.loopback.mtuBytes, true),
  [SIOCGIFINDEX]: (stack, value) => value.setInt32(0, stack.loopback.index, true),
  [SIOCGIFMETRIC]: (_stack, value) => value.setInt32(0, 0, true),
  [SIOCGIFTXQLEN]: (_stack, value) => value.setInt32(0, TRANSMIT_QUEUE_LENGTH, true),
  [SIOCGIFMAP]: () => {},
};

const writers: Readonly<Record<number, (stack: NetStack, value: Uint8Array) => void>> = {
  [SIOCSIFFLAGS]: (stack, value) => {
    stack.loopback.isUp = (value[0]! & IFF_UP) !== 0;
  },
  [SIOCSIFADDR]: (stack, value) => {
    if (value[0] !== AF_INET) throw new SysError(EINVAL, 'SIOCSIFADDR: not an IPv4 address');
    const address = ipv4(value, 4);
    const others = stack.loopback.addresses.filter((own) => !isIpv4(own.address));
    stack.loopback.addresses = [{ address, prefixBits: value[4] === 127 ? 8 : 32 }, ...others];
  },
  [SIOCSIFNETMASK]: (stack, value) => {
    const own = requireIpv4(stack);
    const mask = ((value[4]! << 24) | (value[5]! << 16) | (value[6]! << 8) | value[7]!) >>> 0;
    const prefixBits = Math.clz32(~mask);
    if (maskOf(prefixBits) !== ipv4(value, 4)) throw new SysError(EINVAL, 'SIOCSIFNETMASK: not a prefix');
    stack.loopback.addresses = stack.loopback.addresses.map((one) => (one.address === own.address ? { address: own.address, prefixBits } : one));
  },
};

/** SIOCGIFCONF: an ifreq for each IPv4 address. The struct ifconf is a 32-bit length and an address. */
function listInterfaces(stack: NetStack, argument: number, memory: UserMemory): number {
  const own = stack.loopback.isUp ? stack.loopback.addresses.filter(({ address }) => isIpv4(address)) : [];
  const bufferAddr = memory.readU32(argument + 8) + memory.readU32(argument + 12) * 0x1_0000_0000;
  if (bufferAddr === 0) {
    memory.writeU32(argument, own.length * IFREQ_BYTES);
    return 0;
  }
  const room = Math.floor(Math.max(0, memory.readU32(argument) | 0) / IFREQ_BYTES);
  const shown = own.slice(0, room);
  shown.forEach(({ address }, i) => {
    const entry = new Uint8Array(IFREQ_BYTES);
    entry.set(bytesOf(stack.loopback.name));
    entry.set(sockaddr(address), VALUE);
    memory.writeBytes(bufferAddr + i * IFREQ_BYTES, entry);
  });
  memory.writeU32(argument, shown.length * IFREQ_BYTES);
  return 0;
}
