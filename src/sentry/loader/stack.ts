import { E2BIG, ENOMEM } from '../../abi/errno.ts';
import type { ByteString } from '../../base/bytes.ts';
import { bytesOf } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import type { AddressSpace } from '../mm/address-space.ts';

// getauxval(3)
const AT_NULL = 0;
const AT_PHDR = 3;
const AT_PHENT = 4;
const AT_PHNUM = 5;
const AT_PAGESZ = 6;
const AT_BASE = 7;
const AT_FLAGS = 8;
const AT_ENTRY = 9;
const AT_UID = 11;
const AT_EUID = 12;
const AT_GID = 13;
const AT_EGID = 14;
const AT_HWCAP = 16;
const AT_CLKTCK = 17;
const AT_SECURE = 23;
const AT_RANDOM = 25;
const AT_EXECFN = 31;
/** Bits of the letters of rv64imafdc: what Linux gives in AT_HWCAP. */
const HWCAP = 'imafdc'.split('').reduce((bits, letter) => bits | (1 << (letter.charCodeAt(0) - 97)), 0);
const TICKS_PER_SECOND = 100;
/** MAX_ARG_STRLEN: 128 KiB for one argument or variable. */
const MAX_STRING_BYTES = 131_072;

export interface StackContents {
  readonly argv: readonly ByteString[];
  readonly environment: readonly ByteString[];
  readonly path: ByteString;
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  readonly isSecure: boolean;
  /** 16 bytes for AT_RANDOM. */
  readonly random: Uint8Array;
  readonly stackLimitBytes: number;
  readonly entry: number;
  readonly headersAddress: number;
  readonly headerCount: number;
  readonly interpreterBase: number;
}

/**
 * Lays out what a new program finds on its stack, from `top` down: path, strings, random bytes, auxiliary vector,
 * environment and argument pointers, argc.
 *
 * @returns the stack pointer, 16-byte aligned
 * @errors E2BIG strings longer than a quarter of the stack, or one longer than 128 KiB
 */
export function buildStack(mm: AddressSpace, top: number, contents: StackContents): number {
  checkSizes(contents);
  let at = top - 8;
  const pushString = (text: ByteString): number => {
    at -= text.length + 1;
    mm.writeBytes(at, bytesOf(`${text}\0`));
    return at;
  };
  const pathAddress = pushString(contents.path);
  const pushAll = (strings: readonly ByteString[]): number[] => {
    let total = 0;
    for (const text of strings) total += text.length + 1;
    at -= total;
    mm.writeBytes(at, bytesOf(strings.map((text) => `${text}\0`).join('')));
    let next = at;
    return strings.map((text) => {
      const address = next;
      next += text.length + 1;
      return address;
    });
  };
  mm.envEnd = at;
  const environment = pushAll(contents.environment);
  mm.envStart = at;
  mm.argEnd = at;
  const argv = pushAll(contents.argv);
  mm.argStart = at;
  at = Math.floor((at - 16) / 16) * 16;
  const randomAddress = at;
  mm.writeBytes(at, contents.random);

  const auxv = auxiliaryVector(contents, pathAddress, randomAddress);
  const words = 1 + argv.length + 1 + environment.length + 1 + auxv.length;
  const sp = Math.floor((at - words * 8) / 16) * 16;
  const table = new DataView(new ArrayBuffer(words * 8));
  let word = 0;
  const push = (value: number) => table.setBigUint64(8 * word++, BigInt(value), true);
  push(argv.length);
  argv.forEach(push);
  push(0);
  environment.forEach(push);
  push(0);
  auxv.forEach(push);
  mm.writeBytes(sp, new Uint8Array(table.buffer));
  mm.auxv = new Uint8Array(table.buffer.slice((words - auxv.length) * 8));
  mm.stackStart = sp;
  return sp;
}

function checkSizes(contents: StackContents): void {
  let total = 0;
  for (const text of [...contents.argv, ...contents.environment]) {
    if (text.length >= MAX_STRING_BYTES) throw new SysError(E2BIG, `execve: a string of ${text.length} bytes`);
    total += text.length + 9;
  }
  const limit = Math.max(Math.min(contents.stackLimitBytes / 4, 6 << 20), MAX_STRING_BYTES);
  if (total > limit) throw new SysError(E2BIG, `execve: ${total} bytes of arguments and environment, at most ${limit}`);
  if (contents.random.length !== 16) throw new SysError(ENOMEM, 'execve: no random bytes');
}

function auxiliaryVector(contents: StackContents, pathAddress: number, randomAddress: number): number[] {
  const pairs: [number, number][] = [
    [AT_HWCAP, HWCAP],
    [AT_PAGESZ, 4096],
    [AT_CLKTCK, TICKS_PER_SECOND],
    [AT_PHDR, contents.headersAddress],
    [AT_PHENT, 56],
    [AT_PHNUM, contents.headerCount],
    [AT_BASE, contents.interpreterBase],
    [AT_FLAGS, 0],
    [AT_ENTRY, contents.entry],
    [AT_UID, contents.uid],
    [AT_EUID, contents.euid],
    [AT_GID, contents.gid],
    [AT_EGID, contents.egid],
    [AT_SECURE, contents.isSecure ? 1 : 0],
    [AT_RANDOM, randomAddress],
    [AT_EXECFN, pathAddress],
    [AT_NULL, 0],
  ];
  return pairs.flat();
}
