import { EAFNOSUPPORT, EINVAL } from '../../abi/errno.ts';
import { AF_INET, AF_INET6, AF_UNSPEC, SOCKADDR_IN6_BYTES, SOCKADDR_IN6_MIN_BYTES, SOCKADDR_IN_BYTES } from '../../abi/socket.ts';
import { byteStringOf } from '../../base/bytes.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';

/**
 * An internet address as a byte string of 16 bytes: IPv6, or IPv4 in its mapped form ::ffff:a.b.c.d, so that both kinds compare
 * and index alike.
 */
export type IpAddress = ByteString;

const MAPPED_PREFIX = '\0\0\0\0\0\0\0\0\0\0\xff\xff';
/** 0.0.0.0 and ::, "any". */
export const ANY_4: IpAddress = `${MAPPED_PREFIX}\0\0\0\0`;
export const ANY_6: IpAddress = '\0'.repeat(16);
export const LOOPBACK_4: IpAddress = `${MAPPED_PREFIX}\x7f\0\0\x01`;
export const LOOPBACK_6: IpAddress = `${'\0'.repeat(15)}\x01`;

export function isIpv4(address: IpAddress): boolean {
  return address.startsWith(MAPPED_PREFIX);
}

export function isAny(address: IpAddress): boolean {
  return address === ANY_4 || address === ANY_6;
}

/** 127.0.0.0/8. */
export function isLoopback4(address: IpAddress): boolean {
  return isIpv4(address) && address.charCodeAt(12) === 127;
}

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticast(address: IpAddress): boolean {
  return isIpv4(address) ? (address.charCodeAt(12) & 0xf0) === 0xe0 : address.charCodeAt(0) === 0xff;
}

/** 255.255.255.255, and the broadcast address of the loopback network. */
export function isBroadcast(address: IpAddress): boolean {
  return address === `${MAPPED_PREFIX}\xff\xff\xff\xff` || address === `${MAPPED_PREFIX}\x7f\xff\xff\xff`;
}

/** Four bytes of an IPv4 address as an `IpAddress`. */
export function ipv4(bytes: Uint8Array, start = 0): IpAddress {
  return MAPPED_PREFIX + byteStringOf(bytes, start, start + 4);
}

export function ipv6(bytes: Uint8Array, start = 0): IpAddress {
  return byteStringOf(bytes, start, start + 16);
}

/** The any-address of family AF_INET or AF_INET6. */
export function anyOf(family: number): IpAddress {
  return family === AF_INET ? ANY_4 : ANY_6;
}

/** An address and a port. */
export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
}

/**
 * Reads a sockaddr_in or sockaddr_in6 for a socket of `family`.
 *
 * @returns null for AF_UNSPEC
 * @errors EINVAL too short; EAFNOSUPPORT another family
 */
export function parseEndpoint(bytes: Uint8Array, family: number): Endpoint | null {
  if (bytes.length < 2) throw new SysError(EINVAL, `socket address of ${bytes.length} bytes`);
  const given = bytes[0]! | (bytes[1]! << 8);
  if (given === AF_UNSPEC) return null;
  const isSix = family === AF_INET6 && given !== AF_INET;
  if (bytes.length < (isSix ? SOCKADDR_IN6_MIN_BYTES : SOCKADDR_IN_BYTES)) throw new SysError(EINVAL, `socket address of ${bytes.length} bytes`);
  if (given !== (isSix ? AF_INET6 : AF_INET)) throw new SysError(EAFNOSUPPORT, `socket address of family ${given}`);
  return { address: isSix ? ipv6(bytes, 8) : ipv4(bytes, 4), port: (bytes[2]! << 8) | bytes[3]! };
}

/** The sockaddr of `endpoint` as a socket of `family` shows it. */
export function formatEndpoint(endpoint: Endpoint, family: number): Uint8Array {
  const bytes = new Uint8Array(family === AF_INET ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES);
  bytes[0] = family;
  bytes[2] = endpoint.port >>> 8;
  bytes[3] = endpoint.port & 0xff;
  const start = family === AF_INET ? 12 : 0;
  const at = family === AF_INET ? 4 : 8;
  const shown = family === AF_INET6 && endpoint.address === ANY_4 ? ANY_6 : endpoint.address;
  for (let i = start; i < 16; i++) bytes[at + i - start] = shown.charCodeAt(i);
  return bytes;
}
