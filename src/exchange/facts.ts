/** What is known of a checkpoint beside its images: the configuration of an exported one. */
import { ImageError } from '../base/errors.ts';
import { shownName } from '../container/oci/tar.ts';
import type { ImageMetadata } from '../sentry/checkpoint/image.ts';
import { countIn, memberOf, objectIn, parseForeign, textIn } from './json.ts';
import type { ExchangeLimits } from './limits.ts';

export interface ExchangeFacts {
  /** What people call the checkpoint. */
  readonly name: string;
  /** Empty for none. */
  readonly note: string;
  readonly containerId: string;
  /** When it was made: realtime, ms since 1970. */
  readonly createdMs: number;
  readonly generation: number;
  /** Digest of the container image that it lies over; null for none. */
  readonly baseImage: string | null;
  /** Sizes for people, by name. */
  readonly counts: { readonly [name: string]: number };
}

/** Last moment that a date in JSON can name: the end of the year 9999. */
const LAST_MS = 253_402_300_799_999;
const COUNT_LIMIT = 200;
/** Control characters, halves of surrogate pairs, separators of lines, and what changes the direction of writing. */
const STEERING = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/gu;

/** The facts of an image, as the image itself tells them. */
export function factsOf({ container, createdMs, generation, baseImage, counts }: ImageMetadata, name: string, note: string): ExchangeFacts {
  const id = typeof container === 'object' && container !== null && !Array.isArray(container) ? (container as { readonly id?: unknown }).id : undefined;
  return { name, note, containerId: typeof id === 'string' ? plainLine(id) : '', createdMs, generation, baseImage, counts };
}

/** Foreign text in which nothing steers a terminal or turns the direction of writing around. */
export function plainText(text: string): string {
  return text.replace(STEERING, (letter) => (letter === '\n' ? letter : '\u{fffd}'));
}

/** The same in one line. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll('\n', ' ');
}

/** The configuration as it is written: the same facts give the same bytes. */
export function writeFacts(facts: ExchangeFacts): Uint8Array {
  const { name, note, containerId, createdMs, generation, baseImage, counts } = facts;
  return jsonBytes({
    created: dateOf(createdMs), name, note, containerId, createdMs, generation, baseImage,
    counts: Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))),
  });
}

/** @errors ImageError where a fact is missing or none */
export function readFacts(bytes: Uint8Array, place: string, limits: ExchangeLimits): ExchangeFacts {
  const json = parseForeign(bytes, place, limits);
  const baseImage = memberOf(json, 'baseImage');
  if (baseImage !== null && typeof baseImage !== 'string') throw new ImageError(`${place}: baseImage`, 'is neither a string nor null');
  const createdMs = countIn(json, 'createdMs', place);
  if (createdMs > LAST_MS) throw new ImageError(`${place}: createdMs`, 'is no date');
  return {
    name: plainLine(shortText(textIn(json, 'name', place), limits.nameCharacters, `${place}: name`)),
    note: plainText(shortText(textIn(json, 'note', place), limits.noteCharacters, `${place}: note`)),
    containerId: plainLine(shortText(textIn(json, 'containerId', place), limits.nameBytes, `${place}: containerId`)),
    createdMs,
    generation: countIn(json, 'generation', place),
    baseImage,
    counts: countsIn(objectIn(json, 'counts', place), `${place}: counts`),
  };
}

/** Refuses a text that is longer than `limit` characters. */
export function shortText(text: string, limit: number, place: string): string {
  if (text.length > limit) throw new ImageError(place, `is ${text.length} characters long, at most ${limit} are taken`);
  return text;
}

export function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** As RFC 3339 has it. */
export function dateOf(ms: number): string {
  return new Date(Math.min(ms, LAST_MS)).toISOString();
}

function countsIn(json: Readonly<Record<string, unknown>>, place: string): { [name: string]: number } {
  const names = Object.keys(json);
  if (names.length > COUNT_LIMIT) throw new ImageError(place, `has ${names.length} members, at most ${COUNT_LIMIT} are taken`);
  return Object.fromEntries(names.map((name) => {
    const value = json[name];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new ImageError(place, `its member ${shownName(name)} is no number`);
    return [name, value];
  }));
}
