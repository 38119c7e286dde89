// @ts-check
/** The benchmark programs, compiled for the guest and for this machine. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import { filesUnder, hashOfFiles, isFresh, markFresh } from '../../../scripts/support/stamp.mjs';
import { rootPath } from '../../../scripts/support/paths.mjs';

const OPTIONS = ['-O2', '-static', '-Wall'];

/** @typedef {{ folder: string, sentence: string | null }} Compiled */

/**
 * Compiles all of `test/bench/programs/` where that has not been done.
 *
 * @param {'guest' | 'native'} target
 * @returns {Compiled}  `sentence` says why there is nothing in the folder
 */
export function compilePrograms(target) {
  const compiler = target === 'guest' ? 'riscv64-linux-gnu-gcc' : 'gcc';
  const folder = rootPath(`build/bench/${target}`);
  const version = spawnSync(compiler, ['-dumpfullversion'], { encoding: 'utf8' });
  if (version.status !== 0) return { folder, sentence: `${compiler} is not installed` };
  mkdirSync(folder, { recursive: true });
  const sources = filesUnder(rootPath('test/bench/programs'), /\.[ch]$/);
  const stamp = hashOfFiles(sources, `${compiler} ${version.stdout} ${OPTIONS.join(' ')}`);
  const programs = sources.filter((source) => source.endsWith('.c'));
  const outputs = programs.map((source) => `${folder}/${basename(source, '.c')}`);
  if (isFresh(`bench-${target}`, stamp, outputs)) return { folder, sentence: null };
  for (const [i, source] of programs.entries()) {
    const run = spawnSync(compiler, [...OPTIONS, '-o', outputs[i] ?? '', source], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`${source} does not compile:\n${run.stderr}`);
  }
  markFresh(`bench-${target}`, stamp);
  return { folder, sentence: null };
}

/** The first of `names` that can be run here, as an absolute path, or null. @param {readonly string[]} names */
export function findCommand(...names) {
  for (const name of names) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    if (found.status === 0) return found.stdout.trim();
  }
  return null;
}
