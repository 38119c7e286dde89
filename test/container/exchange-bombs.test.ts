/** Small files that claim to be large, deep, many or endless: refused by a limit, soon, and without taking the memory they claim. */
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/container/oci/sha256.ts';
import { EMPTY, writeTar } from '../../src/container/oci/tar-writer.ts';
import { DEFAULT_LIMITS, decodeLink, importAny } from '../../src/exchange/index.ts';
import type { ExchangeLimits } from '../../src/exchange/index.ts';
import { core, refusal, SENTENCE } from '../support/exchange-chain.ts';
import { digestOf, entry, json, textEntry } from '../support/oci-archive.ts';

/** Of the processor's time, which others in the machine do not lengthen. */
const LIMIT_MS = 2000;
const LIMIT_BYTES = 400 << 20;
const peakAtStart = peakBytes();

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

async function expectRefused(source: Uint8Array | string, sentence: RegExp, limits: ExchangeLimits = DEFAULT_LIMITS): Promise<void> {
  const start = process.cpuUsage();
  const said = await refusal(() => importAny(core, source, { limits }));
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1000).toBeLessThan(LIMIT_MS);
  expect(said).toMatch(sentence);
  expect(said).toMatch(SENTENCE);
}

/** Deflated `piece`, `times` over, in little time and room: each piece is packed as if nothing was before it. */
function deflatedOften(piece: Uint8Array, times: number): Uint8Array {
  const packed = deflateRawSync(piece, { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([...Array.from({ length: times }, () => packed), deflateRawSync(new Uint8Array(0))]);
}

function gzipOf(deflated: Uint8Array, contentBytes: number): Uint8Array {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(contentBytes % 2 ** 32, 4);
  return Buffer.concat([Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), deflated, trailer]);
}

/** A link with whatever lengths and method are asked for, and a good checksum. */
function forgedLink(body: Uint8Array, imageBytes: number, method = 1, name = ''): string {
  const bytes = Buffer.concat([new Uint8Array(18), new TextEncoder().encode(name), body]);
  bytes[0] = method;
  bytes.writeUInt32LE(imageBytes, 9);
  bytes.writeUInt32LE(body.length, 13);
  bytes[17] = name.length;
  bytes.set(sha256(bytes).subarray(0, 8), 1);
  return `stasis1=${bytes.toString('base64url')}`;
}

/** A tar header whose fields are written over, with a good checksum. */
function forgedHeader(change: (header: Uint8Array) => void, type = '0'): Uint8Array {
  const header = writeTar([textEntry('index.json', '')]).slice(0, 512);
  header[156] = type.charCodeAt(0);
  change(header);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return header;
}

function layoutOf(index: Uint8Array, blobs: readonly Uint8Array[] = []): Uint8Array {
  return writeTar([
    textEntry('oci-layout', '{"imageLayoutVersion":"1.0.0"}'), entry('index.json', { data: index }),
    ...blobs.map((data) => entry(`blobs/sha256/${digestOf(data).slice(7)}`, { data })),
  ]);
}

function indexOf(documents: readonly Uint8Array[]): Uint8Array {
  return json({ manifests: documents.map((data) => ({ mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestOf(data), size: data.length })) });
}

afterAll(() => {
  // Of all together: the bombs themselves, and the largest that is unpacked as far as the limit.
  expect(peakBytes() - peakAtStart).toBeLessThan(LIMIT_BYTES);
});

const ZEROS = new Uint8Array(16 << 20);

describe('an archive', () => {
  it('that unpacks to 16 GiB is refused, whatever length it claims', async () => {
    for (const claimedBytes of [16 * 2 ** 30, 1, 0xffff_ffff]) {
      await expectRefused(gzipOf(deflatedOften(ZEROS, 1024), claimedBytes), /^file: unpacks to more than 134217728 bytes$/);
    }
  });

  it('with a million entries is refused, packed or not', async () => {
    const header = writeTar([textEntry('a', '')]).subarray(0, 512);
    const thousand = Buffer.concat(Array.from({ length: 1000 }, () => header));
    await expectRefused(gzipOf(deflatedOften(thousand, 1000), 512_000_000), /^file: unpacks to more than \d+ bytes$/);
    await expectRefused(Buffer.concat(Array.from({ length: 100 }, () => thousand)), /^file: (has more than 4096 entries|entry "a": is there twice)$/);
    const many = Array.from({ length: 5000 }, (_, i) => textEntry(`file-${i}`, ''));
    await expectRefused(writeTar(many), /^file: has more than 4096 entries$/);
  });

  it('with an entry of exabytes is refused', async () => {
    const sizes: [RegExp, (header: Uint8Array) => void][] = [
      [/its size 1152921504606846976 is out of range$/, (header) => header.set([0x80, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0], 124)],
      [/its size -\d+ is out of range$/, (header) => header.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0], 124)],
      [/says 8796093022208 bytes, the archive ends after 1024$/, (header) => header.set([0x80, 0, 0, 0, 0, 0, 0x08, 0, 0, 0, 0, 0], 124)],
      [/says 8589934591 bytes, the archive ends after 1024$/, (header) => header.set(new TextEncoder().encode('77777777777\0'), 124)],
    ];
    for (const [sentence, change] of sizes) await expectRefused(Buffer.concat([forgedHeader(change), new Uint8Array(1024)]), sentence);
    for (const size of ['1152921504606846976', '9007199254740991', '1e18', '-1']) {
      const record = `${String(size.length + 9)} size=${size}\n`;
      const pax = writeTar([textEntry('x', record)]).slice(0, 1024);
      pax.set(forgedHeader((header) => header.set(pax.subarray(124, 136), 124), 'x'));
      await expectRefused(Buffer.concat([pax, writeTar([textEntry('index.json', '')])]), /^file: entry "index\.json": (its size "\S+" is no number|its extended header is damaged|says \d+ bytes)/);
    }
  });

  it('with extended headers that are long, or have no end, is refused', async () => {
    const long = Buffer.concat([forgedHeader((header) => header.set(new TextEncoder().encode('00000100000\0'), 124), 'x'), new Uint8Array(40_000)]);
    await expectRefused(long, /has an extended header of 32768 bytes, more than 4096$/);
    const name = Buffer.concat([forgedHeader((header) => header.set(new TextEncoder().encode('00000004000\0'), 124), 'L'), new Uint8Array(2048).fill(0x61), writeTar([EMPTY])]);
    await expectRefused(name, /has a name of 2048 bytes, more than 1024$/);
    const empty = forgedHeader((header) => header.set(new TextEncoder().encode('00000000000\0'), 124), 'x');
    await expectRefused(Buffer.concat(Array.from({ length: 20_000 }, () => empty)), /^file: has more than 4096 entries$/);
    const records = '6 a=1\n'.repeat(680);
    const pax = Buffer.concat([forgedHeader((header) => header.set(new TextEncoder().encode(`${records.length.toString(8).padStart(11, '0')}\0`), 124), 'x'), Buffer.from(records.padEnd(4096, '\0'))]);
    await expectRefused(Buffer.concat(Array.from({ length: 5000 }, () => pax)), /^file: has more than 4096 entries$/);
  });

  it('with JSON 100,000 deep, or of megabytes, is refused', async () => {
    const deep = (open: string, close: string) => new TextEncoder().encode(`{"manifests":${open.repeat(100_000)}1${close.repeat(100_000)}}`);
    await expectRefused(layoutOf(deep('[', ']')), /^file: index\.json: is nested more than 16 deep$/);
    await expectRefused(layoutOf(deep('{"a":', '}')), /^file: index\.json: is nested more than 16 deep$/);
    await expectRefused(layoutOf(deep('[', '')), /^file: index\.json: is nested more than 16 deep$/);
    await expectRefused(layoutOf(new Uint8Array(8 << 20).fill(0x20)), /^file: index\.json: is 8388608 bytes long, at most 1048576 are taken$/);
    await expectRefused(layoutOf(indexOf([deep('[', ']')])), /^file: holds no blobs/);
    await expectRefused(layoutOf(indexOf([deep('[', ']')]), [deep('[', ']')]), /manifests\[0\]: is nested more than 16 deep$/);
    await expectRefused(layoutOf(new TextEncoder().encode(`{"manifests":[${'{},'.repeat(200_000)}{}]}`)), /manifests\[0\]: digest: is missing$/);
  });

  it('whose index leads to itself, or to ever more, is refused', async () => {
    const inner = json({ manifests: [] });
    const claimed = json({ manifests: [{ mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestOf(inner), size: 0 }] });
    const own = json({ manifests: [{ mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestOf(inner), size: claimed.length }] });
    const looped = writeTar([textEntry('oci-layout', '{"imageLayoutVersion":"1.0.0"}'), entry('index.json', { data: own }), entry(`blobs/sha256/${digestOf(inner).slice(7)}`, { data: own })]);
    await expectRefused(looped, /manifests\[0\]: (is \d+ bytes long|has the digest sha256:\w+, its descriptor says sha256:\w+$)/);

    const nested = [json({ manifests: [] })];
    for (let i = 0; i < 200; i++) nested.push(indexOf([nested.at(-1)!]));
    await expectRefused(layoutOf(nested.at(-1)!, nested), /^file: leads to more than 64 manifests$/);

    const doubling = [json({ manifests: [] })];
    for (let i = 0; i < 40; i++) doubling.push(indexOf([doubling.at(-1)!, doubling.at(-1)!]));
    await expectRefused(layoutOf(doubling.at(-1)!, doubling), /^file: leads to more than 64 manifests$/);
  });

  it('larger than the limit is refused unread', async () => {
    await expectRefused(gzipSync('x'), /^file: is \d+ bytes long, at most 10 are taken$/, { ...DEFAULT_LIMITS, fileBytes: 10 });
  });
});

