/** What is read of checkpoints that another machine has kept. */

import { ImageError } from '../base/errors.ts';
import type { ImageMetadata } from '../sentry/checkpoint/image.ts';
import { CHAIN_LIMIT } from '../sentry/checkpoint/page-chain.ts';

/**
 * The first checkpoint above `id` that is there.
 * @param parents  by id; they need not be a tree
 */
export function nearestAbove(id: string, parents: ReadonlyMap<string, string | null>, isThere: (id: string) => boolean): string | null {
  let above = parents.get(id) ?? null;
  for (let steps = 0; above !== null && !isThere(above); steps++) above = steps > parents.size ? null : (parents.get(above) ?? null);
  return above === id ? null : above;
}

/** What an image says of itself, when all that it stands on is there, over the same base image. @errors ImageError */
export function chainMetadata(digest: string, read: ReadonlyMap<string, ImageMetadata | ImageError>): ImageMetadata {
  const own = metadataOf(digest, read);
  let last = own;
  for (let images = 1; last.parent !== null; images++) {
    if (images === CHAIN_LIMIT) throw new ImageError('parent', `the image stands on ${CHAIN_LIMIT} others or more, at most ${CHAIN_LIMIT - 1} are possible`);
    last = metadataOf(last.parent, read);
    if (last.baseImage !== own.baseImage) throw new ImageError('parent', `lies over ${last.baseImage ?? 'no base image'}, the image itself over ${own.baseImage ?? 'none'}`);
  }
  return own;
}

function metadataOf(digest: string, read: ReadonlyMap<string, ImageMetadata | ImageError>): ImageMetadata {
  const metadata = read.get(digest) ?? new ImageError('image', `${digest} is not there`);
  if (metadata instanceof ImageError) throw metadata;
  return metadata;
}

/** What `work` gives, or the ImageError it throws. */
export function attempt<T>(work: () => T): T | ImageError {
  try {
    return work();
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
}
