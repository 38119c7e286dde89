/**
 * The checkpoints of a machine: a tree that grows a branch wherever an old one was restored and gone on from.
 *
 * Two relations, which mostly agree, are kept apart. A checkpoint's *parent* is the one that the container had gone on from
 * when it was taken: that is the history people see. An *image* may be a difference to another image, by digest. Deleting a
 * checkpoint takes it out of the history at once; its image stays for as long as another checkpoint's image stands on it.
 */

import { ImageError } from '../base/errors.ts';
import type { Core } from '../core/core.ts';
import { coreWire } from '../sentry/checkpoint/core-wire.ts';
import { flatten } from '../sentry/checkpoint/flatten.ts';
import type { FrameTrace } from '../sentry/checkpoint/frame-trace.ts';
import { readImage, readOwnImage, sectionOf } from '../sentry/checkpoint/image.ts';
import type { ImageMetadata } from '../sentry/checkpoint/image.ts';
import { CHAIN_LIMIT, PageChain } from '../sentry/checkpoint/page-chain.ts';
import type { BasePageLoader } from '../sentry/checkpoint/page-chain.ts';
import { readChain } from '../sentry/checkpoint/parents.ts';
import type { ImageLibrary } from '../sentry/checkpoint/parents.ts';
import type { SaveParent } from '../sentry/checkpoint/save.ts';
import { ContainerError } from './errors.ts';
import { attempt, chainMetadata, nearestAbove } from './kept-checkpoints.ts';
import { ImageStore } from './image-store.ts';
import type { CheckpointFacts, KeptEntry, TimelineEntry } from './timeline-entry.ts';
export type { CheckpointFacts, KeptEntry, TimelineEntry } from './timeline-entry.ts';

/** What a deletion has freed. */
export interface Freed {
  readonly images: number;
  readonly bytes: number;
}

/** What the running container's next checkpoint can be a difference to. */
interface Footing {
  readonly digest: string;
  readonly trace: FrameTrace;
  /** Opened when it is needed. */
  chain: PageChain | null;
  /** The pages of the image that it is a difference to, where they are at hand. */
  readonly below: PageChain | null;
}

/** A checkpoint is never a difference to an autosave, which is to go; an autosave is one to the last of both. */
interface Footings {
  readonly checkpoint: Footing | null;
  readonly autosave: Footing | null;
}

const NO_FOOTINGS: Footings = { checkpoint: null, autosave: null };

/** Images a chain grows to before a full one is taken again: restoring reads through all of them. */
const CHAIN_GROWTH = CHAIN_LIMIT / 2;

export class Timeline {
  /** For page work; no frame of it is used. */
  private readonly core: Core;
  /** All of them were checked when they were taken in, or written here. */
  private readonly store = new ImageStore();
  private readonly entries = new Map<string, TimelineEntry>();
  /** The checkpoint that the container goes on from now. */
  private currentId: string | null = null;
  private footings: Footings = NO_FOOTINGS;
  /** While a checkpoint is being taken: what its image will stand on, which is kept, and the footings of before. */
  private taking: { readonly before: Footings; readonly digests: Set<string>; chain: PageChain | null } | null = null;
  /** What was added last, and the footings of before. */
  private added: { readonly id: string; readonly before: Footings } | null = null;
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

  /** Bytes of a checkpoint's image and of those it stands on. */
  chainBytes(id: string): number {
    return this.store.sizeBytes(this.store.chain(this.entry(id).digest));
  }

  /** Digests of a checkpoint's image and of those it stands on, it first; none when it has been deleted meanwhile. */
  chain({ digest }: Pick<TimelineEntry, 'digest'>): string[] {
    return this.store.chain(digest);
  }

  /** The number in the last id that was given out. */
  lastIdNumber(): number {
    return this.lastNumber;
  }

  /**
   * What the next checkpoint of the running container is to be a difference to. Null for a full one: at the beginning, when
   * the image is gone, and when the chain is long. Until `add` or `letGo` that image stays, whatever is deleted.
   *
   * @param core  the container's
   * @param kind  what is to be taken
   */
  parentFor(core: Core, kind: keyof Footings = 'checkpoint'): SaveParent | null {
    const footing = this.footings[kind];
    this.taking ??= { before: this.footings, digests: new Set(), chain: null };
    this.taking.chain = null;
    if (footing === null || footing.trace.core !== core || this.store.image(footing.digest) === null) return null;
    footing.chain ??= this.openChain(footing);
    if (footing.chain.images() >= CHAIN_GROWTH) return null;
    this.taking.digests.add(footing.digest);
    this.taking.chain = footing.chain;
    return { digest: footing.digest, trace: footing.trace, chain: footing.chain };
  }

