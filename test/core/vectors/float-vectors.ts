/**
 * The file of recorded results, `float.bin.gz`: gzip of, for each of `floatInstructions` in order (little-endian),
 *
 *   word u32 · count u32 · operands u64 × count, all first ones, then all second ones, …
 *   for each of roundingModesOf(): results u64 × count · flags u8 × count
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { floatInstructions, roundingModesOf, type FloatInstruction } from './float-instructions.ts';

/** What one instruction did in one rounding mode; the i-th of each belongs together. */
export interface ModeResults {
  rm: number;
  results: BigUint64Array;
  /** fflags, having been 0 before. */
  flags: Uint8Array;
}

export interface FloatVectors {
  instruction: FloatInstruction;
  count: number;
  /** One array for each operand. */
  operands: BigUint64Array[];
  modes: ModeResults[];
}

export function packVectors(all: FloatVectors[]): Uint8Array {
  const parts = all.flatMap(({ instruction, count, operands, modes }) => [
    Uint32Array.of(instruction.word, count),
    ...operands,
    ...modes.flatMap(({ results, flags }) => [results, flags]),
  ]);
  return gzipSync(Buffer.concat(parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength))), { level: 9 });
}

/** @errors RangeError when the file was made for other instructions */
export function unpackVectors(file: Uint8Array): FloatVectors[] {
  const content = Uint8Array.from(gunzipSync(file));
  let at = 0;
  const take = (bytes: number): ArrayBuffer => {
    at += bytes;
    return content.buffer.slice(at - bytes, at);
  };
  return floatInstructions.map((instruction) => {
    const [word, count = 0] = new Uint32Array(take(8));
    if (word !== instruction.word) throw new RangeError(`float vectors: ${instruction.name} expected, word ${word} found`);
    return {
      instruction,
      count,
      operands: instruction.operands.map(() => new BigUint64Array(take(8 * count))),
      modes: roundingModesOf(instruction).map((rm) => ({
        rm,
        results: new BigUint64Array(take(8 * count)),
        flags: new Uint8Array(take(count)),
      })),
    };
  });
}
