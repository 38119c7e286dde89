/** Stores that fail or die at a write of choice, and what is in them. */

import { openMemoryStore } from '../../src/host/memory/store.ts';
import { StoreError } from '../../src/ports/checkpoint-store.ts';
import type { CheckpointStore, OpenStore } from '../../src/ports/checkpoint-store.ts';

/** What befalls a write: the error is thrown and the store goes on · its machine dies right after it, before it hears of it. */
export type Fault = 'full' | 'failed' | 'dies';

export interface StoreContent {
  readonly manifest: Uint8Array | null;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** Reads a store that nobody has open. */
export async function contentOf(open: OpenStore, name: string): Promise<StoreContent> {
  const store = await open(name);
  const manifest = await store.readManifest();
  const blobs = new Map<string, Uint8Array>();
  for (const blob of await store.listBlobs()) blobs.set(blob, (await store.readBlob(blob))!);
  await store.close();
  return { manifest, blobs };
}

export async function storeWith({ manifest, blobs }: StoreContent, name: string): Promise<OpenStore> {
  const open = openMemoryStore();
  const store = await open(name);
  for (const [blob, bytes] of blobs) await store.writeBlob(blob, bytes);
  if (manifest !== null) await store.writeManifest(manifest);
  await store.close();
  return open;
}

/** A store over another one. Counts writes and deletions; a call of a dead one never returns. */
export class FaultyStore implements CheckpointStore {
  readonly label: string;
  /** Writes and deletions since `arm`. */
  writes = 0;
  /** Settles when it dies. */
  readonly died: Promise<void>;
  private readonly inner: CheckpointStore;
  private isDead = false;
  private tellDeath = (): void => undefined;
  private fault: { readonly kind: Fault; readonly at: number } | null = null;

  private constructor(inner: CheckpointStore) {
    this.inner = inner;
    this.label = inner.label;
    this.died = new Promise((resolve) => (this.tellDeath = resolve));
  }

  /** @param tell   is given each store that is opened */
  static over(open: OpenStore, tell: (store: FaultyStore) => void): OpenStore {
    return async (name) => {
      const store = new FaultyStore(await open(name));
      tell(store);
      return store;
    };
  }

  /** @param at   the write or deletion that it befalls, counted from 1, from now on */
  arm(kind: Fault, at: number): void {
    this.writes = 0;
    this.fault = { kind, at };
  }

  /** As when its process goes: what is under way stays undone, and others may open the store. */
  async die(): Promise<void> {
    this.isDead = true;
    await this.inner.close();
    this.tellDeath();
  }

  readManifest(): Promise<Uint8Array | null> {
    return this.alive(() => this.inner.readManifest());
  }

  writeManifest(bytes: Uint8Array): Promise<void> {
    return this.write(() => this.inner.writeManifest(bytes));
  }

  listBlobs(): Promise<string[]> {
    return this.alive(() => this.inner.listBlobs());
  }

  readBlob(name: string): Promise<Uint8Array | null> {
    return this.alive(() => this.inner.readBlob(name));
  }

  writeBlob(name: string, bytes: Uint8Array): Promise<void> {
    return this.write(() => this.inner.writeBlob(name, bytes));
  }

  deleteBlob(name: string): Promise<void> {
    return this.write(() => this.inner.deleteBlob(name));
  }

  usage(): Promise<{ usedBytes: number; quotaBytes: number | null }> {
    return this.alive(() => this.inner.usage());
  }

  close(): Promise<void> {
    return this.alive(() => this.inner.close());
  }

  private async write(work: () => Promise<void>): Promise<void> {
    const kind = ++this.writes === this.fault?.at ? this.fault.kind : null;
    if (kind === 'full' || kind === 'failed') throw new StoreError(kind, `${this.label}: write ${this.writes} is ${kind}`);
    await this.alive(work);
    if (kind !== 'dies') return;
    await this.die();
    await this.alive(work);
  }

  private alive<T>(work: () => Promise<T>): Promise<T> {
    return this.isDead ? new Promise(() => undefined) : work();
  }
}
