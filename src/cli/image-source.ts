import { open, readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ImageError } from '../base/errors.ts';
import { imageDigest } from '../container/image-store.ts';
import { readManifest } from '../container/store-manifest.ts';
import type { StoredCheckpoint } from '../container/store-manifest.ts';
import type { Core } from '../core/core.ts';
import { DEFAULT_LIMITS, formatOf, importAny, isLink } from '../exchange/index.ts';
import type { ImageFile } from '../inspect/index.ts';
import { readImage } from '../sentry/checkpoint/image.ts';
import { CHAIN_LIMIT } from '../sentry/checkpoint/page-chain.ts';
import { CliError } from './failure.ts';

/** A checkpoint that a command was given. */
export interface ImageSource {
  /** As the command line named it. */
  readonly place: string;
  /** The image, the one it is a difference to, and so on to the full one. */
  readonly files: readonly ImageFile[];
  /** What people call it; '' where nobody says. */
  readonly name: string;
  readonly note: string;
}

const IMAGE_MAGIC = 'STASIS\x1a\n';
const MANIFEST = 'manifest';
const BLOBS = 'blobs';

/**
 * Reads a checkpoint: an image file, an archive with an OCI image layout, a link, or one of a store's (`DIRECTORY:NAME`, or the
 * directory alone where it holds one).
 *
 * @param core         for checksums; only its scratch buffer is touched
 * @param parentPaths  image files that it may stand on, beside those in its own directory
 * @errors CliError, ImageError
 */
export async function readSource(core: Core, place: string, parentPaths: readonly string[] = []): Promise<ImageSource> {
  if (isLink(place)) return unpackedSource(core, 'link', place);
  const found = await stat(place).catch(() => null);
  if (found === null) {
    for (let colon = place.indexOf(':'); colon > 0; colon = place.indexOf(':', colon + 1)) {
      const directory = place.slice(0, colon);
      if ((await stat(directory).catch(() => null))?.isDirectory() === true) return readStored(core, place, directory, place.slice(colon + 1));
    }
    throw new CliError(`${place} is not there`);
  }
  if (found.isDirectory()) return readStored(core, place, place, null);
  const bytes = await readWhole(place);
  if ((await formatOf(bytes)) !== 'image') return unpackedSource(core, place, bytes);
  const given = await Promise.all(parentPaths.map(async (path) => fileOf(await readWhole(path))));
  const { parent } = inPlace(place, () => readImage(bytes, core)).metadata;
  const library = new Beside(core, dirname(resolve(place)), given);
  return { place, files: [fileOf(bytes), ...(await library.chain(parent, place))], name: basename(place).replace(/\.[^.]*$/, ''), note: '' };
}

/** Does `work` with what lies at `place`, which an ImageError then names. */
export function inPlace<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ImageError && !error.field.startsWith(place) ? new ImageError(`${place}: ${error.field}`, error.reason) : error;
  }
}

/** Images in files of one directory, found by their digests. */
class Beside {
  private readonly core: Core;
  private readonly directory: string;
  private readonly given: readonly ImageFile[];
  /** Every image in the directory; read when one is needed that has not its digest for a name. */
  private all: readonly ImageFile[] | null = null;

  constructor(core: Core, directory: string, given: readonly ImageFile[]) {
    this.core = core;
    this.directory = directory;
    this.given = given;
  }

  /** The image with that digest and those it stands on. @errors CliError one is not to be found */
  async chain(digest: string | null, place: string): Promise<ImageFile[]> {
    const files: ImageFile[] = [];
    for (let at = digest; at !== null; ) {
      if (files.length >= CHAIN_LIMIT) throw new CliError(`${place} stands on ${files.length} images or more, at most ${CHAIN_LIMIT - 1} are possible`);
      const file = await this.find(at);
      if (file === null) throw new CliError(`${place} is a difference to ${at}, which is not in ${this.directory}: put it there, or name its file with --parent`);
      files.push(file);
      const { bytes } = file;
      at = inPlace(at, () => readImage(bytes, this.core)).metadata.parent;
    }
    return files;
  }

