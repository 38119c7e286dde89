/** A checkpoint image: named sections, and a manifest that says what they are part of. */

import { ImageError, panic } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import { scratch } from './core-wire.ts';
import { isSectionName, readSections, summarize, writeSections } from './sections.ts';
import type { Checksum, Section, SectionToWrite } from './sections.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What is known of a checkpoint without reading its state. */
export interface ImageMetadata {
  /** Restores in the container's life so far: 1 for one that was never restored. */
  readonly generation: number;
  /** When it was made: realtime, milliseconds since 1970. */
  readonly createdMs: number;
  /** The container's monotonic clock at the freeze, ns. */
  readonly monotonicNs: number;
  /** Digest of the base image that pages and files are named by, or null for a container without one. */
  readonly baseImage: string | null;
  /** Digest of the checkpoint this one is a difference to, or null for a full one. */
  readonly parent: string | null;
  /** How the container was created; its shape is the container's affair. */
  readonly container: Json;
  /** Sizes for people: tasks, frames, pages by kind. */
  readonly counts: { readonly [name: string]: number };
}

export interface ImageToWrite {
  readonly metadata: ImageMetadata;
  readonly sections: readonly SectionToWrite[];
}

export interface Image {
  readonly metadata: ImageMetadata;
  /** Data by section name, views into the image; without the manifest. */
  readonly sections: ReadonlyMap<string, Uint8Array>;
}

const MANIFEST = 'manifest';
const MANIFEST_KIND = 'stasis-checkpoint';
const MANIFEST_LIMIT_BYTES = 16 << 20;
const CHECKSUM_CHUNK_BYTES = 1 << 20;

/** CRC-32C by the core, through its scratch buffer. */
export function coreChecksum(core: Core): Checksum {
  return (bytes, crc) => {
    let running = crc;
    for (let at = 0; at < bytes.length; at += CHECKSUM_CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHECKSUM_CHUNK_BYTES);
      const address = scratch(core, chunk.length);
      core.bytes().set(chunk, address);
      running = core.exports.crc32c(address, chunk.length, running);
    }
    return running >>> 0;
  };
}

/**
 * Writes an image; the manifest goes last.
 *
 * @errors ImageError 'size' when it would be too long for one buffer
 */
export function writeImage(parts: ImageToWrite, core: Core): Uint8Array {
  const checksum = coreChecksum(core);
  for (const { name } of parts.sections) {
    if (!isSectionName(name) || name === MANIFEST) panic(`checkpoint image: a section cannot be named ${name}`);
  }
  const summaries = parts.sections.map((section) => summarize(section, checksum));
  const listed: Json[] = summaries.map((summary, i) => ({ name: parts.sections[i]?.name ?? '', ...summary }));
  const { generation, createdMs, monotonicNs, baseImage, parent, container, counts } = parts.metadata;
  const manifest: Json = { kind: MANIFEST_KIND, generation, createdMs, monotonicNs, baseImage, parent, container, counts, sections: listed };
  const last = { name: MANIFEST, pieces: [asciiJson(manifest)] };
  return writeSections([...parts.sections, last], [...summaries, summarize(last, checksum)], core.layoutVersion(), checksum);
}

/**
 * Reads an image. Everything about its container is checked before this returns; nothing but the core's scratch buffer is touched.
 *
 * @errors ImageError: one sentence with the place and the reason
 */
export function readImage(bytes: Uint8Array, core: Core): Image {
  return imageOf(readSections(bytes, core.layoutVersion(), coreChecksum(core)));
}

/** As `readImage`, for bytes that are known to be as `writeImage` gave them. */
export function readOwnImage(bytes: Uint8Array, core: Core): Image {
  return imageOf(readSections(bytes, core.layoutVersion(), null));
}

function imageOf(found: Section[]): Image {
  const last = found.pop();
  if (last === undefined || last.name !== MANIFEST) throw new ImageError('manifest', 'is missing');
  const manifest = parseManifest(last.data);
  checkList(manifest.at('sections'), found);
  return {
    metadata: {
      generation: manifest.count('generation'),
      createdMs: manifest.count('createdMs'),
      monotonicNs: manifest.count('monotonicNs'),
      baseImage: manifest.textOrNull('baseImage'),
      parent: manifest.textOrNull('parent'),
      container: manifest.at('container'),
      counts: manifest.counts('counts'),
    },
    sections: new Map(found.map(({ name, data }) => [name, data])),
  };
}

/** A section that a restore cannot do without. @errors ImageError 'section NAME' when it is missing */
export function sectionOf(image: Image, name: string): Uint8Array {
  const data = image.sections.get(name);
  if (data === undefined) throw new ImageError(`section ${name}`, 'is missing');
  return data;
}

function checkList(listed: Json, found: readonly Section[]): void {
  if (!isJsonList(listed) || listed.length !== found.length) throw new ImageError('manifest.sections', `does not list the image's ${found.length} sections`);
  found.forEach((section, i) => {
    const entry = new ManifestObject(listed[i] ?? null, `manifest.sections[${i}]`);
    if (entry.at('name') !== section.name || entry.at('lengthBytes') !== section.data.length || entry.at('checksum') !== section.checksum) {
      throw new ImageError(`manifest.sections[${i}]`, `does not describe section ${section.name}`);
    }
  });
}

/** One object of the manifest, its fields checked when asked for. */
class ManifestObject {
  readonly fields: { readonly [key: string]: Json };
  readonly path: string;

  constructor(value: Json, path: string) {
    if (!isJsonObject(value)) throw new ImageError(path, 'is not an object');
    this.fields = value;
    this.path = path;
  }

  at(name: string): Json {
    const value = Object.hasOwn(this.fields, name) ? this.fields[name] : undefined;
    if (value === undefined) throw new ImageError(`${this.path}.${name}`, 'is missing');
    return value;
  }

  count(name: string): number {
    const value = this.at(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new ImageError(`${this.path}.${name}`, 'is not a whole number of 0 or more');
    return value;
  }

  textOrNull(name: string): string | null {
    const value = this.at(name);
    if (value !== null && typeof value !== 'string') throw new ImageError(`${this.path}.${name}`, 'is neither text nor null');
    return value;
  }

  counts(name: string): { [name: string]: number } {
    const object = new ManifestObject(this.at(name), `${this.path}.${name}`);
    return Object.fromEntries(Object.keys(object.fields).map((key) => [key, object.count(key)]));
  }
}

function parseManifest(data: Uint8Array): ManifestObject {
  if (data.length > MANIFEST_LIMIT_BYTES) throw new ImageError('manifest', `has ${data.length} bytes, more than ${MANIFEST_LIMIT_BYTES}`);
  let text = '';
  for (let at = 0; at < data.length; at += 4096) text += String.fromCharCode(...data.subarray(at, at + 4096));
  let parsed: Json;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ImageError('manifest', 'is not JSON');
  }
  const manifest = new ManifestObject(parsed, 'manifest');
  if (manifest.at('kind') !== MANIFEST_KIND) throw new ImageError('manifest.kind', `is not ${MANIFEST_KIND}`);
  return manifest;
}

/** JSON in ASCII: characters above are escaped, so that no text encoder is needed. */
function asciiJson(value: Json): Uint8Array {
  const text = JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function isJsonList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isJsonObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
