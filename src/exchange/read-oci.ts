import { ImageError } from '../base/errors.ts';
import { asArray, asObject } from '../container/oci/json.ts';
import type { JsonObject } from '../container/oci/json.ts';
import { Archive } from './archive.ts';
import { readFacts } from './facts.ts';
import type { ExchangeFacts } from './facts.ts';
import { memberOf, objectIn, shownText, textIn } from './json.ts';
import { chosen, manifestsOf } from './layout.ts';
import type { FoundManifest } from './layout.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { ExchangeLimits } from './limits.ts';
import { CHECKPOINT_TYPE, CONFIG_TYPE, IMAGE_TYPE, PARENT_ANNOTATION } from './media-types.ts';

export interface ImportedChain {
  /** The full image first, the checkpoint last; buffers of their own, so that none keeps the archive. */
  readonly images: readonly Uint8Array[];
  /** Digest of each image, worked out from its bytes. */
  readonly digests: readonly string[];
  readonly facts: ExchangeFacts;
}

export interface ImportOptions {
  readonly limits?: ExchangeLimits;
  /** What messages call the archive. */
  readonly place?: string;
  /** Which checkpoint, where the archive holds several: its name, or its name in the index. */
  readonly name?: string;
}

/**
 * Reads what `exportOci` wrote, or what a tool has made of it: other order of entries, other headers, other layout of the JSON.
 * Every blob has the length and the digest that is said of it, and each layer stands on the one before it; what is in an
 * image is not looked at (`verifyChain` does).
 *
 * @errors ImageError: one sentence with the place and the reason
 */
export async function importOci(bytes: Uint8Array, options: ImportOptions = {}): Promise<ImportedChain> {
  const archive = await Archive.open(bytes, options.place ?? 'archive', options.limits ?? DEFAULT_LIMITS);
  return readCheckpoint(archive, options.name ?? null);
}

/** The checkpoint of an archive that is open. */
export async function readCheckpoint(archive: Archive, name: string | null): Promise<ImportedChain> {
  if (!archive.has('index.json')) throw new ImageError(archive.place, 'holds no index.json, so it is no OCI image layout');
  if (!archive.has('oci-layout')) throw new ImageError(archive.place, 'holds no oci-layout, so it is no OCI image layout');
  checkLayoutVersion(archive);
  const found = chosen(await manifestsOf(archive), name, archive.place);
  const { manifest, place } = found;
  checkTypes(found);
  const config = asObject(memberOf(manifest, 'config'), `${place}: config`);
  const facts = readFacts(await archive.blob(config, `${place}: config`, archive.limits.jsonBytes), `${place}: config`, archive.limits);
  const layers = asArray(memberOf(manifest, 'layers'), `${place}: layers`);
  if (layers.length === 0 || layers.length > archive.limits.images) {
    throw new ImageError(`${place}: layers`, `has ${layers.length} images, 1 to ${archive.limits.images} are possible`);
  }
  const images: Uint8Array[] = [];
  const digests: string[] = [];
  for (const [i, item] of layers.entries()) {
    const at = `${place}: layers[${i}]`;
    const layer = asObject(item, at);
    checkParent(layer, digests.at(-1) ?? null, at);
    if (digests.includes(textIn(layer, 'digest', at))) throw new ImageError(at, 'is a layer that is there before');
    images.push((await archive.blob(layer, at, archive.limits.imageBytes)).slice());
    digests.push(textIn(layer, 'digest', at));
  }
  return { images, digests, facts };
}

function checkLayoutVersion(archive: Archive): void {
  const version = textIn(archive.document('oci-layout'), 'imageLayoutVersion', `${archive.place}: oci-layout`);
  if (!version.startsWith('1.')) throw new ImageError(`${archive.place}: oci-layout`, `is of version ${shownText(version)}, this program reads 1`);
}

function checkTypes({ manifest, place }: FoundManifest): void {
  const artifactType = memberOf(manifest, 'artifactType');
  if (artifactType !== undefined && artifactType !== CHECKPOINT_TYPE) {
    throw new ImageError(`${place}: artifactType`, `is ${shownText(String(artifactType))}, ${CHECKPOINT_TYPE} is needed`);
  }
  checkType(objectIn(manifest, 'config', place), CONFIG_TYPE, `${place}: config`);
}

function checkType(descriptor: JsonObject, wanted: string, place: string): void {
  const type = textIn(descriptor, 'mediaType', place);
  if (type !== wanted) throw new ImageError(`${place}: mediaType`, `is ${shownText(type)}, ${wanted} is needed`);
}

/** A layer is an image, and says that it stands on the layer before it. */
function checkParent(layer: JsonObject, before: string | null, place: string): void {
  checkType(layer, IMAGE_TYPE, place);
  const parent = memberOf(objectIn(layer, 'annotations', place), PARENT_ANNOTATION) ?? null;
  if (parent === before) return;
  const said = parent === null ? 'none' : shownText(String(parent));
  throw new ImageError(`${place}: annotations: ${PARENT_ANNOTATION}`, `is ${said}, the layer before it is ${before ?? 'none'}`);
}
