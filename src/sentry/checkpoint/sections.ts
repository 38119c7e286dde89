/**
 * The bytes of a checkpoint image: a header, sections one after the other, a trailer.
 *
 *    header, 32 bytes    magic "STASIS\x1a\n" · format · core layout · 3 × 0 · CRC-32C of the first 28 bytes
 *    section header, 32  name, 16 bytes, zero-padded · data length · CRC-32C of the data · 0 · CRC-32C of the first 28 bytes
 *    section data        then zeros up to a multiple of 8
 *    …
 *    trailer, 24 bytes   place of the last section · number of sections · length of the image · 0 · "END\x1a" · CRC-32C of the first 20 bytes
 *
 * All numbers are u32, little-endian. The last section is the manifest: an image cut off anywhere has no trailer and is none.
 */

import { ImageError } from '../../base/errors.ts';

export const IMAGE_FORMAT = 1;
/** What an image may measure: places in it are u32, and one buffer has to hold it. */
export const IMAGE_LIMIT_BYTES = 2 ** 31 - 1;

const MAGIC = 'STASIS\x1a\n';
const HEADER_BYTES = 32;
const NAME_BYTES = 16;
const TRAILER_BYTES = 24;
const TRAILER_MAGIC = 0x1a44_4e45;
const ALIGNMENT = 8;
const SECTION_LIMIT = 64;

/** CRC-32C, continued from `crc`, 0 at the beginning. */
export type Checksum = (bytes: Uint8Array, crc: number) => number;

export interface SectionToWrite {
  /** Lower-case letters, digits and hyphens, up to 16. */
  readonly name: string;
  /** The data, in pieces so that a long section needs no copy. */
  readonly pieces: readonly Uint8Array[];
}

export interface Section {
  readonly name: string;
  readonly checksum: number;
  /** A view into the image. */
  readonly data: Uint8Array;
}

export interface SectionSummary {
  readonly lengthBytes: number;
  /** CRC-32C of the data. */
  readonly checksum: number;
}

/** Sums up a section's length and checksum before it is written: for its header and the manifest. */
export function summarize(section: SectionToWrite, checksum: Checksum): SectionSummary {
  let lengthBytes = 0;
  let crc = 0;
  for (const piece of section.pieces) {
    lengthBytes += piece.length;
    crc = checksum(piece, crc);
  }
  return { lengthBytes, checksum: crc >>> 0 };
}

/**
 * Writes an image of `sections`, the last of which is the manifest.
 *
 * @param summaries  what `summarize` says of each section
 * @errors ImageError 'size' when it would be longer than IMAGE_LIMIT_BYTES
 */
export function writeSections(sections: readonly SectionToWrite[], summaries: readonly SectionSummary[], layoutVersion: number, checksum: Checksum): Uint8Array {
  let totalBytes = HEADER_BYTES + TRAILER_BYTES;
  for (const { lengthBytes } of summaries) totalBytes += HEADER_BYTES + padded(lengthBytes);
  if (totalBytes > IMAGE_LIMIT_BYTES) throw new ImageError('size', `the image would have ${totalBytes} bytes, more than ${IMAGE_LIMIT_BYTES}`);

  const image = new Uint8Array(totalBytes);
  const view = new DataView(image.buffer);
  const seal = (start: number, length: number) => view.setUint32(start + length, checksum(image.subarray(start, start + length), 0), true);

  writeText(image, 0, MAGIC);
  view.setUint32(8, IMAGE_FORMAT, true);
  view.setUint32(12, layoutVersion, true);
  seal(0, HEADER_BYTES - 4);

  let at = HEADER_BYTES;
  let last = at;
  sections.forEach((section, i) => {
    last = at;
    const { lengthBytes, checksum: crc } = summaries[i] ?? { lengthBytes: 0, checksum: 0 };
    writeText(image, at, section.name);
    view.setUint32(at + 16, lengthBytes, true);
    view.setUint32(at + 20, crc, true);
    seal(at, HEADER_BYTES - 4);
    let dataAt = at + HEADER_BYTES;
    for (const piece of section.pieces) {
      image.set(piece, dataAt);
      dataAt += piece.length;
    }
    at += HEADER_BYTES + padded(lengthBytes);
  });

  view.setUint32(at, last, true);
  view.setUint32(at + 4, sections.length, true);
  view.setUint32(at + 8, totalBytes, true);
  view.setUint32(at + 16, TRAILER_MAGIC, true);
  seal(at, TRAILER_BYTES - 4);
  return image;
}

/**
 * Reads the sections of an image, each checked; every byte is accounted for.
 *
 * @param checksum  null for an image that is known to be as it was written: its checksums are not worked out again
 * @returns  the sections in their order, the manifest last
 * @errors   ImageError naming the part at fault: 'image', 'header', 'layout', 'section NAME', 'trailer'
 */
