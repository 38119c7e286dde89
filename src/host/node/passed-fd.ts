import { createReadStream, createWriteStream, fstatSync, readFileSync, readlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { isatty, ReadStream, WriteStream } from 'node:tty';
import { ImageError } from '../../base/errors.ts';
import { HostInput } from './host-input.ts';
import { HostOutput } from './host-output.ts';

/** Access modes, as open(2) numbers them everywhere. */
const ACCESS_MASK = 3;
const READ_ONLY = 0;
const WRITE_ONLY = 1;
const READ_WRITE = 2;

/** An open descriptor of this process. */
export interface OpenFd {
  readonly fd: number;
  /** `file`: a regular one. `stream`: a pipe, a socket, a device. */
  readonly kind: 'file' | 'stream' | 'terminal';
  /** O_RDONLY, O_WRONLY or O_RDWR. */
  readonly access: number;
  /** All flags of its open file, by the host's numbers. */
  readonly flags: number;
  /** Of a file: where it is, and the offset in bytes. */
  readonly path: string | null;
  readonly offset: number;
}

/** Its ends, as the guest's other side. */
export interface FdEnds {
  readonly input: HostInput | null;
  readonly output: HostOutput | null;
  /** Closes the descriptor: who has the other end of a pipe sees it. */
  close(): void;
  /** Of a terminal. */
  size(): { rows: number; columns: number } | null;
}

/** What descriptor `fd` is that this process was started with. @errors ImageError it is not open, or nothing that can be passed */
export function inspectFd(fd: number): OpenFd {
  const place = `descriptor ${fd}`;
  let stats;
  try {
    stats = fstatSync(fd);
  } catch {
    throw new ImageError(place, 'is not open in this process');
  }
  if (stats.isDirectory() || stats.isBlockDevice()) throw new ImageError(place, `is a ${stats.isDirectory() ? 'directory' : 'disk'}, which cannot be passed: use --volume`);
  const { flags, offset } = facts(fd);
  if (isInternal(fd)) throw new ImageError(place, 'is none that this process was started with');
  const base = { fd, access: flags & ACCESS_MASK, flags, offset };
  if (!stats.isFile()) return { ...base, kind: isatty(fd) ? 'terminal' : 'stream', path: null };
  return { ...base, kind: 'file', path: pathOf(fd, place) };
}

/** Whether Node has opened it for itself: event queues, which have no use elsewhere. */
function isInternal(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('anon_inode:');
  } catch {
    return false;
  }
}

/** Linux tells in /proc; elsewhere a descriptor is taken for one that reads and writes from the beginning. */
function facts(fd: number): { flags: number; offset: number } {
  try {
    const text = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
    return { flags: Number.parseInt(/^flags:\s*(\d+)/m.exec(text)?.[1] ?? '2', 8), offset: Number(/^pos:\s*(\d+)/m.exec(text)?.[1] ?? 0) };
  } catch {
    return { flags: READ_WRITE, offset: 0 };
  }
}

function pathOf(fd: number, place: string): string {
  try {
    if (fstatSync(fd).nlink > 0) return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // said below
  }
  throw new ImageError(place, 'is a file that has no name any more, which cannot be passed');
}

/** Opens the ends of a stream or terminal; nothing is read before the guest wants it. @errors ImageError a kind that cannot be passed */
export function openFdEnds({ fd, kind, access }: OpenFd, onChange: () => void): FdEnds {
  const reads = access !== WRITE_ONLY;
  const writes = access !== READ_ONLY;
  let readable: Readable | null = null;
  let writable: Writable | null = null;
  let isClosed = false;
  let terminal: WriteStream | null = null;
  const openReadable = (): Readable => (readable ??= quiet(kind === 'terminal' ? new ReadStream(fd) : createReadStream('', { fd, autoClose: false })));
  if (kind === 'terminal') {
    terminal = writes ? quiet(new WriteStream(fd)) : null;
    writable = terminal;
  } else if (isPipe(fd)) {
    const options = { fd, readable: reads, writable: writes, allowHalfOpen: true, manualStart: true };
    let socket: Socket;
    try {
      socket = quiet(new Socket(options));
    } catch {
      throw new ImageError(`descriptor ${fd}`, 'is a kind of socket that cannot be passed');
    }
    readable = reads ? socket : null;
    writable = writes ? socket : null;
  } else {
    writable = writes ? quiet(createWriteStream('', { fd, autoClose: false })) : null;
  }
  return {
    input: reads ? new HostInput(openReadable, onChange) : null,
    output: writable === null ? null : new HostOutput(writable, onChange),
    close() {
      if (isClosed) return;
      isClosed = true;
      if (writable === null) readable?.destroy();
      else writable.end(() => readable?.destroy());
    },
    size: () => (terminal === null || !(terminal.columns > 0) ? null : { rows: terminal.rows, columns: terminal.columns }),
  };
}

function isPipe(fd: number): boolean {
  const stats = fstatSync(fd);
  return stats.isFIFO() || stats.isSocket();
}

/** Errors before anybody listens are seen at the next use. */
function quiet<T extends Readable | Writable>(stream: T): T {
  stream.on('error', () => undefined);
  return stream;
}
