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
  /** Chains that were opened for this image and others, by their last image. */
  readonly chains: WeakMap<Image, PageChain>;
}

/** Images of a core whose frames are remembered: a trace can take more memory than its image. */
const MOST_TRACES = 64;

/** What the frames of one core were in images; null where that is too long ago. */
interface CoreTraces {
  readonly byImage: WeakMap<Uint8Array, TraceSlot>;
  /** Those that are not null, the latest at the end. */
  readonly latest: TraceSlot[];
}

interface TraceSlot {
  trace: FrameTrace | null;
}

/**
 * Images that were read and checked before, so that another restore of one need not read through it again, and knows what
 * was looked at after the last. They are told by the array that holds them, whose bytes are not to be changed, and
 * no array is kept for being known.
 */
export class KnownImages {
  private readonly known = new WeakMap<Uint8Array, KnownImage>();
  /** All that were read, those that others stand on too. */
  private readonly images = new WeakMap<Uint8Array, Image>();
  private readonly chains = new WeakMap<Image, PageChain>();
  /** Those written here. */
  private readonly own = new WeakSet<Uint8Array>();
  private readonly traces = new WeakMap<Core, CoreTraces>();

  /** @errors ImageError as `readImage` and `readChain` */
  open(bytes: Uint8Array, core: Core, library: ImageLibrary): KnownImage {
    const known = this.known.get(bytes);
    if (known !== undefined) return known;
    let isOwn = true;
    const read = (some: Uint8Array): Image => {
      const wasWritten = this.own.has(some);
      if (!wasWritten) isOwn = false;
      const image = this.images.get(some) ?? (wasWritten ? readOwnImage(some, core) : readImage(some, core));
      this.images.set(some, image);
      return image;
    };
    const images = readChain(read(bytes), core, library, read);
    const image: KnownImage = { images, isOwn, isTried: false, pages: null, chains: this.chains };
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
    const { byImage, latest } = this.traces.get(trace.core) ?? { byImage: new WeakMap<Uint8Array, TraceSlot>(), latest: [] };
    this.traces.set(trace.core, { byImage, latest });
    const before = latest.indexOf(byImage.get(bytes)!);
    if (before >= 0) latest.splice(before, 1);
    const slot = { trace };
    byImage.set(bytes, slot);
    latest.push(slot);
    if (latest.length > MOST_TRACES) latest.shift()!.trace = null;
  }

  /** What the frames of `core` were in an image when it was last made or restored there; null where it never was, or not lately. */
  traceIn(core: Core, bytes: Uint8Array): FrameTrace | null {
    return this.traces.get(core)?.byImage.get(bytes)?.trace ?? null;
  }
}
