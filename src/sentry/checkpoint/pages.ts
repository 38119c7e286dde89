/** The pages of a checkpoint, from frames of a core and back; the form of the two sections is drawn in page-map.ts. */

import { ImageError, panic } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import { PAGE_BYTES } from '../../core/layout.ts';
import type { WirePort } from '../../state/index.ts';
import { scratch } from './core-wire.ts';
import { LoadedFrames } from './frame-numbers.ts';
import type { FrameTrace } from './frame-trace.ts';
import { PageChain } from './page-chain.ts';
import type { BasePageLoader } from './page-chain.ts';
import { PageIndex } from './page-index.ts';
import { PageMapWriter } from './page-map.ts';
import type { BasePage, PageSections } from './page-map.ts';
import { Pager } from './pager.ts';
import { WorkingSet } from './working-set.ts';

export type { BasePageLoader } from './page-chain.ts';
export type { BasePage, PageCounts, PageSections } from './page-map.ts';

/** The image that pages are encoded as differences to. */
export interface ParentPages {
  /** What the frames of this core were in it. */
  readonly trace: FrameTrace;
  readonly chain: PageChain;
  readonly loadBase: BasePageLoader;
  /** Image frames of it that changed frames are likely to resemble, where `trace` knows of none or a worse one. */
  readonly places?: ReadonlyMap<number, number>;
}

/**
 * Encodes the frozen content of frames, some at a time, between slices of the guest.
 *
 * Begun after `core.freeze()`, finished before `core.freezeEnd()`. Page contents are those of the freeze, whatever the guest
 * has written since.
 */
export class PageEncoder {
  private readonly core: Core;
  private readonly frames: readonly number[];
  private readonly describe: (frame: number) => BasePage | null;
  private readonly parent: ParentPages | null;
  private readonly index: PageIndex;
  private readonly writer: PageMapWriter;
  private done = 0;

  /**
   * @param frames    the frame of each image frame, in order (`FrameNumbers.frames`)
   * @param describe  answers where in a base image a frame's content is, as of the freeze, or null
   * @param parent    for a difference to another image; null for a full one
   */
  constructor(core: Core, frames: readonly number[], describe: (frame: number) => BasePage | null, parent: ParentPages | null = null) {
    this.core = core;
    this.frames = frames;
    this.describe = describe;
    this.parent = parent;
    this.index = new PageIndex(frames.length);
    this.writer = new PageMapWriter(core);
  }

  /** Encodes up to `pages` more. Returns whether all are done. */
  step(pages: number): boolean {
    const end = Math.min(this.frames.length, this.done + pages);
    for (; this.done < end; this.done++) this.encodePage(this.frames[this.done] ?? panic('page encoder: no frame'));
    return this.done === this.frames.length;
  }

  /** The two sections, once all pages are done. */
  finish(wire: WirePort): PageSections {
    if (this.done !== this.frames.length) panic(`page encoder: finished after ${this.done} of ${this.frames.length} pages`);
    return this.writer.finish(wire);
  }

  private encodePage(frame: number): void {
    const { parent, writer } = this;
    const { exports } = this.core;
    const base = this.describe(frame);
    if (parent !== null && parent.trace.isUnchanged(frame)) {
      const same = parent.trace.imageFrameOf(frame);
      if (same !== 0 && isNamedAlike(parent.chain, same, base)) {
        writer.parent(same);
        return;
      }
    }
    const content = this.core.frozenContent(frame);
    if (exports.pageIsZero(content) !== 0) {
      writer.zero();
      return;
    }
    const low = exports.hash64(content, PAGE_BYTES, 0, 0) >>> 0;
    const high = exports.hash64High() >>> 0;
    if (base !== null) {
      writer.base(base, low, high);
      return;
    }
    const twin = this.index.findOrAdd(low, high, this.done + 1, (other) => {
      const otherContent = this.core.frozenContent(this.frames[other - 1] ?? 0);
      return exports.pagesEqual(content, otherContent) !== 0;
    });
    const parentFrame = parent === null ? 0 : (parent.places?.get(frame) ?? parent.trace.imageFrameOf(frame));
    if (twin !== 0) writer.duplicate(twin);
    else if (parent !== null && parentFrame !== 0) this.encodeChanged(parent, parentFrame, frame);
    else writer.data(content);
  }

