import { ImageError } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import { PAGE_BYTES } from '../../core/layout.ts';
import type { WirePort } from '../../state/index.ts';
import { sectionOf } from './image.ts';
import type { Image } from './image.ts';
import { BASE, COMPRESSED, DELTA, DUPLICATE, PARENT, RAW, ZERO, entryOf, readPageMap } from './page-map.ts';
import type { MappedBasePage, PageMap } from './page-map.ts';

/** Puts page `page` of a base image's file at `out`, zero after the file's end. Returns false when it has no such page. */
export type BasePageLoader = (source: string, page: number, out: Uint8Array) => boolean;

/** The pages of one image of a chain. */
interface Layer {
  readonly map: PageMap;
  readonly data: Uint8Array;
  /**
   * Where the content of a page comes from that this image does not hold itself: layer, and image frame there, neither a
   * duplicate nor as in its parent. For a delta the page it is a difference to; for all others the page itself.
   */
  readonly ownerLayer: Uint8Array;
  readonly ownerFrame: Uint32Array;
}

/** Images that one chain can have at most: the full one and the differences on top of each other. */
export const CHAIN_LIMIT = 64;

/**
 * The pages of an image, with those of the images it is a difference to. Contents are read one by one, when asked for; a
 * chain holds no memory of the core and can serve several.
 */
export class PageChain {
  /** The full image first, the image itself last. */
  private readonly layers: readonly Layer[];

  private constructor(layers: readonly Layer[]) {
    this.layers = layers;
  }

  /**
   * The pages of a full image, or of one that stands on `parent`.
   *
   * @errors ImageError 'page map' or 'page data' for what is malformed; 'parent' for a chain that is too long
   */
  static of(wire: WirePort, pageMap: Uint8Array, pageData: Uint8Array, parent: PageChain | null = null): PageChain {
    const below = parent?.layers ?? [];
    if (below.length >= CHAIN_LIMIT) throw new ImageError('parent', `the image stands on ${below.length} others, at most ${CHAIN_LIMIT - 1} are possible`);
    const map = readPageMap(wire, pageMap, pageData.length, parent?.frames() ?? null);
    return new PageChain([...below, resolve(map, pageData, below)]);
  }

  /**
   * The pages of `images`: one, then its parent, its parent's, … to the full one.
   *
   * @param opened  chains opened before, by their last image: what they share with this one is there once; is added to
   * @errors ImageError
   */
  static open(wire: WirePort, images: readonly Image[], opened = new WeakMap<Image, PageChain>()): PageChain {
    let chain: PageChain | null = null;
    for (const image of [...images].reverse()) {
      chain = opened.get(image) ?? PageChain.of(wire, sectionOf(image, 'page-map'), sectionOf(image, 'page-data'), chain);
      opened.set(image, chain);
    }
    if (chain === null) throw new ImageError('image', 'there is none');
    return chain;
  }

  /** Number of image frames. */
  frames(): number {
    return this.top().map.frames;
  }

  /** Number of images. */
  images(): number {
    return this.layers.length;
  }

  /** Whether the content is known to be only zero bytes. */
  isZero(imageFrame: number): boolean {
    const { layer, frame } = this.owner(imageFrame);
    return entryOf(layer.map.kinds, frame) === ZERO;
  }

  /** The page of a base image that the content is, or null. */
  basePage(imageFrame: number): MappedBasePage | null {
    const { layer, frame } = this.owner(imageFrame);
    return entryOf(layer.map.kinds, frame) === BASE ? (layer.map.bases[entryOf(layer.map.references, frame)] ?? null) : null;
  }

  /**
   * Puts the content of an image frame at linear address `out`.
   *
   * @param work  4,096 bytes for use in between
   * @errors ImageError 'page data' for a damaged block or difference; 'base image' for a page that is missing or not the
   *         same any more
   */
  copyPage(core: Core, imageFrame: number, out: number, work: number, loadBase: BasePageLoader): void {
    let { layer, frame } = this.owner(imageFrame);
    const deltas: { layer: Layer; frame: number }[] = [];
    while (entryOf(layer.map.kinds, frame) === DELTA) {
      deltas.push({ layer, frame });
      const below = this.layerAt(entryOf(layer.ownerLayer, frame));
      frame = entryOf(layer.ownerFrame, frame);
      layer = below;
    }
    copyContent(core, layer, frame, out, work, loadBase);
    for (const delta of deltas.reverse()) applyDelta(core, delta.layer, delta.frame, out, work);
  }

