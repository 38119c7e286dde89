import { ImageError } from '../base/errors.ts';
import { StoreError } from '../ports/checkpoint-store.ts';
import type { CheckpointStore } from '../ports/checkpoint-store.ts';
import { sha256Hex } from './oci/sha256.ts';
import { isOfLaterFormat, readManifest } from './store-manifest.ts';
import type { StoreManifest, StoredCheckpoint } from './store-manifest.ts';
import { nearestAbove } from './kept-checkpoints.ts';

/** What is in a store. */
export interface FoundStore {
  /** As it is written. */
  readonly list: Uint8Array | null;
  /** Those whose images are all there and as they were written, in the order of the list. */
  readonly checkpoints: readonly StoredCheckpoint[];
  /** The number in the last id that was given out. */
  readonly lastNumber: number;
  /** The images of these, by digest. */
  readonly images: ReadonlyMap<string, Uint8Array>;
  /** Digests that all images in the store are called by. */
  readonly blobs: readonly string[];
  /** What is damaged or missing, a sentence each. */
  readonly notices: readonly string[];
}

/**
 * Reads a whole store, and changes nothing. Where the list is damaged every image that is whole becomes a checkpoint again.
 * @errors StoreError: a read failed, or a later version of this program has written the list
 */
export async function readStore(store: CheckpointStore): Promise<FoundStore> {
  const { label } = store;
  const blobs = await store.listBlobs();
  const list = await store.readManifest();
  if (list === null) return { list, checkpoints: [], lastNumber: 0, images: new Map(), blobs, notices: [] };
  if (isOfLaterFormat(list)) {
    throw new StoreError('failed', `${label}: a later version of this program has written its checkpoints: use that one, or another store; nothing there was changed`);
  }
  const images = new ImageReader(store);
  const notices: string[] = [];
  let manifest: StoreManifest;
  try {
    manifest = readManifest(list);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    manifest = await recovered(blobs, images);
    notices.push(`${label}: the list of checkpoints is damaged (${error.message}); ${manifest.checkpoints.length} of them recovered from their images, without names`);
  }
  const whole: StoredCheckpoint[] = [];
  for (const checkpoint of manifest.checkpoints) {
    const fault = await images.faultIn(checkpoint.images);
    if (fault === null) whole.push(checkpoint);
    else notices.push(`${label}: checkpoint ${checkpoint.entry.name} is left out, ${fault}`);
  }
  const parents = new Map(manifest.checkpoints.map(({ entry }) => [entry.id, entry.parentId]));
  const ids = new Set(whole.map(({ entry }) => entry.id));
  const checkpoints = whole.map(({ entry, images: chain }) => ({ entry: { ...entry, parentId: nearestAbove(entry.id, parents, (id) => ids.has(id)) }, images: chain }));
  return { list, checkpoints, lastNumber: manifest.lastNumber, images: images.whole, blobs, notices };
}

/** A list of all images that are whole, as if each had been taken by itself. */
async function recovered(blobs: readonly string[], images: ImageReader): Promise<StoreManifest> {
  const checkpoints: StoredCheckpoint[] = [];
  for (const digest of blobs) {
    if ((await images.faultIn([digest])) !== null) continue;
    const number = checkpoints.length + 1;
    const entry = { id: `k${number}`, parentId: null, digest, name: `recovered-${number}`, note: '', leftRunning: true, pauseMs: 0, totalMs: 0, isAutosave: false };
    checkpoints.push({ entry, images: [digest] });
  }
  return { lastNumber: checkpoints.length, checkpoints };
}

/** Reads each image once, and holds it against its digest. */
class ImageReader {
  readonly whole = new Map<string, Uint8Array>();
  private readonly faults = new Map<string, string>();
  private readonly store: CheckpointStore;

  constructor(store: CheckpointStore) {
    this.store = store;
  }

  /** What is wrong with the first of these images that is not whole, in words; null when all are. */
  async faultIn(digests: readonly string[]): Promise<string | null> {
    for (const digest of digests) {
      if (!this.whole.has(digest) && !this.faults.has(digest)) await this.read(digest);
      const fault = this.faults.get(digest);
      if (fault !== undefined) return fault;
    }
    return null;
  }

  private async read(digest: string): Promise<void> {
    const bytes = await this.store.readBlob(digest);
    if (bytes === null) this.faults.set(digest, `its image ${shortened(digest)} is missing`);
    else if (`sha256:${await sha256Hex(bytes)}` !== digest) this.faults.set(digest, `its image ${shortened(digest)} is damaged`);
    else this.whole.set(digest, bytes);
  }
}

function shortened(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
