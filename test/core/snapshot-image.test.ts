import { describe, expect, it } from 'vitest';
import { ImageError } from '../../src/base/errors.ts';
import type { Core } from '../../src/core/core.ts';
import { coreWire } from '../../src/sentry/checkpoint/core-wire.ts';
import { FrameNumbers } from '../../src/sentry/checkpoint/frame-numbers.ts';
import { coreChecksum, readImage, sectionOf, writeImage } from '../../src/sentry/checkpoint/image.ts';
import type { ImageMetadata } from '../../src/sentry/checkpoint/image.ts';
import { decodeTables, dumpSpace, encodeTables, loadSpace } from '../../src/sentry/checkpoint/page-tables.ts';
import { PageEncoder, decodePages } from '../../src/sentry/checkpoint/pages.ts';
import type { BasePage, PageSections } from '../../src/sentry/checkpoint/pages.ts';
import { summarize, writeSections } from '../../src/sentry/checkpoint/sections.ts';
import type { SectionToWrite } from '../../src/sentry/checkpoint/sections.ts';
import { freshCore, sample } from './snapshot-module.ts';
import { randomSource } from '../support/random.ts';

const PAGE = 4096;

const METADATA: ImageMetadata = {
  generation: 2,
  createdMs: 1_700_000_000_123,
  monotonicNs: 5e9,
  baseImage: 'sha256:0123',
  parent: null,
  container: { id: 'demo', args: ['/bin/sh', 'ü "日"'], tty: true },
  counts: { tasks: 3, frames: 7 },
};

function refusalOf(work: () => unknown): ImageError | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
}

function smallImage(core: Core): Uint8Array {
  const random = randomSource(77);
  const sections = [
    { name: 'kernel', pieces: [sample(1, 200, random)] },
    { name: 'page-map', pieces: [] },
    { name: 'page-data', pieces: [sample(0, 100, random), sample(0, 33, random)] },
  ];
  return writeImage({ metadata: METADATA, sections }, core);
}

describe('writeImage and readImage', () => {
  it('bring back metadata and sections', () => {
    const core = freshCore(16);
    const image = smallImage(core);
    const read = readImage(image, core);
    expect(read.metadata).toEqual(METADATA);
    expect([...read.sections.keys()]).toEqual(['kernel', 'page-map', 'page-data']);
    expect(sectionOf(read, 'page-data').length).toBe(133);
    expect(refusalOf(() => sectionOf(read, 'other'))?.message).toBe('section other: is missing');
    expect(smallImage(freshCore(16))).toEqual(image);
  });

  it('refuse each flipped bit of each byte in one sentence', () => {
    const core = freshCore(16);
    const image = smallImage(core);
    for (let i = 0; i < image.length; i++) {
      for (let bit = 1; bit < 256; bit <<= 1) {
        image[i] = (image[i] ?? 0) ^ bit;
        const refusal = refusalOf(() => readImage(image, core));
        if (refusal === null) expect.fail(`byte ${i} ^ ${bit} is taken`);
        else if (/[\n.]$/.test(refusal.message) || refusal.message.includes('\n')) expect.fail(`not one sentence: ${refusal.message}`);
        image[i] = (image[i] ?? 0) ^ bit;
      }
    }
    expect(refusalOf(() => readImage(image, core))).toBeNull();
  });

  it('refuse every cut, and what follows the end', () => {
    const core = freshCore(16);
    const image = smallImage(core);
    for (let length = 0; length < image.length; length++) {
      if (refusalOf(() => readImage(image.subarray(0, length), core)) === null) expect.fail(`a cut at ${length} is taken`);
    }
    expect(refusalOf(() => readImage(Uint8Array.of(...image, 0), core))?.field).toBe('trailer');
    const text = new TextEncoder().encode('PK\u0003\u0004 something else entirely, and longer than a header');
    expect(refusalOf(() => readImage(text, core))?.message).toBe('image: is not a checkpoint image of Stasis');
  });

  it('refuse an image made for another core layout, naming both', () => {
    const core = freshCore(16);
    const other = core.layoutVersion() + 4;
    const image = sectionsOnly(core, [{ name: 'manifest', pieces: [] }], other);
    expect(refusalOf(() => readImage(image, core))?.message).toBe(`layout: the image was made for core layout ${other}, this is ${core.layoutVersion()}`);
  });

  it('refuse well-formed sections with a manifest that lies', () => {
    const core = freshCore(16);
    const good = { kind: 'stasis-checkpoint', ...METADATA, sections: [] };
    const manifests: [unknown, string][] = [
      [{ ...good, kind: 'x' }, 'manifest.kind'],
      [{ ...good, generation: -1 }, 'manifest.generation'],
      [{ ...good, createdMs: 'now' }, 'manifest.createdMs'],
      [{ ...good, parent: 7 }, 'manifest.parent'],
      [{ ...good, counts: { tasks: 0.5 } }, 'manifest.counts.tasks'],
      [{ ...good, sections: [1] }, 'manifest.sections'],
      [{ ...good, sections: {} }, 'manifest.sections'],
      [[], 'manifest'],
      [null, 'manifest'],
    ];
    for (const [manifest, field] of manifests) {
      const pieces = [new TextEncoder().encode(JSON.stringify(manifest))];
      const image = sectionsOnly(core, [{ name: 'manifest', pieces }], core.layoutVersion());
      expect(refusalOf(() => readImage(image, core))?.field).toBe(field);
    }
    const noJson = sectionsOnly(core, [{ name: 'manifest', pieces: [Uint8Array.of(0x7b)] }], core.layoutVersion());
    expect(refusalOf(() => readImage(noJson, core))?.message).toBe('manifest: is not JSON');
    const noManifest = sectionsOnly(core, [{ name: 'kernel', pieces: [] }], core.layoutVersion());
    expect(refusalOf(() => readImage(noManifest, core))?.message).toBe('manifest: is missing');
    const twice = sectionsOnly(core, [{ name: 'kernel', pieces: [] }, { name: 'kernel', pieces: [] }], core.layoutVersion());
    expect(refusalOf(() => readImage(twice, core))?.message).toBe('section kernel: is there twice');
  });
});

