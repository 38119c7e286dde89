/**
 * A timeline that outlives its machine: what is in it is in a store too, and what the store held is in it.
 *
 * A checkpoint's images are written before the list that names it, and dropped after the list that does not: see
 * `CheckpointStore`. Writes go one after the other and keep no guest waiting. What could not be written stays in memory, and
 * is tried again with the next change.
 */

import { StoreError } from '../ports/checkpoint-store.ts';
import type { CheckpointStore } from '../ports/checkpoint-store.ts';
import { readStore } from './store-reading.ts';
import { writeManifest } from './store-manifest.ts';
import type { StoredCheckpoint } from './store-manifest.ts';
import { nearestAbove } from './kept-checkpoints.ts';
import type { Timeline, TimelineEntry } from './timeline.ts';

/** What opening a store has found. */
export interface OpenedStore {
  readonly stored: StoredTimeline;
  /** Ids of the checkpoints that it held, in the order of taking. */
  readonly ids: readonly string[];
  /** What was left out or cleared away, a sentence each. */
  readonly notices: readonly string[];
}

export interface StoreUsage {
  readonly label: string;
  readonly usedBytes: number;
  readonly quotaBytes: number | null;
  /** Why something is not kept, in one sentence; null when all is. */
  readonly problem: string | null;
}

export class StoredTimeline {
  /** Why something is not kept, in one sentence; null when all is. */
  problem: string | null = null;
  /** The store's own sentence about it. */
  reason: string | null = null;
  private readonly timeline: Timeline;
  private readonly store: CheckpointStore;
  /** Digests of the images in the store, and whether each is whole. */
  private readonly blobs: Map<string, boolean>;
  /** Checkpoints that this version cannot read, and keeps for one that can. */
  private readonly aside: readonly StoredCheckpoint[];
  /** The list in the store, and the digests of its checkpoints by id. */
  private list: Uint8Array | null;
  private listed = new Map<string, string>();
  /** Digests of the images that the list needs which is, or is to be, in the store. */
  private needed = new Set<string>();
  /** Images that nothing needed any more, cleared away so far. */
  private swept = 0;
  private last: Promise<void> = Promise.resolve();
  private next: Promise<void> | null = null;

  private constructor(timeline: Timeline, store: CheckpointStore, blobs: Map<string, boolean>, list: Uint8Array | null, aside: readonly StoredCheckpoint[]) {
    this.timeline = timeline;
    this.store = store;
    this.blobs = blobs;
    this.list = list;
    this.aside = aside;
  }

  /**
   * Takes in what a store holds, and keeps `timeline` in it from now on.
   * @errors StoreError: it cannot be read; nothing was changed then, there or here
   */
  static async open(timeline: Timeline, store: CheckpointStore): Promise<OpenedStore> {
    const found = await readStore(store);
    const { ids, problems } = timeline.load(found.images, found.checkpoints.map(({ entry }) => entry), found.lastNumber);
    // Its images are as they were written: what cannot be read of them now another version can.
    const aside = found.checkpoints.filter(({ entry }) => problems.has(entry.id));
    const notices = [
      ...found.notices,
      ...aside.map(({ entry }) => `${store.label}: checkpoint ${entry.name} cannot be read here (${problems.get(entry.id)!.message}); it is kept for a version of this program that can`),
    ];
    const stored = new StoredTimeline(timeline, store, new Map(found.blobs.map((digest) => [digest, found.images.has(digest)])), found.list, aside);
    await stored.keep();
    if (stored.swept > 0) notices.push(`${store.label}: ${stored.swept} ${stored.swept === 1 ? 'image' : 'images'} that no checkpoint needs cleared away`);
    return { stored, ids: [...ids.values()], notices };
  }

  /** Whether the store holds a checkpoint, with all that it stands on. */
  isStored({ id, digest }: TimelineEntry): boolean {
    return this.listed.get(id) === digest;
  }

  async usage(): Promise<StoreUsage> {
    const { usedBytes, quotaBytes } = await this.store.usage();
    return { label: this.store.label, usedBytes, quotaBytes, problem: this.problem };
  }

  /** Brings the store to what the timeline is now. Never fails: `problem` says what is not kept. */
  keep(): Promise<void> {
    if (this.next === null) {
      this.next = this.last.then(async () => {
        this.next = null;
        await this.bring();
      });
      this.last = this.next;
    }
    return this.next;
  }

  /** Lets go of the store, once all is written. */
  async close(): Promise<void> {
    await this.last;
    await this.store.close();
  }

