/** Images that were damaged, cut or forged: refused in one sentence, and the machine that runs goes on. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { ImageError } from '../../src/base/errors.ts';
import { Core } from '../../src/core/core.ts';
import { coreWire } from '../../src/sentry/checkpoint/core-wire.ts';
import { readImage, writeImage } from '../../src/sentry/checkpoint/image.ts';
import { PageChain } from '../../src/sentry/checkpoint/page-chain.ts';
import { NO_IMAGES, readChain } from '../../src/sentry/checkpoint/parents.ts';
import { saveAtOnce } from '../../src/sentry/checkpoint/save.ts';
import { imageDigest } from '../../src/container/image-store.ts';
import { KnownImages } from '../../src/sentry/checkpoint/known-images.ts';
import type { BaseTree } from '../../src/ports/base-tree.ts';
import { ContainerHarness } from '../support/container-harness.ts';

const isFull = process.env['STASIS_TEST_FULL'] === '1';
const running = ContainerHarness.start({ argv: ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo count $i; sleep 1; done'], terminal: { columns: 80, rows: 24 } });
running.exec(['sh'], { columns: 80, rows: 24 });
running.run(2500);
const image = running.image();
const difference = differenceTo(image);
const core = Core.create(new WebAssembly.Module(readFileSync(rootPath('build/core.wasm'))), { frames: 4096 });

/** What the container has become since a full image of now, as a difference to that. */
function differenceTo(full: Uint8Array): Uint8Array {
  const { container } = running;
  const first = saveAtOnce(container.kernel, { nowMs: 0, container: null });
  const images = readChain(readImage(first.image, container.kernel.core), container.kernel.core, NO_IMAGES);
  const parent = { digest: imageDigest(first.image), trace: first.trace, chain: PageChain.open(coreWire(container.kernel.core), images) };
  running.run(2500);
  const second = saveAtOnce(container.kernel, { nowMs: 0, container: null, parent });
  expect(second.image.length).toBeLessThan(full.length);
  return second.image;
}

/** The sentence with which `bytes` is refused; null when it is not. Anything but an ImageError fails the test. */
function refusal(bytes: Uint8Array): string | null {
  try {
    readImage(bytes, core);
    return null;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return error.message;
  }
}

describe.each([['full', image], ['difference', difference]])('damage anywhere in an image that is a %s', (_, whole) => {
  it('is refused with one sentence for every flipped byte', () => {
    const bytes = whole.slice();
    const accepted: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const old = bytes[at]!;
      bytes[at] = old ^ (1 << (at & 7));
      const sentence = refusal(bytes);
      if (sentence === null) accepted.push(at);
      else expect(sentence).toMatch(/^[\w .-]+: [^\n]+[^.\n]$/);
      bytes[at] = old;
    }
    expect(accepted).toEqual([]);
  });

  it('is refused for every length it is cut to', () => {
    const accepted: number[] = [];
    for (let length = 0; length < whole.length; length++) if (refusal(whole.subarray(0, length)) === null) accepted.push(length);
    expect(accepted).toEqual([]);
  });
});

describe('restore of a damaged image', () => {
  it('refuses bytes behind the end, and a file that is something else', () => {
    const longer = new Uint8Array(image.length + 8);
    longer.set(image);
    expect(refusal(longer)).not.toBeNull();
    expect(refusal(new TextEncoder().encode('PK\x03\x04 this is no checkpoint image, whatever its name says'))).not.toBeNull();
    expect(refusal(new Uint8Array(0))).not.toBeNull();
  });

  it('ends in a sentence or a whole container when a section was forged with valid checksums', { timeout: 240_000 }, () => {
    const { metadata, sections } = readImage(image, core);
    let seed = 12345;
    const random = (limit: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % limit;
    };
    let refused = 0;
    const rounds = isFull ? 1500 : 120;
    for (let round = 0; round < rounds; round++) {
      const names = [...sections.keys()];
      const victim = names[round % names.length]!;
      const forged = names.map((name) => {
        const data = sections.get(name)!.slice();
        if (name === victim) for (let i = 0; i <= random(3); i++) data[random(data.length)] = random(256);
        return { name, pieces: [name === victim && random(8) === 0 ? data.subarray(0, random(data.length)) : data] };
      });
      const bytes = writeImage({ metadata, sections: forged }, core);
      try {
        ContainerHarness.restore(bytes, running.clock());
      } catch (error) {
        if (!(error instanceof ImageError)) throw error;
        expect(error.message).not.toMatch(/\n/);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(rounds / 4);
  });

  it('never costs the container that runs, whatever references of its state were exchanged', { timeout: 240_000 }, () => {
    const { metadata, sections } = readImage(image, core);
    const wire = coreWire(core);
    const { ints, ...tapes } = wire.decodeTapes(sections.get('kernel')!, 1 << 28);
    let seed = 4711;
    const random = (limit: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * limit);
    };
    const knownImages = new KnownImages();
    const sentences: string[] = [];
    for (let round = 0; round < (isFull ? 4000 : 120); round++) {
      const forgedInts = ints.slice();
      for (let i = 0; i <= random(3); i++) forgedInts[random(ints.length)] = ints[random(ints.length)]!;
      const kernel = wire.encodeTapes({ ...tapes, ints: forgedInts });
      const bytes = writeImage({ metadata, sections: [...sections].map(([name, data]) => ({ name, pieces: [name === 'kernel' ? kernel : data] })) }, core);
      try {
        ContainerHarness.restore(bytes, running.clock(), { knownImages, replaced: running.container, policy: round % 2 === 0 ? 'kill' : 'gvisor' });
      } catch (error) {
        if (!(error instanceof ImageError)) throw error;
        sentences.push(error.message);
      }
      if (running.container.status !== 'running') expect.fail(`round ${round}: the container that ran is gone: ${sentences.at(-1)}`);
    }
    for (const sentence of sentences) expect(sentence).toMatch(/^[\w .-]+: [^\n]+$/);
    expect(sentences.length).toBeGreaterThan(40);
  });

  it('refuses an image over another base image', () => {
    const other: BaseTree = { digest: 'sha256:another', stat: () => null, list: () => [], readlink: () => '', read: () => 0 };
    expect(() => running.restored({ base: other })).toThrow(/^base image: the checkpoint lies over .* the container has sha256:another$/);
  });
});
