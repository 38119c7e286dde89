/**
 * The checkpoints of a machine: a tree that grows a branch wherever an old one was restored and gone on from.
 *
 * Two relations, which mostly agree, are kept apart. A checkpoint's *parent* is the one that the container had gone on from
 * when it was taken: that is the history people see. An *image* may be a difference to another image, by digest. Deleting a
 * checkpoint takes it out of the history at once; its image stays for as long as another checkpoint's image stands on it.
 */

import type { Core } from '../core/core.ts';
import { coreWire } from '../sentry/checkpoint/core-wire.ts';
import { flatten } from '../sentry/checkpoint/flatten.ts';
import type { FrameTrace } from '../sentry/checkpoint/frame-trace.ts';
import { readImage } from '../sentry/checkpoint/image.ts';
import { CHAIN_LIMIT, PageChain } from '../sentry/checkpoint/page-chain.ts';
import type { BasePageLoader } from '../sentry/checkpoint/page-chain.ts';
import { readChain } from '../sentry/checkpoint/parents.ts';
import type { ImageLibrary } from '../sentry/checkpoint/parents.ts';
import type { SaveParent } from '../sentry/checkpoint/save.ts';
import { ContainerError } from './errors.ts';
import { ImageStore } from './image-store.ts';

/** What is known of a checkpoint when it has been taken. */
export interface CheckpointFacts {
  readonly name: string;
  readonly note: string;
  readonly leftRunning: boolean;
  /** How long no guest could run. */
  readonly pauseMs: number;
  readonly totalMs: number;
}

/** One checkpoint of the tree. */
export interface TimelineEntry extends CheckpointFacts {
  /** `k1`, `k2`, … in the order of taking; never used again. */
  readonly id: string;
  /** The checkpoint that the container had gone on from; null at a root. */
  readonly parentId: string | null;
  /** Realtime, milliseconds since 1970. */
  readonly takenAtMs: number;
  readonly digest: string;
  /** Bytes of its own image, without what that stands on. */
  readonly imageBytes: number;
  /** Whether the image is a difference to another one. */
  readonly isDifference: boolean;
  readonly counts: { readonly [name: string]: number };
}

/** What a deletion has freed. */
export interface Freed {
  readonly images: number;
  readonly bytes: number;
}

/** What the running container's next checkpoint can be a difference to. */
interface Footing {
  readonly digest: string;
  readonly trace: FrameTrace;
  chain: PageChain | null;
}

/** Images a chain grows to before a full one is taken again: restoring reads through all of them. */
const CHAIN_GROWTH = CHAIN_LIMIT / 2;

export class Timeline {
  /** For page work; no frame of it is used. */
  private readonly core: Core;
  private readonly store = new ImageStore();
  private readonly entries = new Map<string, TimelineEntry>();
  /** The image that each image in the store is a difference to. */
  private readonly imageParents = new Map<string, string | null>();
  /** The checkpoint that the container goes on from now. */
  private currentId: string | null = null;
  private footing: Footing | null = null;
  private lastNumber = 0;

  constructor(core: Core) {
    this.core = core;
  }

  /** All checkpoints, in the order in which they were added. */
  list(): TimelineEntry[] {
    return [...this.entries.values()];
  }

  /** @errors ContainerError there is none with that id */
  entry(id: string): TimelineEntry {
    const entry = this.entries.get(id);
    if (entry === undefined) throw new ContainerError(`there is no checkpoint ${id}`);
    return entry;
  }

  children(id: string | null): TimelineEntry[] {
    return this.list().filter((entry) => entry.parentId === id);
  }

  /** The checkpoint that the container goes on from, or null. */
  current(): TimelineEntry | null {
    return this.currentId === null ? null : this.entry(this.currentId);
  }

  /** The image of a checkpoint; `library` has what it stands on. */
  image(id: string): Uint8Array {
    return this.store.image(this.entry(id).digest)!;
  }

  library(): ImageLibrary {
    return this.store;
  }

  /** Bytes of all images, those of deleted checkpoints that others stand on included. */
  heldBytes(): number {
    return this.store.sizeBytes();
  }

  /**
   * What the next checkpoint of the running container is to be a difference to. Null for a full one: at the beginning, when
   * the image is gone, and when the chain is long.
   *
   * @param core  the container's
   */
  parentFor(core: Core): SaveParent | null {
    const { footing } = this;
    if (footing === null || footing.trace.core !== core || this.store.image(footing.digest) === null) return null;
    footing.chain ??= this.openChain(footing.digest);
    return footing.chain.images() >= CHAIN_GROWTH ? null : { digest: footing.digest, trace: footing.trace, chain: footing.chain };
  }

  /** Adds a checkpoint of the running container, which goes on from it. @errors ImageError */
  add(image: Uint8Array, trace: FrameTrace, facts: CheckpointFacts): TimelineEntry {
    const entry = this.keep(image, this.currentId, facts);
    this.goOn(entry, { digest: entry.digest, trace, chain: null });
    return entry;
  }

