// @ts-check
/** The core with the names of its functions, for profiles: the same code otherwise. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root, rootPath } from '../../../scripts/support/paths.mjs';
import { filesUnder, hashOfFiles, isFresh, markFresh } from '../../../scripts/support/stamp.mjs';

/** Compiles it where that has not been done. @returns {WebAssembly.Module} */
export function namedCore() {
  const output = rootPath('build/bench/named-core.wasm');
  const stamp = hashOfFiles([...filesUnder(rootPath('assembly'), /\.(ts|json)$/), rootPath('asconfig.json')]);
  if (!isFresh('named-core', stamp, [output])) {
    mkdirSync(dirname(output), { recursive: true });
    const asc = join(dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')), 'bin/asc.js');
    const run = spawnSync(process.execPath, [asc, '--target', 'release', '--debug', '--outFile', output], { cwd: root, encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`the core does not compile:\n${run.stderr}`);
    markFresh('named-core', stamp);
  }
  return new WebAssembly.Module(readFileSync(output));
}
