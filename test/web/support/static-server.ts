/** Serves a folder on a free local port as a plain static host does: files, media types, gzip where the browser takes it. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, readdir } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.tar': 'application/x-tar',
  '.json': 'application/json',
};

export interface StaticServer {
  /** With a slash at its end. */
  url: string;
  /** Bytes of bodies sent since the start, compressed, by path. */
  sentBytes: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function serveFolder(root: string): Promise<StaticServer> {
  const sentBytes = new Map<string, number>();
  const bodies = new Map<string, Buffer>();
  const compressed = async (file: string): Promise<Buffer> => {
    const known = bodies.get(file);
    if (known !== undefined) return known;
    const body = gzipSync(await readFile(file), { level: 9 });
    bodies.set(file, body);
    return body;
  };
  // Hosts compress beforehand; a cold start is not to wait for it.
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await compressed(normalize(join(entry.parentPath, entry.name)));
  }
  const server = createServer((request, response) => {
    void (async () => {
      const path = decodeURIComponent(new URL(request.url ?? '/', 'http://local').pathname);
      const file = normalize(join(root, path.endsWith('/') ? `${path}index.html` : path));
      try {
        if (!file.startsWith(normalize(root) + sep)) throw new Error('outside of the folder');
        const body = await compressed(file);
        sentBytes.set(path, (sentBytes.get(path) ?? 0) + body.length);
        response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-encoding': 'gzip', 'content-length': body.length });
        response.end(body);
      } catch {
        response.writeHead(404).end();
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    sentBytes,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