  /**
   * Adds a checkpoint from elsewhere: below the one whose image it is a difference to, or as a root.
   * @errors ImageError for an image that is damaged, or whose parent is not here; nothing was added then
   */
  import(image: Uint8Array, name: string): TimelineEntry {
    const { parent } = readImage(image, this.core).metadata;
    const above = parent === null ? undefined : this.list().findLast(({ digest }) => digest === parent);
    return this.keep(image, above?.id ?? null, { name, note: '', leftRunning: true, pauseMs: 0, totalMs: 0 });
  }

  /** The container has been restored from a checkpoint: what is taken next grows from there. */
  goOnFrom(id: string, { trace, chain }: { readonly trace: FrameTrace; readonly chain: PageChain }): void {
    const entry = this.entry(id);
    this.goOn(entry, { digest: entry.digest, trace, chain });
  }

  /** The container has ended, or another one was created: its checkpoints are a tree of their own. */
  goOnFromNothing(): void {
    this.currentId = null;
    this.footing = null;
  }

  rename(id: string, name: string): TimelineEntry {
    return this.change(id, { name });
  }

  annotate(id: string, note: string): TimelineEntry {
    return this.change(id, { note });
  }

  /**
   * Deletes a checkpoint; those taken after it move up to the one before it. Images that no checkpoint needs any more are
   * dropped. @errors ContainerError there is none with that id
   */
  delete(id: string): Freed {
    const { parentId } = this.entry(id);
    this.entries.delete(id);
    for (const child of this.children(id)) this.entries.set(child.id, { ...child, parentId });
    if (this.currentId === id) this.currentId = parentId;
    return this.collect();
  }

  /** Bytes that a deletion would free. */
  freedByDeleting(id: string): number {
    const needed = this.neededImages(this.entry(id));
    return this.store.digests().reduce((bytes, digest) => bytes + (needed.has(digest) ? 0 : this.store.image(digest)!.length), 0);
  }

  /** A checkpoint as a full image, whatever its own stands on. @errors ImageError */
  fullImage(id: string, loadBase: BasePageLoader): Uint8Array {
    const image = this.image(id);
    return this.entry(id).isDifference ? flatten(this.core, readChain(readImage(image, this.core), this.core, this.store), loadBase) : image;
  }

  /** Makes a checkpoint's image a full one, which stands on no other. @errors ImageError; the checkpoint is as it was then */
  makeFull(id: string, loadBase: BasePageLoader): Freed {
    const full = this.fullImage(id, loadBase);
    const before = this.entry(id).digest;
    const digest = this.store.add(full);
    this.imageParents.set(digest, null);
    // Its frames have the same numbers as before: the container can stand on it as it did.
    if (this.footing?.digest === before) this.footing = { ...this.footing, digest, chain: null };
    this.change(id, { digest, imageBytes: full.length, isDifference: false, counts: readImage(full, this.core).metadata.counts });
    return this.collect();
  }

  private keep(image: Uint8Array, parentId: string | null, facts: CheckpointFacts): TimelineEntry {
    const read = readImage(image, this.core);
    readChain(read, this.core, this.store);
    const { createdMs, counts, parent } = read.metadata;
    const digest = this.store.add(image);
    this.imageParents.set(digest, parent);
    const { name, note, leftRunning, pauseMs, totalMs } = facts;
    const entry: TimelineEntry = {
      id: `k${++this.lastNumber}`, parentId, takenAtMs: createdMs, digest, imageBytes: image.length, isDifference: parent !== null, counts,
      name, note, leftRunning, pauseMs, totalMs,
    };
    this.entries.set(entry.id, entry);
    return entry;
  }

  private goOn(entry: TimelineEntry, footing: Footing): void {
    this.currentId = entry.id;
    this.footing = footing;
  }

  private change(id: string, changes: Partial<TimelineEntry>): TimelineEntry {
    const changed = { ...this.entry(id), ...changes };
    this.entries.set(id, changed);
    return changed;
  }

  private openChain(digest: string): PageChain {
    const image = readImage(this.store.image(digest)!, this.core);
    return PageChain.open(coreWire(this.core), readChain(image, this.core, this.store));
  }

  /** Drops the images that no checkpoint needs. */
  private collect(): Freed {
    const needed = this.neededImages(null);
    let images = 0;
    let bytes = 0;
    for (const digest of this.store.digests()) {
      if (needed.has(digest)) continue;
      images++;
      bytes += this.store.image(digest)!.length;
      this.store.delete(digest);
      this.imageParents.delete(digest);
    }
    return { images, bytes };
  }

  /** Digests of the images of all checkpoints but one, and of those they stand on. */
  private neededImages(without: TimelineEntry | null): Set<string> {
    const needed = new Set<string>();
    for (const entry of this.entries.values()) {
      if (entry.id === without?.id) continue;
      for (let digest: string | null = entry.digest; digest !== null && !needed.has(digest); digest = this.imageParents.get(digest) ?? null) needed.add(digest);
    }
    return needed;
  }
}
