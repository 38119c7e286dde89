/** Images that are differences to others: base and differences give the full image, in every branch of a random history. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { ImageError } from '../../src/base/errors.ts';
import { ImageStore } from '../../src/container/image-store.ts';
import { readImageArchive } from '../../src/container/oci/index.ts';
import { Core } from '../../src/core/core.ts';
import { readBasePage } from '../../src/sentry/checkpoint/base-pages.ts';
import { coreWire } from '../../src/sentry/checkpoint/core-wire.ts';
import { flatten } from '../../src/sentry/checkpoint/flatten.ts';
import { readImage, writeImage } from '../../src/sentry/checkpoint/image.ts';
import { PageChain } from '../../src/sentry/checkpoint/page-chain.ts';
import { readChain } from '../../src/sentry/checkpoint/parents.ts';
import type { SaveParent } from '../../src/sentry/checkpoint/save.ts';
import { ContainerHarness } from '../support/container-harness.ts';
import { randomSource } from '../support/random.ts';

const core = Core.create(new WebAssembly.Module(readFileSync(rootPath('build/core.wasm'))), { frames: 16 });
const base = (await readImageArchive(readFileSync(rootPath('public/busybox.tar')), 'busybox.tar')).tree;
const TERMINAL = { rows: 24, columns: 80 };

/** What is typed into a shell: little and much memory, files that come and go, children that live on. */
const COMMANDS = [
  'ls\n',
  'ls -l /bin | sort -r | head -n 3\n',
  'i=0; while [ $i -lt 300 ]; do i=$((i+1)); done; echo $i > /tmp/count\n',
  'dd if=/dev/urandom of=/tmp/noise bs=4096 count=40 2>/dev/null\n',
  'dd if=/dev/zero of=/tmp/zeros bs=4096 count=60 2>/dev/null\n',
  'cp /tmp/noise /tmp/copy; rm -f /tmp/noise\n',
  'cat /bin/busybox > /tmp/own; chmod +x /tmp/own; /tmp/own sh -c "echo own" > /tmp/out\n',
  'rm -rf /tmp/*\n',
  'sleep 100 &\n',
  'kill %1\n',
  '(while :; do echo tick >> /tmp/ticks; sleep 1; done) &\n',
  'awk "BEGIN { for (i = 0; i < 2000; i++) a[i] = i * i; print a[7] }"\n',
  'cd /etc; x=$(cat passwd); export x\n',
  'vi /etc/passwd\n', ':q!\n',
];

/** A checkpoint of the history, by all it is told by. */
interface Kept {
  readonly digest: string;
  readonly full: Uint8Array;
  readonly clock: { realtimeMs: number };
}

/** A machine, and the image that its next checkpoint is a difference to. */
interface Running {
  readonly harness: ContainerHarness;
  readonly parent: SaveParent | null;
}

class History {
  readonly store = new ImageStore();
  readonly kept: Kept[] = [];

  /** Takes a full image and, of the same moment, a difference; guests go on while the latter is encoded. */
  checkpoint({ harness, parent }: Running, pagesPerStep: number): Running {
    const { kernel } = harness.container;
    const full = harness.image();
    const nowMs = Math.floor(harness.clock().realtimeMs);
    const clock = harness.clock();
    const save = harness.container.beginCheckpoint(nowMs, parent);
    while (!save.step(pagesPerStep)) harness.run(1);
    const saved = save.finish();
    const digest = this.store.add(saved.image);
    const images = readChain(readImage(saved.image, core), core, this.store);
    const flat = flatten(core, images, (source, page, out) => readBasePage(base, source, page, out));
    if (Buffer.compare(flat, full) !== 0) expect.fail(`checkpoint ${this.kept.length} flattened is not the full image of ${full.length} bytes`);
    this.kept.push({ digest, full, clock });
    expect(kernel.core).toBe(saved.trace.core);
    return { harness, parent: { digest, trace: saved.trace, chain: PageChain.open(coreWire(core), images) } };
  }