describe('a link', () => {
  it('that unpacks to 1 GiB is refused, whatever length it claims', async () => {
    const body = deflatedOften(ZEROS, 64);
    await expectRefused(forgedLink(body, 100), /^link: is 1\d{6} characters long, at most 262144 are taken$/);
    const limits = { ...DEFAULT_LIMITS, linkCharacters: 4 << 20 };
    await expectRefused(forgedLink(body, 2 ** 30), /^link: is 1\d{6} characters long/);
    await expectRefused(forgedLink(body, 2 ** 30), /^link: holds an image of 1073741824 bytes, at most 16777216 are taken$/, limits);
    await expectRefused(forgedLink(body, 100), /^link: unpacks to more than 100 bytes$/, limits);
    await expectRefused(forgedLink(deflatedOften(ZEROS, 10), 16 << 20), /^link: unpacks to more than 16777216 bytes$/);
  });

  it('with a good checksum and nonsense in it is refused', async () => {
    await expectRefused(forgedLink(new Uint8Array(100), 100, 7), /^link: is packed by method 7, this program knows 0 and 1$/);
    await expectRefused(forgedLink(deflateRawSync(new Uint8Array(100)), 101), /^link: unpacks to 100 bytes, it says 101$/);
    await expectRefused(forgedLink(new Uint8Array(100), 90, 0), /^link: unpacks to 100 bytes, it says 90$/);
    await expectRefused(forgedLink(Uint8Array.of(7, 7, 7, 7), 90), /^link: its packed data is damaged or cut off after 0 bytes of content$/);
    await expectRefused(forgedLink(new Uint8Array(100), 100, 0), /^image: is not a checkpoint image of Stasis$/);
    expect((await decodeLink(forgedLink(new Uint8Array(3), 3, 0, 'a b'))).name).toBe('a b');
  });

  it('of megabytes of text is refused unread', async () => {
    await expectRefused(`stasis1=${'A'.repeat(50 << 20)}`, /^link: is 52428808 characters long, at most 262144 are taken$/);
    await expectRefused(new TextEncoder().encode(`https://example.org/#stasis1=${'A'.repeat(50 << 20)}`), /^link: is \d+ characters long, at most 262144 are taken$/);
    await expectRefused(`${'https://a/'.repeat(1000)}`, /^link: holds no checkpoint: it does not begin with stasis1=$/);
  });
});
