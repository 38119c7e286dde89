/**
 * Keeps something in a store as a timeline keeps its checkpoints: blobs first, then the manifest that names them, then away with
 * what it names no more. All bytes follow from numbers, so that whoever opens the store next can tell whether all is there.
 */

import type { CheckpointStore } from '../../src/ports/checkpoint-store.ts';
import { blobName, pattern, sameBytes } from './store-contract.ts';

/** A blob that a manifest names: `pattern(seed, sizeBytes)` under `blobName(seed)`. */
interface KeptBlob {
  readonly seed: number;
  readonly sizeBytes: number;
}

export interface Generation {
  readonly number: number;
  readonly blobs: readonly KeptBlob[];
}

/** How many blobs a manifest names at most; each save adds one or two, as a checkpoint does. */
const KEPT_BLOBS = 4;
const SIZES_BYTES = [700, 150_000, 5000, 60_000, 1_200_000];

/** What the generation after `before` holds. */
export function generationAfter(before: Generation): Generation {
  const number = before.number + 1;
  const added = Array.from({ length: 1 + (number % 2) }, (_, i) => ({ seed: number * 2 + i, sizeBytes: SIZES_BYTES[(number + i) % SIZES_BYTES.length] ?? 0 }));
  return { number, blobs: [...before.blobs, ...added].slice(-KEPT_BLOBS) };
}

export const NO_GENERATION: Generation = { number: 0, blobs: [] };

export async function keep(store: CheckpointStore, generation: Generation, before: Generation): Promise<void> {
  const had = new Set(before.blobs.map(({ seed }) => seed));
  for (const { seed, sizeBytes } of generation.blobs) if (!had.has(seed)) await store.writeBlob(blobName(seed), pattern(seed, sizeBytes));
  await store.writeManifest(new TextEncoder().encode(JSON.stringify(generation)));
  const needed = new Set(generation.blobs.map(({ seed }) => seed));
  for (const { seed } of before.blobs) if (!needed.has(seed)) await store.deleteBlob(blobName(seed));
}

/** Saves for ever; tells after each save the number of what is kept now. */
export async function keepForever(store: CheckpointStore, from: Generation, tell: (number: number) => void): Promise<never> {
  for (let before = from; ; ) {
    const generation = generationAfter(before);
    await keep(store, generation, before);
    tell(generation.number);
    before = generation;
  }
}

/**
 * Reads what a store holds after a crash, and sweeps the blobs that its manifest does not name.
 *
 * @returns   the generation, and how many blobs were swept
 * @errors    anything that the manifest names is missing or different
 */
export async function recover(store: CheckpointStore): Promise<{ generation: Generation; swept: number }> {
  const manifest = await store.readManifest();
  const generation = manifest === null ? NO_GENERATION : (JSON.parse(new TextDecoder().decode(manifest)) as Generation);
  for (const { seed, sizeBytes } of generation.blobs) {
    if (!sameBytes(await store.readBlob(blobName(seed)), pattern(seed, sizeBytes))) throw new Error(`generation ${generation.number} has lost blob ${seed}`);
  }
  const needed = new Set(generation.blobs.map(({ seed }) => blobName(seed)));
  const orphans = (await store.listBlobs()).filter((name) => !needed.has(name));
  for (const name of orphans) await store.deleteBlob(name);
  return { generation, swept: orphans.length };
}
