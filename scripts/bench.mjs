// @ts-check
/**
 * `npm run bench`: runs each benchmark of `test/bench/`, one after the other, so that none disturbs another.
 *
 *   npm run bench -- pages core    only files whose names hold one of these
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { buildCli } from './build.mjs';
import { buildGuestPrograms } from './build-guest.mjs';
import { messageOf } from './support/debian.mjs';
import { root, rootPath } from './support/paths.mjs';

try {
  await buildCli();
  const { sentence } = buildGuestPrograms();
  if (sentence !== null) process.stdout.write(`${sentence}\n`);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

const wanted = process.argv.slice(2);
const names = readdirSync(rootPath('test/bench'))
  .filter((name) => /\.(mjs|ts)$/.test(name) && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .sort();
let failed = 0;
for (const name of names) {
  process.stdout.write(`\n${name.replace(/\.\w+$/, '')}\n`);
  const loader = pathToFileURL(rootPath('scripts/support/typescript.mjs')).href;
  const run = spawnSync(process.execPath, ['--import', loader, rootPath(`test/bench/${name}`)], { cwd: root, stdio: 'inherit' });
  if (run.status !== 0) failed++;
}
if (failed > 0) process.stdout.write(`\n${failed} of ${names.length} benchmarks ended with an error\n`);
process.exit(failed === 0 ? 0 : 1);
