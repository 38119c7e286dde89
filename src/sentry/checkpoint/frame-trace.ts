import type { Core } from '../../core/core.ts';

/**
 * What the frames of a core were in an image, so that the next checkpoint can be a difference to it. Made by the checkpoint
 * that wrote the image, or by the restore that read it.
 *
 * A frame is *unchanged* when the epoch of its last change is not after the epoch that ended when the image was made. That is
 * exact: a frame in use then had such an epoch, every write stamps it with a later one, and so does handing the frame out
 * again after it was freed. A frame that changed still has an image frame here, which is worth a try as the base of a
 * difference; it need not be the same page any more.
 */
export class FrameTrace {
  readonly core: Core;
  /** The epoch that ended when the image was made, or when it had been loaded. */
  readonly epoch: number;
  /** The image frame of each frame, 0 for none. */
  private readonly imageFrames: Uint32Array;

  /** @param frames  the frame of each image frame, in order */
  constructor(core: Core, frames: readonly number[], epoch: number) {
    this.core = core;
    this.epoch = epoch;
    let highest = 0;
    for (const frame of frames) if (frame > highest) highest = frame;
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
}