export function readSections(image: Uint8Array, layoutVersion: number, checksum: Checksum | null): Section[] {
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  readHeader(image, view, layoutVersion, checksum);
  const trailer = readTrailer(image, view, checksum);

  const sections: Section[] = [];
  const names = new Set<string>();
  let at = HEADER_BYTES;
  let last = 0;
  while (at < trailer.at) {
    last = at;
    const section = readSection(image, view, at, trailer.at, checksum);
    if (names.has(section.name)) throw new ImageError(`section ${section.name}`, 'is there twice');
    names.add(section.name);
    sections.push(section);
    at += HEADER_BYTES + padded(section.data.length);
    if (sections.length > SECTION_LIMIT) throw new ImageError('image', `more than ${SECTION_LIMIT} sections`);
  }
  if (sections.length !== trailer.count) throw new ImageError('trailer', `counts ${trailer.count} sections, there are ${sections.length}`);
  if (last !== trailer.last) throw new ImageError('trailer', `puts the manifest at ${trailer.last}, the last section is at ${last}`);
  return sections;
}

function readHeader(image: Uint8Array, view: DataView, layoutVersion: number, checksum: Checksum | null): void {
  for (let i = 0; i < MAGIC.length; i++) {
    if (image[i] !== MAGIC.charCodeAt(i)) throw new ImageError('image', 'is not a checkpoint image of Stasis');
  }
  if (image.length < HEADER_BYTES + HEADER_BYTES + TRAILER_BYTES) throw new ImageError('image', `is cut off after ${image.length} bytes`);
  if (!isSealed(image, view, 0, HEADER_BYTES - 4, checksum)) throw new ImageError('header', 'its checksum is wrong');
  const format = view.getUint32(8, true);
  if (format !== IMAGE_FORMAT) throw new ImageError('header', `the image has format ${format}, this program reads ${IMAGE_FORMAT}`);
  const layout = view.getUint32(12, true);
  if (layout !== layoutVersion) throw new ImageError('layout', `the image was made for core layout ${layout}, this is ${layoutVersion}`);
  if (!isZero(image, 16, 28)) throw new ImageError('header', 'its reserved part is in use');
}

function readTrailer(image: Uint8Array, view: DataView, checksum: Checksum | null): { at: number; last: number; count: number } {
  const at = image.length - TRAILER_BYTES;
  if (view.getUint32(at + 16, true) !== TRAILER_MAGIC) throw new ImageError('trailer', 'is missing: the image is cut off or goes on after its end');
  if (!isSealed(image, view, at, TRAILER_BYTES - 4, checksum)) throw new ImageError('trailer', 'its checksum is wrong');
  const totalBytes = view.getUint32(at + 8, true);
  if (totalBytes !== image.length) throw new ImageError('trailer', `the image has ${image.length} bytes, it was written with ${totalBytes}`);
  if (!isZero(image, at + 12, at + 16)) throw new ImageError('trailer', 'its reserved part is in use');
  return { at, last: view.getUint32(at, true), count: view.getUint32(at + 4, true) };
}

function readSection(image: Uint8Array, view: DataView, at: number, end: number, checksum: Checksum | null): Section {
  if (end - at < HEADER_BYTES) throw new ImageError('image', `its sections end in the middle of a header at ${at}`);
  if (!isSealed(image, view, at, HEADER_BYTES - 4, checksum)) throw new ImageError(`section at ${at}`, 'the checksum of its header is wrong');
  const name = readName(image, at);
  const lengthBytes = view.getUint32(at + 16, true);
  if (lengthBytes > end - at - HEADER_BYTES || padded(lengthBytes) > end - at - HEADER_BYTES) {
    throw new ImageError(`section ${name}`, `its ${lengthBytes} bytes reach beyond the image`);
  }
  if (!isZero(image, at + 24, at + 28)) throw new ImageError(`section ${name}`, 'its reserved part is in use');
  const dataAt = at + HEADER_BYTES;
  const data = image.subarray(dataAt, dataAt + lengthBytes);
  const crc = view.getUint32(at + 20, true);
  if (checksum !== null && checksum(data, 0) >>> 0 !== crc) throw new ImageError(`section ${name}`, 'its checksum is wrong: the data is damaged');
  if (!isZero(image, dataAt + lengthBytes, dataAt + padded(lengthBytes))) throw new ImageError(`section ${name}`, 'its padding is in use');
  return { name, checksum: crc, data };
}

function readName(image: Uint8Array, at: number): string {
  let name = '';
  let length = 0;
  while (length < NAME_BYTES && image[at + length] !== 0) name += String.fromCharCode(image[at + length++] ?? 0);
  if (!isSectionName(name) || !isZero(image, at + length, at + NAME_BYTES)) throw new ImageError(`section at ${at}`, 'its name is malformed');
  return name;
}

export function isSectionName(name: string): boolean {
  return /^[a-z0-9-]{1,16}$/.test(name);
}

function isSealed(image: Uint8Array, view: DataView, at: number, length: number, checksum: Checksum | null): boolean {
  return checksum === null || checksum(image.subarray(at, at + length), 0) >>> 0 === view.getUint32(at + length, true);
}

function isZero(image: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (image[i] !== 0) return false;
  return true;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function writeText(image: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) image[at + i] = text.charCodeAt(i);
}