  /**
   * Keeps an image of the running container that is no checkpoint, for the one that follows to be a difference to.
   * @param digest  its digest, where it is known
   * @errors ImageError
   */
  addRound(image: Uint8Array, trace: FrameTrace, digest?: string): void {
    const kept = this.store.add(image, readOwnImage(image, this.core).metadata.parent, digest);
    this.taking ??= { before: this.footings, digests: new Set(), chain: null };
    this.taking.digests.add(kept);
    this.standOn({ digest: kept, trace, chain: null, below: this.taking.chain });
  }

  /**
   * Adds a checkpoint of the running container, which goes on from it.
   * @param digest  of the image, where it is known
   * @errors ImageError
   */
  add(image: Uint8Array, trace: FrameTrace, facts: CheckpointFacts, digest?: string): TimelineEntry {
    const current = this.current();
    const entry = this.keep(image, readOwnImage(image, this.core).metadata, current?.isAutosave === true ? current.parentId : (current?.id ?? null), facts, digest);
    const footing = { digest: entry.digest, trace, chain: null, below: this.taking?.chain ?? null };
    this.added = { id: entry.id, before: this.taking?.before ?? this.footings };
    this.taking = null;
    if (entry.isAutosave) {
      this.footings = { ...this.footings, autosave: footing };
    } else {
      this.currentId = entry.id;
      this.standOn(footing);
    }
    this.collect();
    return entry;
  }

  /** Takes back the checkpoint that was added last: the next is a difference to what this one was to. */
  takeBack(id: string): void {
    if (this.added?.id === id) this.footings = this.added.before;
    this.delete(id);
  }

  /** The checkpoint that was being taken will not be: the next is a difference to what this one would have been to. */
  letGo(): void {
    if (this.taking === null) return;
    this.footings = this.taking.before;
    this.taking = null;
    this.collect();
  }

  /**
   * Adds a checkpoint from elsewhere: below the one whose image it is a difference to, or as a root.
   * @param digest  of the image, where it is known
   * @errors ImageError for an image that is damaged, or whose parent is not here; nothing was added then
   */
  import(image: Uint8Array, name: string, digest?: string): TimelineEntry {
    const read = readImage(image, this.core);
    readChain(read, this.core, this.store);
    const { parent } = read.metadata;
    const above = parent === null ? undefined : this.list().findLast((other) => other.digest === parent && !other.isAutosave);
    return this.keep(image, read.metadata, above?.id ?? null, { name, note: '', leftRunning: true, pauseMs: 0, totalMs: 0 }, digest);
  }

  /**
   * Adds a checkpoint from elsewhere with what it stands on.
   * @param images  whole and a chain (`verifyChain`): the full one first, the checkpoint last
   * @param digests  of each
   * @errors ImageError; nothing was added then
   */
  importChain(images: readonly Uint8Array[], digests: readonly string[], { name, note }: Pick<CheckpointFacts, 'name' | 'note'>): TimelineEntry {
    images.forEach((image, i) => this.store.add(image, digests[i - 1] ?? null, digests[i]));
    try {
      return this.annotate(this.import(images.at(-1)!, name, digests.at(-1)).id, note);
    } finally {
      this.collect();
    }
  }

  /**
   * Takes in what was kept of another machine's checkpoints. Ids that are taken here already are given anew; a checkpoint
   * whose images are not all there and whole is left out, its children move up.
   *
   * @param images  by their digests, which were checked; those that no checkpoint needs are dropped
   * @param lastNumber  the number in the last id that was given out there
   * @returns ids here of those that were taken in, by id there; why each other one was not
   */
  load(images: ReadonlyMap<string, Uint8Array>, kept: readonly KeptEntry[], lastNumber: number): { ids: Map<string, string>; problems: Map<string, ImageError> } {
    const ids = new Map<string, string>();
    const problems = new Map<string, ImageError>();
    const read = new Map<string, ImageMetadata | ImageError>();
    for (const [digest, image] of images) {
      const metadata = attempt(() => readImage(image, this.core).metadata);
      read.set(digest, metadata);
      if (!(metadata instanceof ImageError)) this.store.add(image, metadata.parent, digest);
    }
    // A list may be damaged: an id that is there is never given out again, whatever it says of the last.
    this.lastNumber = kept.reduce((last, { id }) => Math.max(last, Number(id.slice(1))), Math.max(this.lastNumber, lastNumber));
    for (const { id, digest, ...facts } of kept) {
      const metadata = attempt(() => chainMetadata(digest, read));
      if (metadata instanceof ImageError) {
        problems.set(id, metadata);
        continue;
      }
      const here = this.entries.has(id) ? `k${++this.lastNumber}` : id;
      this.enter(here, digest, metadata, null, facts);
      ids.set(id, here);
    }
    const parents = new Map(kept.map(({ id, parentId }) => [id, parentId]));
    for (const [there, here] of ids) {
      const parentId = nearestAbove(there, parents, (id) => ids.has(id));
      this.change(here, { parentId: parentId === null ? null : ids.get(parentId)! });
      if (this.goesInCircle(here)) this.change(here, { parentId: null });
    }
    this.collect();
    return { ids, problems };
  }