  /**
   * Reads every page once, so that no later `copyPage` can fail as long as the base image stays what it is.
   *
   * @errors ImageError as `copyPage`
   */
  check(core: Core, loadBase: BasePageLoader): void {
    const out = core.fillBuffer();
    const work = out + PAGE_BYTES;
    const isRead = this.layers.map(({ map }) => new Uint8Array(map.frames));
    for (let imageFrame = 1; imageFrame <= this.frames(); imageFrame++) {
      let { image, frame } = this.ownerOf(imageFrame);
      for (;;) {
        const layer = this.layerAt(image);
        if (isRead[image]![frame - 1] !== 0) break;
        isRead[image]![frame - 1] = 1;
        if (entryOf(layer.map.kinds, frame) !== DELTA) {
          copyContent(core, layer, frame, out, work, loadBase);
          break;
        }
        applyDelta(core, layer, frame, out, work); // to whatever is there: whether it can be applied does not depend on it
        image = entryOf(layer.ownerLayer, frame);
        frame = entryOf(layer.ownerFrame, frame);
      }
    }
  }

  /**
   * The image frame that holds content or difference for one of the top image, by the place of its image in the chain, 0 for
   * the full one: in two chains over the same images, equal owners have equal content.
   */
  ownerOf(imageFrame: number): { image: number; frame: number } {
    const image = this.layers.length - 1;
    const layer = this.top();
    const kind = entryOf(layer.map.kinds, imageFrame);
    if (kind !== PARENT && kind !== DUPLICATE) return { image, frame: imageFrame };
    return { image: entryOf(layer.ownerLayer, imageFrame), frame: entryOf(layer.ownerFrame, imageFrame) };
  }

  private owner(imageFrame: number): { layer: Layer; frame: number } {
    const { image, frame } = this.ownerOf(imageFrame);
    return { layer: this.layerAt(image), frame };
  }

  private top(): Layer {
    return this.layerAt(this.layers.length - 1);
  }

  private layerAt(index: number): Layer {
    return this.layers[index]!;
  }
}

/** Follows references once, through the columns of the layers below, which are resolved already. */
function resolve(map: PageMap, data: Uint8Array, below: readonly Layer[]): Layer {
  const ownerLayer = new Uint8Array(map.frames);
  const ownerFrame = new Uint32Array(map.frames);
  const parent = below.at(-1);
  for (let i = 0; i < map.frames; i++) {
    const kind = map.kinds[i]!;
    const reference = map.references[i]!;
    if (kind === DUPLICATE && map.kinds[reference - 1] !== DELTA) {
      ownerLayer[i] = ownerLayer[reference - 1]!;
      ownerFrame[i] = ownerFrame[reference - 1]!;
    } else if ((kind === PARENT || kind === DELTA) && parent !== undefined && parent.map.kinds[reference - 1] !== DELTA) {
      ownerLayer[i] = parent.ownerLayer[reference - 1]!;
      ownerFrame[i] = parent.ownerFrame[reference - 1]!;
    } else {
      // itself; or, by a reference, a delta, whose own columns say what it is a difference to
      const isBelow = kind === PARENT || kind === DELTA;
      ownerLayer[i] = isBelow ? below.length - 1 : below.length;
      ownerFrame[i] = isBelow || kind === DUPLICATE ? reference : i + 1;
    }
  }
  return { map, data, ownerLayer, ownerFrame };
}

function copyContent(core: Core, layer: Layer, frame: number, out: number, work: number, loadBase: BasePageLoader): void {
  const { map } = layer;
  switch (entryOf(map.kinds, frame)) {
    case ZERO:
      core.bytes().fill(0, out, out + PAGE_BYTES);
      return;
    case BASE:
      copyBase(core, map.bases[entryOf(map.references, frame)]!, out, loadBase);
      return;
    case RAW:
      core.bytes().set(dataOf(layer, frame), out);
      return;
    case COMPRESSED: {
      const block = dataOf(layer, frame);
      core.bytes().set(block, work);
      if (core.exports.lz4Decompress(work, block.length, out, PAGE_BYTES) !== PAGE_BYTES) throw new ImageError('page data', `the block of frame ${frame} is damaged`);
      return;
    }
    default:
      throw new ImageError('page map', `frame ${frame} has no content`);
  }
}

function copyBase(core: Core, { source, page, low, high }: MappedBasePage, out: number, loadBase: BasePageLoader): void {
  if (!loadBase(source, page, core.bytes().subarray(out, out + PAGE_BYTES))) throw new ImageError('base image', `has no page ${page} of ${source}`);
  const isSame = core.exports.hash64(out, PAGE_BYTES, 0, 0) >>> 0 === low && core.exports.hash64High() >>> 0 === high;
  if (!isSame) throw new ImageError('base image', `page ${page} of ${source} is not what it was at the checkpoint`);
}

function applyDelta(core: Core, layer: Layer, frame: number, out: number, work: number): void {
  const delta = dataOf(layer, frame);
  core.bytes().set(delta, work);
  if (core.exports.deltaDecode(out, work, delta.length, out) === 0) throw new ImageError('page data', `the difference of frame ${frame} is damaged`);
}

function dataOf({ map, data }: Layer, frame: number): Uint8Array {
  const start = entryOf(map.dataAt, frame);
  return data.subarray(start, start + entryOf(map.dataBytes, frame));
}
