// @ts-check
/**
 * Builds a built-in image: `images/NAME.json` and the packages that `images/lock.json` pins → `public/NAME.tar`, an OCI
 * image layout in a tar archive. The same recipe and lock give the same bytes.
 *
 *   node scripts/build-image.mjs            every image that is not up to date
 *   node scripts/build-image.mjs --update   first pin the versions the archive has now
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { currentPins, messageOf, obtainPackages, writeJson } from './support/debian.mjs';
import { debEntries } from './support/deb.mjs';
import { withLock } from './support/lock.mjs';
import { isMain } from './support/main.mjs';
import { rootPath } from './support/paths.mjs';
import { filesUnder, hashOfFiles, isFresh, markFresh } from './support/stamp.mjs';
import './support/typescript.mjs';

/** @typedef {import('../src/container/oci/tar.ts').TarEntry} TarEntry */
/** @typedef {import('./support/debian.mjs').Pin} Pin */

/**
 * What an image is made of. Paths are the guest's, absolute; modes are octal digits.
 * @typedef {object} Recipe
 * @property {string} name
 * @property {{ os: string, architecture: string }} platform
 * @property {import('./support/debian.mjs').Release} debian
 * @property {Record<string, Record<string, string>>} packages  by package: path in it → path in the image
 * @property {Record<string, string | { mode: string, uid: number, gid: number }>} directories
 * @property {Record<string, string>} files                     modes; the contents are in `images/NAME/`
 * @property {{ target: string, in: string, names: string }[]} links  symbolic links to one target, names separated by blanks
 * @property {Record<string, unknown>} config                   the OCI image's `config`
 */

const IMAGES = ['busybox'];
const LOCK = rootPath('images/lock.json');

/**
 * Builds an image if it is not up to date, and returns the archive's path.
 *
 * @param {string} name
 */
export async function buildImage(name) {
  return withLock(`image-${name}`, async () => {
    const recipePath = rootPath(`images/${name}.json`);
    const output = rootPath(`public/${name}.tar`);
    const inputs = [recipePath, LOCK, ...filesUnder(rootPath(`images/${name}`), /./), ...filesUnder(rootPath('src/container/oci'), /^tar.*\.ts$/)];
    const stamp = hashOfFiles([...inputs, rootPath('scripts/build-image.mjs')]);
    if (isFresh(`image-${name}`, stamp, [output])) return output;

    const recipe = readRecipe(name);
    const packages = await obtainPackages(recipe.debian, pinsOf(recipe));
    const archive = await ociArchive(recipe, await layerEntries(recipe, packages));
    mkdirSync(rootPath('public'), { recursive: true });
    writeFileSync(`${output}.part`, archive);
    renameSync(`${output}.part`, output);
    markFresh(`image-${name}`, stamp);
    return output;
  });
}

/** Pins what the archive has now. */
async function updateLock() {
  /** @type {Record<string, Record<string, Pin>>} */
  const lock = existsSync(LOCK) ? JSON.parse(readFileSync(LOCK, 'utf8')) : {};
  for (const name of IMAGES) {
    const recipe = readRecipe(name);
    const section = lockSection(recipe);
    const before = lock[section] ?? {};
    const after = await currentPins(recipe.debian, Object.keys(recipe.packages));
    for (const [pkg, pin] of Object.entries(after)) {
      const old = before[pkg]?.version;
      process.stdout.write(old === pin.version ? `${pkg}: stays ${old}\n` : `${pkg}: ${old ?? 'none'} → ${pin.version}\n`);
    }
    lock[section] = { ...before, ...after };
  }
  writeJson(LOCK, lock);
}

/** @param {string} name @returns {Recipe} */
function readRecipe(name) {
  return JSON.parse(readFileSync(rootPath(`images/${name}.json`), 'utf8'));
}

/** @param {Recipe} recipe */
function lockSection(recipe) {
  return `${recipe.debian.codename}/${recipe.debian.architecture}`;
}

/** @param {Recipe} recipe @returns {Record<string, Pin>} */
function pinsOf(recipe) {
  const pins = JSON.parse(readFileSync(LOCK, 'utf8'))[lockSection(recipe)] ?? {};
  for (const name of Object.keys(recipe.packages)) {
    if (pins[name] === undefined) throw new Error(`images/lock.json does not pin ${name}: \`npm run image:update\` does`);
  }
  return Object.fromEntries(Object.keys(recipe.packages).map((name) => [name, pins[name]]));
}

/**
 * The image's only layer, sorted by name, so that a directory comes before what is in it.
 *
 * @param {Recipe} recipe
 * @param {Map<string, Buffer>} packages
 * @returns {Promise<TarEntry[]>}
 */
