/** Pages of a restored container that are not there until somebody looks: nobody can tell. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { EACCES } from '../../src/abi/errno.ts';
import { SysError } from '../../src/base/errors.ts';
import { ImageStore } from '../../src/container/image-store.ts';
import { readImageArchive } from '../../src/container/oci/index.ts';
import { Core } from '../../src/core/core.ts';
import type { BaseTree } from '../../src/ports/base-tree.ts';
import { readBasePage } from '../../src/sentry/checkpoint/base-pages.ts';
import { flatten } from '../../src/sentry/checkpoint/flatten.ts';
import { readImage } from '../../src/sentry/checkpoint/image.ts';
import { KnownImages } from '../../src/sentry/checkpoint/known-images.ts';
import { readChain } from '../../src/sentry/checkpoint/parents.ts';
import { ContainerHarness } from '../support/container-harness.ts';
import { randomSource } from '../support/random.ts';

const core = Core.create(new WebAssembly.Module(readFileSync(rootPath('build/core.wasm'))), { frames: 16 });
const base = (await readImageArchive(readFileSync(rootPath('public/busybox.tar')), 'busybox.tar')).tree;
const TERMINAL = { rows: 24, columns: 80 };
/** More than any machine here has. */
const MOST_FRAMES = 1 << 16;

/** What looks at pages, writes to them, shares them, and lets go of them unread. */
const COMMANDS = [
  'ls -l /tmp\n',
  'cat /tmp/noise | wc -c\n',
  'echo x >> /tmp/noise\n',
  'dd if=/dev/zero of=/tmp/noise bs=1000 count=1 seek=30 conv=notrunc 2>/dev/null\n',
  'dd if=/tmp/noise of=/tmp/copy bs=4096 skip=7 count=9 2>/dev/null\n',
  'truncate -s 20000 /tmp/noise\n',
  'truncate -s 120001 /tmp/noise\n',
  'rm -f /tmp/noise; dd if=/dev/urandom of=/tmp/noise bs=4096 count=30 2>/dev/null\n',
  '(sleep 1; cat /tmp/noise > /tmp/later) &\n',
  'x=$(cat /etc/passwd); export x; unset big\n',
  'kill %1; wait\n',
  'exec /bin/sh\n',
  'awk "BEGIN { for (i = 0; i < 3000; i++) a[i] = i; print a[5] }"\n',
];

/** A shell with a variable of 200 KB and a file of 160 KB. */
function start(): ContainerHarness {
  const harness = ContainerHarness.start({ argv: ['/bin/sh'], terminal: TERMINAL });
  harness.run(300);
  harness.init.type('dd if=/dev/urandom of=/tmp/noise bs=4096 count=40 2>/dev/null; big=$(seq 40000); echo ready\n');
  harness.run(3000);
  expect(harness.init.output()).toContain('ready');
  return harness;
}

const begun = start();
const image = begun.image();

/** Frames that are without their content. */
function absentFrames({ container }: ContainerHarness): number {
  const { core: guestCore } = container.kernel;
  let count = 0;
  for (let frame = 1; frame < MOST_FRAMES; frame++) if (guestCore.frameSource(frame) !== 0) count++;
  return count;
}

/** The machine's state as a full image, told as a difference to what it was restored from: pages nobody has looked at stay where they are. */
function flatImage(harness: ContainerHarness, digest: string, store: ImageStore): { full: Uint8Array; difference: Uint8Array } {
  const save = harness.container.beginCheckpoint(Math.floor(harness.clock().realtimeMs), { digest, ...harness.source! });
  while (!save.step(7)) continue;
  const { image } = save.finish();
  const images = readChain(readImage(image, core), core, store);
  return { full: flatten(core, images, (source, page, out) => readBasePage(base, source, page, out)), difference: image };
}

