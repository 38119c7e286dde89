/**
 * A lock that dies with its process, made of what Node has: no lock of files, but local sockets.
 *
 * The lock is the file `lock.N` of highest number, a name of a socket, and held for as long as its process listens there:
 * the kernel refuses connections to the socket of a process that has gone, however it went. A process that finds nobody
 * listening makes a socket that listens already and links it to `lock.N+1`, which only one can do. The highest
 * name is never removed, by nobody: a process that looked a while ago either finds N+1 taken, or finds afterwards
 * that there is a higher one than its own, and lets go.
 */

import { link, open, readdir, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import type { Server } from 'node:net';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

const LOCK = /^lock\.([1-9]\d*)$/;
const CLAIM = /^claim\.[0-9a-f]+$/;
/** `sun_path` has 104 bytes on some systems, its NUL included. */
const MAX_SOCKET_PATH_BYTES = 103;

/** Frees the lock. */
export type Unlock = () => Promise<void>;

/**
 * Takes the lock of `directory`.
 *
 * @returns   null when another process, or this one, has it
 * @errors    those of the file system, with `code`
 */
export async function lockDirectory(directory: string): Promise<Unlock | null> {
  const sockets = await SocketFolder.open(directory);
  try {
    const claim = `claim.${randomBytes(8).toString('hex')}`;
    const server = await listen(sockets.path(claim));
    let isHeld = false;
    try {
      isHeld = await take(directory, sockets, claim);
    } finally {
      await ignoreMissing(unlink(join(directory, claim)));
      if (!isHeld) await closed(server);
    }
    return isHeld ? () => closed(server) : null;
  } finally {
    await sockets.close();
  }
}

async function take(directory: string, sockets: SocketFolder, claim: string): Promise<boolean> {
  for (;;) {
    const newest = await newestLock(directory);
    if (newest > 0 && (await isListening(sockets.path(`lock.${newest}`)))) return false;
    const mine = newest + 1;
    try {
      await link(join(directory, claim), join(directory, `lock.${mine}`));
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue; // another was faster
      if (codeOf(error) === 'ENOENT') return false; // one that has the lock has swept our claim
      throw error;
    }
    if ((await newestLock(directory)) === mine) {
      await sweep(directory, mine);
      return true;
    }
    await ignoreMissing(unlink(join(directory, `lock.${mine}`)));
  }
}

/** Removes what is left of earlier owners, and of claims that died. */
async function sweep(directory: string, mine: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const number = LOCK.exec(name)?.[1];
    if (number === undefined ? CLAIM.test(name) : Number(number) < mine) await ignoreMissing(unlink(join(directory, name)));
  }
}

/** 0 when there is none. */
async function newestLock(directory: string): Promise<number> {
  const numbers = (await readdir(directory)).map((name) => Number(LOCK.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen({ path, exclusive: true }, () => resolve(server.unref()));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    const answer = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', (error) => {
      const code = codeOf(error);
      if (code === 'ECONNREFUSED' || code === 'ENOENT') answer(false);
      else if (code === 'EAGAIN') answer(true); // so many ask that its queue is full
      else if (code === 'ECONNRESET') resolve(isListening(path)); // it has gone while it was asked
      else reject(error);
    });
  });
}

/** Where sockets are named: the directory, or on Linux, if its path is too long for a socket's, an open descriptor of it. */
class SocketFolder {
  private readonly prefix: string;
  private readonly handle: FileHandle | null;

  private constructor(prefix: string, handle: FileHandle | null) {
    this.prefix = prefix;
    this.handle = handle;
  }

  static async open(directory: string): Promise<SocketFolder> {
    const longest = Buffer.byteLength(join(directory, `claim.${'f'.repeat(16)}`));
    if (longest <= MAX_SOCKET_PATH_BYTES || process.platform !== 'linux') return new SocketFolder(directory, null);
    const handle = await open(directory, 'r');
    return new SocketFolder(`/proc/self/fd/${handle.fd}`, handle);
  }

  path(name: string): string {
    return join(this.prefix, name);
  }

  async close(): Promise<void> {
    await this.handle?.close();
  }
}

async function ignoreMissing(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
