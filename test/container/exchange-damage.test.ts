/** Archives and links that were damaged on the way: refused in a sentence, or the damage is where nobody reads and the checkpoint is the same. */
import { describe, expect, it } from 'vitest';
import { imageDigest } from '../../src/container/image-store.ts';
import { decodeLink, encodeLink, exportOci, importAny, importOci } from '../../src/exchange/index.ts';
import { core, refusal, SENTENCE, shellChain } from '../support/exchange-chain.ts';

const isFull = process.env['STASIS_TEST_FULL'] === '1';
const MUTATIONS = isFull ? 100_000 : 4000;

const chain = shellChain([], 'idle');
const [image] = chain.images as [Uint8Array];
const archive = await exportOci(chain.images, chain.facts);
const imageAt = Buffer.from(archive).indexOf(image);
const fragment = await encodeLink(image, 'idle');

/** The sentence that an archive is refused with, or null when exactly what was exported came of it. */
async function archiveRefusal(bytes: Uint8Array): Promise<string | null> {
  const images: Uint8Array[] = [];
  const sentence = await refusal(async () => void images.push(...(await importOci(bytes)).images));
  if (sentence === null && (images.length !== 1 || Buffer.compare(images[0]!, image) !== 0)) return 'ANOTHER CHECKPOINT';
  return sentence;
}

async function linkRefusal(text: string): Promise<string | null> {
  const images: Uint8Array[] = [];
  const sentence = await refusal(async () => void images.push((await decodeLink(text)).image));
  if (sentence === null && Buffer.compare(images[0]!, image) !== 0) return 'ANOTHER CHECKPOINT';
  return sentence;
}

class Random {
  private seed = 20_240_229;

  below(limit: number): number {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.seed / 2 ** 32) * limit);
  }
}

describe('import of a damaged archive', () => {
  it('refuses it with a sentence, or gives the same image, with any byte flipped', { timeout: 300_000 }, async () => {
    const bytes = archive.slice();
    const sentences = new Set<string>();
    let harmless = 0;
    for (let at = 0; at < bytes.length; at++) {
      const old = bytes[at]!;
      bytes[at] = old ^ (1 << (at & 7));
      const sentence = await archiveRefusal(bytes);
      bytes[at] = old;
      if (sentence === null) harmless++;
      else sentences.add(sentence);
      if (sentence === null && at >= imageAt && at < imageAt + image.length) expect.fail(`byte ${at} of the archive, in the image, was not missed`);
    }
    for (const sentence of sentences) expect(sentence).toMatch(SENTENCE);
    expect(sentences.has('ANOTHER CHECKPOINT')).toBe(false);
    // Padding behind contents and after the end, entries for directories, annotations of the index.
    expect(harmless).toBeGreaterThan(1000);
    expect(sentences.size).toBeGreaterThan(1000);
  });

  it('refuses every length it is cut to, but for the end mark', { timeout: 300_000 }, async () => {
    const harmless: number[] = [];
    for (let length = 0; length < archive.length; length++) {
      const sentence = await archiveRefusal(archive.subarray(0, length));
      if (sentence === null) harmless.push(length);
      else expect(sentence).toMatch(SENTENCE);
    }
    expect(harmless).toEqual(Array.from({ length: 512 }, (_, i) => archive.length - 512 + i)); // one block of zeros marks the end
  });

  it(`ends in a sentence or the same image after each of ${MUTATIONS} random changes`, { timeout: 300_000 }, async () => {
    const random = new Random();
    let refused = 0;
    for (let round = 0; round < MUTATIONS; round++) {
      const bytes = mutated(archive, random);
      const sentence = await archiveRefusal(bytes);
      if (sentence === null) continue;
      expect(sentence).toMatch(SENTENCE);
      expect(sentence).not.toBe('ANOTHER CHECKPOINT');
      refused++;
    }
    expect(refused).toBeGreaterThan(MUTATIONS / 2);
  });
});

describe('a damaged link', () => {
  it('is refused with any letter changed', { timeout: 120_000 }, async () => {
    for (let at = 0; at < fragment.length; at++) {
      const other = fragment[at] === 'A' ? 'B' : 'A';
      const sentence = await linkRefusal(fragment.slice(0, at) + other + fragment.slice(at + 1));
      if (sentence === null) expect.fail(`letter ${at} was not missed`);
      expect(sentence).toMatch(SENTENCE);
      expect(sentence).not.toBe('ANOTHER CHECKPOINT');
    }
  });

  it('is refused at every length it is cut to, and says how much is missing', async () => {
    for (let length = 0; length < fragment.length; length++) {
      const sentence = await linkRefusal(fragment.slice(0, length));
      expect(sentence, String(length)).toMatch(/^link: (is cut off|is damaged or cut off|holds no checkpoint)/);
    }
    expect(await linkRefusal(fragment.slice(0, 8008))).toMatch(/^link: is cut off: it has 6000 bytes of \d+$/);
  });

  it(`ends in a sentence after each of ${MUTATIONS} random changes`, { timeout: 120_000 }, async () => {
    const random = new Random();
    const letters = new TextEncoder().encode(fragment);
    for (let round = 0; round < MUTATIONS; round++) {
      const text = new TextDecoder().decode(mutated(letters, random));
      const sentence = await linkRefusal(text);
      if (sentence === null) expect(text.trim().endsWith(fragment)).toBe(true);
      else expect(sentence).toMatch(SENTENCE);
    }
  });
});

describe('importAny', () => {
  it('gives the image whole, by archive, by link and as it is', async () => {
    for (const source of [archive, fragment, image, new TextEncoder().encode(`https://example.org/play#${fragment}\n`)]) {
      expect((await importAny(core, source)).digests).toEqual([imageDigest(image)]);
    }
  });

  it('ends in a sentence for random bytes behind each beginning it knows', async () => {
    const random = new Random();
    const beginnings = [archive.subarray(0, 512), archive.subarray(0, 1536), image.subarray(0, 64), Uint8Array.of(0x1f, 0x8b, 8, 0), Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), new TextEncoder().encode('stasis1=')];
    for (let round = 0; round < 600; round++) {
      const beginning = beginnings[round % beginnings.length]!;
      const noise = Uint8Array.from({ length: random.below(3000) }, () => random.below(256));
      expect(await refusal(() => importAny(core, new Uint8Array([...beginning, ...noise])))).toMatch(SENTENCE);
    }
  });
});

/** Bytes set, bits flipped, pieces copied over each other, cut out, doubled. */
function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  let changed: Uint8Array = bytes.slice();
  for (let i = random.below(4); i >= 0; i--) {
    const at = random.below(changed.length);
    const length = random.below(Math.min(2000, changed.length - at));
    switch (random.below(5)) {
      case 0:
        changed[at] = random.below(256);
        break;
      case 1:
        changed[at] = changed[at]! ^ (1 << random.below(8));
        break;
      case 2:
        changed.copyWithin(random.below(changed.length), at, at + length);
        break;
      case 3:
        changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + length)]);
        break;
      default:
        changed = Buffer.concat([changed.subarray(0, at + length), changed.subarray(at)]);
    }
  }
  return changed;
}
