// @ts-check
/** `npm run check`: types of each environment, lint, the kernel's own rules, layers. Prints what is wrong; exits 1 if anything is. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkKernel } from './check-kernel.mjs';
import { checkLayers } from './check-layers.mjs';
import { isMain } from './support/main.mjs';
import { root } from './support/paths.mjs';

const require = createRequire(import.meta.url);

/** What each type environment is for; the file of that name in `tsconfig/` says what it may name. */
const ENVIRONMENTS = ['kernel', 'machine', 'web', 'node'];

/** @returns {Promise<boolean>} */
export async function check() {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  const oxlint = join(dirname(require.resolve('oxlint/package.json')), 'bin/oxlint');
  /** @type {[string, () => Promise<string>][]} */
  const parts = [
    ...ENVIRONMENTS.map((name) => /** @type {[string, () => Promise<string>]} */ ([`types of ${name}`, () => run(tsc, ['-p', `tsconfig/${name}.json`])])),
    ['types of tests and scripts', () => run(tsc, ['-p', '.'])],
    ['lint', () => run(oxlint, ['--deny-warnings', '--quiet', '--format=unix'])],
    ['kernel rules', async () => checkKernel().join('\n')],
    ['layers', async () => checkLayers().join('\n')],
  ];
  let isGood = true;
  for (const [name, part] of parts) {
    const problems = await part();
    process.stdout.write(problems === '' ? `${name}: good\n` : `${name}:\n${problems}\n`);
    if (problems !== '') isGood = false;
  }
  return isGood;
}

/** @param {string} script @param {string[]} args @returns {Promise<string>}  what it printed, empty where it was content */
function run(script, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? '' : output.trim() || `failed with status ${code}`));
  });
}

if (isMain(import.meta.url)) process.exit((await check()) ? 0 : 1);
