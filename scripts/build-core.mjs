// @ts-check
/**
 * Compiles the core, `assembly/` → `build/core.wasm`, with a copy in `public/` for the page.
 *
 * Does nothing while the sources, the options and the compiler are those of the last build. Safe to run
 * several times at once: one builds, the others wait for it.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isMain } from './support/main.mjs';
import { withLock } from './support/lock.mjs';
import { root, rootPath } from './support/paths.mjs';
import { filesUnder, hashOfFiles, isFresh, markFresh } from './support/stamp.mjs';

const CORE = rootPath('build/core.wasm');
const PUBLIC_CORE = rootPath('public/core.wasm');

/** Compiles the core if it is not up to date, and returns the path of `core.wasm`. */
export function buildCore() {
  return withLock('core', () => {
    const asc = createRequire(import.meta.url).resolve('assemblyscript/package.json');
    const inputs = [...filesUnder(rootPath('assembly'), /\.(ts|json)$/), asc, rootPath('asconfig.json')];
    const stamp = hashOfFiles(inputs);
    if (isFresh('core', stamp, [CORE, PUBLIC_CORE])) return CORE;

    mkdirSync(rootPath('build'), { recursive: true });
    mkdirSync(rootPath('public'), { recursive: true });
    // Left from an earlier build it would pass for this one's result if the compiler failed.
    rmSync(CORE, { force: true });
    const run = spawnSync(
      process.execPath,
      [join(dirname(asc), 'bin/asc.js'), '--target', 'release'],
      { cwd: root, encoding: 'utf8' },
    );
    if (run.status !== 0) throw new Error(`the core does not compile:\n${run.stdout}${run.stderr}`);
    process.stderr.write(run.stderr);
    new WebAssembly.Module(readFileSync(CORE)); // a core that no engine takes should fail here, not in a test
    copyFileSync(CORE, PUBLIC_CORE);
    markFresh('core', stamp);
    return CORE;
  });
}

if (isMain(import.meta.url)) {
  try {
    process.stdout.write(`${buildCore()}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}
