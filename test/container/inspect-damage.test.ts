/** Images that lie, with checksums that are right: an inspection ends in one sentence, or in a report; nothing of them is run. */
import { describe, expect, it } from 'vitest';
import { ImageError } from '../../src/base/errors.ts';
import { imageDigest } from '../../src/container/image-store.ts';
import { diffOf, openImage, pageAt, reportOf } from '../../src/inspect/index.ts';
import { coreWire } from '../../src/sentry/checkpoint/core-wire.ts';
import { readImage, writeImage } from '../../src/sentry/checkpoint/image.ts';
import type { Tapes } from '../../src/state/index.ts';
import { ContainerHarness, hasProgram } from '../support/container-harness.ts';
import { busyboxTree, inspected, inspectionCore } from '../support/inspection.ts';

const isFull = process.env['STASIS_TEST_FULL'] === '1';
const ROUNDS = isFull ? 6000 : 150;
const LONGEST_MS = 5000;
const TERMINAL = { rows: 24, columns: 80 };

const harness = hasProgram('holds')
  ? ContainerHarness.start({ argv: ['/holds'], terminal: TERMINAL, programs: ['holds'] })
  : ContainerHarness.start({ argv: ['/bin/sh'], terminal: TERMINAL });
harness.run(500);
harness.exec(['/bin/sh', '-c', 'cd /tmp; mkdir -p a/b/c; echo x > a/b/c/d; rm /bin/vi; sleep 100 | cat'], TERMINAL);
harness.run(300);
const good = harness.image();
const { metadata, sections } = readImage(good, inspectionCore);
const wire = coreWire(inspectionCore);

let seed = 20_231_114;
function random(limit: number): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
}

/** The image with one of its sections replaced. */
function forged(name: string, data: Uint8Array): Uint8Array {
  return writeImage({ metadata, sections: [...sections].map(([section, bytes]) => ({ name: section, pieces: [section === name ? data : bytes] })) }, inspectionCore);
}

/** A tape with a few of its numbers or bytes changed: to others that it holds, so that references go astray, or to any. */
function changed({ ints, bytes }: Tapes): Tapes {
  const tape = { ints: ints.slice(), bytes: bytes.slice() };
  for (let i = 0; i <= random(3); i++) {
    const at = random(ints.length);
    const choices = [ints[random(ints.length)]!, ints[at]! + 1, ints[at]! - 1, random(300), 0, 2 ** 53, -(2 ** 40), 2 ** 32 - 1];
    tape.ints[at] = choices[random(choices.length)]!;
    if (random(4) === 0 && bytes.length > 0) tape.bytes[random(bytes.length)] = random(256);
  }
  return tape;
}

/** The sentence with which an image is refused; null when it was reported and compared. */
function inspect(bytes: Uint8Array): string | null {
  const start = performance.now();
  try {
    const image = openImage(inspectionCore, [{ digest: imageDigest(bytes), bytes }], random(2) === 0 ? busyboxTree : null);
    expect(() => JSON.stringify(reportOf(image))).not.toThrow(TypeError);
    const original = inspected(good);
    diffOf(original, image);
    diffOf(image, original);
    for (const { pid, mappings } of reportOf(image).processes) if (mappings[0] !== undefined) pageAt(image, pid, mappings[0].start);
    return null;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return error.message;
  } finally {
    expect(performance.now() - start).toBeLessThan(LONGEST_MS);
  }
}

describe('an image that lies', () => {
  for (const name of ['kernel', 'page-tables', 'page-map']) {
    it(`is refused with a sentence or told as it is: ${name}`, () => {
      const tapes = wire.decodeTapes(sections.get(name)!, 1 << 28);
      let refused = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const sentence = inspect(forged(name, wire.encodeTapes(changed(tapes))));
        if (sentence === null) continue;
        refused++;
        expect(sentence).toMatch(/^[^\n]+: [^\n]+[^.\n]$/);
      }
      expect(refused).toBeGreaterThan(ROUNDS / 4);
    });
  }

  it('is refused when its bytes are damaged or cut, in one sentence', () => {
    for (let round = 0; round < 50; round++) {
      const bytes = good.slice(0, round % 2 === 0 ? good.length : random(good.length));
      if (bytes.length > 0) bytes[random(bytes.length)]! ^= 1 << random(8);
      expect(inspect(bytes)).toMatch(/^[^\n]+: [^\n]+[^.\n]$/);
    }
  });

  it('leaves the machine that it was made from as it was', () => {
    expect(Buffer.compare(harness.image(), good)).toBe(0);
  });
});

describe('a chain that lies', () => {
  it('is refused when an image stands on none of those given, or on too many', () => {
    const file = { digest: imageDigest(good), bytes: good };
    expect(() => openImage(inspectionCore, [file, file], null)).toThrow('parent: the image stands on no other');
    expect(() => openImage(inspectionCore, [], null)).toThrow('image: there is none');
    expect(() => openImage(inspectionCore, Array(65).fill(file), null)).toThrow('at most 63 are possible');
  });
});
