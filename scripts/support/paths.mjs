// @ts-check
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, an absolute path. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * A path inside the checkout, absolute.
 *
 * @param {string} path  relative to the checkout
 */
export function rootPath(path) {
  return join(root, path);
}
