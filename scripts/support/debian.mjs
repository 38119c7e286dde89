// @ts-check
/**
 * Gets Debian packages of another architecture, each the version that a lock file pins, its SHA-256 checked.
 *
 * Where there is apt, it is asked: its mirror, proxies and keys are this machine's, its lists and caches are private
 * directories under `.cache/`. Elsewhere, or where STASIS_DEBIAN_MIRROR names a mirror, packages come straight from that.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { AptSource } from './debian-apt.mjs';
import { MirrorSource } from './debian-mirror.mjs';
import { rootPath } from './paths.mjs';

/**
 * One package as a lock file pins it.
 * @typedef {object} Pin
 * @property {string} version
 * @property {string} sha256   of the .deb, hex
 * @property {number} sizeBytes
 * @property {string} path     where mirrors keep it, below their root
 */

/**
 * Which part of the archive packages come from.
 * @typedef {object} Release
 * @property {string} codename      what a signed index must call itself
 * @property {readonly string[]} suites  names under which mirrors offer it, tried in this order
 * @property {string} component
 * @property {string} architecture
 */

/**
 * A way to the archive. `candidates` looks names up in an index whose signature was checked, and throws an error in one
 * sentence where it has none; `download` writes to `file`, or throws likewise. What arrives is checked by the caller.
 * @typedef {object} Source
 * @property {(names: readonly string[]) => Promise<Record<string, Pin>>} candidates
 * @property {(pin: Pin, name: string, file: string) => Promise<void>} download
 */

/** Named in messages: takes the mirror's present versions into the lock file. */
const UPDATE_COMMAND = 'npm run image:update';

/** @param {Release} release @returns {Source} */
export function debianSource(release) {
  const mirror = process.env['STASIS_DEBIAN_MIRROR'];
  if (mirror !== undefined && mirror !== '') return new MirrorSource(mirror.replace(/\/+$/, ''), release);
  const apt = AptSource.find(release);
  if (apt !== null) return apt;
  throw new Error(
    `no apt with a Debian mirror is configured here: set STASIS_DEBIAN_MIRROR to the address of one that carries ${release.architecture}`,
  );
}

/**
 * The packages that `pins` name, from the cache or the archive.
 *
 * @param {Release} release
 * @param {Record<string, Pin>} pins
 * @param {{ source?: Source, cache?: string, say?: (sentence: string) => void }} [options]  instead of this machine's way to
 *   the archive, the checkout's cache directory, and standard error
 * @returns {Promise<Map<string, Buffer>>}  each package's bytes, SHA-256 as pinned
 */
export async function obtainPackages(release, pins, options = {}) {
  const say = options.say ?? ((sentence) => void process.stderr.write(`${sentence}\n`));
  const cache = options.cache ?? rootPath('.cache/debian/packages');
  const packages = new Map();
  const missing = [];
  for (const [name, pin] of Object.entries(pins)) {
    const cached = readIfPinned(cachePath(cache, name, pin, release), pin);
    if (cached === null) missing.push(name);
    else packages.set(name, cached);
  }
  if (missing.length === 0) return packages;

  const source = options.source ?? debianSource(release);
  /** @type {Record<string, Pin>} */
  let candidates = {};
  try {
    candidates = await source.candidates(missing);
  } catch (error) {
    say(`${messageOf(error)}; going by the SHA-256 in images/lock.json`);
  }
  for (const name of missing) {
    const pin = /** @type {Pin} */ (pins[name]);
    const candidate = candidates[name];
    if (candidate !== undefined && candidate.version !== pin.version) {
      say(`${name} is pinned to ${pin.version} and the mirror has ${candidate.version}: \`${UPDATE_COMMAND}\` takes that`);
    }
    packages.set(name, await downloadPinned(source, name, pin, release, cachePath(cache, name, pin, release)));
  }
  return packages;
}

/**
 * What the archive offers now, for the lock file.
 *
 * @param {Release} release
 * @param {readonly string[]} names
 * @returns {Promise<Record<string, Pin>>}
 */
export async function currentPins(release, names) {
  const candidates = await debianSource(release).candidates(names);
  for (const name of names) {
    if (candidates[name] === undefined) throw new Error(`${release.codename} has no package ${name} for ${release.architecture}`);
  }
  return candidates;
}

/** @param {Source} source @param {string} name @param {Pin} pin @param {Release} release @param {string} path  where it is kept */
async function downloadPinned(source, name, pin, release, path) {
  const partial = `${path}.${process.pid}.part`;
  try {
    await source.download(pin, name, partial);
    const bytes = readIfPinned(partial, pin);
    if (bytes === null) throw new Error('it arrived with another SHA-256');
    renameSync(partial, path);
    return bytes;
  } catch (error) {
    throw new Error(
      `${name} ${pin.version} (${release.architecture}) cannot be had: ${messageOf(error)}; if the mirror has a newer version, \`${UPDATE_COMMAND}\` takes that`,
    );
  } finally {
    rmSync(partial, { force: true });
  }
}

/** @param {string} path @param {Pin} pin @returns {Buffer | null} */
function readIfPinned(path, pin) {
  if (!existsSync(path)) return null;
  const bytes = readFileSync(path);
  return createHash('sha256').update(bytes).digest('hex') === pin.sha256 ? bytes : null;
}

/** @param {string} directory @param {string} name @param {Pin} pin @param {Release} release */
function cachePath(directory, name, pin, release) {
  mkdirSync(directory, { recursive: true });
  return `${directory}/${name}_${pin.version.replace(/:/g, '%3a')}_${release.architecture}.deb`;
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The stanzas of a Packages index for `names`, newest first where a name occurs twice.
 *
 * @param {string} index
 * @param {readonly string[]} names
 * @returns {Record<string, Pin>}
 */
export function pinsInIndex(index, names) {
  /** @type {Record<string, Pin>} */
  const pins = {};
  for (const name of names) {
    const start = index.startsWith(`Package: ${name}\n`) ? 0 : index.indexOf(`\nPackage: ${name}\n`);
    if (start < 0) continue;
    const stanza = index.slice(start, index.indexOf('\n\n', start + 1) + 1 || undefined);
    /** @param {string} key */
    const field = (key) => {
      const value = new RegExp(`^${key}: (.*)$`, 'm').exec(stanza)?.[1];
      if (value === undefined) throw new Error(`the index says no ${key} of ${name}`);
      return value;
    };
    pins[name] = {
      version: field('Version'),
      sha256: field('SHA256'),
      sizeBytes: Number(field('Size')),
      path: field('Filename'),
    };
  }
  return pins;
}

/** @param {string} path @param {unknown} value */
export function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
