/**
 * What qemu did, in three files, each gzip of:
 *
 *   isa-vectors.bin.gz    results of `vectorProgram`, u64 each, in order
 *   isa-blocks.bin.gz     of each block of `blockProgram(BLOCK_SEED)`, the first 8 bytes of SHA-256 of its registers
 *   isa-legality.bin.gz   of each of `legalityWords`, a bit, set when it is illegal; the first is bit 0 of byte 0
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { BLOCK_BYTES, BLOCKS } from './isa-program.ts';

export type Recording = 'vectors' | 'blocks' | 'legality';

export const BLOCK_SEED = 1n;
export const BLOCK_HASH_BYTES = 8;

function pathOf(recording: Recording): URL {
  return new URL(`./isa-${recording}.bin.gz`, import.meta.url);
}

export function readRecording(recording: Recording): Uint8Array {
  return Uint8Array.from(gunzipSync(readFileSync(pathOf(recording))));
}

export function writeRecording(recording: Recording, bytes: Uint8Array): void {
  writeFileSync(pathOf(recording), gzipSync(bytes, { level: 9 }));
}

/** Hashes of all blocks, one after the other, of what `blockProgram` printed. */
export function hashBlocks(output: Uint8Array): Uint8Array {
  const hashes = new Uint8Array(BLOCKS * BLOCK_HASH_BYTES);
  for (let i = 0; i < BLOCKS; i++) {
    const hash = createHash('sha256').update(output.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES)).digest();
    hashes.set(hash.subarray(0, BLOCK_HASH_BYTES), i * BLOCK_HASH_BYTES);
  }
  return hashes;
}
