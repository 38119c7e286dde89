import type { CheckpointNotices, CheckpointOutcome } from '../sentry/vfs/checkpoint-notices.ts';

/** How an attempt to checkpoint ended. */
export interface CheckpointEnd {
  readonly outcome: CheckpointOutcome;
  /** Of one that failed. */
  readonly error: string | null;
}

/** Attempts that are remembered. */
const MOST_ATTEMPTS = 16;

/** The attempts to checkpoint a container, as those know who wait for them inside and outside. */
export class CheckpointAttempts {
  private readonly notices: CheckpointNotices;
  /** How the last ones ended, by their count. */
  private readonly ends = new Map<number, CheckpointEnd>();

  constructor(notices: CheckpointNotices) {
    this.notices = notices;
  }

  conclude(outcome: CheckpointOutcome, error: string | null): void {
    const { notices } = this;
    notices.conclude(outcome);
    this.ends.set(notices.count, { outcome, error });
    this.ends.delete(notices.count - MOST_ATTEMPTS);
  }

  /** How the attempt or restore with that count ended; null while it has not. Of a long gone one only that it was. */
  end(count: number): CheckpointEnd | null {
    const { notices } = this;
    if (count > notices.count) return null;
    return this.ends.get(count) ?? { outcome: notices.isRestore ? 'restore' : 'resume', error: null };
  }
}
