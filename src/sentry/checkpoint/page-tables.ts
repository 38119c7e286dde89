/**
 * Page tables in a checkpoint: what each address space maps, by image frame.
 *
 * A dump is pairs of u32, virtual page number and PTE (`frame << 12 | flags`), ascending. The pause of a checkpoint has the
 * tables kept as they are; to look through them, and to encode them, is left for later, while the freeze keeps the frames.
 */

import { ImageError, panic } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import { TapeReader } from '../../state/reader.ts';
import type { WirePort } from '../../state/index.ts';
import { TapeWriter, joinTapes } from '../../state/writer.ts';
import { scratch } from './core-wire.ts';
import type { FrameList, FrameNumbers, LoadedFrames } from './frame-numbers.ts';

const SPACE_PAGES = 1 << 26;
const MAX_FLAGS = 15;
const PAIR_BYTES = 8;
const TABLES_LIMIT_BYTES = 1 << 28;

/** The page tables of address spaces as they were at one moment. */
export class FrozenTables {
  private readonly core: Core;
  private shadows: number[] = [];

  private constructor(core: Core) {
    this.core = core;
  }

  /** @errors ImageError 'memory' when there is no room for the copies */
  static of(core: Core, spaces: readonly { readonly space: number }[]): FrozenTables {
    const tables = new FrozenTables(core);
    for (const { space } of spaces) {
      const shadow = core.spaceShadow(space);
      if (shadow === 0) {
        tables.release();
        throw new ImageError('memory', `no room to keep the page tables of ${spaces.length} address spaces`);
      }
      tables.shadows.push(shadow);
    }
    return tables;
  }

  /** The dumps, in the order of the spaces; the tables are let go of. @errors ImageError 'memory' when there was no room to keep them */
  take(): Uint32Array[] {
    if (this.core.shadowLost()) throw new ImageError('memory', 'no room to keep the page tables of the pause');
    const dumps = this.shadows.map((shadow) => dumpSpace(this.core, shadow));
    this.release();
    return dumps;
  }

  release(): void {
    for (const shadow of this.shadows) this.core.dropShadow(shadow);
    this.shadows = [];
  }
}

/** The page table of one space, as pairs; the array belongs to the caller. */
export function dumpSpace(core: Core, space: number): Uint32Array {
  const count = core.exports.spaceDump(space, 0, 0) >>> 0;
  const out = scratch(core, count * PAIR_BYTES);
  core.exports.spaceDump(space, out, count);
  return core.words().slice(out >>> 2, (out >>> 2) + count * 2);
}

/**
 * Encodes dumps, in the order in which `decodeTables` gives them back. Runs of pages with equal flags are kept together,
 * each page by the distance of its image frame from the one before.
 */
export function encodeTables(wire: WirePort, dumps: readonly Uint32Array[], numbers: FrameNumbers): Uint8Array {
  const tape = new TapeWriter();
  tape.int(dumps.length);
  let previous = 0;
  for (const dump of dumps) {
    const count = dump.length / 2;
    let next = 0; // first page after the run before
    for (let at = 0; at < count; ) {
      const first = dump[at * 2] ?? 0;
      const flags = (dump[at * 2 + 1] ?? 0) & MAX_FLAGS;
      let end = at + 1;
      while (end < count && dump[end * 2] === first + end - at && ((dump[end * 2 + 1] ?? 0) & MAX_FLAGS) === flags) end++;
      tape.int(end - at);
      tape.int(first - next);
      tape.int(flags);
      for (; at < end; at++) {
        const imageFrame = numbers.saveFrame((dump[at * 2 + 1] ?? 0) >>> 12);
        tape.int(imageFrame - previous - 1);
        previous = imageFrame;
      }
      next = (dump[(end - 1) * 2] ?? 0) + 1;
    }
    tape.int(0);
  }
  return wire.encodeTapes(joinTapes(tape, new TapeWriter()));
}

/**
 * Decodes dumps, with PTEs of the frames loaded now.
 *
 * @errors ImageError 'page tables' for what no page table can be; 'page map' for a frame that the image has not
 */
export function decodeTables(wire: WirePort, data: Uint8Array, frames: LoadedFrames): Uint32Array[] {
  const reader = new TapeReader(wire.decodeTapes(data, TABLES_LIMIT_BYTES), 'page tables');
  const spaces = reader.count();
  const dumps: Uint32Array[] = [];
  let previous = 0;
  for (let i = 0; i < spaces; i++) {
    const pairs: number[] = [];
    let next = 0;
    for (let pages = reader.count(); pages !== 0; pages = reader.count()) {
      const first = next + reader.int();
      const flags = reader.upTo(MAX_FLAGS, 'a set of page flags');
      if (first < next || first + pages > SPACE_PAGES) reader.refuse(`a run of ${pages} pages at page ${first} is out of order or out of range`);
      for (let page = first; page < first + pages; page++) {
        previous += 1 + reader.int();
        pairs.push(page, ((frames.frameOf(previous) << 12) | flags) >>> 0);
      }
      next = first + pages;
    }
    dumps.push(Uint32Array.from(pairs));
  }
  reader.expectEnd();
  return dumps;
}

/** A dump with the frames loaded now in place of image frames. */
export function withFrames(dump: Uint32Array, frames: FrameList): Uint32Array {
  const pairs = dump.slice();
  for (let at = 1; at < pairs.length; at += 2) pairs[at] = (frames[(pairs[at]! >>> 12) - 1]! << 12) | (pairs[at]! & MAX_FLAGS);
  return pairs;
}

/**
 * Maps a dump into `space`; each mapping takes a reference of its own.
 *
 * @errors ImageError 'memory' when there is no room for the tables
 */
export function loadSpace(core: Core, space: number, pairs: Uint32Array): void {
  if (pairs.length % 2 !== 0) panic(`page tables: ${pairs.length} numbers are no pairs`);
  const address = scratch(core, pairs.byteLength);
  core.words().set(pairs, address >>> 2);
  const mapped = core.exports.spaceLoad(space, address, pairs.length / 2) >>> 0;
  if (mapped !== pairs.length / 2) throw new ImageError('memory', `no room for the page tables of space ${space}: ${mapped} of ${pairs.length / 2} pages mapped`);
}
