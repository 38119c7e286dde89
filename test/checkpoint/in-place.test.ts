/** Restores into the core of the container that is replaced: pages that are the same are shared, and nobody can tell. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { ContainerError } from '../../src/container/errors.ts';
import { ImageError } from '../../src/base/errors.ts';
import { specToJson } from '../../src/container/spec.ts';
import { Core } from '../../src/core/core.ts';
import { readImage, writeImage } from '../../src/sentry/checkpoint/image.ts';
import { KnownImages } from '../../src/sentry/checkpoint/known-images.ts';
import { NO_IMAGES } from '../../src/sentry/checkpoint/parents.ts';
import { saveAtOnce } from '../../src/sentry/checkpoint/save.ts';
import { ContainerHarness } from '../support/container-harness.ts';
import { randomSource } from '../support/random.ts';

const tool = Core.create(new WebAssembly.Module(readFileSync(rootPath('build/core.wasm'))), { frames: 16 });
const TERMINAL = { rows: 24, columns: 80 };

const COMMANDS = [
  'ls -l /tmp\n',
  'dd if=/dev/urandom of=/tmp/noise bs=4096 count=20 2>/dev/null\n',
  'echo x >> /tmp/noise\n',
  'truncate -s 9000 /tmp/noise\n',
  'rm -f /tmp/noise\n',
  '(while :; do echo tick >> /tmp/ticks; sleep 1; done) &\n',
  'sleep 100 &\n',
  'kill %1\n',
  'x=$(seq 3000); export x\n',
  'exec /bin/sh\n',
];

function start(): ContainerHarness {
  const harness = ContainerHarness.start({ argv: ['/bin/sh'], terminal: TERMINAL });
  harness.run(300);
  return harness;
}

/** A full image of now, known by what it was made of. */
function checkpoint(harness: ContainerHarness, knownImages: KnownImages): Uint8Array {
  const { kernel, spec } = harness.container;
  return saveAtOnce(kernel, { nowMs: Math.floor(harness.clock().realtimeMs), container: specToJson(spec), knownImages }).image;
}

function coreOf({ container }: ContainerHarness): Core {
  return container.kernel.core;
}

