import { ImageError } from '../base/errors.ts';
import { parseObject } from '../container/oci/json.ts';
import type { JsonObject } from '../container/oci/json.ts';
import type { ExchangeLimits } from './limits.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The object in a foreign JSON document, whose length and depth are looked at before it is parsed. @errors ImageError */
export function parseForeign(bytes: Uint8Array, place: string, { jsonBytes, jsonDepth }: ExchangeLimits): JsonObject {
  if (bytes.length > jsonBytes) throw new ImageError(place, `is ${bytes.length} bytes long, at most ${jsonBytes} are taken`);
  if (depthOf(bytes, jsonDepth) > jsonDepth) throw new ImageError(place, `is nested more than ${jsonDepth} deep`);
  return parseObject(bytes, place);
}

/** A member that is an object; empty when there is none. */
export function objectIn(object: JsonObject, name: string, place: string): JsonObject {
  const value = memberOf(object, name);
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ImageError(`${place}: ${name}`, 'is not an object');
  return value as JsonObject;
}

/** A member of the object itself: names of the language's own are none. */
export function memberOf(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

export function textIn(object: JsonObject, name: string, place: string): string {
  const value = memberOf(object, name);
  if (typeof value !== 'string') throw new ImageError(`${place}: ${name}`, value === undefined ? 'is missing' : 'is not a string');
  return value;
}

/** Whole, 0 or more. */
export function countIn(object: JsonObject, name: string, place: string): number {
  const value = memberOf(object, name);
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new ImageError(`${place}: ${name}`, value === undefined ? 'is missing' : 'is not a whole number of 0 or more');
  }
  return value;
}

/** Foreign text as a message may show it: one line, plain, not long. */
export function shownText(text: string): string {
  const cut = text.length <= 80 ? text : `${text.slice(0, 77)}...`;
  return cut.replace(/[^\x20-\x7e]/g, '?');
}

/** How deep brackets outside strings go; no further than one past `limit`. */
function depthOf(bytes: Uint8Array, limit: number): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let i = 0; i < bytes.length && deepest <= limit; i++) {
    const byte = bytes[i]!;
    if (isInString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return deepest;
}
