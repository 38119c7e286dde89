import type { Core } from '../../core/core.ts';
import { PAGE_SHIFT } from '../../core/layout.ts';
import type { FrameList } from './frame-numbers.ts';

/**
 * What the frames of a core were in an image, so that the next checkpoint can be a difference to it. Made by the checkpoint
 * that wrote the image, or by the restore that read it.
 *
 * A frame is *unchanged* when the epoch of its last change is not after the epoch that ended when the image was made. That is
 * exact: a frame in use then had such an epoch, every write stamps it with a later one, and so does handing the frame out
 * again after it was freed. A frame that changed still has an image frame here, which is worth a try as the base of a
 * difference; it need not be the same page any more. A better one is the frame that was mapped in its place: after a fork
 * the first store moves a page to another frame.
 */
export class FrameTrace {
  readonly core: Core;
  /** The epoch that ended when the image was made, or when it had been loaded. */
  readonly epoch: number;
  /** The frame of each image frame, in order. */
  readonly frames: FrameList;
  /** The image frame of each frame, 0 for none. */
  private readonly imageFrames: Uint32Array;
  /** The page tables as they were, by address space: pairs of virtual page number and PTE, ascending. */
  private readonly tables = new WeakMap<object, Uint32Array>();

  /** @param frames  the frame of each image frame, in order */
  constructor(core: Core, frames: FrameList, epoch: number) {
    this.core = core;
    this.epoch = epoch;
    this.frames = frames;
    let highest = 0;
    for (let i = 0; i < frames.length; i++) highest = Math.max(highest, frames[i]!);
    this.imageFrames = new Uint32Array(highest + 1);
    for (let i = 0; i < frames.length; i++) this.imageFrames[frames[i]!] = i + 1;
  }

  /** The image frame that `frame` was, 0 for none. */
  imageFrameOf(frame: number): number {
    return this.imageFrames[frame] ?? 0;
  }

  /** Whether a frame in use, or in use at the freeze that is active, has not changed since the image. */
  isUnchanged(frame: number): boolean {
    return this.core.frameDirtyEpoch(frame) <= this.epoch;
  }

  /** Notes the page table of an address space at the time of the image (`dumpSpace`). */
  noteTable(space: object, pairs: Uint32Array): void {
    this.tables.set(space, pairs);
  }

  /**
   * For changed frames of an address space, the image frame that was mapped in their place.
   *
   * @param pairs     its page table at the freeze that is active
   * @param places    where they are put, by frame; what is there already stays
   */
  findPlaces(space: object, pairs: Uint32Array, places: Map<number, number>): void {
    const before = this.tables.get(space);
    if (before === undefined) return;
    let then = 0;
    for (let now = 0; now < pairs.length; now += 2) {
      const page = pairs[now]!;
      const frame = pairs[now + 1]! >>> PAGE_SHIFT;
      while (then < before.length && before[then]! < page) then += 2;
      if (then === before.length) return;
      if (before[then] !== page || this.isUnchanged(frame) || places.has(frame)) continue;
      const imageFrame = this.imageFrameOf(before[then + 1]! >>> PAGE_SHIFT);
      if (imageFrame !== 0) places.set(frame, imageFrame);
    }
  }
}
