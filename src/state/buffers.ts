/**
 * Kinds of typed arrays. Each is written as raw little-endian bytes (every host that runs Wasm is little-endian) and read
 * into a buffer of its own; a view into a larger buffer comes back as a copy of what it showed.
 */

import { makeKind } from './kinds.ts';
import type { Kind } from './kinds.ts';

type TypedArray = Uint8Array | Uint32Array | Float64Array;

function bufferKind<T extends TypedArray>(
  description: string,
  elementBytes: number,
  isOfType: (value: unknown) => boolean,
  make: (buffer: ArrayBuffer) => T,
): Kind<T> {
  return makeKind<T>(
    description,
    (writer, value) => {
      if (!isOfType(value)) writer.reject(value, `of kind ${description}`);
      if (writer.writtenBefore(value, description)) return;
      writer.int(value.length + 1);
      writer.blob(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    },
    (reader) => {
      const header = reader.int();
      if (header === 0) return reader.readBefore(description);
      const copy = new Uint8Array(reader.view((header - 1) * elementBytes));
      return reader.began(make(copy.buffer), description);
    },
  );
}

export const bytes: Kind<Uint8Array> = bufferKind<Uint8Array>('bytes', 1, (v) => v instanceof Uint8Array, (buffer) => new Uint8Array(buffer));
export const u32s: Kind<Uint32Array> = bufferKind<Uint32Array>('u32s', 4, (v) => v instanceof Uint32Array, (buffer) => new Uint32Array(buffer));
export const f64s: Kind<Float64Array> = bufferKind<Float64Array>('f64s', 8, (v) => v instanceof Float64Array, (buffer) => new Float64Array(buffer));

/** Page-frame numbers, collected and replaced like `frame`. */
export const frames: Kind<Uint32Array> = makeKind<Uint32Array>(
  'frames',
  (writer, value) => {
    if (!(value instanceof Uint32Array)) writer.reject(value, 'a Uint32Array of frame numbers');
    if (writer.writtenBefore(value, 'frames')) return;
    writer.int(value.length + 1);
    for (const frame of value) writer.frame(frame);
  },
  (reader) => {
    const header = reader.lengthPlusOne();
    if (header === 0) return reader.readBefore('frames');
    const result = reader.began(new Uint32Array(header - 1), 'frames');
    for (let i = 0; i < result.length; i++) result[i] = reader.frame();
    return result;
  },
);
