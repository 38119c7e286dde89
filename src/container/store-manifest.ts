/** The list of checkpoints in a store: JSON, each field checked when it is read. */

import { ImageError } from '../base/errors.ts';
import type { KeptEntry } from './timeline.ts';

/** A checkpoint as the store has it. */
export interface StoredCheckpoint {
  readonly entry: KeptEntry;
  /** Digests of its image and of those it stands on, it first. */
  readonly images: readonly string[];
}

export interface StoreManifest {
  /** The number in the last id that was given out. */
  readonly lastNumber: number;
  /** In the order of taking. */
  readonly checkpoints: readonly StoredCheckpoint[];
}

const KIND = 'stasis-checkpoint-list';
const FORMAT = 1;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const ID = /^k[1-9][0-9]{0,14}$/;

export function writeManifest({ lastNumber, checkpoints }: StoreManifest): Uint8Array {
  const listed = checkpoints.map(({ entry, images }) => {
    const { id, parentId, digest, name, note, leftRunning, pauseMs, totalMs, isAutosave } = entry;
    return { id, parentId, digest, name, note, leftRunning, pauseMs, totalMs, isAutosave: isAutosave === true, images };
  });
  return new TextEncoder().encode(JSON.stringify({ kind: KIND, format: FORMAT, lastNumber, checkpoints: listed }));
}

/** Whether the list was written by a later version of this program, which alone can say what it needs. */
export function isOfLaterFormat(bytes: Uint8Array): boolean {
  try {
    const manifest = objectIn(parse(bytes), 'list');
    return manifest['kind'] === KIND && typeof manifest['format'] === 'number' && manifest['format'] > FORMAT;
  } catch {
    return false;
  }
}

/** @errors ImageError one sentence: which field, and what is wrong with it */
export function readManifest(bytes: Uint8Array): StoreManifest {
  const manifest = objectIn(parse(bytes), 'list');
  if (manifest['kind'] !== KIND) throw new ImageError('list.kind', `is not ${KIND}`);
  if (manifest['format'] !== FORMAT) throw new ImageError('list.format', `is not ${FORMAT}`);
  const listed = manifest['checkpoints'];
  if (!Array.isArray(listed)) throw new ImageError('list.checkpoints', 'is no list');
  const checkpoints = listed.map((value: unknown, i) => readCheckpoint(value, `list.checkpoints[${i}]`));
  const ids = new Set(checkpoints.map(({ entry }) => entry.id));
  if (ids.size !== checkpoints.length) throw new ImageError('list.checkpoints', 'names an id twice');
  return { lastNumber: count(manifest, 'lastNumber', 'list'), checkpoints };
}

function readCheckpoint(value: unknown, path: string): StoredCheckpoint {
  const fields = objectIn(value, path);
  const { images } = fields;
  if (!Array.isArray(images) || images.length === 0 || !images.every((digest) => typeof digest === 'string' && DIGEST.test(digest))) {
    throw new ImageError(`${path}.images`, 'is no list of digests');
  }
  const digest = matching(fields, 'digest', DIGEST, path);
  if (images[0] !== digest) throw new ImageError(`${path}.images`, 'does not begin with the image itself');
  return {
    entry: {
      id: matching(fields, 'id', ID, path),
      parentId: fields['parentId'] === null ? null : matching(fields, 'parentId', ID, path),
      digest,
      name: text(fields, 'name', path),
      note: text(fields, 'note', path),
      leftRunning: flag(fields, 'leftRunning', path),
      pauseMs: count(fields, 'pauseMs', path, Number.isFinite),
      totalMs: count(fields, 'totalMs', path, Number.isFinite),
      isAutosave: flag(fields, 'isAutosave', path),
    },
    images,
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ImageError('list', 'is not JSON');
  }
}

type Fields = { readonly [name: string]: unknown };

function objectIn(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ImageError(path, 'is no object');
  return value as Fields;
}

function text(fields: Fields, name: string, path: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new ImageError(`${path}.${name}`, 'is no text');
  return value;
}

function matching(fields: Fields, name: string, pattern: RegExp, path: string): string {
  const value = text(fields, name, path);
  if (!pattern.test(value)) throw new ImageError(`${path}.${name}`, 'is malformed');
  return value;
}

function flag(fields: Fields, name: string, path: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw new ImageError(`${path}.${name}`, 'is neither true nor false');
  return value;
}

function count(fields: Fields, name: string, path: string, isGood: (value: number) => boolean = Number.isSafeInteger): number {
  const value = fields[name];
  if (typeof value !== 'number' || !isGood(value) || value < 0) throw new ImageError(`${path}.${name}`, 'is no number of 0 or more');
  return value;
}
