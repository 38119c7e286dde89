// @ts-check
/** Builds what is given away: the site, the library and the command, each only when something it is made of changed. `site`, `library` or `cli` after it: only that. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'vite';
import { buildCore } from './build-core.mjs';
import { buildImage } from './build-image.mjs';
import { withLock } from './support/lock.mjs';
import { isMain } from './support/main.mjs';
import { root, rootPath } from './support/paths.mjs';
import { filesUnder, hashOfFiles, isFresh, markFresh } from './support/stamp.mjs';

const CLI_ASSETS = ['core.wasm', 'busybox.tar'];
const SOURCE_NAMES = /\.(ts|css|html|json|svg|woff2|mjs)$/;

/** The site, `dist/site`: static files for any host. */
export async function buildSite() {
  buildCore();
  await buildImage('busybox');
  return viteBuild('site', 'vite.config.ts', ['web', 'src', 'public'], 'dist/site/index.html');
}

/** The package's entry, `dist/lib/index.js`, and its declarations. */
export async function buildLibrary() {
  return viteBuild('library', 'vite.lib.config.ts', ['src'], 'dist/lib/index.js', () => {
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
    const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig/library.json'], { cwd: root, encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`the package's declarations cannot be written:\n${run.stdout}${run.stderr}`);
  });
}

/** The command `stasis`, `dist/cli.js`, with the core and the built-in image beside it. */
export async function buildCli() {
  buildCore();
  await buildImage('busybox');
  const path = await viteBuild('cli', 'vite.cli.config.ts', ['src'], 'dist/cli.js');
  chmodSync(path, 0o755);
  for (const name of CLI_ASSETS) copyFileSync(rootPath(`public/${name}`), rootPath(`dist/${name}`));
  return path;
}

/**
 * @param {string} name
 * @param {string} config               a vite configuration
 * @param {readonly string[]} folders   whose files it is made of
 * @param {string} output               the file that is there after it
 * @param {() => void} [finish]         what else belongs to it
 */
async function viteBuild(name, config, folders, output, finish = () => {}) {
  return withLock(name, async () => {
    const inputs = folders.flatMap((folder) => filesUnder(rootPath(folder), folder === 'public' ? /./ : SOURCE_NAMES));
    const stamp = hashOfFiles([...inputs, rootPath(config), rootPath('package-lock.json')]);
    if (!isFresh(name, stamp, [rootPath(output)])) {
      await build({ configFile: rootPath(config), logLevel: 'warn', ...(name === 'site' ? {} : { root }) });
      finish();
      markFresh(name, stamp);
    }
    return rootPath(output);
  });
}

if (isMain(import.meta.url)) {
  try {
    const wanted = process.argv.slice(2);
    for (const [name, step] of Object.entries({ site: buildSite, library: buildLibrary, cli: buildCli })) {
      if (wanted.length === 0 || wanted.includes(name)) process.stdout.write(`${await step()}\n`);
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}
