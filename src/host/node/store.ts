import { mkdir, open, readFile, readdir, rename, rm, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { StoreError, requireBlobName, requireStoreName } from '../../ports/checkpoint-store.ts';
import type { CheckpointStore, OpenStore } from '../../ports/checkpoint-store.ts';
import { lockDirectory } from './store-lock.ts';
import type { Unlock } from './store-lock.ts';

const BLOB_FILE = /^sha256-([0-9a-f]{64})$/;
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const REFUSED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EOPNOTSUPP', 'ENOTSUP']);
/** For nobody but the owner: an image holds whatever the guests had in memory. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Stores in files below `directory`, made when it is not there, a folder a name:
 *
 *     manifest          which checkpoints there are
 *     blobs/sha256-…    images
 *     writing/          files that are not whole yet, swept at opening
 *     lock.N            see `store-lock.ts`
 *
 * A file is written under another name, brought to the disk and then renamed, so that it is there as a whole or not at all.
 */
export function openFileStore(directory: string): OpenStore {
  return async (name) => {
    requireStoreName(name);
    const folder = resolve(directory, name);
    const unlock = await openFolder(folder);
    if (unlock === null) throw new StoreError('inUse', `${folder}: another process keeps its checkpoints in this store: end it, or name another store`);
    return new FileStore(folder, unlock);
  };
}

async function openFolder(folder: string): Promise<Unlock | null> {
  try {
    await makeFolder(folder);
    const unlock = await lockDirectory(folder);
    if (unlock === null) return null;
    try {
      await rm(join(folder, 'writing'), { recursive: true, force: true });
      for (const part of ['blobs', 'writing']) await makeFolder(join(folder, part));
    } catch (error) {
      await unlock();
      throw error;
    }
    return unlock;
  } catch (error) {
    throw new StoreError('unavailable', `${folder} cannot keep checkpoints (${reasonOf(error)}): name a directory on a local disk that is yours to write to`);
  }
}

/**
 * Makes a directory and those above it, where they are not there, and brings their names to the disk.
 * Not by mkdir's `recursive`, which never returns below directories that let nobody make any and say ENOENT, as /proc does.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: DIRECTORY_MODE });
  } catch (error) {
    if (reasonOf(error) === 'EEXIST') return;
    if (reasonOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: DIRECTORY_MODE }).catch((again: unknown) => {
      if (reasonOf(again) !== 'EEXIST') throw again;
    });
  }
  await syncDirectory(dirname(path));
}

class FileStore implements CheckpointStore {
  readonly label: string;
  private readonly unlock: Unlock;
  /** The last call, which the next one waits for. */
  private last: Promise<unknown> = Promise.resolve();
  private isClosed = false;
  private writes = 0;

  constructor(folder: string, unlock: Unlock) {
    this.label = folder;
    this.unlock = unlock;
  }

  readManifest(): Promise<Uint8Array | null> {
    return this.attempt('read the list of checkpoints', () => readIfThere(this.manifestPath()));
  }

  writeManifest(bytes: Uint8Array): Promise<void> {
    return this.attempt('keep the list of checkpoints', () => this.replace(this.manifestPath(), bytes));
  }

  listBlobs(): Promise<string[]> {
    return this.attempt('list checkpoints', async () => (await this.blobFiles()).map((file) => file.replace('-', ':')));
  }

  async readBlob(name: string): Promise<Uint8Array | null> {
    const path = this.blobPath(name);
    return this.attempt('read a checkpoint', () => readIfThere(path));
  }

  async writeBlob(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.blobPath(name);
    return this.attempt(`keep a checkpoint of ${Math.ceil(bytes.length / 1000)} kB`, () => this.replace(path, bytes));
  }

  async deleteBlob(name: string): Promise<void> {
    const path = this.blobPath(name);
    return this.attempt('delete a checkpoint', () => rm(path, { force: true }));
  }

  usage(): Promise<{ usedBytes: number; quotaBytes: number | null }> {
    return this.attempt('tell how much it holds', async () => {
      let usedBytes = await sizeIfThere(this.manifestPath());
      for (const file of await this.blobFiles()) usedBytes += await sizeIfThere(join(this.label, 'blobs', file));
      const { bavail, bsize } = await statfs(this.label);
      return { usedBytes, quotaBytes: usedBytes + bavail * bsize };
    });
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.last;
    await this.unlock();
  }

  private manifestPath(): string {
    return join(this.label, 'manifest');
  }

  private blobPath(name: string): string {
    requireBlobName(name);
    return join(this.label, 'blobs', name.replace(':', '-'));
  }

  private async blobFiles(): Promise<string[]> {
    return (await readdir(join(this.label, 'blobs'))).filter((file) => BLOB_FILE.test(file));
  }

  /** Writes a file that is there as a whole or not at all, and on the disk when this returns. */
  private async replace(path: string, bytes: Uint8Array): Promise<void> {
    const writing = join(this.label, 'writing', String(++this.writes));
    try {
      const file = await open(writing, 'wx', FILE_MODE);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(writing, path);
      await syncDirectory(dirname(path));
    } catch (error) {
      await unlink(writing).catch(() => undefined); // swept at the next opening at the latest
      throw error;
    }
  }

  /**
   * Does `work` after all that was asked for before.
   *
   * @param what   what was attempted, for the sentence
   */
  private attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.isClosed) return Promise.reject(new StoreError('failed', `${this.label}: this store has been closed`));
    const result = this.last.then(work).catch((error: unknown) => {
      throw this.failureOf(what, error);
    });
    this.last = result.catch(() => undefined);
    return result;
  }

  private failureOf(what: string, error: unknown): StoreError {
    const reason = reasonOf(error);
    if (NO_ROOM.has(reason)) return new StoreError('full', `${this.label} has no room to ${what} (${reason}): delete checkpoints, or free space on its disk; what it keeps already is whole`);
    if (REFUSED.has(reason)) return new StoreError('unavailable', `${this.label} refuses to ${what} (${reason}): look at its owner and rights, and whether its disk is read-only`);
    return new StoreError('failed', `${this.label} could not ${what} (${reason}): look at its disk, and export what is to be kept`);
  }
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    const bytes = await readFile(path);
    return bytes.length === bytes.buffer.byteLength ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
  } catch (error) {
    if (reasonOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function sizeIfThere(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (reasonOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

/** Brings the names in a directory to the disk. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