async function layerEntries(recipe, packages) {
  const { EMPTY } = await import('../src/container/oci/tar-writer.ts');
  /** @type {Map<string, TarEntry>} */
  const entries = new Map();
  let newestNs = 0n;
  for (const [name, wanted] of Object.entries(recipe.packages)) {
    const contents = await debEntries(/** @type {Buffer} */ (packages.get(name)));
    for (const [from, to] of Object.entries(wanted)) {
      const entry = contents.get(from);
      if (entry === undefined) throw new Error(`${name} holds no ${from}`);
      entries.set(to, entry);
      if (entry.mtimeNs > newestNs) newestNs = entry.mtimeNs;
    }
  }
  // What the recipe itself adds is as old as the newest file of the packages: a date that the lock file decides.
  const made = { ...EMPTY, mtimeNs: newestNs };
  for (const [path, value] of Object.entries(recipe.directories)) {
    const { mode, uid, gid } = typeof value === 'string' ? { mode: value, uid: 0, gid: 0 } : value;
    entries.set(path, { ...made, type: 'directory', mode: Number.parseInt(mode, 8), uid, gid });
  }
  for (const [path, mode] of Object.entries(recipe.files)) {
    const data = new Uint8Array(readFileSync(rootPath(`images/${recipe.name}${path}`)));
    entries.set(path, { ...made, mode: Number.parseInt(mode, 8), data });
  }
  for (const { target, in: directory, names } of recipe.links) {
    for (const name of names.split(' ')) {
      entries.set(`${directory}/${name}`, { ...made, type: 'symlink', mode: 0o777, linkName: relativeTarget(directory, target) });
    }
  }
  return [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, entry]) => ({ ...entry, name: path.slice(1) + (entry.type === 'directory' ? '/' : '') }));
}

/** `target` as a link in `directory` names it. @param {string} directory @param {string} target */
function relativeTarget(directory, target) {
  const from = directory.split('/').filter(Boolean);
  const to = target.split('/').filter(Boolean);
  while (from.length > 0 && to.length > 1 && from[0] === to[0]) {
    from.shift();
    to.shift();
  }
  return [...from.map(() => '..'), ...to].join('/');
}

/**
 * @param {Recipe} recipe
 * @param {TarEntry[]} entries
 * @source OCI image specification 1.1: image-layout, image-index, manifest, config
 */
async function ociArchive(recipe, entries) {
  const { EMPTY, writeTar } = await import('../src/container/oci/tar-writer.ts');
  const layerTar = writeTar(entries);
  const layer = new Uint8Array(gzipSync(layerTar, { level: 9 }));
  const created = new Date(Number(entries.reduce((newest, { mtimeNs }) => (mtimeNs > newest ? mtimeNs : newest), 0n) / 1_000_000n));
  const config = json({
    created: created.toISOString(),
    ...recipe.platform,
    config: recipe.config,
    rootfs: { type: 'layers', diff_ids: [digestOf(layerTar)] },
    history: [{ created: created.toISOString(), created_by: `images/${recipe.name}.json` }],
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: [descriptor('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
  });
  const index = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        ...descriptor('application/vnd.oci.image.manifest.v1+json', manifest),
        platform: recipe.platform,
        annotations: { 'org.opencontainers.image.ref.name': `${recipe.name}:latest` },
      },
    ],
  });
  const blobs = [config, layer, manifest].map((data) => ({ ...EMPTY, name: `blobs/sha256/${digestOf(data).slice(7)}`, data }));
  blobs.sort((a, b) => (a.name < b.name ? -1 : 1));
  const directory = { ...EMPTY, type: /** @type {const} */ ('directory'), mode: 0o755 };
  return writeTar([
    { ...EMPTY, name: 'oci-layout', data: json({ imageLayoutVersion: '1.0.0' }) },
    { ...EMPTY, name: 'index.json', data: index },
    { ...directory, name: 'blobs/' },
    { ...directory, name: 'blobs/sha256/' },
    ...blobs,
  ]);
}

/** @param {string} mediaType @param {Uint8Array} data */
function descriptor(mediaType, data) {
  return { mediaType, digest: digestOf(data), size: data.length };
}

/** @param {unknown} value */
function json(value) {
  return new Uint8Array(Buffer.from(JSON.stringify(value)));
}

/** @param {Uint8Array} data */
function digestOf(data) {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

if (isMain(import.meta.url)) {
  try {
    if (process.argv.includes('--update')) await updateLock();
    for (const name of IMAGES) process.stdout.write(`${await buildImage(name)}\n`);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(1);
  }
}
