/**
 * Where the pages of a checkpoint come from: two sections.
 *
 * `page-map` says for each image frame, in order, where its content comes from; `page-data` holds the content that comes
 * from nowhere else, back to back. An entry is `kind + 8 × operand`:
 *
 *    0 zero        only zero bytes
 *    1 base        a page of a base image's file: operand is the source's number; then the page in it, the two halves of its XXH64
 *    2 duplicate   the same bytes as the image frame `operand` before
 *    3 LZ4         `operand` bytes of data: an LZ4 block
 *    4 raw         4,096 bytes of data
 *    5 parent      `operand` image frames at once, as `operand` consecutive ones of the parent image
 *    6 delta       `operand` bytes of data, or none: the difference to a page of the parent image
 *
 * An entry of kind 5 or 6 is followed by the (first) image frame of the parent, less the one after the last that was named
 * before. The parent's frames are numbered as its own page map has them.
 */

import { ImageError, panic } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import { PAGE_BYTES } from '../../core/layout.ts';
import { TapeReader } from '../../state/reader.ts';
import { TapeWriter, joinTapes } from '../../state/writer.ts';
import type { WirePort } from '../../state/index.ts';
import { scratch } from './core-wire.ts';

export const ZERO = 0;
export const BASE = 1;
export const DUPLICATE = 2;
export const COMPRESSED = 3;
export const RAW = 4;
export const PARENT = 5;
export const DELTA = 6;
const KINDS = 8;
const PIECE_BYTES = 1 << 20;
const PAGE_MAP_LIMIT_BYTES = 1 << 28;
/** Frames a core can have at most. */
const FRAME_LIMIT = 1 << 20;
/** A difference is not worth a second try by LZ4 when it is this short. */
const SHORT_DELTA_BYTES = 64;

/** A page that need not be saved, because a base image has it. */
export interface BasePage {
  /** Names a file of the base image for good: layer digest and path. */
  readonly source: string;
  /** Which page of the file. */
  readonly page: number;
}

/** How many pages were encoded in which way. */
export interface PageCounts {
  zero: number;
  base: number;
  duplicate: number;
  compressed: number;
  raw: number;
  /** As in the parent image. */
  parent: number;
  /** By a difference to the parent image. */
  delta: number;
}

export interface PageSections {
  readonly pageMap: Uint8Array;
  /** The data section, in pieces. */
  readonly pageData: readonly Uint8Array[];
  readonly counts: PageCounts;
}

/** Writes the two sections, one image frame after the other. */
export class PageMapWriter {
  readonly counts: PageCounts = { zero: 0, base: 0, duplicate: 0, compressed: 0, raw: 0, parent: 0, delta: 0 };
  private readonly core: Core;
  private readonly map = new TapeWriter();
  private readonly sources = new Map<string, number>();
  private readonly sourceTape = new TapeWriter();
  private readonly pieces: Uint8Array[] = [];
  private piece = new Uint8Array(PIECE_BYTES);
  private pieceUsed = 0;
  private framesDone = 0;
  /** The parent's image frame after the one named last. */
  private parentNext = 1;
  /** Image frames of the run at the tape's end, which may still grow; 0 for none. */
  private runFrames = 0;

  constructor(core: Core) {
    this.core = core;
  }

  zero(): void {
    this.counts.zero++;
    this.entry(ZERO, 0);
  }

  base({ source, page }: BasePage, low: number, high: number): void {
    this.counts.base++;
    this.entry(BASE, this.sourceNumber(source));
    this.map.int(page);
    this.map.int(low);
    this.map.int(high);
  }

  /** @param imageFrame  an earlier one with the same content */
  duplicate(imageFrame: number): void {
    this.counts.duplicate++;
    this.entry(DUPLICATE, this.framesDone + 1 - imageFrame);
  }

  /** As image frame `imageFrame` of the parent. */
  parent(imageFrame: number): void {
    this.counts.parent++;
    if (this.runFrames > 0 && imageFrame === this.parentNext) {
      this.runFrames++;
      this.framesDone++;
      this.parentNext++;
      this.map.ints[this.map.intCount - 2] = PARENT + KINDS * this.runFrames;
      return;
    }
    this.entry(PARENT, 1);
    this.runFrames = 1;
    this.nameParent(imageFrame);
  }

