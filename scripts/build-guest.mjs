// @ts-check
/**
 * Compiles the guest programs, `test/guest/programs/*.c` and `test/checkpoint/programs/*.c` → `build/guest/*`: static riscv64 ELF files, a single C file each.
 * `// cflags: …` in a program's first lines adds options; `-dynamic` takes `-static` away. Does nothing for a program that has not changed.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { withLock } from './support/lock.mjs';
import { isMain } from './support/main.mjs';
import { rootPath } from './support/paths.mjs';
import { filesUnder, hashOfFiles, isFresh, markFresh } from './support/stamp.mjs';

/** Where the sources lie. No two have one name. */
const FOLDERS = ['test/guest/programs', 'test/checkpoint/programs'];
const COMPILER = 'riscv64-linux-gnu-gcc';
const OPTIONS = ['-static', '-O2', '-Wall', '-pthread'];

/**
 * Compiles what changed.
 *
 * @returns {{ directory: string, built: boolean, sentence: string | null }}  `sentence` says why nothing could be built
 */
export function buildGuestPrograms() {
  const directory = rootPath('build/guest');
  return withLock('guest', () => {
    const version = spawnSync(COMPILER, ['-dumpfullversion'], { encoding: 'utf8' });
    if (version.status !== 0) {
      return {
        directory,
        built: false,
        sentence: `${COMPILER} is not installed (Debian: gcc-riscv64-linux-gnu and libc6-dev-riscv64-cross): the tests of guest programs are skipped`,
      };
    }
    mkdirSync(directory, { recursive: true });
    const headers = FOLDERS.flatMap((folder) => filesUnder(rootPath(folder), /\.h$/));
    for (const folder of FOLDERS.map(rootPath)) {
      for (const source of filesUnder(folder, /\.c$/)) compile(source, headers, directory, version.stdout.trim());
    }
    return { directory, built: true, sentence: null };
  });
}

/** @param {string} source @param {readonly string[]} headers @param {string} directory @param {string} version */
function compile(source, headers, directory, version) {
  const name = basename(source, '.c');
  const output = `${directory}/${name}`;
  const own = optionsOf(source);
  const options = own.includes('-dynamic') ? [...OPTIONS.filter((option) => option !== '-static'), ...own] : [...OPTIONS, ...own];
  const stamp = hashOfFiles([source, ...headers], `${COMPILER} ${version} ${options.join(' ')}`);
  if (isFresh(`guest-${name}`, stamp, [output])) return;

  rmSync(output, { force: true });
  const run = spawnSync(COMPILER, [...options, '-o', output, source, '-lm'], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${name}.c does not compile:\n${run.stderr}`);
  markFresh(`guest-${name}`, stamp);
}

/** @param {string} source */
function optionsOf(source) {
  const line = /^\/\/ cflags: (.*)$/m.exec(readFileSync(source, 'utf8').slice(0, 2000));
  return line?.[1] === undefined ? [] : line[1].trim().split(/\s+/);
}

if (isMain(import.meta.url)) {
  try {
    const { directory, sentence } = buildGuestPrograms();
    process.stdout.write(`${sentence ?? directory}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}
