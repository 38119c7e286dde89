import { StoreError, requireBlobName, requireStoreName } from '../../ports/checkpoint-store.ts';
import type { CheckpointStore, OpenStore } from '../../ports/checkpoint-store.ts';

const LABEL = 'memory';

/** What a store holds between two openings. */
interface Shelf {
  readonly blobs: Map<string, Uint8Array>;
  manifest: Uint8Array | null;
  isOpen: boolean;
}

/**
 * Stores in memory, which last as long as what this returns: for machines that keep nothing, and for tests.
 *
 * @param quotaBytes   most that one store holds, null for no limit
 */
export function openMemoryStore(quotaBytes: number | null = null): OpenStore {
  const shelves = new Map<string, Shelf>();
  return async (name) => {
    requireStoreName(name);
    const shelf = shelves.get(name) ?? { blobs: new Map(), manifest: null, isOpen: false };
    if (shelf.isOpen) throw new StoreError('inUse', `${LABEL}: another machine has the store ${name} open: checkpoints stay in this one only until it is closed there`);
    shelves.set(name, shelf);
    shelf.isOpen = true;
    return new MemoryStore(shelf, quotaBytes);
  };
}

class MemoryStore implements CheckpointStore {
  readonly label = LABEL;
  private readonly shelf: Shelf;
  private readonly quotaBytes: number | null;
  private isClosed = false;

  constructor(shelf: Shelf, quotaBytes: number | null) {
    this.shelf = shelf;
    this.quotaBytes = quotaBytes;
  }

  async readManifest(): Promise<Uint8Array | null> {
    this.requireOpen();
    return this.shelf.manifest?.slice() ?? null;
  }

  async writeManifest(bytes: Uint8Array): Promise<void> {
    this.requireOpen();
    this.requireRoom(bytes.length - (this.shelf.manifest?.length ?? 0));
    this.shelf.manifest = bytes.slice();
  }

  async listBlobs(): Promise<string[]> {
    this.requireOpen();
    return [...this.shelf.blobs.keys()];
  }

  async readBlob(name: string): Promise<Uint8Array | null> {
    this.requireOpen();
    requireBlobName(name);
    return this.shelf.blobs.get(name)?.slice() ?? null;
  }

  async writeBlob(name: string, bytes: Uint8Array): Promise<void> {
    this.requireOpen();
    requireBlobName(name);
    this.requireRoom(bytes.length - (this.shelf.blobs.get(name)?.length ?? 0));
    this.shelf.blobs.set(name, bytes.slice());
  }

  async deleteBlob(name: string): Promise<void> {
    this.requireOpen();
    requireBlobName(name);
    this.shelf.blobs.delete(name);
  }

  async usage(): Promise<{ usedBytes: number; quotaBytes: number | null }> {
    this.requireOpen();
    return { usedBytes: this.usedBytes(), quotaBytes: this.quotaBytes };
  }

  async close(): Promise<void> {
    if (!this.isClosed) this.shelf.isOpen = false;
    this.isClosed = true;
  }

  private usedBytes(): number {
    let used = this.shelf.manifest?.length ?? 0;
    for (const blob of this.shelf.blobs.values()) used += blob.length;
    return used;
  }

  private requireRoom(moreBytes: number): void {
    if (this.quotaBytes === null || this.usedBytes() + moreBytes <= this.quotaBytes) return;
    throw new StoreError('full', `${LABEL} has no room for ${moreBytes} bytes more, its limit is ${this.quotaBytes}: delete checkpoints`);
  }

  private requireOpen(): void {
    if (this.isClosed) throw new StoreError('failed', `${LABEL}: this store has been closed`);
  }
}
