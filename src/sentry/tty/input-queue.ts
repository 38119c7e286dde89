import { DISABLED_CHAR } from '../../abi/termios.ts';
import { bytes, defineState, int } from '../../state/index.ts';
import type { IoTarget } from '../mm/io-buffer.ts';

/** What a terminal holds of input that nobody has read: a line longer than this is cut. */
export const INPUT_BYTES = 4096;
const MASK = INPUT_BYTES - 1;

/**
 * Input of a terminal, edited but not yet read. Positions count up for ever; a byte lies at its position modulo INPUT_BYTES.
 *
 *     tail ─── whole lines ─── canonHead ─── line being typed ─── head      tail ≤ canonHead ≤ head ≤ tail + INPUT_BYTES
 */
export class InputQueue {
  buffer = new Uint8Array(INPUT_BYTES);
  /** 1 where a line ends, in the place of its last byte: an end-of-file is a DISABLED_CHAR with this mark. */
  lineEnds = new Uint8Array(INPUT_BYTES);
  tail = 0;
  canonHead = 0;
  head = 0;

  countBytes(): number {
    return this.head - this.tail;
  }

  at(position: number): number {
    return this.buffer[position & MASK]!;
  }

  put(byte: number): void {
    this.buffer[this.head & MASK] = byte;
    this.head++;
  }

  /** Appends a byte and makes everything up to it a line. */
  putLineEnd(byte: number): void {
    this.lineEnds[this.head & MASK] = 1;
    this.put(byte);
    this.canonHead = this.head;
  }

  /** Appends `source[start..start+countBytes)`; there must be room. */
  putBytes(source: Uint8Array, start: number, countBytes: number): void {
    const place = this.head & MASK;
    const first = Math.min(countBytes, INPUT_BYTES - place);
    this.buffer.set(source.subarray(start, start + first), place);
    if (first < countBytes) this.buffer.set(source.subarray(start + first, start + countBytes), 0);
    this.head += countBytes;
  }

  clear(): void {
    this.tail = 0;
    this.canonHead = 0;
    this.head = 0;
    this.lineEnds.fill(0);
  }

  /** ICANON was switched: what is there becomes one line, or plain bytes. */
  setCanonical(isCanonical: boolean): void {
    this.lineEnds.fill(0);
    if (isCanonical && this.head !== this.tail) {
      this.lineEnds[(this.head - 1) & MASK] = 1;
      this.canonHead = this.head;
    } else {
      this.canonHead = this.tail;
    }
  }

  /** Moves up to one line to `dst`, its end included, an end-of-file left out. @returns bytes moved; there must be a line */
  readLine(dst: IoTarget): number {
    let count = 0;
    const available = this.canonHead - this.tail;
    // One byte more than fits is looked at: an end-of-file right behind the last byte goes with it.
    const limit = Math.min(dst.remainingBytes + 1, available);
    while (count < limit && this.lineEnds[(this.tail + count) & MASK] === 0) count++;
    const isAtEnd = count < limit;
    const isEndOfFile = isAtEnd && this.at(this.tail + count) === DISABLED_CHAR;
    let moved = isAtEnd && !isEndOfFile ? count + 1 : count;
    moved = Math.min(moved, dst.remainingBytes);
    if (moved > 0) {
      const ready = dst.prepare(moved);
      this.copyOut(dst, ready);
      if (ready < moved) return ready;
    }
    if (isEndOfFile) this.skip(1);
    return moved;
  }

  /** Moves up to `maxBytes` bytes to `dst`. */
  readBytes(dst: IoTarget, maxBytes: number): number {
    const count = Math.min(maxBytes, this.countBytes());
    if (count === 0) return 0;
    const ready = dst.prepare(count);
    this.copyOut(dst, ready);
    if (this.canonHead < this.tail) this.canonHead = this.tail;
    return ready;
  }

  /** Bytes in whole lines, ends of file not counted: FIONREAD in canonical mode. */
  countLineBytes(): number {
    let count = 0;
    for (let at = this.tail; at < this.canonHead; at++) {
      if (this.lineEnds[at & MASK] === 0 || this.at(at) !== DISABLED_CHAR) count++;
    }
    return count;
  }

  copyOut(dst: IoTarget, countBytes: number): void {
    const place = this.tail & MASK;
    const first = Math.min(countBytes, INPUT_BYTES - place);
    dst.put(this.buffer, place, first);
    if (first < countBytes) dst.put(this.buffer, 0, countBytes - first);
    this.skip(countBytes);
  }

  skip(countBytes: number): void {
    for (let i = 0; i < countBytes; i++) this.lineEnds[(this.tail + i) & MASK] = 0;
    this.tail += countBytes;
  }
}

defineState(InputQueue, 'InputQueue', 1, { buffer: bytes, lineEnds: bytes, tail: int, canonHead: int, head: int });
