import { ImageError } from '../base/errors.ts';
import type { Core } from '../core/core.ts';
import { PAGE_BYTES } from '../core/layout.ts';
import { scratch } from '../sentry/checkpoint/core-wire.ts';
import type { BasePage } from '../sentry/checkpoint/page-map.ts';
import type { InspectedImage } from './image.ts';

/** More than the image frames that an image can have, for a pair of them as one number. */
const FRAMES = 2 ** 21;

/** Whether the content of a page can be had: not if it is one of a base image that is not there. */
export function isReadable(image: InspectedImage, page: PageSource): boolean {
  return image.base !== null || (typeof page === 'number' && basePageOf(image, page) === null);
}

/** A copy of the content of an image frame. @errors ImageError 'page data'; 'base image' when the page is one of a base image that is not there */
export function readPage(image: InspectedImage, imageFrame: number): Uint8Array {
  const { core } = image;
  const out = scratch(core, 2 * PAGE_BYTES);
  copyPage(image, core, imageFrame, out, out + PAGE_BYTES);
  return core.bytes().slice(out, out + PAGE_BYTES);
}

/** A page of a file of the base image, of which the first `limitBytes` count; zeros follow. */
export interface FilePage extends BasePage {
  readonly limitBytes: number;
}

/** A page: an image frame, 0 for zeros; or one of a file of the base image. */
export type PageSource = number | FilePage;

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

  /** As `changedBytes`, for pages that may be those of the base image's files. */
  changedBytesOf(before: PageSource, after: PageSource): number | null {
    if (typeof before === 'number' && typeof after === 'number') return this.changedBytes(before, after);
    if (typeof before !== 'number' && typeof after !== 'number' && before.limitBytes === after.limitBytes && this.areOnePage(before, after)) return 0;
    return isReadable(this.before, before) && isReadable(this.after, after) ? this.compareBytes(before, after) : null;
  }

  /** Whether both lie over one base image. */
  haveOneBase(): boolean {
    return this.before.layers[0].image.metadata.baseImage === this.after.layers[0].image.metadata.baseImage;
  }

  /** Whether both are the same without a look at the content: zeros, the same page of one base image, or data of one image in both chains. */
  private haveOneOwner(beforeFrame: number, afterFrame: number): boolean {
    if (beforeFrame === 0 || afterFrame === 0) return beforeFrame === afterFrame;
    const before = this.before.chain.ownerOf(beforeFrame);
    const after = this.after.chain.ownerOf(afterFrame);
    return before.frame === after.frame && digestAt(this.before, before.image) === digestAt(this.after, after.image);
  }

  private compare(beforeFrame: number, afterFrame: number): number | null {
    const one = basePageOf(this.before, beforeFrame);
    const other = basePageOf(this.after, afterFrame);
    if (one !== null && other !== null && this.areOnePage(one, other)) return 0;
    return isReadable(this.before, beforeFrame) && isReadable(this.after, afterFrame) ? this.compareBytes(beforeFrame, afterFrame) : null;
  }

  private areOnePage(before: BasePage, after: BasePage): boolean {
    return before.source === after.source && before.page === after.page && this.haveOneBase();
  }

  private compareBytes(before: PageSource, after: PageSource): number {
    const { core } = this.before;
    const first = scratch(core, 3 * PAGE_BYTES);
    const second = first + PAGE_BYTES;
    copyPage(this.before, core, before, first, second + PAGE_BYTES);
    copyPage(this.after, core, after, second, second + PAGE_BYTES);
    return core.exports.pagesEqual(first, second) !== 0 ? 0 : countDifferences(core.bytes(), first, second);
  }
}

/** The digest of an image of the chain by its place, 0 for the full one. */
function digestAt({ layers }: InspectedImage, place: number): string {
  const layer = layers[layers.length - 1 - place];
  if (layer === undefined) throw new ImageError('parent', `the chain has no image ${place}`);
  return layer.file.digest;
}

function basePageOf({ chain }: InspectedImage, imageFrame: number): BasePage | null {
  return imageFrame === 0 ? null : chain.basePage(imageFrame);
}

/** Puts a page at `out`; `work` is another page for use in between. */
function copyPage({ chain, loadBase }: InspectedImage, core: Core, page: PageSource, out: number, work: number): void {
  if (page === 0) core.bytes().fill(0, out, out + PAGE_BYTES);
  else if (typeof page === 'number') chain.copyPage(core, page, out, work, loadBase);
  else core.bytes().fill(0, out + (loadBase(page.source, page.page, core.bytes().subarray(out, out + PAGE_BYTES)) ? page.limitBytes : 0), out + PAGE_BYTES);
}

function countDifferences(bytes: Uint8Array, first: number, second: number): number {
  let count = 0;
  for (let i = 0; i < PAGE_BYTES; i++) if (bytes[first + i] !== bytes[second + i]) count++;
  return count;
}