  /** The page at `content`, compressed where that makes it shorter. */
  data(content: number): void {
    const out = scratch(this.core, PAGE_BYTES);
    const length = this.core.exports.lz4Compress(content, PAGE_BYTES, out, PAGE_BYTES - 1);
    if (length === 0) this.raw(content);
    else this.compressed(out, length);
  }

  /**
   * The page at `content` as what is shorter, the difference to image frame `imageFrame` of the parent, or data.
   *
   * @param parentPage  content of that frame; when it is the same, the difference has no bytes
   * @param work        8,192 bytes
   */
  dataOrDelta(content: number, imageFrame: number, parentPage: number, work: number): void {
    const { exports } = this.core;
    const length = exports.deltaEncode(parentPage, content, work, PAGE_BYTES - 1);
    const block = work + PAGE_BYTES;
    const mostBytes = length < 0 ? PAGE_BYTES - 1 : length - 1;
    const blockLength = length >= 0 && length <= SHORT_DELTA_BYTES ? 0 : exports.lz4Compress(content, PAGE_BYTES, block, mostBytes);
    if (blockLength > 0) {
      this.compressed(block, blockLength);
    } else if (length < 0) {
      this.raw(content);
    } else {
      this.counts.delta++;
      this.entry(DELTA, length);
      this.nameParent(imageFrame);
      this.append(work, length);
    }
  }

  /** The two sections. */
  finish(wire: WirePort): PageSections {
    const head = new TapeWriter();
    head.int(this.framesDone);
    head.int(this.sources.size);
    for (let i = 0; i < this.sourceTape.intCount; i++) head.int(this.sourceTape.ints[i] ?? 0);
    head.blob(this.sourceTape.bytes.subarray(0, this.sourceTape.byteCount));
    this.endPiece();
    return { pageMap: wire.encodeTapes(joinTapes(head, this.map)), pageData: this.pieces, counts: this.counts };
  }

  private raw(content: number): void {
    this.counts.raw++;
    this.entry(RAW, 0);
    this.append(content, PAGE_BYTES);
  }

  private compressed(block: number, length: number): void {
    this.counts.compressed++;
    this.entry(COMPRESSED, length);
    this.append(block, length);
  }

  private entry(kind: number, operand: number): void {
    this.runFrames = 0;
    this.framesDone++;
    this.map.int(kind + KINDS * operand);
  }

  private nameParent(imageFrame: number): void {
    this.map.int(imageFrame - this.parentNext);
    this.parentNext = imageFrame + 1;
  }

  private append(address: number, length: number): void {
    if (this.pieceUsed + length > PIECE_BYTES) this.endPiece();
    this.piece.set(this.core.bytes().subarray(address, address + length), this.pieceUsed);
    this.pieceUsed += length;
  }

  private endPiece(): void {
    if (this.pieceUsed === 0) return;
    this.pieces.push(this.piece.subarray(0, this.pieceUsed));
    this.piece = new Uint8Array(PIECE_BYTES);
    this.pieceUsed = 0;
  }

  private sourceNumber(source: string): number {
    const known = this.sources.get(source);
    if (known !== undefined) return known;
    const number = this.sources.size;
    this.sources.set(source, number);
    this.sourceTape.string(source);
    return number;
  }
}

/** A page map read and checked, by image frame; that of image frame n is at n − 1 in each column. */
export interface PageMap {
  readonly frames: number;
  readonly kinds: Uint8Array;
  /** Base: place in `bases`. Duplicate: the image frame repeated. Parent and delta: image frame of the parent. */
  readonly references: Uint32Array;
  /** LZ4, raw, delta: where the page's data begins in the data section. */
  readonly dataAt: Uint32Array;
  /** LZ4, raw, delta: bytes of data. */
  readonly dataBytes: Uint16Array;
  readonly bases: readonly MappedBasePage[];
}

export interface MappedBasePage extends BasePage {
  /** Halves of the content's XXH64. */
  readonly low: number;
  readonly high: number;
}

