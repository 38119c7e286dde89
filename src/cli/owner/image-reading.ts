import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest } from '../../container/store-manifest.ts';
import type { Core } from '../../core/core.ts';
import type { ImageLibrary } from '../../sentry/checkpoint/parents.ts';
import { inPlace, readSource } from '../image-source.ts';
import type { ImageSource } from '../image-source.ts';

/** A checkpoint that was read: its image, and those it stands on. */
export type ReadCheckpoint = ImageSource;

/**
 * Reads what `--image-path` names: a checkpoint of a directory, by its name or the last one; or an image file, an archive or a link.
 * @errors CliError, ImageError
 */
export async function readCheckpoint(core: Core, imagePath: string, name: string | null): Promise<ReadCheckpoint> {
  if (name !== null) return readSource(core, `${imagePath}:${name}`);
  const manifest = await readFile(join(imagePath, 'manifest')).catch(() => null);
  const last = manifest === null ? undefined : inPlace(join(imagePath, 'manifest'), () => readManifest(manifest)).checkpoints.at(-1);
  return readSource(core, last === undefined ? imagePath : `${imagePath}:${last.entry.id}`);
}

export function libraryOf({ files }: ReadCheckpoint): ImageLibrary {
  return { image: (digest) => files.find((file) => file.digest === digest)?.bytes ?? null };
}
