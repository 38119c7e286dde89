import { ImageError, panic } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import { scratch } from './core-wire.ts';

/** Frames by image frame; that of image frame n is at n − 1. */
export type FrameList = readonly number[] | Uint32Array;

/** Numbers the frames of a checkpoint in the order in which they are met: image frame 1, 2, … */
export class FrameNumbers {
  /** The frame of the core for each image frame; image frame n is at n − 1. */
  readonly frames: number[] = [];
  /** The image frame of each frame, 0 for none; grown as higher frames are met. */
  private imageFrames = new Uint32Array(0);

  /** The image frame of a frame, numbered now if it is new. */
  saveFrame(frame: number): number {
    if (frame === 0) panic('checkpoint: frame 0 was saved');
    if (frame >= this.imageFrames.length) {
      const grown = new Uint32Array(Math.max(frame + 1024, this.imageFrames.length * 2));
      grown.set(this.imageFrames);
      this.imageFrames = grown;
    }
    const known = this.imageFrames[frame] ?? 0;
    if (known !== 0) return known;
    const imageFrame = this.frames.push(frame);
    this.imageFrames[frame] = imageFrame;
    return imageFrame;
  }
}

/**
 * The frames of an image, loaded into a core. Every use of one takes a reference: each `frame` field of the kernel state
 * owns one, each page-table entry another. `release` gives the loader's own back.
 */
export class LoadedFrames {
  readonly core: Core;
  /** The frame for each image frame; image frame n is at n − 1. */
  readonly frames: FrameList;

  constructor(core: Core, frames: FrameList) {
    this.core = core;
    this.frames = frames;
  }

  /** The frame for an image frame, with one more reference, which the caller owns. @errors ImageError when there is none */
  loadFrame(imageFrame: number): number {
    const frame = this.frameOf(imageFrame);
    this.core.frameRef(frame);
    return frame;
  }

  /** The frame for an image frame, no reference taken. @errors ImageError when there is none */
  frameOf(imageFrame: number): number {
    const frame = this.frames[imageFrame - 1];
    if (frame === undefined) throw new ImageError('page map', `frame ${imageFrame} of ${this.frames.length} does not exist`);
    return frame;
  }

  /** Gives the loader's references back; a frame that nobody took is freed. */
  release(): void {
    const { core, frames } = this;
    const address = scratch(core, frames.length * 4);
    core.words().set(frames, address >>> 2);
    core.exports.frameUnrefMany(address, frames.length);
  }
}
