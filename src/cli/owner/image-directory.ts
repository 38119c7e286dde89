import { link } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readManifest, writeManifest } from '../../container/store-manifest.ts';
import type { StoredCheckpoint, StoreManifest } from '../../container/store-manifest.ts';
import type { KeptEntry } from '../../container/timeline.ts';
import { openFileStore } from '../../host/node/store.ts';
import type { CheckpointStore } from '../../ports/checkpoint-store.ts';
import { CliError } from '../failure.ts';

/** A checkpoint to be entered; its id is given by the directory. */
export type NewEntry = Omit<KeptEntry, 'id' | 'parentId' | 'isAutosave'>;

const EMPTY: StoreManifest = { lastNumber: 0, checkpoints: [] };

/**
 * A directory that checkpoints are written to: a file store, held only while one is added. Images are written first and the
 * list that names them last, so that whatever happens on the way the directory holds what it held before.
 */
export class ImageDirectory {
  readonly path: string;
  private readonly store: CheckpointStore;
  private manifest: StoreManifest;
  /** Images that the list needs. */
  private readonly digests: Set<string>;

  private constructor(path: string, store: CheckpointStore, manifest: StoreManifest) {
    this.path = path;
    this.store = store;
    this.manifest = manifest;
    this.digests = new Set(manifest.checkpoints.flatMap(({ images }) => images));
  }

  /**
   * Takes the directory, and clears away what attempts that failed have left in it.
   * @errors StoreError; ImageError its list is damaged
   */
  static async open(path: string): Promise<ImageDirectory> {
    const store = await openFileStore(dirname(path))(basename(path));
    try {
      const bytes = await store.readManifest();
      const directory = new ImageDirectory(path, store, bytes === null ? EMPTY : readManifest(bytes));
      for (const blob of await store.listBlobs()) if (!directory.digests.has(blob)) await store.deleteBlob(blob);
      return directory;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  has(digest: string): boolean {
    return this.digests.has(digest);
  }

  /** The checkpoint whose image has that digest. */
  find(digest: string): StoredCheckpoint | null {
    return this.manifest.checkpoints.findLast(({ entry }) => entry.digest === digest) ?? null;
  }

  /** A name that no checkpoint here has: the one that is wanted, or `checkpoint-N`. @errors CliError it is taken */
  freeName(wanted: string | null): string {
    const names = new Set(this.manifest.checkpoints.map(({ entry }) => entry.name));
    if (wanted !== null && names.has(wanted)) throw new CliError(`${this.path} has a checkpoint "${wanted}" already; --name gives this one another`);
    if (wanted !== null) return wanted;
    let number = this.manifest.lastNumber + 1;
    while (names.has(`checkpoint-${number}`)) number++;
    return `checkpoint-${number}`;
  }

  /** Has this directory hold images of another one too; as the same files where the disk can do that. @errors StoreError, CliError */
  async adopt(from: ImageDirectory, digests: readonly string[]): Promise<void> {
    for (const digest of digests) {
      if (this.has(digest)) continue;
      const file = digest.replace(':', '-');
      try {
        await link(join(from.path, 'blobs', file), join(this.path, 'blobs', file));
      } catch {
        const bytes = await from.store.readBlob(digest);
        if (bytes === null) throw new CliError(`${from.path} lists ${digest}, but does not hold it`);
        await this.store.writeBlob(digest, bytes);
      }
      this.digests.add(digest);
    }
  }

  /**
   * Enters a checkpoint.
   * @param images   digests of its image and of those it stands on, it first
   * @param bytesOf  gives those that are not here yet
   * @errors StoreError: the directory is as it was
   */
  async add(entry: NewEntry, images: readonly string[], bytesOf: (digest: string) => Uint8Array): Promise<void> {
    const written: string[] = [];
    try {
      for (const digest of [...images].reverse()) {
        if (this.has(digest)) continue;
        written.push(digest);
        await this.store.writeBlob(digest, bytesOf(digest));
      }
      const lastNumber = this.manifest.lastNumber + 1;
      const parent = images[1] === undefined ? null : this.parentOf(images);
      const listed: StoredCheckpoint = { entry: { ...entry, id: `k${lastNumber}`, parentId: parent, isAutosave: false }, images };
      const manifest = { lastNumber, checkpoints: [...this.manifest.checkpoints, listed] };
      await this.store.writeManifest(writeManifest(manifest));
      this.manifest = manifest;
      for (const digest of images) this.digests.add(digest);
    } catch (error) {
      for (const digest of written) await this.store.deleteBlob(digest).catch(() => undefined); // swept at the next opening
      throw error;
    }
  }

  /** The nearest checkpoint here whose image the new one stands on. */
  private parentOf(images: readonly string[]): string | null {
    for (const digest of images.slice(1)) {
      const found = this.find(digest);
      if (found !== null) return found.entry.id;
    }
    return null;
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
