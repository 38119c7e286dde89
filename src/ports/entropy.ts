/** Randomness from outside. Bound anew at every restore, so that two copies of one image do not share secrets. */
export interface Entropy {
  /** `countBytes` random bytes. */
  bytes(countBytes: number): Uint8Array;
}
