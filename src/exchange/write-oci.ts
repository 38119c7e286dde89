/**
 * A checkpoint as an OCI image layout in a tar file, which registries and their tools can carry:
 *
 *   oci-layout
 *   index.json ── manifest (artifact) ─┬─ config   what is known of the checkpoint
 *                                      ├─ layer 0  the full image
 *                                      ├─ layer 1  a difference to layer 0
 *                                      └─ …        the last one is the checkpoint
 */
import { byteStringFromText } from '../base/bytes.ts';
import { ImageError } from '../base/errors.ts';
import { sha256Hex } from '../container/oci/sha256.ts';
import type { TarEntry } from '../container/oci/tar.ts';
import { EMPTY, writeTar } from '../container/oci/tar-writer.ts';
import { dateOf, jsonBytes, shortText, writeFacts } from './facts.ts';
import type { ExchangeFacts } from './facts.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { ExchangeLimits } from './limits.ts';
import {
  BASE_ANNOTATION, CHECKPOINT_TYPE, CONFIG_TYPE, CREATED_ANNOTATION, DESCRIPTION_ANNOTATION, IMAGE_TYPE, OCI_INDEX_TYPE, OCI_MANIFEST_TYPE, PARENT_ANNOTATION,
  REF_ANNOTATION, TITLE_ANNOTATION,
} from './media-types.ts';

interface Blob {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes an archive. The same images and facts give the same bytes.
 *
 * @param images  the full image first, then each difference to the one before it; the checkpoint is the last
 * @errors        ImageError for no images, too many, or a name or note that `importOci` would not take
 * @source        OCI image specification 1.1: image layout, manifest ("Guidelines for Artifact Usage"), annotations
 */
export async function exportOci(images: readonly Uint8Array[], facts: ExchangeFacts, limits: ExchangeLimits = DEFAULT_LIMITS): Promise<Uint8Array<ArrayBuffer>> {
  if (images.length === 0 || images.length > limits.images) throw new ImageError('export', `${images.length} images, 1 to ${limits.images} are possible`);
  shortText(facts.name, limits.nameCharacters, 'name');
  shortText(facts.note, limits.noteCharacters, 'note');
  const layers = await Promise.all(images.map(blobOf));
  const config = await blobOf(writeFacts(facts));
  const created = dateOf(facts.createdMs);
  const manifest = await blobOf(jsonBytes({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST_TYPE,
    artifactType: CHECKPOINT_TYPE,
    config: { mediaType: CONFIG_TYPE, ...sizeOf(config) },
    layers: layers.map((layer, i) => ({
      mediaType: IMAGE_TYPE,
      ...sizeOf(layer),
      annotations: { [TITLE_ANNOTATION]: `image-${i}.stasis`, ...(i === 0 ? {} : { [PARENT_ANNOTATION]: layers[i - 1]!.digest }) },
    })),
    annotations: {
      [TITLE_ANNOTATION]: facts.name,
      [CREATED_ANNOTATION]: created,
      ...(facts.note === '' ? {} : { [DESCRIPTION_ANNOTATION]: facts.note }),
      ...(facts.baseImage === null ? {} : { [BASE_ANNOTATION]: facts.baseImage }),
    },
  }));
  const index = jsonBytes({
    schemaVersion: 2,
    mediaType: OCI_INDEX_TYPE,
    manifests: [{ mediaType: OCI_MANIFEST_TYPE, artifactType: CHECKPOINT_TYPE, ...sizeOf(manifest), annotations: { [REF_ANNOTATION]: refOf(facts.name) } }],
  });
  const entries = [file('oci-layout', jsonBytes({ imageLayoutVersion: '1.0.0' })), file('index.json', index), directory('blobs'), directory('blobs/sha256')];
  const written = new Set<string>();
  for (const { digest, bytes } of [manifest, config, ...layers]) {
    if (written.has(digest)) continue;
    written.add(digest);
    entries.push(file(`blobs/sha256/${digest.slice('sha256:'.length)}`, bytes));
  }
  return writeTar(entries);
}

async function blobOf(bytes: Uint8Array): Promise<Blob> {
  return { digest: `sha256:${await sha256Hex(bytes)}`, bytes };
}

function sizeOf({ digest, bytes }: Blob): { digest: string; size: number } {
  return { digest, size: bytes.length };
}

function file(name: string, data: Uint8Array): TarEntry {
  return { ...EMPTY, name: byteStringFromText(name), data };
}

function directory(name: string): TarEntry {
  return { ...EMPTY, name: `${name}/`, type: 'directory', mode: 0o755 };
}

/** A name as tools take it for a tag: letters, digits, `_`, `.`, `-`. */
function refOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[.-]+/, '').slice(0, 128) || 'checkpoint';
}
