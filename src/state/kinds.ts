/**
 * Kinds of single values: how a field is written, read and checked.
 *
 * A kind fits every field whose values it can write: `u32` fits `number` and any branded number. At save a value out of
 * the kind's range is a panic that names class and field, at load an ImageError.
 */

import type { GraphReader } from './reader.ts';
import type { GraphWriter } from './writer.ts';

export interface Kind<in T> {
  readonly rule: 'saved';
  /** Part of the schema fingerprint: equal for kinds that write equal bytes for equal values. */
  readonly description: string;
  readonly write: (writer: GraphWriter, value: T) => void;
  readonly read: (reader: GraphReader) => unknown;
}

/** The values that a kind writes. */
export type ValueOf<K> = K extends Kind<infer T> ? T : never;

export function makeKind<T>(
  description: string,
  write: (writer: GraphWriter, value: T) => void,
  read: (reader: GraphReader) => unknown,
): Kind<T> {
  return { rule: 'saved', description, write, read };
}

const MAX_INT = 2 ** 53;

function integerKind(name: string, min: number, max: number): Kind<number> {
  return makeKind<number>(
    name,
    (writer, value) => {
      if (!Number.isInteger(value) || value < min || value > max) writer.reject(value, `of kind ${name}`);
      writer.int(value === 0 ? 0 : value);
    },
    (reader) => {
      const value = reader.int();
      if (value < min || value > max) reader.refuse(`${value} is not of kind ${name}`);
      return value;
    },
  );
}

export const u8 = integerKind('u8', 0, 0xff);
export const u16 = integerKind('u16', 0, 0xffff);
export const u32 = integerKind('u32', 0, 0xffffffff);
export const i32 = integerKind('i32', -0x80000000, 0x7fffffff);
/** Any integer that a number holds exactly: |value| ≤ 2^53. Addresses, sizes, nanoseconds. */
export const int = integerKind('int', -MAX_INT, MAX_INT);

/** Any number, with −0, infinities and NaN. */
export const f64: Kind<number> = makeKind<number>(
  'f64',
  (writer, value) => {
    if (typeof value !== 'number') writer.reject(value, 'a number');
    writer.int(0);
    writer.float(value);
  },
  (reader) => {
    reader.upTo(0, 'the mark of an f64');
    return reader.float();
  },
);

const wideScratch = new BigInt64Array(2);
const wideHalves = new Int32Array(wideScratch.buffer);
const MAX_I64 = 2n ** 63n - 1n;
const MIN_I64 = -(2n ** 63n);
const MAX_BIG = 2n ** 128n - 1n;

/** A bigint of either sign and up to 128 bits. */
export const big: Kind<bigint> = makeKind<bigint>(
  'big',
  (writer, value) => {
    if (typeof value !== 'bigint') writer.reject(value, 'a bigint');
    if (value >= MIN_I64 && value <= MAX_I64) {
      wideScratch[0] = value;
      writer.int(0);
      writer.int(wideHalves[0] ?? 0);
      writer.int(wideHalves[1] ?? 0);
      return;
    }
    const magnitude = value < 0n ? -value : value;
    if (magnitude > MAX_BIG) writer.reject(value, 'a bigint of up to 128 bits');
    writer.int(value < 0n ? 2 : 1);
    for (let shift = 0n; shift < 128n; shift += 32n) writer.int(Number((magnitude >> shift) & 0xffffffffn));
  },
  (reader) => {
    const form = reader.upTo(2, 'a form of bigint');
    if (form === 0) {
      wideHalves[0] = Number(i32.read(reader));
      wideHalves[1] = Number(i32.read(reader));
      return wideScratch[0];
    }
    let magnitude = 0n;
    for (let shift = 0n; shift < 128n; shift += 32n) magnitude |= BigInt(reader.upTo(0xffffffff, 'a quarter of a bigint')) << shift;
    return form === 2 ? -magnitude : magnitude;
  },
);

export const bool: Kind<boolean> = makeKind<boolean>(
  'bool',
  (writer, value) => {
    if (typeof value !== 'boolean') writer.reject(value, 'a boolean');
    writer.int(value ? 1 : 0);
  },
  (reader) => reader.upTo(1, 'a boolean') === 1,
);

/** A string whose characters are bytes: guest names, paths, arguments. */
export const byteString: Kind<string> = makeKind<string>(
  'byteString',
  (writer, value) => {
    if (typeof value !== 'string') writer.reject(value, 'a string');
    writer.string(value);
    if ((writer.ints[writer.intCount - 1] ?? 0) % 2 === 1) writer.reject(value, 'a byte string: a character is above U+00FF');
  },
  (reader) => reader.string(false),
);

/** Any string, lone surrogates included. */
export const text: Kind<string> = makeKind<string>(
  'text',
  (writer, value) => {
    if (typeof value !== 'string') writer.reject(value, 'a string');
    writer.string(value);
  },
  (reader) => reader.string(true),
);

export type Constant = string | number | boolean | null;

/** One of the given constants; written as its place in the list. */
export function enumOf<const V extends Constant>(...values: readonly V[]): Kind<V> {
  const places = new Map<Constant, number>(values.map((value, place) => [value, place]));
  return makeKind<V>(
    `enumOf(${values.map((value) => JSON.stringify(value)).join('|')})`,
    (writer, value) => {
      const place = places.get(value);
      if (place === undefined) return writer.reject(value, `one of ${values.join(', ')}`);
      writer.int(place);
    },
    (reader) => values[reader.upTo(values.length - 1, `one of ${values.length} constants`)],
  );
}

/** A page-frame number of the core: told to the save context, and on load replaced by the frame that holds the content now. 0 is none. */
export const frame: Kind<number> = makeKind<number>(
  'frame',
  (writer, value) => {
    if (value >>> 0 !== value) writer.reject(value, 'a frame number');
    writer.frame(value);
  },
  (reader) => reader.frame(),
);
