/**
 * Where checkpoints are kept for longer than a machine lives: blobs, which are never changed, and one manifest, which says
 * which of them count.
 *
 * Whoever keeps a checkpoint writes its blobs first and the manifest last; whoever drops one writes the manifest first. A
 * store killed at any moment therefore holds the old state or the new one, and perhaps blobs that no manifest names
 * (orphans), which are swept when it is opened next.
 */
export interface CheckpointStore {
  /** What it is called in sentences for people: `this browser`, a directory. */
  readonly label: string;
  /** Null when none was ever written. */
  readManifest(): Promise<Uint8Array | null>;
  /** Replaces the manifest: afterwards, and after a crash at any moment, the old one or the new one is read, whole. @errors StoreError */
  writeManifest(bytes: Uint8Array): Promise<void>;
  /** Names of all blobs that are whole. */
  listBlobs(): Promise<string[]>;
  readBlob(name: string): Promise<Uint8Array | null>;
  /** Keeps `bytes` under `name`, a digest (`sha256:…`). Durable when it returns; never there in part. @errors StoreError */
  writeBlob(name: string, bytes: Uint8Array): Promise<void>;
  deleteBlob(name: string): Promise<void>;
  /** What it holds, and what it may hold: null where nobody says. */
  usage(): Promise<{ usedBytes: number; quotaBytes: number | null }>;
  /** Lets go of the store: another machine may open it then. */
  close(): Promise<void>;
}

/** What opening a store by name gives: one machine at a time has it. @errors StoreError `inUse` */
export type OpenStore = (name: string) => Promise<CheckpointStore>;

export type StoreFailure =
  /** Another tab or process has it open. */
  | 'inUse'
  /** There is no room: nothing of this write was kept. */
  | 'full'
  /** The environment has no such store, or refuses it (private windows, rights). */
  | 'unavailable'
  /** Reading or writing failed for another reason. */
  | 'failed';

/** One sentence for people in `message`: which store, what, and what to do. */
export class StoreError extends Error {
  readonly failure: StoreFailure;

  constructor(failure: StoreFailure, message: string) {
    super(message);
    this.name = 'StoreError';
    this.failure = failure;
  }
}
