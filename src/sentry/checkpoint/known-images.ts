import type { Core } from '../../core/core.ts';
import type { FrameTrace } from './frame-trace.ts';
import { readImage, readOwnImage } from './image.ts';
import type { Image } from './image.ts';
import type { PageChain } from './page-chain.ts';
import { readChain } from './parents.ts';
import type { ImageLibrary } from './parents.ts';
import type { WorkingSet } from './working-set.ts';

/** The pages of an image with what it stands on, read and checked whole. */
export interface OpenedPages {
  readonly chain: PageChain;
  /** Page tables, with image frames in place of frames. */
  readonly tables: readonly Uint32Array[];
  readonly workingSet: WorkingSet;
}

/** An image that was read before. */
export interface KnownImage {
  /** The image, its parent, its parent's, … to the full one. */
  readonly images: readonly [Image, ...Image[]];
  /** Whether each of them was written here, so that no page can be found damaged. */
  readonly isOwn: boolean;
  /** Whether a restore of it has gone well in which all execs were ended: no contradiction in it prevents the next. */
  isTried: boolean;
  /** Null before the first restore. */
  pages: OpenedPages | null;
}

/**
 * Images that were read and checked before, so that another restore of one need not read through it again, and knows what
 * was looked at after the last. They are told by the array that holds them, whose bytes are not to be changed.
 */
export class KnownImages {
  private readonly known = new WeakMap<Uint8Array, KnownImage>();
  /** Those written here. */
  private readonly own = new WeakSet<Uint8Array>();
  /** What the frames of a core were in an image. */
  private readonly traces = new WeakMap<Core, WeakMap<Uint8Array, FrameTrace>>();

  /** @errors ImageError as `readImage` and `readChain` */
  open(bytes: Uint8Array, core: Core, library: ImageLibrary): KnownImage {
    const known = this.known.get(bytes);
    if (known !== undefined) return known;
    let isOwn = true;
    const read = (some: Uint8Array): Image => {
      if (this.own.has(some)) return readOwnImage(some, core);
      isOwn = false;
      return readImage(some, core);
    };
    const images = readChain(read(bytes), core, library, read);
    const image: KnownImage = { images, isOwn, isTried: false, pages: null };
    this.known.set(bytes, image);
    return image;
  }

  /** An image has just been written. */
  noteOwn(bytes: Uint8Array, trace: FrameTrace): void {
    this.own.add(bytes);
    this.note(bytes, trace);
  }

  /** The frames of a core hold, or held, the pages of an image: it was made of them, or they were made of it. */
  note(bytes: Uint8Array, trace: FrameTrace): void {
    const ofCore = this.traces.get(trace.core) ?? new WeakMap<Uint8Array, FrameTrace>();
    ofCore.set(bytes, trace);
    this.traces.set(trace.core, ofCore);
  }

  /** What the frames of `core` were in an image when it was last made or restored there; null where it never was. */
  traceIn(core: Core, bytes: Uint8Array): FrameTrace | null {
    return this.traces.get(core)?.get(bytes) ?? null;
  }
}
