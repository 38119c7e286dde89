import { ImageError } from '../base/errors.ts';
import type { Core } from '../core/core.ts';
import { readImage } from '../sentry/checkpoint/image.ts';
import type { Image } from '../sentry/checkpoint/image.ts';
import type { ExchangeFacts } from './facts.ts';

/**
 * Reads images from elsewhere: each is whole, the first is a full one, and each other is a difference to the one before it over
 * the same container image.
 *
 * @param core     for checksums; only its scratch buffer is touched
 * @param images   the full one first
 * @param digests  of each image, worked out from its bytes
 * @param facts    what came with them and is said of the last image; null where nothing is
 * @errors         ImageError: one sentence with the image, the place and the reason
 */
export function verifyChain(core: Core, images: readonly Uint8Array[], digests: readonly string[], facts: ExchangeFacts | null): Image[] {
  const read = images.map((bytes, i) => readOne(core, bytes, images.length === 1 ? null : i));
  const first = read[0]?.metadata;
  read.forEach(({ metadata }, i) => {
    const before = digests[i - 1] ?? null;
    if (metadata.parent !== before) {
      const place = images.length === 1 ? 'parent' : `image ${i}: parent`;
      if (before === null) throw new ImageError(place, `the image is a difference to ${metadata.parent}, which is not with it`);
      throw new ImageError(place, `the image is ${metadata.parent === null ? 'a full one' : `a difference to ${metadata.parent}`}, the one before it is ${before}`);
    }
    if (metadata.baseImage !== first!.baseImage) throw new ImageError(`image ${i}: base image`, `is ${metadata.baseImage ?? 'none'}, that of image 0 is ${first!.baseImage ?? 'none'}`);
  });
  const last = read.at(-1)?.metadata;
  if (facts !== null && last !== undefined) {
    for (const fact of ['createdMs', 'generation', 'baseImage'] as const) {
      if (facts[fact] !== last[fact]) throw new ImageError(`config: ${fact}`, `is ${facts[fact] ?? 'none'}, the image says ${last[fact] ?? 'none'}`);
    }
  }
  return read;
}

/** @param index  null where there is one only */
function readOne(core: Core, bytes: Uint8Array, index: number | null): Image {
  try {
    return readImage(bytes, core);
  } catch (error) {
    if (error instanceof ImageError && index !== null) throw new ImageError(`image ${index}: ${error.field}`, error.reason);
    throw error;
  }
}
