/**
 * Reads tar archives: ustar, pax and GNU headers.
 *
 * An own reader, because names in a layer are bytes (a library hands them out as decoded text, and a name that is
 * not UTF-8 is lost), and because file contents stay where they are: an entry's data is a view of the archive.
 */
import { byteStringOf, type ByteString } from '../../base/bytes.ts';
import { ImageError } from '../../base/errors.ts';

export const TAR_BLOCK_BYTES = 512;

export type TarEntryType = 'file' | 'directory' | 'symlink' | 'link' | 'character' | 'block' | 'fifo';

/** One entry of an archive, as its headers tell it: nothing has been checked against anything else. */
export interface TarEntry {
  /** As it stands in the archive: may be absolute or hold `..`. */
  readonly name: ByteString;
  readonly type: TarEntryType;
  /** Permission bits, without the file's type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  /** Target of a symbolic link, or the name in the archive that a hard link repeats; else empty. */
  readonly linkName: ByteString;
  readonly major: number;
  readonly minor: number;
  /** A view of the archive; empty for all but files. */
  readonly data: Uint8Array;
}

/** What pax and GNU headers say about the entry that follows them. */
interface Overrides {
  name?: ByteString;
  linkName?: ByteString;
  sizeBytes?: number;
  uid?: number;
  gid?: number;
  mtimeNs?: bigint;
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

/** How much of an archive is looked at before it is refused. */
export interface TarLimits {
  /** Headers, those of pax and GNU included. */
  readonly headers: number;
  /** Length of a name. */
  readonly nameBytes: number;
  /** Length of one pax or GNU header. */
  readonly extensionBytes: number;
}

/** For layers, which hold as many files as they will: names and links need far less than an extension may have. */
const LAYER_LIMITS: TarLimits = { headers: Infinity, nameBytes: 1 << 20, extensionBytes: 1 << 20 };

/**
 * The entries of an archive, in its order.
 *
 * @param bytes    the whole archive, not compressed; the entries' data are views of it
 * @param archive  what a message calls it
 * @errors         ImageError where the archive is cut off, a header's checksum or a number in it is wrong, a limit is
 *                 passed, or an entry is of a kind that cannot be unpacked (sparse files, parts of multi-volume archives)
 * @source         POSIX pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual, "Basic Tar Format"
 */
export function* readTar(bytes: Uint8Array, archive: string, limits: TarLimits = LAYER_LIMITS): Generator<TarEntry, void, undefined> {
  let global: Overrides = {};
  let next: Overrides = {};
  let at = 0;
  for (let headers = 0; ; headers++) {
    if (headers > limits.headers) throw new ImageError(archive, `has more than ${limits.headers} entries`);
    if (at >= bytes.length) throw new ImageError(archive, `ends after ${bytes.length} bytes without the mark of its end`);
    if (at + TAR_BLOCK_BYTES > bytes.length) throw new ImageError(archive, `cut off inside the header at byte ${at}`);
    const header = bytes.subarray(at, at + TAR_BLOCK_BYTES);
    if (isZero(header)) break; // the end mark; what follows is padding
    checkSum(header, at, archive);

    const type = String.fromCharCode(header[156]!);
    const overrides = { ...global, ...next };
    const name = overrides.name ?? nameIn(header);
    const place = `${archive}: entry ${shownName(name)}`;
    if (name.length > limits.nameBytes) throw new ImageError(place, `has a name of ${name.length} bytes, more than ${limits.nameBytes}`);
    const sizeBytes = overrides.sizeBytes ?? numberIn(header, 124, 12, place, 'size');
    const dataAt = at + TAR_BLOCK_BYTES;
    const holdsData = type in TYPES ? TYPES[type] === 'file' : true;
    const dataBytes = holdsData ? sizeBytes : 0; // a link's size repeats that of its target; no data follows
    if (dataAt + dataBytes > bytes.length) {
      throw new ImageError(place, `says ${dataBytes} bytes, the archive ends after ${bytes.length - dataAt}`);
    }
    const data = bytes.subarray(dataAt, dataAt + dataBytes);
    at = dataAt + Math.ceil(dataBytes / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;

    if (type === 'x' || type === 'g') {
      const read = paxOverrides(headerData(data, place, limits), place);
      if (type === 'x') next = { ...next, ...read };
      else global = { ...global, ...read };
      continue;
    }
    if (type === 'L' || type === 'K') {
      const text = untilNul(headerData(data, place, limits));
      next = type === 'L' ? { ...next, name: text } : { ...next, linkName: text };
      continue;
    }
    const entryType = TYPES[type];
    if (entryType === undefined) {
      throw new ImageError(place, `is of type ${JSON.stringify(type)}, which cannot be unpacked`);
    }
    next = {};
    yield {
      name,
      // Before ustar, a directory was a file whose name ends in a slash.
      type: entryType === 'file' && name.endsWith('/') ? 'directory' : entryType,
      mode: numberIn(header, 100, 8, place, 'mode') & 0o7777,
      uid: overrides.uid ?? numberIn(header, 108, 8, place, 'uid'),
      gid: overrides.gid ?? numberIn(header, 116, 8, place, 'gid'),
      mtimeNs: overrides.mtimeNs ?? BigInt(numberIn(header, 136, 12, place, 'mtime')) * 1_000_000_000n,
      linkName: overrides.linkName ?? untilNul(header.subarray(157, 257)),
      major: entryType === 'character' || entryType === 'block' ? numberIn(header, 329, 8, place, 'device') : 0,
      minor: entryType === 'character' || entryType === 'block' ? numberIn(header, 337, 8, place, 'device') : 0,
      data,
    };
  }
}

/** A name out of an archive as a message may show it: anything but plain ASCII is escaped, and long ones are cut. */
export function shownName(name: ByteString): string {
  const escaped = name.slice(0, 120).replace(/[^\x20-\x7e]|\\/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return escaped.length <= 120 && name.length <= 120 ? `"${escaped}"` : `"${escaped.slice(0, 117)}..."`;
}

function isZero(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** The sum of a header's bytes, its own field read as blanks; some old writers summed signed bytes. */
function checkSum(header: Uint8Array, at: number, archive: string): void {
  let unsigned = 0;
  let signed = 0;
  for (let i = 0; i < TAR_BLOCK_BYTES; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : header[i]!;
    unsigned += byte;
    signed += (byte << 24) >> 24;
  }
  const said = numberIn(header, 148, 8, `${archive}: header at byte ${at}`, 'checksum');
  if (said !== unsigned && said !== signed) {
    throw new ImageError(archive, `the header at byte ${at} has checksum ${said} and sums up to ${unsigned}`);
  }
}

function nameIn(header: Uint8Array): ByteString {
  const name = untilNul(header.subarray(0, 100));
  const isPosix = byteStringOf(header, 257, 263) === 'ustar\0'; // GNU's own magic has no prefix field
  const prefix = isPosix ? untilNul(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** A number in octal digits, or in GNU's base 256 where the first bit is set. */
function numberIn(header: Uint8Array, at: number, sizeBytes: number, place: string, field: string): number {
  const first = header[at]!;
  if ((first & 0x80) !== 0) return base256In(header, at, sizeBytes, place, field);
  const text = untilNul(header.subarray(at, at + sizeBytes)).trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw new ImageError(place, `its ${field} ${shownName(text)} is no octal number`);
  return Number.parseInt(text, 8);
}

function base256In(header: Uint8Array, at: number, sizeBytes: number, place: string, field: string): number {
  let value = (header[at]! & 0x40) !== 0 ? -1n : BigInt(header[at]! & 0x3f);
  for (let i = 1; i < sizeBytes; i++) value = value * 256n + BigInt(header[at + i]!);
  const isTime = field === 'mtime'; // the only field that may be below zero
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < (isTime ? BigInt(Number.MIN_SAFE_INTEGER) : 0n)) {
    throw new ImageError(place, `its ${field} ${value} is out of range`);
  }
  return Number(value);
}

function headerData(data: Uint8Array, place: string, { extensionBytes }: TarLimits): Uint8Array {
  if (data.length > extensionBytes) throw new ImageError(place, `has an extended header of ${data.length} bytes, more than ${extensionBytes}`);
  return data;
}

function untilNul(bytes: Uint8Array): ByteString {
  const end = bytes.indexOf(0);
  return byteStringOf(bytes, 0, end < 0 ? bytes.length : end);
}

/** Records of the form `length key=value\n`, the length counting itself. */
function paxOverrides(data: Uint8Array, place: string): Overrides {
  const overrides: Overrides = {};
  let at = 0;
  while (at < data.length && data[at] !== 0) {
    const blank = data.indexOf(0x20, at);
    const lengthText = blank < 0 ? '' : byteStringOf(data, at, blank);
    const end = at + Number(lengthText);
    const equals = data.indexOf(0x3d, blank);
    if (!/^[1-9][0-9]{0,8}$/.test(lengthText) || end > data.length || end <= blank || data[end - 1] !== 0x0a || equals < 0 || equals >= end) {
      throw new ImageError(place, `its extended header is damaged at byte ${at}`);
    }
    setOverride(overrides, byteStringOf(data, blank + 1, equals), byteStringOf(data, equals + 1, end - 1), place);
    at = end;
  }
  return overrides;
}

function setOverride(overrides: Overrides, key: string, value: ByteString, place: string): void {
  if (key === 'path') overrides.name = value;
  else if (key === 'linkpath') overrides.linkName = value;
  else if (key === 'size') overrides.sizeBytes = decimal(value, key, place);
  else if (key === 'uid') overrides.uid = decimal(value, key, place);
  else if (key === 'gid') overrides.gid = decimal(value, key, place);
  else if (key === 'mtime') overrides.mtimeNs = decimalNs(value, place);
  else if (key.startsWith('GNU.sparse.')) throw new ImageError(place, 'is a sparse file, which cannot be unpacked');
}

function decimal(text: string, field: string, place: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new ImageError(place, `its ${field} ${shownName(text)} is no number`);
  }
  return value;
}

/** Seconds with a decimal fraction of any length, in nanoseconds; digits past the ninth are dropped. */
function decimalNs(text: string, place: string): bigint {
  const parts = /^(-?)([0-9]{1,12})(?:\.([0-9]*))?$/.exec(text);
  if (parts === null) throw new ImageError(place, `its mtime ${shownName(text)} is no time`);
  const ns = BigInt(parts[2]!) * 1_000_000_000n + BigInt((parts[3] ?? '').slice(0, 9).padEnd(9, '0'));
  return parts[1] === '-' ? -ns : ns;
}
