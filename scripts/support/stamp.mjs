// @ts-check
/** Knows what is up to date: each built thing has a stamp, the hash of all it was made from. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, rootPath } from './paths.mjs';

/**
 * The files under `directory` whose names match, as absolute paths in a stable order.
 *
 * @param {string} directory
 * @param {RegExp} names
 * @returns {string[]}
 */
export function filesUnder(directory, names) {
  /** @type {string[]} */
  const found = [];
  if (!existsSync(directory)) return found;
  for (const entry of readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) found.push(...filesUnder(path, names));
    else if (names.test(entry.name)) found.push(path);
  }
  return found;
}

/**
 * SHA-256, in hex, over the names and the contents of `paths`, and over `more`.
 *
 * @param {readonly string[]} paths  absolute
 * @param {string} [more]            whatever else the result depends on
 */
export function hashOfFiles(paths, more = '') {
  const hash = createHash('sha256').update(more);
  for (const path of paths) {
    const content = readFileSync(path);
    hash.update(`\0${relative(root, path)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** @param {string} name @param {string} stamp @param {readonly string[]} outputs  absolute; all must be there */
export function isFresh(name, stamp, outputs) {
  const path = rootPath(`build/stamp/${name}`);
  return outputs.every((output) => existsSync(output)) && existsSync(path) && readFileSync(path, 'utf8') === stamp;
}

/** @param {string} name @param {string} stamp */
export function markFresh(name, stamp) {
  mkdirSync(rootPath('build/stamp'), { recursive: true });
  writeFileSync(rootPath(`build/stamp/${name}`), stamp);
}
