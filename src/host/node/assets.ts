import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where built files lie: beside the bundled command, or in `public/` when run from the sources. */
const PLACES = ['./', '../../../public/'];

/**
 * The path of a built file that goes with the command: `core.wasm`, `busybox.tar`.
 *
 * @returns  an absolute path, or null where it has not been built
 */
export function assetPath(name: string): string | null {
  for (const place of PLACES) {
    const path = fileURLToPath(new URL(`${place}${name}`, import.meta.url));
    if (existsSync(path)) return path;
  }
  return null;
}
