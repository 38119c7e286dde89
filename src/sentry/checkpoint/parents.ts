import { ImageError } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import { readImage } from './image.ts';
import type { Image } from './image.ts';
import { CHAIN_LIMIT } from './page-chain.ts';

/** Where the parents of an image are found. */
export interface ImageLibrary {
  /** The image with that digest, which the library has worked out itself from the bytes; null when it has none. */
  image(digest: string): Uint8Array | null;
}

/** A library without images: enough for full ones. */
export const NO_IMAGES: ImageLibrary = { image: () => null };

/**
 * An image with those it stands on: itself, its parent, its parent's, … to the full one.
 *
 * @param read  reads a parent
 * @errors ImageError 'parent' when one is missing, lies over another base image, or there are too many; and as `readImage`
 */
export function readChain(image: Image, core: Core, library: ImageLibrary, read: (bytes: Uint8Array, core: Core) => Image = readImage): [Image, ...Image[]] {
  const images: [Image, ...Image[]] = [image];
  let last = image;
  while (last.metadata.parent !== null) {
    const digest = last.metadata.parent;
    if (images.length === CHAIN_LIMIT) throw new ImageError('parent', `the image stands on ${CHAIN_LIMIT} others or more, at most ${CHAIN_LIMIT - 1} are possible`);
    const bytes = library.image(digest);
    if (bytes === null) throw new ImageError('parent', `the image is a difference to ${digest}, which is not there: add that one first`);
    const parent = read(bytes, core);
    if (parent.metadata.baseImage !== image.metadata.baseImage) {
      throw new ImageError('parent', `${digest} lies over ${parent.metadata.baseImage ?? 'no base image'}, the image itself over ${image.metadata.baseImage ?? 'none'}`);
    }
    images.push(parent);
    last = parent;
  }
  return images;
}
