/** What an OCI image layout leads to: which of its manifests are checkpoints, and which are something else. */
import { ImageError } from '../base/errors.ts';
import { asArray, asObject } from '../container/oci/json.ts';
import type { JsonObject } from '../container/oci/json.ts';
import type { Archive } from './archive.ts';
import { memberOf, objectIn, shownText } from './json.ts';
import { CHECKPOINT_TYPE, CONFIG_TYPE, OCI_INDEX_TYPE, REF_ANNOTATION, TITLE_ANNOTATION } from './media-types.ts';

export interface FoundManifest {
  readonly manifest: JsonObject;
  readonly place: string;
  /** What it is asked for by: its title, and its name in the index. */
  readonly names: readonly string[];
  readonly isCheckpoint: boolean;
  /** OCI's or docker's own: what a container is made from. */
  readonly isContainerImage: boolean;
  /** The media type that says what it is. */
  readonly type: string;
}

/** All manifests below `index.json`, those of nested indexes included. @errors ImageError */
export async function manifestsOf(archive: Archive): Promise<FoundManifest[]> {
  const found: FoundManifest[] = [];
  let visited = 0;
  const visit = async (index: JsonObject, name: string): Promise<void> => {
    const place = `${archive.place}: ${name}`;
    for (const [i, item] of asArray(memberOf(index, 'manifests'), `${place}: manifests`).entries()) {
      if (++visited > archive.limits.manifests) throw new ImageError(archive.place, `leads to more than ${archive.limits.manifests} manifests`);
      const below = `${place}: manifests[${i}]`;
      const descriptor = asObject(item, below);
      const document = await archive.described(descriptor, below);
      // A nested index is named by the digest of what it holds, so none can lead back to itself.
      if (memberOf(descriptor, 'mediaType') === OCI_INDEX_TYPE || memberOf(document, 'manifests') !== undefined) await visit(document, `${name}: manifests[${i}]`);
      else found.push(manifestOf(document, descriptor, below));
    }
  };
  await visit(archive.document('index.json'), 'index.json');
  return found;
}

function manifestOf(manifest: JsonObject, descriptor: JsonObject, place: string): FoundManifest {
  const configType = memberOf(objectIn(manifest, 'config', place), 'mediaType');
  const artifactType = memberOf(manifest, 'artifactType');
  const names = [memberOf(objectIn(manifest, 'annotations', place), TITLE_ANNOTATION), memberOf(objectIn(descriptor, 'annotations', place), REF_ANNOTATION)];
  return {
    manifest,
    place,
    names: names.filter((name) => typeof name === 'string'),
    isCheckpoint: artifactType === CHECKPOINT_TYPE || configType === CONFIG_TYPE,
    // Old writers leave the type of the configuration out.
    isContainerImage: artifactType === undefined && (configType === undefined || /\bimage\.config\b|\bcontainer\.image\b/.test(String(configType))),
    type: shownText(String(artifactType ?? configType ?? 'no media type')),
  };
}

/**
 * The one checkpoint of a layout.
 *
 * @param name    says which, where there are several; null: there may be one only
 * @errors        ImageError for none, for several, and for a name that none or several have
 */
export function chosen(found: readonly FoundManifest[], name: string | null, place: string): FoundManifest {
  const checkpoints = found.filter(({ isCheckpoint }) => isCheckpoint);
  if (checkpoints.length === 0) {
    const types = [...new Set(found.map(({ type }) => type))].slice(0, 3).join(', ');
    throw new ImageError(place, found.length === 0 ? 'leads to no manifest' : `holds no checkpoint, but ${types}`);
  }
  const fitting = name === null ? checkpoints : checkpoints.filter(({ names }) => names.includes(name));
  if (fitting.length === 1) return fitting[0]!;
  const all = checkpoints.map(({ names }, i) => shownText(names[0] ?? `number ${i}`)).slice(0, 10).join(', ');
  if (name === null) throw new ImageError(place, `holds ${checkpoints.length} checkpoints (${all}); say which one is wanted`);
  throw new ImageError(place, `holds ${fitting.length === 0 ? 'no checkpoint' : `${fitting.length} checkpoints`} named ${shownText(name)}; it has ${all}`);
}
