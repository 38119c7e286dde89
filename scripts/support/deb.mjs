// @ts-check
/** Takes Debian packages apart on any machine: no dpkg, ar, tar or xz is needed. */
import { gunzipSync } from 'node:zlib';
import xz from 'xz-decompress';
import './typescript.mjs';

const AR_MAGIC = '!<arch>\n';
const AR_HEADER_BYTES = 60;

/**
 * The files a package installs, by absolute path.
 *
 * @param {Buffer} deb  the package
 * @returns {Promise<Map<string, import('../../src/container/oci/tar.ts').TarEntry>>}  every entry of its data archive
 * @source  deb(5), ar(5)
 */
export async function debEntries(deb) {
  const { readTar } = await import('../../src/container/oci/tar.ts');
  const data = [...arMembers(deb)].find(({ name }) => name.startsWith('data.tar'));
  if (data === undefined) throw new Error('not a Debian package: it holds no data.tar');
  const entries = new Map();
  for (const entry of readTar(await unpacked(data.name, data.content), data.name)) {
    entries.set(entry.name.replace(/^\.?\/*/, '/').replace(/(.)\/$/, '$1'), entry);
  }
  return entries;
}

/** @param {Buffer} archive @returns {Generator<{ name: string, content: Buffer }>} */
function* arMembers(archive) {
  if (archive.toString('latin1', 0, AR_MAGIC.length) !== AR_MAGIC) throw new Error('not a Debian package: no ar archive');
  for (let at = AR_MAGIC.length; at + AR_HEADER_BYTES <= archive.length; ) {
    const name = archive.toString('latin1', at, at + 16).trim().replace(/\/$/, '');
    const sizeBytes = Number(archive.toString('latin1', at + 48, at + 58).trim());
    const start = at + AR_HEADER_BYTES;
    if (!Number.isSafeInteger(sizeBytes) || start + sizeBytes > archive.length) throw new Error(`the package is cut off in ${name}`);
    yield { name, content: archive.subarray(start, start + sizeBytes) };
    at = start + sizeBytes + (sizeBytes % 2); // members begin at even places
  }
}

/** @param {string} name @param {Buffer} content */
async function unpacked(name, content) {
  if (name.endsWith('.tar')) return content;
  if (name.endsWith('.gz')) return gunzipSync(content);
  if (name.endsWith('.xz')) return unxz(content);
  throw new Error(`cannot unpack ${name}: neither xz nor gzip`);
}

/**
 * @param {Buffer} content  an xz file
 * @returns {Promise<Buffer>}
 */
export async function unxz(content) {
  const input = new Blob([new Uint8Array(content)]).stream();
  return Buffer.from(await new Response(new xz.XzReadableStream(input)).arrayBuffer());
}
