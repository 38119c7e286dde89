import { ImageError, panic } from '../../base/errors.ts';
import type { Core, FrameFiller } from '../../core/core.ts';
import { PAGE_BYTES } from '../../core/layout.ts';
import type { FrameList } from './frame-numbers.ts';
import type { BasePageLoader, PageChain } from './page-chain.ts';
import type { WorkingSet } from './working-set.ts';

/** Pages of one restored image. */
interface Origin {
  /** The source of image frame 1; those of the others follow. */
  readonly first: number;
  readonly chain: PageChain;
  readonly loadBase: BasePageLoader;
  readonly workingSet: WorkingSet;
}

/** Pages that are filled ahead. */
interface Prefetch {
  readonly origin: Origin;
  /** The frame of each image frame. */
  readonly frames: FrameList;
  /** Image frames, those likely to be looked at soon first; worked out at the first step. */
  order: Uint32Array | null;
  next: number;
}

/**
 * Gives the frames of restored containers their content: when somebody looks at them, and ahead of that while there is
 * time. One for each core.
 *
 * What it reads was checked whole before the restore (`PageChain.check`), so that no page is found damaged when the machine
 * stands on it. The ImageError of one that cannot be had all the same stops the machine.
 */
export class Pager implements FrameFiller {
  private readonly core: Core;
  private origins: Origin[] = [];
  private nextSource = 1;
  private prefetch: Prefetch | null = null;
  private isAhead = false;

  private constructor(core: Core) {
    this.core = core;
  }

  /** The pager of a core. */
  static of(core: Core): Pager {
    const filler = core.filler();
    if (filler instanceof Pager) return filler;
    const pager = new Pager(core);
    core.setFiller(pager);
    return pager;
  }

  /** Takes on the pages of an image. @returns the source of its image frame 1 */
  attach(chain: PageChain, loadBase: BasePageLoader, workingSet: WorkingSet): number {
    this.forgetUnused();
    const first = this.nextSource;
    this.nextSource += chain.frames();
    this.origins.push({ first, chain, loadBase, workingSet });
    return first;
  }

  /** From now on `step` fills the frames of the image that was attached last. */
  fillAhead(frames: FrameList): void {
    const origin = this.origins.at(-1) ?? panic('pager: there is nothing to fill ahead');
    this.prefetch = { origin, frames, order: null, next: 0 };
  }

  /**
   * Fills up to `pages` frames ahead, in the order of the previous working set. A page that cannot be had is told of to who
   * looks at it, not here.
   * @returns whether there are more
   */
  step(pages: number): boolean {
    const { prefetch, core } = this;
    if (prefetch === null) return false;
    const { origin, frames } = prefetch;
    const order = (prefetch.order ??= origin.workingSet.order(origin.chain));
    this.isAhead = true;
    try {
      for (let left = pages; left > 0 && prefetch.next < order.length; prefetch.next++) {
        const frame = frames[order[prefetch.next]! - 1]!;
        if (core.frameSource(frame) === 0) continue; // filled, or let go of
        core.frameContent(frame);
        left--;
      }
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      prefetch.next = order.length;
    } finally {
      this.isAhead = false;
    }
    if (prefetch.next === order.length) this.prefetch = null;
    return this.prefetch !== null;
  }

  /** Whether `step` has more to do. */
  hasMore(): boolean {
    return this.prefetch !== null;
  }

  fill(frame: number, source: number): void {
    const { core } = this;
    const origin = this.originOf(source);
    const imageFrame = source - origin.first + 1;
    origin.chain.copyPage(core, imageFrame, frame * PAGE_BYTES, core.fillBuffer(), origin.loadBase);
    if (!this.isAhead) origin.workingSet.note(imageFrame);
  }

  private originOf(source: number): Origin {
    for (let i = this.origins.length - 1; i >= 0; i--) {
      const origin = this.origins[i]!;
      if (source >= origin.first) return origin;
    }
    return panic(`pager: no image has source ${source}`);
  }

  /** Lets go of images of which no frame is waiting for its content any more. */
  private forgetUnused(): void {
    this.origins = this.origins.filter(({ first, chain }) => this.core.hasAbsent(first, first + chain.frames()));
    if (this.origins.length === 0) this.nextSource = 1;
  }
}
