/**
 * Where checkpoints are kept for longer than a machine lives: blobs, which are never changed, and one manifest, which says
 * which of them count.
 *
 * Whoever keeps a checkpoint writes its blobs first and the manifest last; whoever drops one writes the manifest first, unless
 * there is no room for that before. A store killed at any moment therefore holds the old state or the new one, and perhaps blobs
 * that no manifest names (orphans), which are swept when it is opened next.
 *
 * Calls take effect in the order in which they are made, whether or not the one before has returned. Each of them may throw
 * a `StoreError`; nothing of a write that failed is kept. Bytes that are given may be changed again once the call has
 * returned; bytes that are got are the caller's.
 */
export interface CheckpointStore {
  /** What it is called in sentences for people: `this browser`, a directory. */
  readonly label: string;
  /** Null when none was ever written. */
  readManifest(): Promise<Uint8Array | null>;
  /** Replaces the manifest: afterwards, and after a crash at any moment, the old one or the new one is read, whole. @errors StoreError */
  writeManifest(bytes: Uint8Array): Promise<void>;
  /** Names of all blobs that are whole, in no order. */
  listBlobs(): Promise<string[]>;
  readBlob(name: string): Promise<Uint8Array | null>;
  /** Keeps `bytes` under `name`, a digest (`sha256:…`). Durable when it returns; never there in part. @errors StoreError */
  writeBlob(name: string, bytes: Uint8Array): Promise<void>;
  /** One that is not there is no error. */
  deleteBlob(name: string): Promise<void>;
  /**
   * What is in use, and how much of that there may be: null where nobody says. In a browser all that the site keeps counts, by
   * the browser's estimate; a directory's limit is what the disk has left beside it.
   */
  usage(): Promise<{ usedBytes: number; quotaBytes: number | null }>;
  /** Lets go of the store, when all calls before have returned: another machine may open it then. Again: does nothing. */
  close(): Promise<void>;
}

/**
 * What opening a store by name gives: one machine at a time has it, until it closes it or dies.
 * @param name   letters, digits, `.`, `_` and `-`, a letter or digit first, up to 64
 * @errors       StoreError `inUse`, `unavailable`
 */
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

/** @errors StoreError `failed` for a name that no store may have */
export function requireStoreName(name: string): void {
  if (!/^[a-z0-9][\w.-]{0,63}$/i.test(name)) {
    throw new StoreError('failed', `a store cannot be called ${JSON.stringify(name)}: letters, digits, '.', '_' and '-', a letter or digit first, at most 64 of them`);
  }
}

/** @errors StoreError `failed` for a name that is no digest */
export function requireBlobName(name: string): void {
  if (!/^sha256:[0-9a-f]{64}$/.test(name)) throw new StoreError('failed', `a blob is named by its digest, sha256: and 64 hexadecimal digits, not ${JSON.stringify(name)}`);
}
