/** Takes JSON documents of foreign files apart: each value is checked for its shape where it is read. */
import { ImageError } from '../../base/errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The document in `bytes`, which has to be an object. */
export function parseObject(bytes: Uint8Array, place: string): JsonObject {
  return asObject(parse(bytes, place), place);
}

/** The document in `bytes`, which has to be an array. */
export function parseArray(bytes: Uint8Array, place: string): readonly unknown[] {
  return asArray(parse(bytes, place), place);
}

export function asObject(value: unknown, place: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ImageError(place, 'is not an object');
  return value as JsonObject;
}

export function asArray(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ImageError(place, 'is not a list');
  return value;
}

export function asString(value: unknown, place: string): string {
  if (typeof value !== 'string') throw new ImageError(place, 'is not a string');
  return value;
}

/** A list of strings; a missing one (absent or null) is empty. */
export function asStrings(value: unknown, place: string): readonly string[] {
  if (value === undefined || value === null) return [];
  return asArray(value, place).map((item, i) => asString(item, `${place}[${i}]`));
}

/** A string; a missing one (absent or null) is empty. */
export function asOptionalString(value: unknown, place: string): string {
  return value === undefined || value === null ? '' : asString(value, place);
}

function parse(bytes: Uint8Array, place: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ImageError(place, 'is not JSON');
  }
}
