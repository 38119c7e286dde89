// @ts-check
/** `npm start`: builds whatever is not up to date and serves the playground. `--dev` serves the sources, reloaded on change. */
import { createServer, preview } from 'vite';
import { buildCore } from './build-core.mjs';
import { buildImage } from './build-image.mjs';
import { buildSite } from './build.mjs';
import { messageOf } from './support/debian.mjs';
import { rootPath } from './support/paths.mjs';

const DEFAULT_PORT = 4173;

const configFile = rootPath('vite.config.ts');
const isDev = process.argv.includes('--dev');
const port = Number(process.env['PORT'] ?? DEFAULT_PORT);

try {
  const urls = isDev ? await serveSources() : await serveBuilt();
  process.stdout.write(`Stasis is at ${urls?.local[0] ?? `http://localhost:${port}/`} (Ctrl-C stops the server)\n`);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

async function serveBuilt() {
  await buildSite();
  const server = await preview({ configFile, preview: { port, open: false } });
  return server.resolvedUrls;
}

async function serveSources() {
  buildCore();
  await buildImage('busybox');
  const server = await createServer({ configFile, server: { port, open: false } });
  await server.listen();
  return server.resolvedUrls;
}
