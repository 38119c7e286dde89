import { openDB } from 'idb';
import type { DBSchema, IDBPDatabase } from 'idb';
import { StoreError, requireBlobName, requireStoreName } from '../../ports/checkpoint-store.ts';
import type { CheckpointStore } from '../../ports/checkpoint-store.ts';

const LABEL = 'this browser';
const MANIFEST = 'manifest';
/** The page of before a reload may be alive for another moment, with the lock. */
const LOCK_PATIENCE_MS = 1500;

interface StoreSchema extends DBSchema {
  blobs: { key: string; value: Uint8Array };
  manifest: { key: string; value: Uint8Array };
}

type Database = IDBPDatabase<StoreSchema>;

/**
 * Opens a store in IndexedDB, from a page or a worker. A web lock holds it: the browser frees that when the tab closes or crashes.
 *
 * @errors StoreError `inUse` another tab has it; `unavailable` the browser gives no storage here
 */
export async function openBrowserStore(name: string): Promise<CheckpointStore> {
  requireStoreName(name);
  if (typeof indexedDB === 'undefined') throw unavailable('it has no IndexedDB');
  const databaseName = `stasis-store-${name}`;
  const unlock = await lock(databaseName);
  try {
    return new BrowserStore(await openDatabase(databaseName), unlock);
  } catch (error) {
    unlock();
    throw unavailable(nameOf(error));
  }
}

/** @returns  frees the lock */
function lock(name: string): Promise<() => void> {
  // Left out by browsers where the page came over plain HTTP.
  const locks = navigator.locks as LockManager | undefined;
  if (locks === undefined) throw unavailable('it locks nothing for pages served over plain HTTP: use https or localhost');
  return new Promise((resolve, reject) => {
    const untilUnlocked = () => new Promise<void>((unlock) => resolve(unlock));
    locks.request(name, { signal: AbortSignal.timeout(LOCK_PATIENCE_MS) }, untilUnlocked).catch((error: unknown) => {
      if (nameOf(error) !== 'TimeoutError' && nameOf(error) !== 'AbortError') reject(unavailable(nameOf(error)));
      else reject(new StoreError('inUse', 'another tab of this browser keeps its checkpoints in this store: close that tab and reload; until then this one keeps them in memory only'));
    });
  });
}

async function openDatabase(name: string): Promise<Database> {
  return openDB<StoreSchema>(name, 1, {
    upgrade(database) {
      database.createObjectStore('blobs');
      database.createObjectStore('manifest');
    },
  });
}

class BrowserStore implements CheckpointStore {
  readonly label = LABEL;
  private readonly database: Database;
  private readonly unlock: () => void;
  private isClosed = false;
  /** Reads and writes under way. */
  private readonly pending = new Set<Promise<unknown>>();

  constructor(database: Database, unlock: () => void) {
    this.database = database;
    this.unlock = unlock;
  }

  async readManifest(): Promise<Uint8Array | null> {
    return this.attempt('read its list of checkpoints', async () => (await this.database.get('manifest', MANIFEST)) ?? null);
  }

  async writeManifest(bytes: Uint8Array): Promise<void> {
    await this.put('manifest', MANIFEST, bytes);
  }

  async listBlobs(): Promise<string[]> {
    return this.attempt('list checkpoints', () => this.database.getAllKeys('blobs'));
  }

  async readBlob(name: string): Promise<Uint8Array | null> {
    requireBlobName(name);
    return this.attempt('read a checkpoint', async () => (await this.database.get('blobs', name)) ?? null);
  }

  async writeBlob(name: string, bytes: Uint8Array): Promise<void> {
    requireBlobName(name);
    await this.put('blobs', name, bytes);
  }

  async deleteBlob(name: string): Promise<void> {
    requireBlobName(name);
    await this.attempt('delete a checkpoint', () => this.database.delete('blobs', name));
  }

  async usage(): Promise<{ usedBytes: number; quotaBytes: number | null }> {
    const { usage, quota } = await this.attempt('tell how much it holds', () => navigator.storage.estimate());
    return { usedBytes: usage ?? 0, quotaBytes: quota ?? null };
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await Promise.allSettled(this.pending);
    this.database.close();
    this.unlock();
  }

  /** One transaction a write: it is there as a whole or not at all, and on the disk when this returns. */
  private put(store: 'blobs' | 'manifest', key: string, bytes: Uint8Array): Promise<void> {
    // A view is cloned with all of its buffer.
    const exact = bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
    return this.attempt(`keep ${Math.ceil(bytes.length / 1000)} kB more`, async () => {
      const transaction = this.database.transaction(store, 'readwrite', { durability: 'strict' });
      await Promise.all([transaction.store.put(exact, key), transaction.done]);
    });
  }

  /** @param what   what the browser was to do, for the sentence */
  private async attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw new StoreError('failed', `${LABEL}: this store has been closed`);
    const running = work();
    this.pending.add(running);
    try {
      return await running;
    } catch (error) {
      throw failureOf(what, error);
    } finally {
      this.pending.delete(running);
    }
  }
}

function failureOf(what: string, error: unknown): StoreError {
  const name = nameOf(error);
  if (name === 'QuotaExceededError') return new StoreError('full', `${LABEL} has no room to ${what}: delete checkpoints, or export and delete them; what it keeps already is whole`);
  // The connection is gone: the site's data was cleared, or the disk gave up.
  if (name === 'InvalidStateError') return new StoreError('failed', `${LABEL} has closed its storage and cannot ${what}: reload the page; export what is to be kept first`);
  return new StoreError('failed', `${LABEL} could not ${what} (${name}): export what is to be kept, and reload the page`);
}

function unavailable(reason: string): StoreError {
  return new StoreError('unavailable', `${LABEL} keeps nothing here (${reason}), as in a private window or where storage is blocked: checkpoints are kept in memory only`);
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : String(error);
}