  private async bring(): Promise<void> {
    try {
      let missing = await this.writeImages();
      const freed = await this.writeListAndSweep();
      if (missing !== null && missing.error.failure === 'full' && freed > 0) {
        missing = await this.writeImages();
        await this.writeListAndSweep();
      }
      this.reason = missing?.error.message ?? null;
      this.problem = missing === null ? null : `${namesOf(missing.entries)} ${missing.entries.length === 1 ? 'is' : 'are'} in memory only: ${missing.error.message}`;
    } catch (error) {
      this.reason = storeError(error, this.store.label).message;
      this.problem = `the last change is not kept: ${this.reason}`;
    }
  }

  /**
   * The list first, then what it does not need. Where there is no room for the list, what was deleted goes first: until the list is
   * written, the one before names checkpoints whose images are missing, which nobody wants back.
   * @returns how many images were dropped
   */
  private async writeListAndSweep(): Promise<number> {
    let freed = 0;
    try {
      await this.writeList();
    } catch (error) {
      if (storeError(error, this.store.label).failure === 'full') freed = await this.sweep();
      if (freed === 0) throw error;
      await this.writeList();
    }
    return freed + (await this.sweep());
  }

  /** Writes the images that the store does not hold. @returns the checkpoints whose images could not be written, and why the first could not */
  private async writeImages(): Promise<{ entries: TimelineEntry[]; error: StoreError } | null> {
    const failed: TimelineEntry[] = [];
    let first: StoreError | null = null;
    for (const entry of this.timeline.list()) {
      try {
        await this.writeChain(entry);
      } catch (error) {
        first ??= storeError(error, this.store.label);
        failed.push(entry);
      }
    }
    return first === null ? null : { entries: failed, error: first };
  }

  /** What others stand on first. */
  private async writeChain(entry: TimelineEntry): Promise<void> {
    const library = this.timeline.library();
    const missing = this.timeline.chain(entry).filter((digest) => this.blobs.get(digest) !== true).reverse();
    if (missing.length === 0) return;
    const neededBytes = missing.reduce((bytes, digest) => bytes + (library.image(digest)?.length ?? 0), 0);
    const { usedBytes, quotaBytes } = await this.store.usage();
    if (quotaBytes !== null && usedBytes + neededBytes > quotaBytes) {
      const label = this.store.label;
      throw new StoreError('full', `${label} has ${kilobytes(Math.max(0, quotaBytes - usedBytes))} left, ${kilobytes(neededBytes)} are needed: delete checkpoints, or export this one`);
    }
    for (const digest of missing) {
      const image = library.image(digest);
      if (image === null) return; // deleted meanwhile
      await this.store.writeBlob(digest, image);
      this.blobs.set(digest, true);
    }
  }

  /** Writes the list of all checkpoints whose images the store holds, where it is another one than before. */
  private async writeList(): Promise<void> {
    const entries = this.timeline.list();
    const whole = new Map(
      entries.map((entry): [string, StoredCheckpoint] => [entry.id, { entry, images: this.timeline.chain(entry) }]).filter(([, { images }]) => images.every((digest) => this.blobs.get(digest) === true)),
    );
    const parents = new Map(entries.map(({ id, parentId }) => [id, parentId]));
    const checkpoints = [...whole].map(([id, { entry, images }]) => ({ entry: { ...entry, parentId: nearestAbove(id, parents, (above) => whole.has(above)) }, images }));
    let lastNumber = this.timeline.lastIdNumber();
    const aside = this.aside.map(({ entry, images }) => ({ entry: { ...entry, parentId: null, id: parents.has(entry.id) ? `k${++lastNumber}` : entry.id }, images }));
    const list = writeManifest({ lastNumber, checkpoints: [...checkpoints, ...aside] });
    this.needed = new Set([...checkpoints, ...aside].flatMap(({ images }) => images));
    const isFirst = this.list === null && checkpoints.length === 0;
    if (!isFirst && !isSame(list, this.list)) {
      await this.store.writeManifest(list);
      this.list = list;
    }
    this.listed = new Map([...whole].map(([id, { entry }]) => [id, entry.digest]));
  }

  /** Drops the images that the list does not need. @returns how many */
  private async sweep(): Promise<number> {
    const surplus = [...this.blobs.keys()].filter((digest) => !this.needed.has(digest));
    for (const digest of surplus) {
      await this.store.deleteBlob(digest);
      this.blobs.delete(digest);
    }
    this.swept += surplus.length;
    return surplus.length;
  }
}

function isSame(a: Uint8Array, b: Uint8Array | null): boolean {
  return b !== null && a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function namesOf([first, ...others]: readonly TimelineEntry[]): string {
  return `checkpoint ${first!.name}${others.length === 0 ? '' : ` and ${others.length} more`}`;
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`;
}

function storeError(error: unknown, label: string): StoreError {
  return error instanceof StoreError ? error : new StoreError('failed', `${label} has failed (${error instanceof Error ? error.message : String(error)}): export what is to be kept`);
}
