/** What is known of a checkpoint when it has been taken. */
export interface CheckpointFacts {
  readonly name: string;
  readonly note: string;
  readonly leftRunning: boolean;
  /** How long no guest could run. */
  readonly pauseMs: number;
  readonly totalMs: number;
  /** Taken without being asked for: it stands beside the history, and nothing is taken below it. */
  readonly isAutosave?: boolean;
}

/** One checkpoint of the tree. */
export interface TimelineEntry extends CheckpointFacts {
  /** `k1`, `k2`, … in the order of taking; never used again. */
  readonly id: string;
  /** The checkpoint that the container had gone on from; null at a root. */
  readonly parentId: string | null;
  /** Realtime, milliseconds since 1970. */
  readonly takenAtMs: number;
  readonly digest: string;
  /** Bytes of its own image, without what that stands on. */
  readonly imageBytes: number;
  /** Whether the image is a difference to another one. */
  readonly isDifference: boolean;
  readonly counts: { readonly [name: string]: number };
  readonly isAutosave: boolean;
}

/** What outlives the machine of an entry; the rest is read from its image. */
export type KeptEntry = CheckpointFacts & Pick<TimelineEntry, 'id' | 'parentId' | 'digest'>;
