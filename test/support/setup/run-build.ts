import { spawnSync } from 'node:child_process';
import { rootPath } from '../../../scripts/support/paths.mjs';

/** Builds in a process of its own: the test runner's environment would make a build for tests, which nobody is given. */
export function runBuild(target: 'site' | 'cli'): void {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of Object.keys(env)) if (/^(NODE_ENV|VITEST.*|VITE_.*|DEV|PROD|MODE|SSR|BASE_URL)$/.test(name)) delete env[name];
  const run = spawnSync(process.execPath, [rootPath('scripts/build.mjs'), target], { env, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${target} cannot be built:\n${run.stdout}${run.stderr}`);
}
