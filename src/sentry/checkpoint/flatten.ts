import type { Core } from '../../core/core.ts';
import { PAGE_BYTES } from '../../core/layout.ts';
import { coreWire, scratch } from './core-wire.ts';
import { sectionOf, writeImage } from './image.ts';
import type { Image } from './image.ts';
import { PageChain } from './page-chain.ts';
import type { BasePageLoader } from './page-chain.ts';
import { PageIndex } from './page-index.ts';
import { PageMapWriter } from './page-map.ts';
import type { PageSections } from './page-map.ts';

/**
 * Makes a full image of one that is a difference: bit for bit the image that a full checkpoint would have written.
 *
 * @param core    for its page work; no frame of it is used
 * @param images  the image, its parent, its parent's, … to the full one
 * @errors ImageError for what is malformed in the images, or missing in the base image
 */
export function flatten(core: Core, images: readonly [Image, ...Image[]], loadBase: BasePageLoader): Uint8Array {
  const wire = coreWire(core);
  const chain = PageChain.open(wire, images);
  const [image] = images;
  const writer = new PageMapWriter(core);
  const index = new PageIndex(chain.frames());
  for (let imageFrame = 1; imageFrame <= chain.frames(); imageFrame++) rewritePage(core, chain, imageFrame, writer, index, loadBase);
  const { pageMap, pageData, counts }: PageSections = writer.finish(wire);
  return writeImage(
    {
      metadata: { ...image.metadata, parent: null, counts: { ...image.metadata.counts, ...counts } },
      sections: [
        { name: 'kernel', pieces: [sectionOf(image, 'kernel')] },
        { name: 'page-tables', pieces: [sectionOf(image, 'page-tables')] },
        { name: 'page-map', pieces: [pageMap] },
        { name: 'page-data', pieces: pageData },
      ],
    },
    core,
  );
}

/** Tells one page as `PageEncoder` would. */
function rewritePage(core: Core, chain: PageChain, imageFrame: number, writer: PageMapWriter, index: PageIndex, loadBase: BasePageLoader): void {
  if (chain.isZero(imageFrame)) {
    writer.zero();
    return;
  }
  const base = chain.basePage(imageFrame);
  if (base !== null) {
    writer.base(base, base.low, base.high);
    return;
  }
  // Four pages: the content, another one to compare with, and one for use in between; `data` takes the first of a scratch buffer.
  const content = scratch(core, 4 * PAGE_BYTES) + PAGE_BYTES;
  const other = content + PAGE_BYTES;
  const work = other + PAGE_BYTES;
  chain.copyPage(core, imageFrame, content, work, loadBase);
  if (core.exports.pageIsZero(content) !== 0) {
    writer.zero();
    return;
  }
  const low = core.exports.hash64(content, PAGE_BYTES, 0, 0) >>> 0;
  const twin = index.findOrAdd(low, core.exports.hash64High() >>> 0, imageFrame, (candidate) => {
    chain.copyPage(core, candidate, other, work, loadBase);
    return core.exports.pagesEqual(content, other) !== 0;
  });
  if (twin !== 0) writer.duplicate(twin);
  else writer.data(content);
}