/** An image of sections alone, whose last one may be no manifest. */
function sectionsOnly(core: Core, sections: readonly SectionToWrite[], layoutVersion: number): Uint8Array {
  const checksum = coreChecksum(core);
  return writeSections(sections, sections.map((section) => summarize(section, checksum)), layoutVersion, checksum);
}

/** Frames of all kinds in a core, their contents, and which of them a base image has. */
function fillFrames(core: Core, count: number): { frames: number[]; contents: Uint8Array[]; base: Map<number, BasePage> } {
  const random = randomSource(4711);
  const frames: number[] = [];
  const contents: Uint8Array[] = [];
  const base = new Map<number, BasePage>();
  for (let i = 0; i < count; i++) {
    const frame = core.frameAlloc();
    expect(frame).not.toBe(0);
    const content = i % 9 === 8 ? (contents[i - 5] ?? new Uint8Array(PAGE)) : i % 7 === 0 ? new Uint8Array(PAGE) : sample(i, PAGE, random);
    core.frameBytes(frame).set(content);
    if (i % 10 === 3) base.set(frame, { source: `layer/file ${i % 4}`, page: i });
    frames.push(frame);
    contents.push(content);
  }
  return { frames, contents, base };
}

function encode(core: Core, frames: readonly number[], base: ReadonlyMap<number, BasePage>): PageSections {
  const encoder = new PageEncoder(core, frames, (frame) => base.get(frame) ?? null);
  while (!encoder.step(17));
  return encoder.finish(coreWire(core));
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const noBase = (): boolean => false;

describe('PageEncoder and decodePages', () => {
  it('bring back the frozen content of every frame, while the guest writes on', () => {
    const core = freshCore(2000);
    const { frames, contents, base } = fillFrames(core, 400);
    expect(core.freeze()).toBeGreaterThan(0);
    const encoder = new PageEncoder(core, frames, (frame) => base.get(frame) ?? null);
    let steps = 0;
    for (let finished = false; !finished; steps++) {
      finished = encoder.step(50);
      for (let i = steps; i < frames.length; i += 7) {
        core.frameForWrite(frames[i] ?? 0);
        core.frameBytes(frames[i] ?? 0).fill(steps + 1);
      }
      if (steps === 2) core.frameUnref(frames[380] ?? 0); // freed by the guest before it was encoded
    }
    const sections = encoder.finish(coreWire(core));
    core.freezeEnd();
    expect(sections.counts.base).toBeGreaterThan(30);
    expect(Math.min(sections.counts.zero, sections.counts.duplicate, sections.counts.compressed, sections.counts.raw)).toBeGreaterThan(5);

    const restored = freshCore(400);
    const byPage = new Map([...base].map(([frame, { source, page }]) => [`${source}:${page}`, contents[frames.indexOf(frame)]]));
    const loaded = decodePages(restored, coreWire(restored), sections.pageMap, joined(sections.pageData), (source, page, out) => {
      const content = byPage.get(`${source}:${page}`);
      if (content !== undefined) out.set(content);
      return content !== undefined;
    });
    expect(new Set(loaded.frames).size).toBe(400);
    contents.forEach((content, i) => {
      if (restored.frameBytes(loaded.frames[i] ?? 0).some((byte, at) => byte !== content[at])) expect.fail(`frame ${i + 1} differs`);
    });
    expect(restored.framesInUse()).toBe(400);
    const kept = loaded.loadFrame(5);
    loaded.release();
    expect([restored.framesInUse(), restored.frameRefs(kept)]).toEqual([1, 1]);
  });

  it('refuse frames beyond the memory limit, a base page that changed, and one that is missing', () => {
    const core = freshCore(100);
    const { frames, base } = fillFrames(core, 60);
    const { pageMap, pageData } = encode(core, frames, base);
    const small = freshCore(59);
    expect(refusalOf(() => decodePages(small, coreWire(small), pageMap, joined(pageData), noBase))?.message).toBe(
      'page map: 60 frames do not fit: the memory limit leaves 59',
    );
    expect(small.framesInUse()).toBe(0);
    const fresh = freshCore(100);
    expect(refusalOf(() => decodePages(fresh, coreWire(fresh), pageMap, joined(pageData), noBase))?.message).toBe('base image: has no page 3 of layer/file 3');
    const changed = freshCore(100);
    expect(refusalOf(() => decodePages(changed, coreWire(changed), pageMap, joined(pageData), () => true))?.message).toBe(
      'base image: page 3 of layer/file 3 is not what it was at the checkpoint',
    );
  });

  it('answer every damage of the map and the data with an ImageError or frames, never a host error', () => {
    const core = freshCore(100);
    const { frames } = fillFrames(core, 40);
    const { pageMap, pageData } = encode(core, frames, new Map());
    const data = joined(pageData);
    const tool = freshCore(1);
    const tapes = coreWire(tool).decodeTapes(pageMap, 1e6);
    const random = randomSource(99);
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const ints = tapes.ints.slice();
      const damaged = data.slice(0, round % 4 === 0 ? random() % data.length : data.length);
      if (round % 4 !== 0) ints[random() % ints.length] = [0, 1, 5, 6, 7, 2 ** 32, -1, random() % 4000, 2 ** 53][random() % 9] ?? 0;
      for (let i = 0; i < 3 && round % 3 === 0; i++) damaged[random() % damaged.length] = random();
      if (refusalOf(() => decodePages(core, coreWire(core), coreWire(tool).encodeTapes({ ints, bytes: tapes.bytes }), damaged, noBase)) !== null) refused++;
      core.setFrameLimit(core.framesInUse() + 60);
    }
    expect(refused).toBeGreaterThan(200);
  });
});

