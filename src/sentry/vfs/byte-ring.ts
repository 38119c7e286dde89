import { makeKind } from '../../state/kinds.ts';
import { defineState, int } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';

const INITIAL_BYTES = 256;

/**
 * A queue of bytes that grows as needed, for whoever has its own rule of when it is full.
 *
 *    buffer   ┌───────────┬──────────────┬──────────┐
 *             │           │ used bytes   │          │   the used part may wrap around
 *             └───────────┴──────────────┴──────────┘
 *                       head
 */
export class ByteRing {
  /** Room in memory; a power of two. */
  buffer = new Uint8Array(INITIAL_BYTES);
  /** Place of the oldest byte. */
  head = 0;
  /** Bytes waiting. */
  used = 0;

  isEmpty(): boolean {
    return this.used === 0;
  }

  clear(): void {
    this.head = 0;
    this.used = 0;
  }

  /** Appends `source[start..start+countBytes)`. */
  push(source: Uint8Array, start: number, countBytes: number): void {
    this.reserve(countBytes);
    const mask = this.buffer.length - 1;
    const tail = (this.head + this.used) & mask;
    if (countBytes <= 8) {
      for (let i = 0; i < countBytes; i++) this.buffer[(tail + i) & mask] = source[start + i]!;
    } else {
      const first = Math.min(countBytes, this.buffer.length - tail);
      this.buffer.set(source.subarray(start, start + first), tail);
      if (first < countBytes) this.buffer.set(source.subarray(start + first, start + countBytes), 0);
    }
    this.used += countBytes;
  }

  /** Appends the next `countBytes` (prepared) bytes of `source`. */
  pushFrom(source: IoSource, countBytes: number): void {
    this.reserve(countBytes);
    const tail = (this.head + this.used) & (this.buffer.length - 1);
    const first = Math.min(countBytes, this.buffer.length - tail);
    source.take(this.buffer, tail, first);
    if (first < countBytes) source.take(this.buffer, 0, countBytes - first);
    this.used += countBytes;
  }

  /** Moves the oldest `countBytes` (prepared) bytes to `target`. */
  shiftInto(target: IoTarget, countBytes: number): void {
    const first = Math.min(countBytes, this.buffer.length - this.head);
    target.put(this.buffer, this.head, first);
    if (first < countBytes) target.put(this.buffer, 0, countBytes - first);
    this.drop(countBytes);
  }

  /** Takes out up to `maxBytes` of the oldest bytes. */
  shift(maxBytes: number): Uint8Array {
    const result = this.peek(maxBytes);
    this.drop(result.length);
    return result;
  }

  /** A copy of up to `maxBytes` of the oldest bytes. */
  peek(maxBytes: number): Uint8Array {
    const result = new Uint8Array(Math.min(maxBytes, this.used));
    const first = Math.min(result.length, this.buffer.length - this.head);
    result.set(this.buffer.subarray(this.head, this.head + first));
    if (first < result.length) result.set(this.buffer.subarray(0, result.length - first), first);
    return result;
  }

  /** Forgets the oldest `countBytes`. */
  drop(countBytes: number): void {
    this.used -= countBytes;
    this.head = this.used === 0 ? 0 : (this.head + countBytes) & (this.buffer.length - 1);
  }

  /** Forgets all but the oldest `countBytes`. */
  truncate(countBytes: number): void {
    this.used = Math.min(this.used, countBytes);
  }

  /** Makes room for `countBytes` more. */
  reserve(countBytes: number): void {
    const needed = this.used + countBytes;
    if (needed <= this.buffer.length) return;
    let lengthBytes = this.buffer.length;
    while (lengthBytes < needed) lengthBytes *= 2;
    const grown = new Uint8Array(lengthBytes);
    grown.set(this.peek(this.used));
    this.buffer = grown;
    this.head = 0;
  }
}

/** Only the bytes that wait are saved; they lie at the same places in the buffer of the same length. */
const ringBuffer = makeKind<Uint8Array>(
  'ringBuffer',
  (writer, value) => {
    let end = value.length;
    while (end > 0 && value[end - 1] === 0) end--;
    writer.int(value.length);
    writer.int(end);
    writer.blob(value.subarray(0, end));
  },
  (reader) => {
    const lengthBytes = reader.upTo(MAX_RING_BYTES, 'the length of a ring');
    const end = reader.upTo(lengthBytes, 'the used part of a ring');
    if (lengthBytes === 0 || (lengthBytes & (lengthBytes - 1)) !== 0) reader.refuse('the length of a ring is no power of two');
    const buffer = new Uint8Array(lengthBytes);
    buffer.set(reader.view(end));
    return buffer;
  },
);
const MAX_RING_BYTES = 1 << 26;

defineState(ByteRing, 'ByteRing', 1, { buffer: ringBuffer, head: int, used: int });
