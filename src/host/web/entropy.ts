import type { Entropy } from '../../ports/entropy.ts';

/** Most bytes that one call of getRandomValues gives. */
const MAX_CHUNK_BYTES = 65_536;

/** Randomness from the Web Crypto interface, which browsers, workers and Node have. */
export const webEntropy: Entropy = {
  bytes(countBytes) {
    const bytes = new Uint8Array(countBytes);
    for (let at = 0; at < countBytes; at += MAX_CHUNK_BYTES) crypto.getRandomValues(bytes.subarray(at, Math.min(countBytes, at + MAX_CHUNK_BYTES)));
    return bytes;
  },
};
