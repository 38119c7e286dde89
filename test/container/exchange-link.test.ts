/** A checkpoint in the fragment of a link. */
import { describe, expect, it } from 'vitest';
import { decodeLink, DEFAULT_LIMITS, encodeLink, formatOf, importAny, isLink } from '../../src/exchange/index.ts';
import { fromBase64Url, toBase64Url } from '../../src/exchange/base64url.ts';
import { ContainerHarness } from '../support/container-harness.ts';
import { core, refusal, shellChain } from '../support/exchange-chain.ts';

const chain = shellChain(['x=seven\n']);
const link = await encodeLink(chain.full, 'lunch – 1');

describe('encodeLink', () => {
  it('puts the idle shell into far less than 64 KiB of letters that a fragment may hold', async () => {
    const idle = await encodeLink(chain.images[0]!);
    expect(idle).toMatch(/^stasis1=[A-Za-z0-9_-]+$/);
    expect(idle.length).toBeLessThan(20_000);
    expect(new URL(`https://example.org/play#${idle}`).hash).toBe(`#${idle}`);
  });

  it('gives the same text for the same image and name', async () => {
    expect(await encodeLink(chain.full.slice(), 'lunch – 1')).toBe(link);
  });

  it('refuses an image that is too large for a link, and says what to do', async () => {
    const sentence = /^link: the checkpoint is too large for one: \d+ bytes do not fit into \d+ characters; export it as a file$/;
    expect(await refusal(() => encodeLink(chain.full, '', { ...DEFAULT_LIMITS, linkCharacters: 5000 }))).toMatch(sentence);
    expect(await refusal(() => encodeLink(new Uint8Array(DEFAULT_LIMITS.linkImageBytes + 1)))).toMatch(sentence);
  });
});

describe('decodeLink', () => {
  it('gives image and name back, from a fragment, with #, or in an address', async () => {
    for (const text of [link, `#${link}`, `https://example.org/play/?a=b#${link}`, `  http://localhost:5173/#${link}\n`]) {
      const { image, name } = await decodeLink(text);
      expect(Buffer.compare(image, chain.full)).toBe(0);
      expect(name).toBe('lunch – 1');
    }
  });

  it('leaves a name out that is too long, and takes an image that packs no smaller', async () => {
    const noise = Uint8Array.from({ length: 2000 }, (_, i) => Math.imul(i + 1, 2_654_435_761) >>> 24);
    const { image, name } = await decodeLink(await encodeLink(noise, 'x'.repeat(256)));
    expect({ name, same: Buffer.compare(image, noise) }).toEqual({ name: '', same: 0 });
  });

  it('says what is wrong with a text that is no such link', async () => {
    expect(await refusal(() => decodeLink('https://example.org/play'))).toBe('link: holds no checkpoint: it does not begin with stasis1=');
    expect(await refusal(() => decodeLink('stasis2=AAAA'))).toBe('link: is of version 2, this program reads 1');
    expect(await refusal(() => decodeLink('stasis1=AA*A'))).toBe('link: is damaged or cut off: it is no base64url');
    expect(await refusal(() => decodeLink('stasis1='))).toBe('link: is cut off after 0 bytes');
    expect(await refusal(() => decodeLink(`${link.slice(0, 1000)}${link.slice(1004)}`))).toMatch(/^link: is cut off: it has \d+ bytes of \d+$/);
    expect(await refusal(() => decodeLink(`${link}${link.slice(8)}`))).toMatch(/^link: (goes on after its end|is damaged)/);
    expect(await refusal(() => decodeLink(link.slice(0, 1000) + (link[1000] === 'x' ? 'y' : 'x') + link.slice(1001)))).toBe('link: is damaged: its checksum is wrong');
  });
});

describe('importAny', () => {
  it('restores what a link holds', async () => {
    const { format, images, facts, image } = await importAny(core, `https://example.org/#${link}`);
    expect({ format, name: facts.name, id: facts.containerId, parent: image.metadata.parent }).toEqual({ format: 'link', name: 'lunch – 1', id: 'c1', parent: null });
    const restored = ContainerHarness.restore(images[0]!, chain.harness.clock());
    restored.init.type('echo $x\n');
    restored.run(300);
    expect(restored.init.output()).toContain('seven\r\n');
  });

  it('knows a text file with a link in it', async () => {
    const file = new TextEncoder().encode(`https://example.org/#${link}\n`);
    expect(await formatOf(file)).toBe('link');
    expect((await importAny(core, file)).format).toBe('link');
    for (const text of ['', 'stasis', 'about stasis1=', 'https://example.org/stasis1=x', 'https://example.org/#other']) expect(isLink(text), text).toBe(false);
  });
});

describe('base64url', () => {
  it('gives back bytes of every length, and takes no other spelling of them', () => {
    for (let length = 0; length < 70; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 167 + length) & 255);
      const text = toBase64Url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(fromBase64Url(text)).toEqual(bytes);
    }
    const long = new Uint8Array(100_001).fill(0xa7);
    expect(toBase64Url(long)).toBe(Buffer.from(long).toString('base64url'));
    for (const text of ['A', 'AB', 'AAB', 'AA==', 'A A=', '+A', '/A', 'ä', 'AAAA\n']) expect(fromBase64Url(text), text).toBeNull();
  });
});