  restore({ digest, clock }: Kept): Running {
    const harness = ContainerHarness.restore(this.store.image(digest)!, { ...clock }, { library: this.store, policy: 'gvisor' });
    return { harness, parent: { digest, ...harness.source! } };
  }
}

function start(): ContainerHarness {
  const harness = ContainerHarness.start({ argv: ['/bin/sh'], terminal: TERMINAL });
  harness.run(300);
  return harness;
}

describe('a history of checkpoints', () => {
  for (const seed of [3, 77, 4242]) {
    it(`restores every branch exactly, and each difference flattened is the full image (history ${seed})`, () => {
      const random = randomSource(seed * 2654435761);
      const history = new History();
      let running: Running = { harness: start(), parent: null };
      for (let round = 0; round < 14; round++) {
        const { harness } = running;
        const command = COMMANDS[random() % COMMANDS.length]!;
        if (random() % 4 === 0) harness.exec(['sh', '-c', 'while :; do echo x > /tmp/exec$$; sleep 1; done']);
        harness.init.type(command);
        harness.run(20 + (random() % 400));
        running = history.checkpoint(running, 1 + (random() % 200));
        if (random() % 3 === 0) running = history.restore(history.kept[random() % history.kept.length]!);
      }
      for (const kept of history.kept) {
        const branch = history.restore(kept).harness;
        const whole = ContainerHarness.restore(kept.full, { ...kept.clock }, { policy: 'gvisor' });
        expect(Buffer.compare(branch.image(), whole.image())).toBe(0);
        branch.run(1500);
        whole.run(1500);
        expect(Buffer.compare(branch.image(), whole.image())).toBe(0);
      }
    });
  }
});

describe('a difference', () => {
  it('is small: the idle shell as a whole up to 200 KB, up to 100 KB after ls', () => {
    const history = new History();
    const harness = start();
    const first = history.checkpoint({ harness, parent: null }, 4096);
    harness.init.type('ls\n');
    harness.run(300);
    history.checkpoint(first, 4096);
    const [idle, listed] = history.kept.map(({ digest }) => history.store.image(digest)!.length);
    expect(idle).toBeLessThanOrEqual(200_000);
    expect(listed).toBeLessThanOrEqual(100_000);
  });

  it('is refused in one sentence without its parent, over another base image, and on the wrong parent', () => {
    const history = new History();
    const harness = start();
    const first = history.checkpoint({ harness, parent: null }, 4096);
    harness.init.type('ls\n');
    harness.run(300);
    const second = history.checkpoint(first, 4096);
    const difference = history.store.image(second.parent!.digest)!;
    const restore = (image: Uint8Array, library = history.store): string => {
      try {
        ContainerHarness.restore(image, harness.clock(), { library });
        return 'restored';
      } catch (error) {
        if (error instanceof ImageError) return error.message;
        throw error;
      }
    };
    expect(restore(difference)).toBe('restored');
    expect(restore(difference, new ImageStore())).toBe(`parent: the image is a difference to ${first.parent!.digest}, which is not there: add that one first`);

    const { metadata, sections } = readImage(difference, core);
    const pieces = [...sections].map(([name, data]) => ({ name, pieces: [data] }));
    const other = ContainerHarness.start({ argv: ['/bin/true'] });
    const strange = history.store.add(other.image());
    expect(restore(writeImage({ metadata: { ...metadata, parent: strange }, sections: pieces }, core))).toMatch(/^page map: frame \d+ is frame \d+ of the parent, which has \d+$/);
    expect(restore(writeImage({ metadata: { ...metadata, parent: null }, sections: pieces }, core))).toMatch(/^page map: frame \d+ needs a parent image$/);
    const full = readImage(history.kept[0]!.full, core);
    const foreign = history.store.add(
      writeImage({ metadata: { ...full.metadata, baseImage: 'sha256:00' }, sections: [...full.sections].map(([name, data]) => ({ name, pieces: [data] })) }, core),
    );
    expect(restore(writeImage({ metadata: { ...metadata, parent: foreign }, sections: pieces }, core))).toBe(
      `parent: ${foreign} lies over sha256:00, the image itself over ${metadata.baseImage}`,
    );
  });
});
