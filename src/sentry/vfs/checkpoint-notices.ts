import type { ByteString } from '../../base/bytes.ts';
import { anyRef, bool, byteString, defineState, list, set, u32 } from '../../state/index.ts';

/** How an attempt to checkpoint ended, as those inside are told: in the original `resume` or `error`, in a copy `restore`. */
export type CheckpointOutcome = 'resume' | 'restore' | 'error';

/** Waits for the next checkpoint: an open file of /proc/gvisor/checkpoint. */
export interface CheckpointWatcher {
  checkpointed(outcome: CheckpointOutcome): void;
}

/**
 * What programs can know of checkpoints and ask for: behind /proc/gvisor.
 *
 * An image holds the count of before the checkpoint. So the original and its copy both come to the same count, one by `resume`,
 * one by `restore`.
 */
export class CheckpointNotices {
  /** Attempts in this container's life and restores, together. */
  count = 0;
  /** The last of them was a restore. */
  isRestore = false;
  /** Who has not been told yet of the attempt after `count`. */
  watchers = new Set<CheckpointWatcher>();
  /** The container lets programs inside ask for a checkpoint. */
  isEnabled = false;
  /** There is a place to save to, and it has been used: one image each. */
  hasSaver = false;
  isSaverUsed = false;
  /** A checkpoint was asked for from inside, and nobody has begun it. */
  isRequested = false;
  /** Environment in the container's spec, as of the last restore. */
  specEnvironment: ByteString[] = [];
  /** /proc/gvisor/kernel_is_gvisor is there. */
  hasMarker = false;

  /** Ends an attempt: counts it, and tells those who wait. */
  conclude(outcome: CheckpointOutcome): void {
    this.count++;
    this.isRestore = outcome === 'restore';
    if (this.isRestore) this.isRequested = this.isSaverUsed = false;
    const told = [...this.watchers];
    this.watchers.clear();
    for (const watcher of told) watcher.checkpointed(outcome);
  }
}

defineState(CheckpointNotices, 'CheckpointNotices', 1, {
  count: u32,
  isRestore: bool,
  watchers: set(anyRef<CheckpointWatcher>()),
  isEnabled: bool,
  hasSaver: bool,
  isSaverUsed: bool,
  isRequested: bool,
  specEnvironment: list(byteString),
  hasMarker: bool,
});