  /**
   * A page that has a counterpart in the parent. One that is the same is a reference, unless the reference would make it a
   * page of the base image, which a full image would not say of it.
   */
  private encodeChanged({ chain, loadBase }: ParentPages, parentFrame: number, frame: number): void {
    const { core, writer } = this;
    const parentPage = scratch(core, 3 * PAGE_BYTES);
    const work = parentPage + PAGE_BYTES;
    chain.copyPage(core, parentFrame, parentPage, work, loadBase);
    const content = core.frozenContent(frame);
    const isReference = chain.basePage(parentFrame) === null && core.exports.pagesEqual(content, parentPage) !== 0;
    if (isReference) writer.parent(parentFrame);
    else writer.dataOrDelta(content, parentFrame, parentPage, work);
  }
}

/**
 * Whether a full image would tell an unchanged page as the parent does. A page can stop being known as one of the base image
 * without changing: it is told by its content then, so that base and differences give the full image to the bit.
 */
function isNamedAlike(chain: PageChain, parentFrame: number, base: BasePage | null): boolean {
  return chain.isZero(parentFrame) || (chain.basePage(parentFrame) !== null) === (base !== null);
}

/**
 * Makes the frames of a full image in a core.
 *
 * @param core      fresh: what it holds is lost with it when this fails
 * @returns         the frames; each has one reference, the loader's, until `release`
 * @errors ImageError 'page map' or 'page data' for what is malformed, for a base page that is missing or not the same any
 *         more, and when the frames do not fit into the memory limit
 */
export function decodePages(core: Core, wire: WirePort, pageMap: Uint8Array, pageData: Uint8Array, loadBase: BasePageLoader): LoadedFrames {
  return loadPages(core, PageChain.of(wire, pageMap, pageData), loadBase);
}

/** Makes the frames of the last image of a chain in a core; see `decodePages`. */
export function loadPages(core: Core, chain: PageChain, loadBase: BasePageLoader): LoadedFrames {
  const loaded = layPages(core, chain, Pager.of(core).attach(chain, loadBase, new WorkingSet()), null);
  const { frames } = loaded;
  for (let i = 0; i < frames.length; i++) core.frameContent(frames[i]!);
  return loaded;
}

/**
 * Takes frames for the last image of a chain. They are given their content when they are looked at, or are shared with those
 * who have the same page in the core already.
 *
 * @param firstSource  `Pager.attach`
 * @param shared       frames of the core that held the pages of this image, where there are any
 * @returns            the frames; each has one reference, the loader's, until `release`
 * @errors ImageError 'page map' when the frames do not fit into the memory limit, 'memory' when memory cannot grow; none are taken then
 */
export function layPages(core: Core, chain: PageChain, firstSource: number, shared: FrameTrace | null): LoadedFrames {
  const total = chain.frames();
  const room = roomFor(core, total, shared);
  if (room < 0) throw new ImageError('page map', `${total} frames do not fit: the memory limit leaves ${total + room}`);
  const address = scratch(core, total * 4);
  core.words().fill(0, address >>> 2, (address >>> 2) + total);
  if (shared !== null) core.words().set(shared.frames, address >>> 2);
  const taken = core.exports.frameTakeMany(address, total, shared?.epoch ?? 0, firstSource);
  const loaded = new LoadedFrames(core, core.words().slice(address >>> 2, (address >>> 2) + taken));
  if (taken === total) return loaded;
  loaded.release();
  throw new ImageError('memory', `no room for frame ${taken + 1}`);
}

/**
 * Frames that the memory limit leaves when those of an image are taken too; negative for frames that are missing.
 * @param shared  see `layPages`
 */
export function roomFor(core: Core, frames: number, shared: FrameTrace | null): number {
  let same = 0;
  if (shared !== null) {
    const address = scratch(core, shared.frames.length * 4);
    core.words().set(shared.frames, address >>> 2);
    same = core.exports.frameCountSame(address, shared.frames.length, shared.epoch);
  }
  return core.frameLimit() - core.framesInUse() - (frames - same);
}