  /** The container has been restored from a checkpoint: what is taken next grows from there. */
  goOnFrom(id: string, { trace, chain }: { readonly trace: FrameTrace; readonly chain: PageChain }): void {
    this.currentId = id;
    this.added = null;
    this.standOn({ digest: this.entry(id).digest, trace, chain, below: null });
  }

  /** The container has ended, or another one was created: its checkpoints are a tree of their own. */
  goOnFromNothing(): void {
    this.currentId = null;
    this.footings = NO_FOOTINGS;
    this.added = null;
    this.taking = null;
    this.collect();
  }

  /** Whoever names an autosave wants to keep it: it is an ordinary checkpoint from then on. */
  rename(id: string, name: string): TimelineEntry {
    return this.change(id, { name, isAutosave: false });
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

  /**
   * Bytes that a deletion would free.
   * @param users  `imageUsers`, where many are asked for at once
   */
  freedByDeleting(id: string, users: ReadonlyMap<string, number> = this.imageUsers()): number {
    return this.store.sizeBytes(this.chain(this.entry(id)).filter((digest) => users.get(digest) === 1));
  }

  /** By digest, how many need an image, by itself or to stand on: checkpoints, and the one that is being taken. */
  imageUsers(): ReadonlyMap<string, number> {
    const users = new Map<string, number>();
    const roots = [...this.entries.values()].map(({ digest }) => digest);
    for (const root of [...roots, ...(this.taking?.digests ?? [])]) for (const digest of this.store.chain(root)) users.set(digest, (users.get(digest) ?? 0) + 1);
    return users;
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
    // Its frames have the same numbers as before: the container can stand on it as it did.
    const moved = (footing: Footing | null): Footing | null => (footing?.digest === before ? { ...footing, digest, chain: null, below: null } : footing);
    this.footings = { checkpoint: moved(this.footings.checkpoint), autosave: moved(this.footings.autosave) };
    this.change(id, { digest, imageBytes: full.length, isDifference: false, counts: readImage(full, this.core).metadata.counts });
    return this.collect();
  }

  private keep(image: Uint8Array, metadata: ImageMetadata, parentId: string | null, facts: CheckpointFacts, known?: string): TimelineEntry {
    const { parent } = metadata;
    if (parent !== null && this.store.image(parent) === null) throw new ImageError('parent', `the image is a difference to ${parent}, which is not there: add that one first`);
    const digest = this.store.add(image, parent, known);
    return this.enter(`k${++this.lastNumber}`, digest, metadata, parentId, facts);
  }

  private enter(id: string, digest: string, { createdMs, counts, parent }: ImageMetadata, parentId: string | null, facts: CheckpointFacts): TimelineEntry {
    const { name, note, leftRunning, pauseMs, totalMs } = facts;
    const entry: TimelineEntry = {
      id, parentId, takenAtMs: createdMs, digest, imageBytes: this.store.image(digest)!.length, isDifference: parent !== null, counts,
      name, note, leftRunning, pauseMs, totalMs, isAutosave: facts.isAutosave === true,
    };
    this.entries.set(id, entry);
    return entry;
  }

  private goesInCircle(id: string): boolean {
    let at = this.entry(id).parentId;
    for (let steps = 0; at !== null && steps <= this.entries.size; steps++) {
      if (at === id) return true;
      at = this.entry(at).parentId;
    }
    return false;
  }

  private standOn(footing: Footing): void {
    this.footings = { checkpoint: footing, autosave: footing };
  }

  private change(id: string, changes: Partial<TimelineEntry>): TimelineEntry {
    const changed = { ...this.entry(id), ...changes };
    this.entries.set(id, changed);
    return changed;
  }

  private openChain({ digest, below }: Footing): PageChain {
    const image = readOwnImage(this.store.image(digest)!, this.core);
    const wire = coreWire(this.core);
    if (image.metadata.parent === null || below === null) return PageChain.open(wire, readChain(image, this.core, this.store, readOwnImage));
    return PageChain.of(wire, sectionOf(image, 'page-map'), sectionOf(image, 'page-data'), below);
  }

  /** Drops the images that no checkpoint needs. */
  private collect(): Freed {
    const needed = this.imageUsers();
    let images = 0;
    let bytes = 0;
    for (const digest of this.store.digests()) {
      if (needed.has(digest)) continue;
      images++;
      bytes += this.store.image(digest)!.length;
      this.store.delete(digest);
    }
    return { images, bytes };
  }
}
