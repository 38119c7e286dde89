/**
 * The pages of a checkpoint: two sections.
 *
 * `page-map` says for each image frame, in order, where its content comes from; `page-data` holds the content that comes
 * from nowhere else, back to back. An entry is `kind + 8 × operand`:
 *
 *    0 zero        only zero bytes
 *    1 base        a page of a base image's file: operand is the source's number; then the page in it, the two halves of its XXH64
 *    2 duplicate   the same bytes as the image frame `operand` before
 *    3 LZ4         `operand` bytes of data: an LZ4 block
 *    4 raw         4,096 bytes of data
 *    5 parent      as in the parent image (for images with a parent)
 *    6 delta       a difference to the parent's page (for images with a parent)
 */

import { ImageError, panic } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import type { WirePort } from '../../state/index.ts';
import { TapeReader } from '../../state/reader.ts';
import { TapeWriter, joinTapes } from '../../state/writer.ts';
import { scratch } from './core-wire.ts';
import { LoadedFrames } from './frame-numbers.ts';
import { PageIndex } from './page-index.ts';

const PAGE_BYTES = 4096;
const ZERO = 0;
const BASE = 1;
const DUPLICATE = 2;
const COMPRESSED = 3;
const RAW = 4;
const PARENT = 5;
const DELTA = 6;
const KINDS = 8;
const PIECE_BYTES = 1 << 20;
const PAGE_MAP_LIMIT_BYTES = 1 << 28;

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
}

export interface PageSections {
  readonly pageMap: Uint8Array;
  /** The data section, in pieces. */
  readonly pageData: readonly Uint8Array[];
  readonly counts: PageCounts;
}

/**
 * Encodes the frozen content of frames, some at a time, between slices of the guest.
 *
 * Begun after `core.freeze()`, finished before `core.freezeEnd()`. Page contents are those of the freeze, whatever the guest
 * has written since.
 */
export class PageEncoder {
  private readonly core: Core;
  private readonly frames: readonly number[];
  private readonly describe: (frame: number) => BasePage | null;
  private readonly index: PageIndex;
  private readonly map = new TapeWriter();
  private readonly sources = new Map<string, number>();
  private readonly sourceTape = new TapeWriter();
  private readonly pieces: Uint8Array[] = [];
  private piece = new Uint8Array(PIECE_BYTES);
  private pieceUsed = 0;
  private done = 0;
  private readonly counts: PageCounts = { zero: 0, base: 0, duplicate: 0, compressed: 0, raw: 0 };

  /**
   * @param frames    the frame of each image frame, in order (`FrameNumbers.frames`)
   * @param describe  answers where in a base image a frame's content is, as of the freeze, or null
   */
  constructor(core: Core, frames: readonly number[], describe: (frame: number) => BasePage | null) {
    this.core = core;
    this.frames = frames;
    this.describe = describe;
    this.index = new PageIndex(frames.length);
  }

  /** Pages encoded so far. */
  donePages(): number {
    return this.done;
  }

  /** Encodes up to `pages` more. Returns whether all are done. */
  step(pages: number): boolean {
    const end = Math.min(this.frames.length, this.done + pages);
    for (; this.done < end; this.done++) this.encodePage(this.frames[this.done] ?? panic('page encoder: no frame'));
    return this.done === this.frames.length;
  }

  /** The two sections, once all pages are done. */
  finish(wire: WirePort): PageSections {
    if (this.done !== this.frames.length) panic(`page encoder: finished after ${this.done} of ${this.frames.length} pages`);
    const head = new TapeWriter();
    head.int(this.frames.length);
    head.int(this.sources.size);
    for (let i = 0; i < this.sourceTape.intCount; i++) head.int(this.sourceTape.ints[i] ?? 0);
    head.blob(this.sourceTape.bytes.subarray(0, this.sourceTape.byteCount));
    this.endPiece();
    return { pageMap: wire.encodeTapes(joinTapes(head, this.map)), pageData: this.pieces, counts: this.counts };
  }

  private encodePage(frame: number): void {
    const { exports } = this.core;
    const content = this.core.frozenContent(frame);
    if (exports.pageIsZero(content) !== 0) {
      this.counts.zero++;
      this.map.int(ZERO);
      return;
    }
    const low = exports.hash64(content, PAGE_BYTES, 0, 0) >>> 0;
    const high = exports.hash64High() >>> 0;
    const base = this.describe(frame);
    if (base !== null) {
      this.counts.base++;
      this.map.int(BASE + KINDS * this.sourceNumber(base.source));
      this.map.int(base.page);
      this.map.int(low);
      this.map.int(high);
      return;
    }
    const imageFrame = this.done + 1;
    const twin = this.index.findOrAdd(low, high, imageFrame, (other) => {
      const otherContent = this.core.frozenContent(this.frames[other - 1] ?? 0);
      return exports.pagesEqual(content, otherContent) !== 0;
    });
    if (twin !== 0) {
      this.counts.duplicate++;
      this.map.int(DUPLICATE + KINDS * (imageFrame - twin));
      return;
    }
    this.addData(content);
  }

