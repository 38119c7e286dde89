// @ts-check
/** `npm run demo`: the whole story in the terminal; exits 1 if any part of it turns out untrue. */
import { spawnSync } from 'node:child_process';
import { buildCli } from './build.mjs';
import { messageOf } from './support/debian.mjs';

try {
  const cli = await buildCli();
  const run = spawnSync(process.execPath, [cli, 'demo', ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(run.status ?? 1);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}
