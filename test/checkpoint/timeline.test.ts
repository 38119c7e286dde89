/** The tree of checkpoints: branches, and images that are dropped when nothing needs them, never earlier. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { ImageStore } from '../../src/container/image-store.ts';
import { readImageArchive } from '../../src/container/oci/index.ts';
import { Timeline } from '../../src/container/timeline.ts';
import type { TimelineEntry } from '../../src/container/timeline.ts';
import { Core } from '../../src/core/core.ts';
import { readBasePage } from '../../src/sentry/checkpoint/base-pages.ts';
import { ContainerHarness } from '../support/container-harness.ts';
import { randomSource } from '../support/random.ts';

const core = Core.create(new WebAssembly.Module(readFileSync(rootPath('build/core.wasm'))), { frames: 16 });
const { tree } = await readImageArchive(readFileSync(rootPath('public/busybox.tar')), 'busybox.tar');
const loadBase = (source: string, page: number, out: Uint8Array): boolean => readBasePage(tree, source, page, out);

/** A machine with its timeline, and beside it the full image of each checkpoint. */
class Bench {
  readonly timeline = new Timeline(core);
  readonly fullImages = new Map<string, Uint8Array>();
  private harness: ContainerHarness;

  constructor() {
    this.harness = ContainerHarness.start({ argv: ['/bin/sh'], terminal: { rows: 24, columns: 80 } });
    this.harness.run(300);
  }

  type(text: string): void {
    this.harness.init.type(text);
    this.harness.run(120);
  }

  checkpoint(name: string, isAutosave = false): TimelineEntry {
    const { harness, timeline } = this;
    const full = harness.image();
    const { image, trace } = this.saved(isAutosave ? 'autosave' : 'checkpoint');
    const entry = timeline.add(image, trace, { name, note: '', leftRunning: true, pauseMs: 0.1, totalMs: 1, isAutosave });
    this.fullImages.set(entry.id, full);
    return entry;
  }

  /** A round of pre-dump. */
  round(): void {
    const { image, trace } = this.saved('checkpoint');
    this.timeline.addRound(image, trace);
  }

  private saved(kind: 'checkpoint' | 'autosave') {
    const { harness, timeline } = this;
    const save = harness.container.beginCheckpoint(Math.floor(harness.clock().realtimeMs), timeline.parentFor(harness.container.kernel.core, kind));
    while (!save.step(64)) harness.run(1);
    return save.finish();
  }

  restore(id: string): void {
    const { timeline } = this;
    this.harness = ContainerHarness.restore(timeline.image(id), { realtimeMs: timeline.entry(id).takenAtMs }, { library: timeline.library() });
    timeline.goOnFrom(id, this.harness.source!);
  }

  /** The names of the tree, children in brackets. */
  drawn(parentId: string | null = null): string {
    return this.timeline.children(parentId).map(({ id, name }) => `${name}${this.timeline.children(id).length === 0 ? '' : `(${this.drawn(id)})`}`).join(' ');
  }

  expectWhole(): void {
    for (const { id } of this.timeline.list()) {
      if (Buffer.compare(this.timeline.fullImage(id, loadBase), this.fullImages.get(id)!) !== 0) expect.fail(`checkpoint ${id} is not what it was`);
    }
  }
}

