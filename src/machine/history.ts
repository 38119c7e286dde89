import { Timeline } from '../container/timeline.ts';
import type { TimelineEntry } from '../container/timeline.ts';
import { Core } from '../core/core.ts';
import type { BaseTree } from '../ports/base-tree.ts';
import { readBasePage } from '../sentry/checkpoint/base-pages.ts';
import { readImage } from '../sentry/checkpoint/image.ts';
import { ImageError } from '../base/errors.ts';
import type { CheckpointInfo } from './api.ts';

/** A machine's checkpoints, as it tells of them. */
export class History {
  readonly timeline: Timeline;
  /** For page work; no frame of it is used. */
  readonly core: Core;
  private readonly base: BaseTree;

  constructor(module: WebAssembly.Module, base: BaseTree) {
    this.core = Core.create(module, { frames: 16 });
    this.base = base;
    this.timeline = new Timeline(this.core);
  }

  info(entry: TimelineEntry): CheckpointInfo {
    const { id, name, note, takenAtMs, leftRunning, parentId, imageBytes, digest, isDifference, isAutosave, pauseMs, totalMs, counts } = entry;
    return {
      id, name, note, takenAtMs, leftRunning, parentId, digest, isDifference, isAutosave, imageBytes, pauseMs, totalMs,
      chainBytes: this.timeline.chainBytes(id),
      freedByDeletingBytes: this.timeline.freedByDeleting(id),
      isStored: false,
      pages: counts['frames'] ?? 0,
      dataPages: (counts['compressed'] ?? 0) + (counts['raw'] ?? 0) + (counts['delta'] ?? 0),
      processes: counts['threadGroups'] ?? 0,
      execProcesses: counts['execGroups'] ?? 0,
    };
  }

  list(): CheckpointInfo[] {
    return this.timeline.list().map((entry) => this.info(entry));
  }

  /** A checkpoint as one image that stands on no other; a copy. @errors ImageError */
  fullImage(id: string): Uint8Array {
    const full = this.timeline.fullImage(id, (source, page, out) => readBasePage(this.base, source, page, out));
    return this.timeline.entry(id).isDifference ? full : full.slice();
  }

  /** Takes an image in, checked whole. @errors ImageError; nothing was added then */
  importImage(image: Uint8Array, name: string): TimelineEntry {
    const { baseImage } = readImage(image, this.core).metadata;
    if (baseImage !== null && baseImage !== this.base.digest) {
      throw new ImageError('base image', `the checkpoint lies over ${baseImage}, this machine has ${this.base.digest}: open it over the image that it was made with`);
    }
    return this.timeline.import(image.slice(), name);
  }
}