  private addData(content: number): void {
    const out = scratch(this.core, PAGE_BYTES);
    const length = this.core.exports.lz4Compress(content, PAGE_BYTES, out, PAGE_BYTES - 1);
    if (length === 0) {
      this.counts.raw++;
      this.map.int(RAW);
      this.append(content, PAGE_BYTES);
    } else {
      this.counts.compressed++;
      this.map.int(COMPRESSED + KINDS * length);
      this.append(out, length);
    }
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

/** Puts page `page` of a base image's file at `out`, zero after the file's end. Returns false when it has no such page. */
export type BasePageLoader = (source: string, page: number, out: Uint8Array) => boolean;

/**
 * Makes the frames of an image in a core.
 *
 * @param core      fresh: what it holds is lost with it when this fails
 * @returns         the frames; each has one reference, the loader's, until `release`
 * @errors ImageError 'page map' or 'page data' for what is malformed, for a base page that is missing or not the same any
 *         more, and when the frames do not fit into the memory limit
 */
export function decodePages(core: Core, wire: WirePort, pageMap: Uint8Array, pageData: Uint8Array, loadBase: BasePageLoader): LoadedFrames {
  const reader = new TapeReader(wire.decodeTapes(pageMap, PAGE_MAP_LIMIT_BYTES), 'page map');
  const total = reader.count();
  const room = core.frameLimit() - core.framesInUse();
  if (total > room) throw new ImageError('page map', `${total} frames do not fit: the memory limit leaves ${room}`);
  const sources: string[] = [];
  const sourceCount = reader.count();
  for (let i = 0; i < sourceCount; i++) sources.push(reader.string(true));

  const decoder = new PageDecoder(core, reader, sources, pageData, loadBase);
  for (let i = 0; i < total; i++) decoder.decodePage();
  reader.expectEnd();
  decoder.expectEnd();
  return new LoadedFrames(core, decoder.frames);
}

class PageDecoder {
  readonly frames: number[] = [];
  private readonly core: Core;
  private readonly reader: TapeReader;
  private readonly sources: readonly string[];
  private readonly data: Uint8Array;
  private dataAt = 0;
  private readonly loadBase: BasePageLoader;

  constructor(core: Core, reader: TapeReader, sources: readonly string[], data: Uint8Array, loadBase: BasePageLoader) {
    this.core = core;
    this.reader = reader;
    this.sources = sources;
    this.data = data;
    this.loadBase = loadBase;
  }

  decodePage(): void {
    const { core, reader } = this;
    const entry = reader.upTo(2 ** 32, 'a page entry');
    const kind = entry % KINDS;
    const operand = (entry - kind) / KINDS;
    const frame = core.frameAlloc();
    if (frame === 0) throw new ImageError('memory', `no room for frame ${this.frames.length + 1}`);
    this.frames.push(frame);
    switch (kind) {
      case ZERO:
        if (operand !== 0) reader.refuse('a zero page with an operand');
        return;
      case BASE:
        this.copyBase(frame, operand);
        return;
      case DUPLICATE: {
        const other = this.frames.length - operand;
        const twin = operand === 0 ? undefined : this.frames[other - 1];
        if (twin === undefined) return reader.refuse(`frame ${this.frames.length} repeats frame ${other}, which is not before it`);
        core.bytes().copyWithin(frame * PAGE_BYTES, twin * PAGE_BYTES, (twin + 1) * PAGE_BYTES);
        return;
      }
      case COMPRESSED:
        this.decompress(frame, operand);
        return;
      case RAW:
        if (operand !== 0) reader.refuse('a raw page with an operand');
        core.frameBytes(frame).set(this.take(PAGE_BYTES));
        return;
      case PARENT:
      case DELTA:
        return reader.refuse(`frame ${this.frames.length} needs a parent image`);
      default:
        return reader.refuse(`frame ${this.frames.length} has the unknown kind ${kind}`);
    }
  }

  expectEnd(): void {
    if (this.dataAt !== this.data.length) throw new ImageError('page data', `has ${this.data.length} bytes, its pages need ${this.dataAt}`);
  }

  private copyBase(frame: number, sourceNumber: number): void {
    const { core, reader } = this;
    const source = this.sources[sourceNumber];
    if (source === undefined) return reader.refuse(`source ${sourceNumber} of ${this.sources.length} does not exist`);
    const page = reader.int();
    const low = reader.upTo(0xffffffff, 'half a hash');
    const high = reader.upTo(0xffffffff, 'half a hash');
    if (page < 0 || !this.loadBase(source, page, core.frameBytes(frame))) throw new ImageError('base image', `has no page ${page} of ${source}`);
    const isSame = core.exports.hash64(frame * PAGE_BYTES, PAGE_BYTES, 0, 0) >>> 0 === low && core.exports.hash64High() >>> 0 === high;
    if (!isSame) throw new ImageError('base image', `page ${page} of ${source} is not what it was at the checkpoint`);
  }

  private decompress(frame: number, length: number): void {
    if (length === 0 || length >= PAGE_BYTES) this.reader.refuse(`a compressed page of ${length} bytes`);
    const block = this.take(length);
    const address = scratch(this.core, PAGE_BYTES);
    this.core.bytes().set(block, address);
    const written = this.core.exports.lz4Decompress(address, length, frame * PAGE_BYTES, PAGE_BYTES);
    if (written !== PAGE_BYTES) throw new ImageError('page data', `the block of frame ${this.frames.length} is damaged`);
  }

  private take(length: number): Uint8Array {
    if (length > this.data.length - this.dataAt) throw new ImageError('page data', `ends within frame ${this.frames.length}`);
    this.dataAt += length;
    return this.data.subarray(this.dataAt - length, this.dataAt);
  }
}
