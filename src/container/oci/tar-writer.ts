/** Writes tar archives whose bytes depend on nothing but the entries: ustar headers, with pax where those are too small. */
import { bytesOf, type ByteString } from '../../base/bytes.ts';
import { TAR_BLOCK_BYTES, type TarEntry, type TarEntryType } from './tar.ts';

const TYPE_FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

const NAME_LIMIT_BYTES = 100;
const OCTAL_7_LIMIT = 0o7777777;
const OCTAL_11_LIMIT = 0o77777777777;

/**
 * The archive that holds `entries` in their order, with its end mark.
 *
 * @errors  RangeError for a mode or a device number that no header can hold
 * @source  POSIX pax, "ustar Interchange Format" and "pax Extended Header"
 */
export function writeTar(entries: Iterable<TarEntry>): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [];
  for (const entry of entries) {
    const pax = paxRecords(entry);
    if (pax !== '') {
      const data = bytesOf(pax);
      blocks.push(header({ ...EMPTY, name: 'PaxHeaders/entry', mode: 0o644 }, 'x', data.length), padded(data));
    }
    blocks.push(header(entry, TYPE_FLAGS[entry.type], entry.data.length), padded(entry.data));
  }
  blocks.push(new Uint8Array(2 * TAR_BLOCK_BYTES));

  const archive = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    archive.set(block, at);
    at += block.length;
  }
  return archive;
}

/** An entry with nothing in it: spread it and set what matters. */
export const EMPTY: TarEntry = {
  name: '',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtimeNs: 0n,
  linkName: '',
  major: 0,
  minor: 0,
  data: new Uint8Array(0),
};

/** What the fixed header cannot hold, as pax records; empty where it holds all. */
function paxRecords(entry: TarEntry): ByteString {
  let records = '';
  if (entry.name.length > NAME_LIMIT_BYTES) records += paxRecord('path', entry.name);
  if (entry.linkName.length > NAME_LIMIT_BYTES) records += paxRecord('linkpath', entry.linkName);
  if (entry.uid > OCTAL_7_LIMIT) records += paxRecord('uid', String(entry.uid));
  if (entry.gid > OCTAL_7_LIMIT) records += paxRecord('gid', String(entry.gid));
  if (entry.data.length > OCTAL_11_LIMIT) records += paxRecord('size', String(entry.data.length));
  const seconds = entry.mtimeNs / 1_000_000_000n;
  const fraction = entry.mtimeNs % 1_000_000_000n;
  if (entry.mtimeNs < 0n || fraction !== 0n || seconds > BigInt(OCTAL_11_LIMIT)) {
    const sign = entry.mtimeNs < 0n ? '-' : '';
    const digits = String(fraction < 0n ? -fraction : fraction).padStart(9, '0');
    records += paxRecord('mtime', `${sign}${seconds < 0n ? -seconds : seconds}.${digits}`);
  }
  return records;
}

function paxRecord(key: string, value: ByteString): ByteString {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function header(entry: TarEntry, typeFlag: string, sizeBytes: number): Uint8Array {
  const block = new Uint8Array(TAR_BLOCK_BYTES);
  const seconds = Number(entry.mtimeNs / 1_000_000_000n);
  put(block, 0, entry.name.slice(0, NAME_LIMIT_BYTES));
  put(block, 100, octal(entry.mode, 7));
  put(block, 108, octal(Math.min(entry.uid, OCTAL_7_LIMIT), 7));
  put(block, 116, octal(Math.min(entry.gid, OCTAL_7_LIMIT), 7));
  put(block, 124, octal(Math.min(sizeBytes, OCTAL_11_LIMIT), 11));
  put(block, 136, octal(Math.min(Math.max(seconds, 0), OCTAL_11_LIMIT), 11));
  put(block, 148, '        ');
  put(block, 156, typeFlag);
  put(block, 157, entry.linkName.slice(0, NAME_LIMIT_BYTES));
  put(block, 257, 'ustar\x0000');
  put(block, 329, octal(entry.major, 7));
  put(block, 337, octal(entry.minor, 7));
  put(block, 148, `${octal(block.reduce((sum, byte) => sum + byte, 0), 6)}\0`);
  return block;
}

function put(block: Uint8Array, at: number, text: ByteString): void {
  block.set(bytesOf(text), at);
}

function octal(value: number, digits: number): string {
  const text = value.toString(8).padStart(digits, '0');
  if (text.length > digits) throw new RangeError(`${value} does not fit into ${digits} octal digits`);
  return text;
}

function padded(data: Uint8Array): Uint8Array {
  const block = new Uint8Array(Math.ceil(data.length / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES);
  block.set(data);
  return block;
}