/**
 * Reads a page map.
 *
 * @param dataBytes     length of the data section, all of which must be used
 * @param parentFrames  image frames of the parent, null without one
 * @errors ImageError 'page map' or 'page data'
 */
export function readPageMap(wire: WirePort, section: Uint8Array, dataBytes: number, parentFrames: number | null): PageMap {
  const reader = new TapeReader(wire.decodeTapes(section, PAGE_MAP_LIMIT_BYTES), 'page map');
  const frames = reader.upTo(FRAME_LIMIT, 'a number of frames');
  const sources: string[] = [];
  const sourceCount = reader.count();
  for (let i = 0; i < sourceCount; i++) sources.push(reader.string(true));

  const map = {
    frames,
    kinds: new Uint8Array(frames),
    references: new Uint32Array(frames),
    dataAt: new Uint32Array(frames),
    dataBytes: new Uint16Array(frames),
    bases: [] as MappedBasePage[],
  };
  let dataUsed = 0;
  let parentNext = 1;
  const take = (at: number, length: number): void => {
    if (length > dataBytes - dataUsed) throw new ImageError('page data', `ends within frame ${at + 1}`);
    map.dataAt[at] = dataUsed;
    map.dataBytes[at] = length;
    dataUsed += length;
  };
  const parentFrame = (at: number, count: number): number => {
    if (parentFrames === null) return reader.refuse(`frame ${at + 1} needs a parent image`);
    const first = parentNext + reader.int();
    if (first < 1 || first + count - 1 > parentFrames) reader.refuse(`frame ${at + 1} is frame ${first} of the parent, which has ${parentFrames}`);
    parentNext = first + count;
    return first;
  };
  for (let at = 0; at < frames; at++) {
    const entry = reader.upTo(2 ** 32, 'a page entry');
    const kind = entry % KINDS;
    const operand = (entry - kind) / KINDS;
    map.kinds[at] = kind;
    switch (kind) {
      case ZERO:
        if (operand !== 0) reader.refuse('a zero page with an operand');
        break;
      case BASE: {
        const source = sources[operand];
        if (source === undefined) reader.refuse(`source ${operand} of ${sources.length} does not exist`);
        const page = reader.int();
        if (page < 0) reader.refuse(`${page} is not a page of ${source}`);
        map.references[at] = map.bases.length;
        map.bases.push({ source, page, low: reader.upTo(0xffffffff, 'half a hash'), high: reader.upTo(0xffffffff, 'half a hash') });
        break;
      }
      case DUPLICATE: {
        const other = at + 1 - operand;
        if (operand === 0 || other < 1) reader.refuse(`frame ${at + 1} repeats frame ${other}, which is not before it`);
        map.references[at] = other;
        break;
      }
      case COMPRESSED:
      case DELTA:
        if ((operand === 0 && kind !== DELTA) || operand >= PAGE_BYTES) reader.refuse(`a ${kind === DELTA ? 'difference' : 'compressed page'} of ${operand} bytes`);
        if (kind === DELTA) map.references[at] = parentFrame(at, 1);
        take(at, operand);
        break;
      case RAW:
        if (operand !== 0) reader.refuse('a raw page with an operand');
        take(at, PAGE_BYTES);
        break;
      case PARENT: {
        if (operand === 0 || operand > frames - at) reader.refuse(`a run of ${operand} frames at frame ${at + 1} of ${frames}`);
        const first = parentFrame(at, operand);
        map.kinds.fill(PARENT, at, at + operand);
        for (let i = 0; i < operand; i++) map.references[at + i] = first + i;
        at += operand - 1;
        break;
      }
      default:
        reader.refuse(`frame ${at + 1} has the unknown kind ${kind}`);
    }
  }
  reader.expectEnd();
  if (dataUsed !== dataBytes) throw new ImageError('page data', `has ${dataBytes} bytes, its pages need ${dataUsed}`);
  return map;
}

/** What a column says of image frame `imageFrame`, which the caller knows to be there. */
export function entryOf(column: Uint8Array | Uint16Array | Uint32Array, imageFrame: number): number {
  return column[imageFrame - 1] ?? panic(`page map: no image frame ${imageFrame}`);
}