describe('a restore in place', () => {
  for (const seed of [11, 500, 31337]) {
    it(`leaves the state that one into a fresh core leaves, whatever was restored before (history ${seed})`, () => {
      const random = randomSource(seed * 2654435761);
      const knownImages = new KnownImages();
      let running = start();
      const core = coreOf(running);
      const kept: { image: Uint8Array; clock: { realtimeMs: number } }[] = [];
      for (let round = 0; round < 12; round++) {
        if (random() % 3 === 0) running.exec(['sh', '-c', 'while :; do echo x > /tmp/exec$$; sleep 1; done'], random() % 2 === 0 ? TERMINAL : null);
        running.init.type(COMMANDS[random() % COMMANDS.length]!);
        running.run(20 + (random() % 900));
        const clock = running.clock();
        kept.push({ image: checkpoint(running, knownImages), clock });
        const next = kept[random() % 2 === 0 ? kept.length - 1 : random() % kept.length]!;
        const policy = random() % 4 === 0 ? 'gvisor' : 'kill';
        const fresh = ContainerHarness.restore(next.image, { ...next.clock }, { policy });
        running = ContainerHarness.restore(next.image, { ...next.clock }, { policy, knownImages, replaced: running.container });
        expect(coreOf(running) === core).toBe(true);
        expect(core.framesInUse()).toBe(coreOf(fresh).framesInUse());
        expect(running.killed).toEqual(fresh.killed);
        fresh.init.type('echo $((2 + 2))\n');
        running.init.type('echo $((2 + 2))\n');
        fresh.run(100);
        running.run(100);
        expect(running.init.output()).toBe(fresh.init.output());
        expect(Buffer.compare(running.image(), fresh.image())).toBe(0);
        expect(core.framesInUse()).toBe(coreOf(fresh).framesInUse());
      }
    });
  }

  it('shares the frames of one image, however often it is restored', () => {
    const knownImages = new KnownImages();
    let running = start();
    running.init.type('big=$(seq 30000); echo ready\n');
    running.run(3000);
    const image = checkpoint(running, knownImages);
    const core = coreOf(running);
    const frames = core.framesInUse();
    for (let round = 0; round < 5; round++) {
      const before = new Set(framesOf(running));
      running = ContainerHarness.restore(image, running.clock(), { knownImages, replaced: running.container });
      const shared = framesOf(running).filter((frame) => before.has(frame));
      expect(shared.length).toBeGreaterThan(frames * 0.8);
      expect(core.framesInUse()).toBeLessThanOrEqual(frames);
      running.init.type('echo $((40 + 2))\n');
      running.run(100);
      expect(running.init.output()).toContain('42');
    }
  });

  it('goes into a core of its own where both have no room', () => {
    const small = ContainerHarness.start({ argv: ['/bin/sh'], terminal: TERMINAL, memoryLimitBytes: 1 << 20 });
    small.run(300);
    const other = start();
    other.init.type('big=$(seq 30000); echo ready\n');
    other.run(3000);
    const knownImages = new KnownImages();
    const image = checkpoint(other, knownImages);
    const restored = ContainerHarness.restore(image, other.clock(), { knownImages, replaced: small.container });
    expect(coreOf(restored) === coreOf(small)).toBe(false); // cores are too large to be printed
    expect(small.container.status).toBe('running');
    small.init.type('echo still $((1 + 1))\n');
    small.run(100);
    expect(small.init.output()).toContain('still 2');
  });

  it('is none the first time where the image comes from elsewhere', () => {
    const knownImages = new KnownImages();
    const running = start();
    const image = running.image();
    const restored = ContainerHarness.restore(image, running.clock(), { knownImages, replaced: running.container });
    expect(coreOf(restored) === coreOf(running)).toBe(false);
    expect(running.container.status).toBe('running');
    const again = ContainerHarness.restore(image, restored.clock(), { knownImages, replaced: restored.container });
    expect(coreOf(again) === coreOf(restored)).toBe(true);
  });

  it('that is refused leaves the one that runs, and every frame of the core, as they were', () => {
    const knownImages = new KnownImages();
    const running = start();
    running.exec(['sh', '-c', 'while :; do sleep 1; done'], TERMINAL);
    running.run(1500);
    const clock = running.clock();
    const image = checkpoint(running, knownImages);
    running.init.type('echo later\n');
    running.run(100);
    const core = coreOf(running);
    const now = running.image();
    const frames = core.framesInUse();
    const unchanged = (): void => {
      expect(core.framesInUse()).toBe(frames);
      expect(running.container.status).toBe('running');
    };
    const refusal = (bytes: Uint8Array, options: Parameters<typeof ContainerHarness.restore>[2] = {}): string | null => {
      try {
        ContainerHarness.restore(bytes, clock, { ...options, knownImages, replaced: running.container });
        return null;
      } catch (error) {
        if (error instanceof ImageError || error instanceof ContainerError) return error.message;
        throw error;
      }
    };
    expect(refusal(image, { missingKeys: ['c1:host:0'] })).toMatch(/host:0/);
    unchanged();
    expect(refusal(image, { policy: 'keep', keptPids: [999] })).toMatch(/^exec policy: pid 999/);
    unchanged();
    const { metadata, sections } = readImage(image, tool);
    const random = randomSource(99);
    let refused = 0;
    for (let round = 0; round < 60; round++) {
      const names = [...sections.keys()];
      const victim = names[round % names.length]!;
      const pieces = names.map((name) => {
        const data = sections.get(name)!.slice();
        if (name === victim) data[random() % data.length] = random() & 0xff;
        return { name, pieces: [data] };
      });
      const forged = writeImage({ metadata, sections: pieces }, tool);
      if (isRestorable(forged, clock)) continue; // the byte did no harm
      knownImages.open(forged, core, NO_IMAGES).isTried = true; // else it is not even tried in place
      expect(refusal(forged)).not.toBeNull();
      unchanged();
      refused++;
    }
    expect(refused).toBeGreaterThan(15);
    expect(Buffer.compare(running.image(), now)).toBe(0);
    running.init.type('echo and on\n');
    running.run(100);
    expect(running.init.output()).toContain('and on');
  });
});

/** Whether an image can be restored at all, found out in a core of its own. */
function isRestorable(image: Uint8Array, clock: { realtimeMs: number }): boolean {
  try {
    ContainerHarness.restore(image, { ...clock });
    return true;
  } catch {
    return false;
  }
}

/** Frames mapped by the processes of a container, ascending. */
function framesOf({ container }: ContainerHarness): number[] {
  const { core } = container.kernel;
  const frames = new Set<number>();
  for (const { space } of container.kernel.addressSpaces()) {
    const end = 1 << 26;
    for (let vpn = core.nextMapped(space, 0, end); vpn < end; vpn = core.nextMapped(space, vpn + 1, end)) frames.add(core.pte(space, vpn) >>> 12);
  }
  return [...frames].sort((a, b) => a - b);
}
