/** A checkpoint image opened as data: nothing is run, bound or restored, and no frame of a core is taken. */

import '../sentry/boot.ts'; // all classes with a schema
import { ImageError } from '../base/errors.ts';
import type { Core } from '../core/core.ts';
import { PAGE_SHIFT } from '../core/layout.ts';
import type { BaseTree } from '../ports/base-tree.ts';
import { readBasePage } from '../sentry/checkpoint/base-pages.ts';
import { coreWire } from '../sentry/checkpoint/core-wire.ts';
import { LoadedFrames } from '../sentry/checkpoint/frame-numbers.ts';
import { readImage, sectionOf } from '../sentry/checkpoint/image.ts';
import type { Image } from '../sentry/checkpoint/image.ts';
import { CHAIN_LIMIT, PageChain } from '../sentry/checkpoint/page-chain.ts';
import type { BasePageLoader } from '../sentry/checkpoint/page-chain.ts';
import { decodeTables } from '../sentry/checkpoint/page-tables.ts';
import { verifyKernel } from '../sentry/checkpoint/verify.ts';
import type { AddressSpace } from '../sentry/mm/address-space.ts';
import { Kernel } from '../sentry/task/kernel.ts';
import { loadGraph } from '../state/index.ts';
import { standInFor } from './stand-ins.ts';

/** A checkpoint image as it lies somewhere, and the digest that names it (`sha256:…`), which whoever gives it has worked out. */
export interface ImageFile {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** One image of a chain. */
export interface InspectedLayer {
  readonly file: ImageFile;
  readonly image: Image;
}

/** An image that can be looked into. Frame numbers in its kernel and page tables are those of the image, from 1. */
export interface InspectedImage {
  /** For page work; only its scratch buffer is used. */
  readonly core: Core;
  /** The image, what it is a difference to, and so on to the full one. */
  readonly layers: readonly [InspectedLayer, ...InspectedLayer[]];
  readonly kernel: Kernel;
  /** Page tables: pairs of virtual page number and `image frame << 12 | flags`, ascending. */
  readonly tables: ReadonlyMap<AddressSpace, Uint32Array>;
  readonly chain: PageChain;
  /** The base image that the checkpoint lies over; null where it has none, or it is not there: its pages are named then, not read. */
  readonly base: BaseTree | null;
  readonly loadBase: BasePageLoader;
}

/**
 * Opens an image with those it stands on.
 *
 * @param files  the image, the one it is a difference to, and so on to the full one
 * @param base   a base image, used if it is the one that the checkpoint lies over
 * @param known  layers opened before: images that are among them are not read and checked again
 * @errors ImageError: one sentence with section and reason
 */
export function openImage(core: Core, files: readonly ImageFile[], base: BaseTree | null, known: readonly InspectedLayer[] = []): InspectedImage {
  const layers = readLayers(core, files, known);
  const [{ image }] = layers;
  const usable = base !== null && base.digest === image.metadata.baseImage ? base : null;
  const wire = coreWire(core);
  const chain = PageChain.open(wire, layers.map((layer) => layer.image));
  const numbers = Array.from({ length: chain.frames() }, (_, i) => i + 1);
  const frames = new LoadedFrames(core, numbers);
  const tables = decodeTables(wire, sectionOf(image, 'page-tables'), frames);
  const kernel = loadGraph(
    sectionOf(image, 'kernel'),
    { wire, loadFrame: (frame) => frames.frameOf(frame), bindEdge: (port, key) => standInFor(port, key, usable) },
    Kernel,
  );
  lookingInto('section kernel', () => verifyKernel(kernel));
  return { core, layers, kernel, tables: tablesOf(kernel, tables), chain, base: usable, loadBase: loaderOf(usable) };
}

/** Runs code that looks into an image: where what it holds contradicts itself, an ImageError says so, whatever was thrown. */
export function lookingInto<T>(what: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const refusal = new ImageError(what, `contradicts itself: ${error instanceof Error || error instanceof Object && 'message' in error ? String(error.message) : String(error)}`);
    refusal.cause = error;
    throw refusal;
  }
}

/** The image frame of a page table entry. */
export function frameOfEntry(entry: number): number {
  return entry >>> PAGE_SHIFT;
}

function readLayers(core: Core, files: readonly ImageFile[], known: readonly InspectedLayer[]): [InspectedLayer, ...InspectedLayer[]] {
  if (files.length > CHAIN_LIMIT) throw new ImageError('parent', `the image stands on ${files.length - 1} others, at most ${CHAIN_LIMIT - 1} are possible`);
  const [first, ...rest] = files.map((file) => known.find((layer) => layer.file.digest === file.digest) ?? { file, image: readImage(file.bytes, core) });
  if (first === undefined) throw new ImageError('image', 'there is none');
  let { parent } = first.image.metadata;
  for (const { file, image } of rest) {
    if (file.digest !== parent) throw new ImageError('parent', parent === null ? 'the image stands on no other' : `the image is a difference to ${parent}, not to ${file.digest}`);
    if (image.metadata.baseImage !== first.image.metadata.baseImage) throw new ImageError('parent', `${file.digest} lies over another base image`);
    ({ parent } = image.metadata);
  }
  if (parent !== null) throw new ImageError('parent', `the image is a difference to ${parent}, which is not there: add that one first`);
  return [first, ...rest];
}

function tablesOf(kernel: Kernel, tables: readonly Uint32Array[]): Map<AddressSpace, Uint32Array> {
  const spaces = [...kernel.addressSpaces()];
  if (spaces.length !== tables.length) throw new ImageError('section page-tables', `${tables.length} page tables for ${spaces.length} address spaces`);
  return new Map(spaces.map((space, i) => [space, tables[i]!]));
}

function loaderOf(base: BaseTree | null): BasePageLoader {
  return (source, page, out) => {
    if (base === null) throw new ImageError('base image', `is not there: page ${page} of ${source} can be named only`);
    return readBasePage(base, source, page, out);
  };
}