describe('page tables', () => {
  it('come back with the same pages, flags and shares', () => {
    const core = freshCore(1000);
    const { frames } = fillFrames(core, 50);
    const spaces = [core.spaceCreate(), core.spaceCreate(), core.spaceCreate()];
    const [first, second] = [spaces[0] ?? 0, spaces[1] ?? 0];
    for (let i = 0; i < 50; i++) core.map(first, 0x10 + i + (i > 20 ? 5000 : 0), frames[i] ?? 0, i < 10 ? 5 : 3);
    core.map(first, 2 ** 26 - 1, frames[3] ?? 0, 11);
    for (let i = 49; i >= 0; i -= 3) core.map(second, 2 ** 20 + 7 * i, frames[i] ?? 0, 1 + (i % 15));
    for (let i = 0; i < 9000; i++) core.map(second, i, frames[7] ?? 0, 1);

    const numbers = new FrameNumbers();
    const encoded = encodeTables(coreWire(core), spaces.map((space) => dumpSpace(core, space)), numbers);
    const sections = encode(core, numbers.frames, new Map());

    const restored = freshCore(1000);
    const loaded = decodePages(restored, coreWire(restored), sections.pageMap, joined(sections.pageData), noBase);
    const dumps = decodeTables(coreWire(restored), encoded, loaded);
    expect(dumps.length).toBe(3);
    dumps.forEach((pairs, i) => {
      const space = restored.spaceCreate();
      loadSpace(restored, space, pairs);
      const before = dumpSpace(core, spaces[i] ?? 0);
      expect(dumpSpace(restored, space)).toEqual(pairs);
      expect(pairs.length).toBe(before.length);
      for (let at = 0; at < before.length; at += 2) {
        const [was, is] = [before[at + 1] ?? 0, pairs[at + 1] ?? 0];
        if (before[at] !== pairs[at] || (was & 15) !== (is & 15)) expect.fail(`page ${before[at]}`);
        if (numbers.saveFrame(was >>> 12) !== loaded.frames.indexOf(is >>> 12) + 1) expect.fail(`frame of page ${before[at]}`);
      }
    });
    loaded.release();
    for (let i = 0; i < numbers.frames.length; i++) {
      expect(restored.frameRefs(loaded.frames[i] ?? 0)).toBe(core.frameRefs(numbers.frames[i] ?? 0) - 1); // the allocation's own
    }
  });

  it('are refused when damaged, with an ImageError', () => {
    const core = freshCore(1000);
    const { frames } = fillFrames(core, 20);
    const space = core.spaceCreate();
    for (let i = 0; i < 20; i++) core.map(space, i * 3, frames[i] ?? 0, 3);
    const numbers = new FrameNumbers();
    const wire = coreWire(core);
    const tapes = wire.decodeTapes(encodeTables(wire, [dumpSpace(core, space)], numbers), 1e6);
    const { pageMap, pageData } = encode(core, numbers.frames, new Map());
    const loaded = decodePages(core, wire, pageMap, joined(pageData), noBase);
    let refused = 0;
    for (let i = 0; i < tapes.ints.length; i++) {
      for (const value of [-1, 0, 1, 16, 2 ** 26, 2 ** 33, 2 ** 53, -(2 ** 53)]) {
        const ints = tapes.ints.slice();
        ints[i] = value;
        if (refusalOf(() => decodeTables(wire, wire.encodeTapes({ ints, bytes: tapes.bytes }), loaded)) !== null) refused++;
      }
    }
    expect(refused).toBeGreaterThan(tapes.ints.length * 4);
  });
});
