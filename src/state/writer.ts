import { KernelPanic } from '../base/errors.ts';
import type { Tapes, WalkContext } from './wire.ts';

const INITIAL_INTS = 1 << 12;
const INITIAL_BYTES = 1 << 12;
const floatScratch = new Float64Array(1);
const floatScratchBytes = new Uint8Array(floatScratch.buffer);

/** Two growing tapes: integers and bytes. */
export class TapeWriter {
  ints = new Float64Array(INITIAL_INTS);
  intCount = 0;
  bytes = new Uint8Array(INITIAL_BYTES);
  byteCount = 0;

  /** Appends an integer, |value| ≤ 2^53. */
  int(value: number): void {
    if (this.intCount === this.ints.length) {
      const grown = new Float64Array(this.ints.length * 2);
      grown.set(this.ints);
      this.ints = grown;
    }
    this.ints[this.intCount++] = value;
  }

  /** Appends integers. */
  append(ints: Float64Array): void {
    if (this.intCount + ints.length > this.ints.length) {
      const grown = new Float64Array(Math.max(this.ints.length * 2, this.intCount + ints.length));
      grown.set(this.ints);
      this.ints = grown;
    }
    this.ints.set(ints, this.intCount);
    this.intCount += ints.length;
  }

  /** Makes room for `count` bytes and returns the offset in `bytes` to put them at. */
  reserve(count: number): number {
    const at = this.byteCount;
    if (at + count > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.bytes.length * 2, at + count));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
    }
    this.byteCount = at + count;
    return at;
  }

  blob(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** Appends all 64 bits of a number; every NaN is written as the same one. */
  float(value: number): void {
    floatScratch[0] = Number.isNaN(value) ? NaN : value;
    this.blob(floatScratchBytes);
  }

  /** Appends a string: its length and width as one integer, then one byte a character, or two when one is above U+00FF. */
  string(value: string): void {
    const length = value.length;
    const at = this.reserve(length);
    const bytes = this.bytes;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0xff) {
        this.byteCount = at;
        this.wideString(value);
        return;
      }
      bytes[at + i] = code;
    }
    this.int(length * 2);
  }

  private wideString(value: string): void {
    this.int(value.length * 2 + 1);
    const at = this.reserve(value.length * 2);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      this.bytes[at + 2 * i] = code & 0xff;
      this.bytes[at + 2 * i + 1] = code >>> 8;
    }
  }
}

/** Joins tapes end to end. */
export function joinTapes(first: TapeWriter, second: TapeWriter): Tapes {
  const ints = new Float64Array(first.intCount + second.intCount);
  ints.set(first.ints.subarray(0, first.intCount));
  ints.set(second.ints.subarray(0, second.intCount), first.intCount);
  const bytes = new Uint8Array(first.byteCount + second.byteCount);
  bytes.set(first.bytes.subarray(0, first.byteCount));
  bytes.set(second.bytes.subarray(0, second.byteCount), first.byteCount);
  return { ints, bytes };
}

/**
 * Where the kinds write a graph: a tape, the numbering of objects, and the place for messages.
 *
 * Objects of classes are numbered when first met and written later, from a queue, so that a deep structure needs no deep stack.
 * Lists, maps and plain objects are written in place; met again, only their number is written.
 */
export class GraphWriter extends TapeWriter {
  context: WalkContext;
  /** Whether `later` is to wait for `writeHoles`. */
  readonly isPatient: boolean;
  /** Integers that are not there yet: where in the tape they belong, ascending, and how they are written. */
  private holes: { readonly at: number; readonly write: () => void }[] = [];
  /** Objects met so far; the i-th has number i + 1. */
  objects: object[] = [];
  numbers = new Map<object, number>();
  containers = new Map<object, number>();
  containerKinds: string[] = [];
  /** What is being written, for messages. */
  className = '';
  fieldName = '';

  constructor(context: WalkContext, isPatient = false) {
    super();
    this.context = context;
    this.isPatient = isPatient;
  }

  /** Writes integers, only integers, here in the tape, but perhaps not before `writeHoles`. */
  later(write: () => void): void {
    if (this.isPatient) this.holes.push({ at: this.intCount, write });
    else write();
  }

  /** Writes what was put off, each where it belongs. */
  writeHoles(): void {
    const { holes, ints, intCount } = this;
    if (holes.length === 0) return;
    this.holes = [];
    this.ints = new Float64Array(ints.length * 2);
    this.intCount = 0;
    let done = 0;
    for (const { at, write } of holes) {
      this.append(ints.subarray(done, at));
      write();
      done = at;
    }
    this.append(ints.subarray(done, intCount));
  }

  /** Appends the number of a class instance. */
  object(target: object): void {
    let number = this.numbers.get(target);
    if (number === undefined) {
      number = this.objects.push(target);
      this.numbers.set(target, number);
    }
    this.int(number);
  }

  /** Appends a page-frame number as the image's number for it; 0 (none) stays 0. */
  frame(frame: number): void {
    this.int(frame === 0 ? 0 : this.context.saveFrame(frame));
  }

  /**
   * Whether `container` was written before: if so appends 0 and its number, so that loading gives one container again.
   *
   * Otherwise the caller writes it: a length plus 1, then the contents.
   */
  writtenBefore(container: object, kind: string): boolean {
    const number = this.containers.get(container);
    if (number === undefined) {
      this.containers.set(container, this.containerKinds.length);
      this.containerKinds.push(kind);
      return false;
    }
    if (this.containerKinds[number] !== kind) {
      throw new KernelPanic(`save: ${this.place()}: one container under two kinds, ${this.containerKinds[number]} and ${kind}`);
    }
    this.int(0);
    this.int(number);
    return true;
  }

  place(): string {
    return this.fieldName === '' ? this.className : `${this.className}.${this.fieldName}`;
  }

  /** Panics: the field being written holds something its kind cannot hold. */
  reject(value: unknown, wanted: string): never {
    throw new KernelPanic(`save: ${this.place()}: ${describeValue(value)} is not ${wanted}`);
  }
}

/** A short name for a value in a message; never runs code of the value. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return value.length > 40 ? `a string of ${value.length} characters` : JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || typeof prototype !== 'object') return 'an object';
  const constructor: unknown = Reflect.get(prototype, 'constructor');
  return typeof constructor === 'function' && constructor.name !== '' ? `an instance of ${constructor.name}` : 'an object';
}
