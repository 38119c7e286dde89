import { ImageError } from '../base/errors.ts';
import { PAGE_BYTES } from '../core/layout.ts';
import { scratch } from '../sentry/checkpoint/core-wire.ts';
import type { InspectedImage } from './image.ts';

/** Pairs of image frames above this many are looked up again instead of remembered. */
const FRAMES = 2 ** 21;

/** Whether the content of an image frame can be had: not if it is a page of a base image that is not there. Frame 0 is a page of zeros. */
export function isReadable(image: InspectedImage, imageFrame: number): boolean {
  return image.base !== null || imageFrame === 0 || image.chain.basePage(imageFrame) === null;
}

/** A copy of the content of an image frame. @errors ImageError 'page data'; 'base image' when the page is one of a base image that is not there */
export function readPage(image: InspectedImage, imageFrame: number): Uint8Array {
  const { core } = image;
  const out = scratch(core, 2 * PAGE_BYTES);
  copyPage(image, imageFrame, out, out + PAGE_BYTES);
  return core.bytes().slice(out, out + PAGE_BYTES);
}

/** Compares pages of two images: first by where they come from, then by their bytes. */
export class PageComparison {
  readonly before: InspectedImage;
  readonly after: InspectedImage;
  private readonly known = new Map<number, number | null>();

  constructor(before: InspectedImage, after: InspectedImage) {
    this.before = before;
    this.after = after;
  }

  /**
   * Bytes in which two pages differ. Image frame 0 stands for zeros.
   *
   * @returns null when that cannot be said: they are not the same, and one is a page of a base image that is not there
   */
  changedBytes(beforeFrame: number, afterFrame: number): number | null {
    if (this.haveOneOwner(beforeFrame, afterFrame)) return 0;
    const pair = beforeFrame * FRAMES + afterFrame;
    let changed = this.known.get(pair);
    if (changed === undefined) {
      changed = this.compare(beforeFrame, afterFrame);
      this.known.set(pair, changed);
    }
    return changed;
  }

  /** Whether both are the same without a look at the content: zeros, the same page of one base image, or data of one image in both chains. */
  private haveOneOwner(beforeFrame: number, afterFrame: number): boolean {
    if (beforeFrame === 0 || afterFrame === 0) return beforeFrame === afterFrame;
    const before = this.before.chain.ownerOf(beforeFrame);
    const after = this.after.chain.ownerOf(afterFrame);
    return before.frame === after.frame && digestAt(this.before, before.image) === digestAt(this.after, after.image);
  }

  private compare(beforeFrame: number, afterFrame: number): number | null {
    const { before, after } = this;
    const basePage = beforeFrame === 0 ? null : before.chain.basePage(beforeFrame);
    const other = afterFrame === 0 ? null : after.chain.basePage(afterFrame);
    const haveOneBase = before.layers[0].image.metadata.baseImage === after.layers[0].image.metadata.baseImage;
    if (basePage !== null && other !== null && haveOneBase && basePage.source === other.source && basePage.page === other.page) return 0;
    if (!isReadable(before, beforeFrame) || !isReadable(after, afterFrame)) return null;
    const { core } = before;
    const first = scratch(core, 3 * PAGE_BYTES);
    const second = first + PAGE_BYTES;
    copyPage(before, beforeFrame, first, second + PAGE_BYTES);
    copyPage({ ...after, core }, afterFrame, second, second + PAGE_BYTES);
    return core.exports.pagesEqual(first, second) !== 0 ? 0 : countDifferences(core.bytes(), first, second);
  }
}

/** The digest of an image of the chain by its place, 0 for the full one. */
function digestAt({ layers }: InspectedImage, place: number): string {
  const layer = layers[layers.length - 1 - place];
  if (layer === undefined) throw new ImageError('parent', `the chain has no image ${place}`);
  return layer.file.digest;
}

function copyPage({ core, chain, loadBase }: InspectedImage, imageFrame: number, out: number, work: number): void {
  if (imageFrame === 0) core.bytes().fill(0, out, out + PAGE_BYTES);
  else chain.copyPage(core, imageFrame, out, work, loadBase);
}

function countDifferences(bytes: Uint8Array, first: number, second: number): number {
  let count = 0;
  for (let i = 0; i < PAGE_BYTES; i++) if (bytes[first + i] !== bytes[second + i]) count++;
  return count;
}
