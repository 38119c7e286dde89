// @ts-check
/** Finds the programs that tests use beside Node, and installs them where this machine lets us. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A program of Debian's.
 * @typedef {object} Tool
 * @property {string} name                what it is, in a sentence
 * @property {readonly string[]} packages Debian's
 * @property {() => boolean} isThere
 * @property {string} without             what happens without it
 */

/** @type {readonly Tool[]} */
export const TEST_TOOLS = [
  {
    name: 'qemu-riscv64-static',
    packages: ['qemu-user-static'],
    isThere: () => programPath('qemu-riscv64-static') !== null,
    without: 'comparisons with Linux under qemu are skipped',
  },
  {
    name: 'riscv64-linux-gnu-gcc',
    packages: ['gcc-riscv64-linux-gnu', 'libc6-dev-riscv64-cross'],
    isThere: () => programPath('riscv64-linux-gnu-gcc') !== null && existsSync('/usr/riscv64-linux-gnu/lib/libc.a'),
    without: 'the tests of guest programs are skipped',
  },
  {
    name: 'Chromium',
    packages: ['chromium'],
    isThere: () => chromiumPath() !== null,
    without: 'the tests in a browser are skipped',
  },
  {
    name: 'skopeo',
    packages: ['skopeo'],
    isThere: () => programPath('skopeo') !== null,
    without: 'exported checkpoints are not held against the tools of registries',
  },
  {
    name: 'gpg',
    packages: ['gpg', 'gpg-agent', 'gpgv'],
    isThere: () => ['gpg', 'gpg-agent', 'gpgv'].every((name) => programPath(name) !== null),
    without: 'signatures of a mirror that the tests make are not checked',
  },
  {
    name: 'xz',
    packages: ['xz-utils'],
    isThere: () => programPath('xz') !== null,
    without: 'an index of a mirror that the tests make is not read',
  },
];

/** Installs what is missing by apt, if that needs no password; says in one sentence each what could not be had. @param {readonly Tool[]} tools */
export function provideTools(tools) {
  const missing = tools.filter((tool) => !tool.isThere());
  if (missing.length > 0 && canInstall()) {
    const packages = missing.flatMap((tool) => tool.packages);
    process.stdout.write(`installing ${packages.join(' ')}\n`);
    aptGet(['update']); // a fresh machine knows no packages
    aptGet(['install', ...packages]);
  }
  for (const tool of missing) {
    if (tool.isThere()) continue;
    process.stdout.write(`${tool.name} is not installed (\`apt-get install ${tool.packages.join(' ')}\` brings it): ${tool.without}\n`);
  }
}

/** Path of a Chromium or Chrome, or null. STASIS_CHROMIUM names another. */
export function chromiumPath() {
  const named = process.env['STASIS_CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']) {
    const path = programPath(name);
    if (path !== null) return path;
  }
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  return existsSync(mac) ? mac : null;
}

/** Path of a program on PATH, or null. @param {string} name */
export function programPath(name) {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this directory
    }
  }
  return null;
}

function isRoot() {
  return process.getuid?.() === 0;
}

function canInstall() {
  if (programPath('apt-get') === null) return false;
  return isRoot() || spawnSync('sudo', ['-n', 'true']).status === 0;
}

/** @param {string[]} args */
function aptGet(args) {
  const command = ['apt-get', '-q', '-y', '--no-install-recommends', ...args];
  const [program, ...rest] = isRoot() ? command : ['sudo', '-n', 'DEBIAN_FRONTEND=noninteractive', ...command];
  const run = spawnSync(/** @type {string} */ (program), rest, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return run.status === 0;
}