  private async find(digest: string): Promise<ImageFile | null> {
    const given = this.given.find((file) => file.digest === digest);
    if (given !== undefined) return given;
    const named = await readFile(join(this.directory, digest.replace(':', '-'))).catch(() => null);
    if (named !== null && imageDigest(named) === digest) return { digest, bytes: named };
    this.all ??= await this.readAll();
    return this.all.find((file) => file.digest === digest) ?? null;
  }

  private async readAll(): Promise<ImageFile[]> {
    const files: ImageFile[] = [];
    for (const name of await readdir(this.directory)) {
      const path = join(this.directory, name);
      if (await isImageFile(path)) files.push(fileOf(await readWhole(path)));
    }
    return files;
  }
}

/** A checkpoint of a store, read without taking the store: a machine may have it open. */
async function readStored(core: Core, place: string, directory: string, wanted: string | null): Promise<ImageSource> {
  const list = await readFile(join(directory, MANIFEST)).catch(() => null);
  if (list === null) throw new CliError(`${directory} is a directory, but no store of checkpoints: it has no file ${MANIFEST}`);
  const { entry, images } = chosen(inPlace(join(directory, MANIFEST), () => readManifest(list)).checkpoints, directory, wanted);
  const files: ImageFile[] = [];
  for (const digest of images) {
    const bytes = await readWhole(join(directory, BLOBS, digest.replace(':', '-')));
    if (imageDigest(bytes) !== digest) throw new ImageError(`${directory}: ${digest}`, 'is not what its name says: the store is damaged');
    files.push({ digest, bytes });
  }
  const { parent } = inPlace(place, () => readImage(files.at(-1)!.bytes, core)).metadata;
  if (parent !== null) throw new ImageError(join(directory, MANIFEST), `leaves out ${parent}, which ${entry.name || entry.id} stands on`);
  return { place, files, name: entry.name, note: entry.note };
}

/** By id, name or digest; the last of several with one name. */
function chosen(checkpoints: readonly StoredCheckpoint[], directory: string, wanted: string | null): StoredCheckpoint {
  const names = checkpoints.map(({ entry }) => (entry.name === '' ? entry.id : `${entry.id} "${entry.name}"`)).join(', ') || 'none';
  if (wanted === null) {
    const [only] = checkpoints;
    if (only === undefined || checkpoints.length > 1) throw new CliError(`${directory} is a store: name one of its checkpoints as ${directory}:NAME (it has ${names})`);
    return only;
  }
  const found = checkpoints.find(({ entry }) => entry.id === wanted || entry.digest === wanted) ?? checkpoints.findLast(({ entry }) => entry.name === wanted);
  if (found === undefined) throw new CliError(`${directory} has no checkpoint ${wanted}, only ${names}`);
  return found;
}

async function unpackedSource(core: Core, place: string, source: string | Uint8Array): Promise<ImageSource> {
  const { images, digests, facts } = await importAny(core, source, { place });
  const files = images.map((bytes, i) => ({ digest: digests[i]!, bytes })).reverse();
  return { place, files, name: facts.name, note: facts.note };
}

function fileOf(bytes: Uint8Array): ImageFile {
  return { digest: imageDigest(bytes), bytes };
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > DEFAULT_LIMITS.fileBytes) throw new CliError(`${path} is ${size} bytes long, at most ${DEFAULT_LIMITS.fileBytes} are taken`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function isImageFile(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (file === null) return false;
  try {
    if (!(await file.stat()).isFile()) return false;
    const { buffer, bytesRead } = await file.read(new Uint8Array(IMAGE_MAGIC.length), 0, IMAGE_MAGIC.length, 0);
    return bytesRead === IMAGE_MAGIC.length && String.fromCharCode(...buffer) === IMAGE_MAGIC;
  } finally {
    await file.close();
  }
}
