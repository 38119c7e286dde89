import type { Core } from '../../core/core.ts';
import { readImage } from './image.ts';
import type { Image } from './image.ts';
import type { PageChain } from './page-chain.ts';
import { readChain } from './parents.ts';
import type { ImageLibrary } from './parents.ts';
import type { WorkingSet } from './working-set.ts';

/** The pages of an image with what it stands on, read and checked whole. */
export interface OpenedPages {
  readonly chain: PageChain;
  readonly workingSet: WorkingSet;
}

/** An image that was read before. */
export interface KnownImage {
  /** The image, its parent, its parent's, … to the full one. */
  readonly images: readonly [Image, ...Image[]];
  /** Null before the first restore. */
  pages: OpenedPages | null;
}

/**
 * Images that were read and checked before, so that another restore of one need not read through it again, and knows what
 * was looked at after the last. They are told by the array that holds them, whose bytes are not to be changed.
 */
export class KnownImages {
  private readonly known = new WeakMap<Uint8Array, KnownImage>();

  /** @errors ImageError as `readImage` and `readChain` */
  open(bytes: Uint8Array, core: Core, library: ImageLibrary): KnownImage {
    const known = this.known.get(bytes);
    if (known !== undefined) return known;
    const image: KnownImage = { images: readChain(readImage(bytes, core), core, library), pages: null };
    this.known.set(bytes, image);
    return image;
  }
}
