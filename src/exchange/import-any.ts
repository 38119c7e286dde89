import { ImageError } from '../base/errors.ts';
import { isGzip, isZstd } from '../container/oci/gzip.ts';
import { sha256Hex } from '../container/oci/sha256.ts';
import { TAR_BLOCK_BYTES } from '../container/oci/tar.ts';
import type { Core } from '../core/core.ts';
import type { Image } from '../sentry/checkpoint/image.ts';
import { Archive } from './archive.ts';
import { verifyChain } from './chain.ts';
import { factsOf } from './facts.ts';
import type { ExchangeFacts } from './facts.ts';
import { manifestsOf } from './layout.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { ExchangeLimits } from './limits.ts';
import { decodeLink, isLink } from './link.ts';
import { readCheckpoint } from './read-oci.ts';
import type { ImportOptions } from './read-oci.ts';

export type Format =
  /** One checkpoint image. */
  | 'image'
  /** An OCI image layout with a checkpoint. */
  | 'oci'
  /** Of OCI's or docker's: what a container is made from, no checkpoint. */
  | 'containerImage'
  /** A text with a link that holds a checkpoint. */
  | 'link'
  | 'unknown';

/** A checkpoint from elsewhere, checked whole. */
export interface ImportedCheckpoint {
  readonly format: 'image' | 'oci' | 'link';
  /** The full image first, the checkpoint last. A plain image is the caller's own buffer, the others have buffers of their own. */
  readonly images: readonly Uint8Array[];
  readonly digests: readonly string[];
  /** What is in the last one. */
  readonly image: Image;
  /** As far as it came with the file; the name may be empty. */
  readonly facts: ExchangeFacts;
}

const IMAGE_MAGIC = 'STASIS\x1a\n';
/** A text is taken for a link, whatever its length, by how it begins. */
const TEXT_BYTES = 4096;

/** Says what a file is, by its content. Whether it is whole and good is another question: importing it answers that. */
export async function formatOf(bytes: Uint8Array, limits: ExchangeLimits = DEFAULT_LIMITS): Promise<Format> {
  if (beginsWith(bytes, IMAGE_MAGIC)) return 'image';
  if (isLink(new TextDecoder().decode(bytes.subarray(0, TEXT_BYTES)))) return 'link';
  if (!isGzip(bytes) && !isTar(bytes)) return 'unknown';
  try {
    return await layoutOf(await Archive.open(bytes, 'file', limits));
  } catch (error) {
    if (error instanceof ImageError) return 'unknown';
    throw error;
  }
}

/**
 * Takes in a file or the text of a link, whatever of the formats it has, and checks all of it.
 *
 * @param core  for checksums; only its scratch buffer is touched
 * @errors      ImageError: one sentence with the place and the reason
 */
export async function importAny(core: Core, source: Uint8Array | string, options: ImportOptions = {}): Promise<ImportedCheckpoint> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  const place = options.place ?? 'file';
  if (typeof source === 'string') return importLink(core, source, limits);
  if (source.length > limits.fileBytes) throw new ImageError(place, `is ${source.length} bytes long, at most ${limits.fileBytes} are taken`);
  if (beginsWith(source, IMAGE_MAGIC)) return oneImage(core, 'image', source, '');
  if (isLink(new TextDecoder().decode(source.subarray(0, TEXT_BYTES)))) return importLink(core, linkText(source, limits), limits);
  if (isZstd(source)) throw new ImageError(place, 'is packed with zstd; unpack it first');
  if (!isGzip(source) && !isTar(source)) throw new ImageError(place, 'is neither a checkpoint image, nor an archive with one, nor a link');
  const archive = await Archive.open(source, place, limits);
  if (!archive.has('index.json') && archive.has('manifest.json')) throw containerImage(place);
  if (archive.has('index.json') && (await layoutOf(archive)) === 'containerImage') throw containerImage(place);
  const { images, digests, facts } = await readCheckpoint(archive, options.name ?? null);
  return { format: 'oci', images, digests, facts, image: verifyChain(core, images, digests, facts).at(-1)! };
}

async function importLink(core: Core, text: string, limits: ExchangeLimits): Promise<ImportedCheckpoint> {
  const { image, name } = await decodeLink(text, limits);
  return oneImage(core, 'link', image, name);
}

async function oneImage(core: Core, format: 'image' | 'link', bytes: Uint8Array, name: string): Promise<ImportedCheckpoint> {
  const digests = [`sha256:${await sha256Hex(bytes)}`];
  const [image] = verifyChain(core, [bytes], digests, null);
  return { format, images: [bytes], digests, image: image!, facts: factsOf(image!.metadata, name, '') };
}

async function layoutOf(archive: Archive): Promise<Format> {
  if (!archive.has('index.json')) return archive.has('manifest.json') ? 'containerImage' : 'unknown';
  const found = await manifestsOf(archive);
  if (found.some(({ isCheckpoint }) => isCheckpoint)) return 'oci';
  return found.some(({ isContainerImage }) => isContainerImage) ? 'containerImage' : 'unknown';
}

function containerImage(place: string): ImageError {
  return new ImageError(place, 'is a container image and no checkpoint: a container can be created from it, nothing can be restored');
}

function isTar(bytes: Uint8Array): boolean {
  return bytes.length >= TAR_BLOCK_BYTES && beginsWith(bytes.subarray(257), 'ustar');
}

function beginsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The text of a file that begins like a link; one that is too long is not made a text as a whole. */
function linkText(bytes: Uint8Array, { linkCharacters }: ExchangeLimits): string {
  return new TextDecoder().decode(bytes.subarray(0, linkCharacters + 2 * TEXT_BYTES));
}