describe('pages on first touch', () => {
  for (const seed of [5, 91, 2026]) {
    it(`leave the state that pages read at once leave, whatever is done between (history ${seed})`, () => {
      const random = randomSource(seed * 2654435761);
      const store = new ImageStore();
      let lazy = begun;
      let eager = begun;
      let digest = store.add(image);
      let clock = begun.clock();
      for (let round = 0; round < 6; round++) {
        lazy = ContainerHarness.restore(store.image(digest)!, { ...clock }, { library: store });
        eager = ContainerHarness.restore(store.image(digest)!, { ...clock }, { library: store });
        eager.container.fillAhead(Infinity);
        if (random() % 2 === 0) lazy.container.fillAhead(random() % 40);
        expect(absentFrames(eager)).toBe(0);
        for (let commands = random() % 3; commands >= 0; commands--) {
          const command = COMMANDS[random() % COMMANDS.length]!;
          const ms = 10 + (random() % 600);
          for (const harness of [lazy, eager]) {
            harness.init.type(command);
            harness.run(ms);
          }
        }
        const { full, difference } = flatImage(lazy, digest, store);
        expect(Buffer.compare(full, eager.image())).toBe(0);
        expect(lazy.init.output()).toBe(eager.init.output());
        expect(lazy.container.kernel.core.framesInUse()).toBe(eager.container.kernel.core.framesInUse());
        digest = store.add(difference);
        clock = lazy.clock();
      }
      expect(Buffer.compare(lazy.image(), eager.image())).toBe(0); // a full image reads what is left
      expect(absentFrames(lazy)).toBe(0);
    });
  }

  it('are read only as they are needed; a difference needs none, and what is let go of is not read', () => {
    const store = new ImageStore();
    const digest = store.add(image);
    const restored = ContainerHarness.restore(image, begun.clock());
    const all = absentFrames(restored);
    expect(all).toBeGreaterThan(100);
    restored.init.type('echo $((6 * 7))\n');
    restored.run(200);
    expect(restored.init.output()).toContain('42');
    const left = absentFrames(restored);
    expect(left).toBeGreaterThan(all / 2);
    const { difference } = flatImage(restored, digest, store);
    expect(absentFrames(restored)).toBe(left);
    expect(difference.length).toBeLessThan(image.length / 2);
    restored.init.type('rm /tmp/noise; echo gone\n');
    restored.run(500);
    expect(left - absentFrames(restored)).toBeGreaterThanOrEqual(40);
    restored.init.type('exit\n');
    restored.run(500);
    expect(restored.container.status).toBe('stopped');
  });

  it('are not read for processes that the exec policy kills', () => {
    const harness = ContainerHarness.restore(image, begun.clock());
    harness.exec(['sh', '-c', 'x=$(seq 9000); while :; do sleep 1; done'], TERMINAL);
    harness.run(1500);
    const restored = ContainerHarness.restore(harness.image(), harness.clock());
    expect(restored.killed.length).toBeGreaterThan(0);
    expect(absentFrames(restored)).toBe(restored.container.kernel.core.framesInUse());
  });

  it('count against the memory limit like all others', () => {
    const frames = begun.container.kernel.core.framesInUse();
    const tight = ContainerHarness.restore(image, begun.clock(), { memoryLimitBytes: (frames + 40) * 4096 });
    tight.init.type('echo still $((40 + 2))\n');
    tight.run(500);
    expect(tight.init.output()).toContain('still 42');
    expect(() => ContainerHarness.restore(image, begun.clock(), { memoryLimitBytes: (frames >> 1) * 4096 })).toThrow(/^page map: \d+ frames do not fit: the memory limit leaves \d+$/);
  });

  it('are refused with a sentence where the base image cannot be read', () => {
    const unreadable: BaseTree = {
      digest: base.digest, stat: (path) => base.stat(path), list: (path) => base.list(path), readlink: (path) => base.readlink(path),
      read: (path) => { throw new SysError(EACCES, `read: ${path} on the host: EACCES`); },
    };
    expect(() => ContainerHarness.restore(image, begun.clock(), { base: unreadable })).toThrow(/^base image: page \d+ of (\/\S+) cannot be read \(read: \1 on the host: EACCES\)$/);
  });

  it('stop the machine with a sentence when the base image has changed under it', () => {
    let isChanged = false;
    const changing: BaseTree = {
      digest: base.digest,
      stat: (path) => base.stat(path),
      list: (path) => base.list(path),
      readlink: (path) => base.readlink(path),
      read: (path, offset, dst) => {
        const count = base.read(path, offset, dst);
        if (isChanged) dst.fill(0x5a, 0, count);
        return count;
      },
    };
    const restored = ContainerHarness.restore(image, begun.clock(), { base: changing });
    isChanged = true;
    expect(restored.container.fillAhead(Infinity)).toBe(false);
    restored.init.type('ls\n');
    expect(() => restored.run(500)).toThrow(/^base image: page \d+ of \/\S+ is not what it was at the checkpoint$/);
  });
});

describe('filling ahead', () => {
  it('begins with what was looked at after the last restore of the image', () => {
    const knownImages = new KnownImages();
    const begin = () => ContainerHarness.restore(image, begun.clock(), { knownImages });
    const use = (restored: ContainerHarness): number => {
      const before = absentFrames(restored);
      restored.init.type('tail -c 20000 /tmp/noise | wc -c; echo $((1 + 1))\n');
      restored.run(300);
      expect(restored.init.output()).toContain('20000');
      return before - absentFrames(restored);
    };
    const first = begin();
    const looked = use(first);
    expect(looked).toBeGreaterThan(20);
    const second = begin();
    expect(second.container.fillAhead(looked)).toBe(true);
    expect(use(second)).toBeLessThan(looked / 4);
    const third = begin();
    expect(third.container.fillAhead(Infinity)).toBe(false);
    expect(absentFrames(third)).toBe(0);
  });
});
