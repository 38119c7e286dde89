/**
 * Names of unix sockets, as unix(7) has them in a sockaddr_un: a path, or a zero byte and an abstract name of any bytes. The
 * kernel keeps them as byte strings, without the zero that ends a path.
 */
import { EINVAL } from '../../abi/errno.ts';
import { AF_UNIX, SOCKADDR_UN_BYTES, SUN_PATH_OFFSET } from '../../abi/socket.ts';
import { byteStringOf, bytesOf } from '../../base/bytes.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';

/** Whether an address is the family alone, by which bind(2) asks for a name of the kernel's choice. */
export function isNameless(address: Uint8Array): boolean {
  return address.length === SUN_PATH_OFFSET && familyOf(address) === AF_UNIX;
}

/** The name in a sockaddr_un. @errors EINVAL too short, too long, another family */
export function parseUnixName(address: Uint8Array): ByteString {
  if (address.length <= SUN_PATH_OFFSET || address.length > SOCKADDR_UN_BYTES || familyOf(address) !== AF_UNIX) {
    throw new SysError(EINVAL, `unix address of ${address.length} bytes`);
  }
  if (address[SUN_PATH_OFFSET] === 0) return byteStringOf(address, SUN_PATH_OFFSET);
  const end = address.indexOf(0, SUN_PATH_OFFSET);
  return byteStringOf(address, SUN_PATH_OFFSET, end < 0 ? address.length : end);
}

/** The sockaddr_un of a name; only the family for none. */
export function formatUnixName(name: ByteString | null): Uint8Array {
  const isPath = name !== null && !name.startsWith('\0');
  const path = name === null ? '' : isPath ? `${name}\0` : name;
  const address = new Uint8Array(SUN_PATH_OFFSET + path.length);
  address[0] = AF_UNIX;
  address.set(bytesOf(path), SUN_PATH_OFFSET);
  return address;
}

function familyOf(address: Uint8Array): number {
  return address.length < 2 ? -1 : address[0]! | (address[1]! << 8);
}