describe('Timeline', () => {
  it('grows a branch where an old checkpoint is restored and gone on from', () => {
    const bench = new Bench();
    bench.checkpoint('a');
    bench.type('echo one > /tmp/f\n');
    const b = bench.checkpoint('b');
    bench.type('echo two > /tmp/f\n');
    const c = bench.checkpoint('c');
    bench.restore(b.id);
    bench.type('echo three > /tmp/f\n');
    const d = bench.checkpoint('d');
    expect(bench.drawn()).toBe('a(b(c d))');
    expect([c.isDifference, d.isDifference, bench.timeline.entry('k1').isDifference]).toEqual([true, true, false]);
    expect(bench.timeline.current()?.id).toBe(d.id);
    bench.timeline.rename(c.id, 'see');
    bench.timeline.annotate(c.id, 'before three');
    expect(bench.timeline.entry(c.id)).toMatchObject({ name: 'see', note: 'before three', parentId: b.id });
    bench.expectWhole();
  });

  it('keeps the image of a deleted checkpoint while others stand on it, and drops it with the last of them', () => {
    const bench = new Bench();
    const { timeline } = bench;
    const [a, b, c] = ['a', 'b', 'c'].map((name) => {
      bench.type(`echo ${name} > /tmp/${name}\n`);
      return bench.checkpoint(name);
    }) as [TimelineEntry, TimelineEntry, TimelineEntry];
    expect(timeline.freedByDeleting(b.id)).toBe(0);
    expect(timeline.delete(b.id)).toEqual({ images: 0, bytes: 0 });
    expect(bench.drawn()).toBe('a(c)');
    bench.restore(c.id);
    bench.expectWhole();
    expect(timeline.freedByDeleting(c.id)).toBe(b.imageBytes + c.imageBytes);
    expect(timeline.delete(c.id)).toEqual({ images: 2, bytes: b.imageBytes + c.imageBytes });
    expect([timeline.heldBytes(), timeline.current()?.id]).toEqual([a.imageBytes, a.id]);

    // What it went on from is gone: the next one is full.
    bench.type('ls\n');
    expect(bench.checkpoint('d').isDifference).toBe(false);
    expect(bench.drawn()).toBe('a(d)');
    expect(() => timeline.delete(c.id)).toThrow('there is no checkpoint k3');
  });

  it('makes an image full, so that it stands on no other', () => {
    const bench = new Bench();
    const a = bench.checkpoint('a');
    bench.type('ls\n');
    const b = bench.checkpoint('b');
    expect(bench.timeline.makeFull(b.id, loadBase)).toEqual({ images: 1, bytes: b.imageBytes });
    expect(bench.timeline.delete(a.id)).toEqual({ images: 1, bytes: a.imageBytes });
    expect(Buffer.compare(bench.timeline.image(b.id), bench.fullImages.get(b.id)!)).toBe(0);
    bench.type('ls\n');
    expect(bench.checkpoint('running on').isDifference).toBe(true);
    bench.restore(b.id);
    bench.type('ls\n');
    expect(bench.checkpoint('c').isDifference).toBe(true);
    bench.expectWhole();
  });

  it('takes images from elsewhere below their parents, and refuses one whose parent is not there', () => {
    const bench = new Bench();
    const a = bench.checkpoint('a');
    bench.type('ls\n');
    const b = bench.checkpoint('b');
    const other = new Timeline(core);
    expect(() => other.import(bench.timeline.image(b.id), 'b')).toThrow(`parent: the image is a difference to ${a.digest}, which is not there: add that one first`);
    expect([other.list(), other.heldBytes()]).toEqual([[], 0]);
    const first = other.import(bench.timeline.image(a.id), 'a');
    expect(other.import(bench.timeline.image(b.id), 'b')).toMatchObject({ parentId: first.id, digest: b.digest });
    ContainerHarness.restore(other.image('k2'), { realtimeMs: b.takenAtMs }, { library: other.library() });
  });

  it('stands a checkpoint on its rounds of pre-dump, which are no checkpoints, and drops those of one that fails', () => {
    const bench = new Bench();
    const { timeline } = bench;
    const a = bench.checkpoint('a');
    bench.type('echo one > /tmp/f\n');
    bench.round();
    bench.type('echo two > /tmp/f\n');
    bench.round();
    timeline.delete(a.id); // what is being taken stands on it
    expect(timeline.heldBytes()).toBeGreaterThan(a.imageBytes);
    const b = bench.checkpoint('b');
    expect(timeline.list()).toEqual([b]);
    expect([b.parentId, timeline.chain(b).length, timeline.chainBytes(b.id)]).toEqual([null, 4, timeline.heldBytes()]);
    bench.expectWhole();

    const before = timeline.heldBytes();
    bench.type('echo three > /tmp/f\n');
    bench.round();
    expect(timeline.heldBytes()).toBeGreaterThan(before);
    timeline.letGo();
    expect(timeline.heldBytes()).toBe(before);
    const c = bench.checkpoint('c');
    expect(timeline.chain(c).slice(1)).toEqual(timeline.chain(b));
    bench.expectWhole();
    timeline.delete(b.id);
    timeline.delete(c.id);
    expect(timeline.heldBytes()).toBe(0);
  });

  it('keeps autosaves beside the tree: nothing stands on them or goes on from them', () => {
    const bench = new Bench();
    const { timeline } = bench;
    const a = bench.checkpoint('a');
    bench.type('echo one > /tmp/f\n');
    const first = bench.checkpoint('first', true);
    bench.type('echo two > /tmp/f\n');
    const second = bench.checkpoint('second', true);
    expect(timeline.delete(first.id).bytes).toBe(0); // the second is a difference to it
    const b = bench.checkpoint('b');
    expect([second.parentId, b.parentId, timeline.chain(b).length]).toEqual([a.id, a.id, 2]);
    bench.expectWhole();
    expect(timeline.delete(second.id).images).toBe(2);
    bench.type('echo three > /tmp/f\n');
    const third = bench.checkpoint('third', true);
    expect([third.parentId, timeline.chain(third).slice(1)]).toEqual([b.id, timeline.chain(b)]);
    bench.type('echo four > /tmp/f\n');
    timeline.takeBack(bench.checkpoint('fourth', true).id);
    bench.type('echo five > /tmp/f\n');
    const fifth = bench.checkpoint('fifth', true);
    expect(timeline.chain(fifth).slice(1)).toEqual(timeline.chain(third));
    bench.expectWhole();
    timeline.delete(fifth.id);
    bench.restore(third.id);
    expect(bench.checkpoint('c').parentId).toBe(b.id);
    expect(bench.drawn()).toBe('a(b(third c))');
    bench.expectWhole();
  });

  it('takes in what another has kept: ids that are taken anew, and without those whose images are not all there', () => {
    const bench = new Bench();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => {
      bench.type(`echo ${name} > /tmp/f\n`);
      return bench.checkpoint(name);
    }) as [TimelineEntry, TimelineEntry, TimelineEntry, TimelineEntry];
    const { timeline } = bench;
    timeline.makeFull(d.id, loadBase);
    const kept = timeline.list();
    const images = new Map(kept.map(({ id, digest }) => [digest, timeline.image(id)]));
    const same = new Timeline(core);
    expect(same.load(images, kept, 4)).toEqual({ ids: new Map(kept.map(({ id }) => [id, id])), problems: new Map() });
    expect([same.list(), same.heldBytes(), same.lastIdNumber()]).toEqual([kept, timeline.heldBytes(), 4]);

    const other = new Timeline(core);
    other.import(images.get(a.digest)!, 'own');
    const damaged = images.get(c.digest)!.slice();
    damaged[damaged.length >> 1]! ^= 1;
    const { ids, problems } = other.load(new Map([...images, [c.digest, damaged]]), kept, 4);
    expect([...ids]).toEqual([[a.id, 'k5'], [b.id, 'k2'], [d.id, 'k4']]);
    expect([...problems.keys()]).toEqual([c.id]);
    expect(other.list().map(({ id, name, parentId }) => `${id} ${name} ${parentId}`)).toEqual(['k1 own null', 'k5 a null', 'k2 b k5', 'k4 d k2']);
    expect(new Timeline(core).load(new Map([...images].slice(1)), kept, 4).problems.get(b.id)?.message).toBe(`image: ${a.digest} is not there`);
    // A list may say too little of the last number: no checkpoint takes the place of one that is there.
    const low = new Timeline(core);
    low.load(images, kept, 1);
    expect(low.import(images.get(a.digest)!, 'more').id).toBe('k5');
    expect(low.list()).toHaveLength(5);
    // A list that goes in a circle is none that was written: it is made a tree.
    const circle = new Timeline(core);
    circle.load(images, [{ ...a, parentId: b.id }, { ...b, parentId: a.id }], 4);
    expect(circle.list().map(({ id, parentId }) => `${id} ${parentId}`)).toEqual(['k1 k2', 'k2 null']);
  });

  it('takes a full image now and then, so that no chain grows without end', () => {
    const bench = new Bench();
    const kinds = Array.from({ length: 40 }, (_, i) => {
      bench.type(i % 4 === 0 ? `echo ${i} > /tmp/n\n` : '');
      return bench.checkpoint(`${i}`).isDifference;
    });
    expect(kinds.flatMap((isDifference, i) => (isDifference ? [] : [i]))).toEqual([0, 32]);
  });

  for (const seed of [11, 2024]) {
    it(`loses no page that a checkpoint needs, and keeps no image that none needs, under random deletions (${seed})`, () => {
      const random = randomSource(seed * 40503);
      const bench = new Bench();
      const { timeline } = bench;
      bench.checkpoint('first');
      for (let round = 0; round < 60; round++) {
        const all = timeline.list();
        const some = all[random() % Math.max(1, all.length)];
        const choice = random() % 8;
        if (choice < 4 || some === undefined) {
          bench.type([`echo ${round} > /tmp/r${random() % 5}\n`, 'ls -l / | sort\n', 'x=$x$x.y\n', 'rm -f /tmp/r1\n'][random() % 4]!);
          bench.checkpoint(`${round}`);
        } else if (choice < 6) {
          const expected = timeline.freedByDeleting(some.id);
          expect(timeline.delete(some.id).bytes).toBe(expected);
        } else if (choice === 6) {
          bench.restore(some.id);
        } else {
          timeline.makeFull(some.id, loadBase);
        }
        for (const { parentId } of timeline.list()) expect(parentId === null || timeline.entry(parentId).id === parentId).toBe(true);
        if (round % 10 === 9) bench.expectWhole();
      }
      for (const { id } of timeline.list()) bench.restore(id);
      bench.expectWhole();
      for (const { id } of timeline.list()) timeline.delete(id);
      expect([timeline.heldBytes(), timeline.list(), timeline.current()]).toEqual([0, [], null]);
    });
  }
});

describe('ImageStore', () => {
  it('names images by SHA-256 and keeps each once', () => {
    const store = new ImageStore();
    expect(store.add(Uint8Array.of(0x61, 0x62, 0x63))).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    store.add(Uint8Array.of(0x61, 0x62, 0x63));
    expect([store.digests().length, store.sizeBytes()]).toEqual([1, 3]);
  });
});
