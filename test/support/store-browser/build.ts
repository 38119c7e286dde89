import { copyFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { rootPath } from '../../../scripts/support/paths.mjs';

/** Builds the page that opens stores for tests. @returns  the folder to serve, the caller's to remove */
export async function buildStorePage(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'stasis-store-page-'));
  await build({
    configFile: false,
    root: fileURLToPath(new URL('.', import.meta.url)),
    base: './',
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, target: 'es2022' },
    worker: { format: 'es' },
  });
  await copyFile(rootPath('build/core.wasm'), join(outDir, 'core.wasm'));
  await copyFile(rootPath('public/busybox.tar'), join(outDir, 'busybox.tar'));
  return outDir;
}
