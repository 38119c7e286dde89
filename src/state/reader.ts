import { ImageError } from '../base/errors.ts';
import type { LoadContext, Tapes } from './wire.ts';

const CODES_PER_CALL = 4096;
/** Up to here, character by character is faster than a call with many arguments. */
const SHORT = 40;
const floatScratch = new Float64Array(1);
const floatScratchBytes = new Uint8Array(floatScratch.buffer);

/** Reads two tapes from front to back; everything they hold may be hostile. */
export class TapeReader {
  ints: Float64Array;
  intAt = 0;
  bytes: Uint8Array;
  byteAt = 0;
  /** What is being read, for messages. */
  readonly subject: string;

  constructor(tapes: Tapes, subject: string) {
    this.ints = tapes.ints;
    this.bytes = tapes.bytes;
    this.subject = subject;
  }

  int(): number {
    if (this.intAt >= this.ints.length) this.refuse('the state ends too early');
    return this.ints[this.intAt++] ?? 0;
  }

  /** The next integer, refused outside [0, max]. */
  upTo(max: number, what: string): number {
    const value = this.int();
    if (value < 0 || value > max) this.refuse(`${value} is not ${what}`);
    return value;
  }

  /** A number of things of which each takes at least one integer: never more than are left, so that no length is believed. */
  count(): number {
    const value = this.int();
    if (value < 0 || value > this.ints.length - this.intAt) this.refuse(`a count of ${value} is more than the state holds`);
    return value;
  }

  /** A length as containers write it, plus 1; 0 stands for a container read before. Never more than the integers left allow. */
  lengthPlusOne(): number {
    const value = this.int();
    if (value < 0 || value - 1 > this.ints.length - this.intAt) this.refuse(`a length of ${value - 1} is more than the state holds`);
    return value;
  }

  /** The next `count` bytes, a view into the tape. */
  view(count: number): Uint8Array {
    if (count < 0 || count > this.bytes.length - this.byteAt) this.refuse(`${count} bytes are more than the state holds`);
    const at = this.byteAt;
    this.byteAt += count;
    return this.bytes.subarray(at, this.byteAt);
  }

  float(): number {
    floatScratchBytes.set(this.view(8));
    return floatScratch[0] ?? 0;
  }

  string(mayBeWide: boolean): string {
    const header = this.int();
    if (header < 0) this.refuse(`${header} is not a string length`);
    const isWide = header % 2 === 1;
    if (isWide && !mayBeWide) this.refuse('a byte string with a character above U+00FF');
    const length = Math.floor(header / 2);
    const bytes = this.view(isWide ? length * 2 : length);
    if (!isWide) return stringOf(bytes);
    const codes = new Uint16Array(length);
    for (let i = 0; i < length; i++) codes[i] = (bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8);
    return stringOf(codes);
  }

  /** Refuses what is left over at the end. */
  expectEnd(): void {
    if (this.intAt !== this.ints.length || this.byteAt !== this.bytes.length) this.refuse('holds more data than it needs');
  }

  place(): string {
    return this.subject;
  }

  /** Refuses the image at what is being read. */
  refuse(reason: string): never {
    throw new ImageError(this.place(), reason);
  }
}

/** Reads a graph back: the objects and containers met so far, by number. */
export class GraphReader extends TapeReader {
  context: LoadContext;
  /** All objects of the image, allocated before any is filled; the i-th has number i + 1. */
  objects: object[] = [];
  containers: object[] = [];
  containerKinds: string[] = [];
  /** What is being read, for messages. */
  className = '';
  fieldName = '';

  constructor(tapes: Tapes, context: LoadContext) {
    super(tapes, 'state');
    this.context = context;
  }

  /** The class instance with the next number; it may not be filled yet. */
  object(): object {
    const number = this.int();
    const target = this.objects[number - 1];
    if (target === undefined) this.refuse(`object ${number} of ${this.objects.length} does not exist`);
    return target;
  }

  frame(): number {
    const imageFrame = this.int();
    if (imageFrame === 0) return 0;
    if (imageFrame < 0 || imageFrame > 0xffffffff) this.refuse(`${imageFrame} is not a frame number`);
    return this.context.loadFrame(imageFrame);
  }

  /** Registers a container about to be filled, in the order in which the writer numbered them. */
  began<T extends object>(container: T, kind: string): T {
    this.containers.push(container);
    this.containerKinds.push(kind);
    return container;
  }

  /** The container that was read before under the next number. */
  readBefore(kind: string): object {
    const number = this.int();
    const container = this.containers[number];
    if (container === undefined) this.refuse(`container ${number} does not exist yet`);
    if (this.containerKinds[number] !== kind) this.refuse(`container ${number} is of kind ${this.containerKinds[number]}, not ${kind}`);
    return container;
  }

  override place(): string {
    if (this.className === '') return this.subject;
    return `${this.subject} ${this.className}${this.fieldName === '' ? '' : `.${this.fieldName}`}`;
  }
}

function stringOf(codes: Uint8Array | Uint16Array): string {
  let text = '';
  if (codes.length <= SHORT) {
    for (let i = 0; i < codes.length; i++) text += String.fromCharCode(codes[i] ?? 0);
    return text;
  }
  for (let at = 0; at < codes.length; at += CODES_PER_CALL) text += String.fromCharCode(...codes.subarray(at, at + CODES_PER_CALL));
  return text;
}
