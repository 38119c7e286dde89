/** A container that is checkpointed and restored a thousand times: nothing piles up. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { Timeline } from '../../src/container/timeline.ts';
import { Core } from '../../src/core/core.ts';
import { KnownImages } from '../../src/sentry/checkpoint/known-images.ts';
import { ContainerHarness } from '../support/container-harness.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

interface Census {
  readonly frames: number;
  readonly tasks: number;
  readonly descriptors: number;
  readonly imageBytes: number;
}

function census(harness: ContainerHarness): Census {
  const { kernel } = harness.container;
  const tables = new Set([...kernel.tasks.values()].filter((task) => task.runState !== 'exited').map((task) => task.fdTable));
  let descriptors = 0;
  for (const table of tables) descriptors += table.entriesByFd.size;
  return { frames: kernel.core.framesInUse(), tasks: kernel.tasks.size, descriptors, imageBytes: harness.image().length };
}

describe('a thousand restores', () => {
  it('leave frames, tasks, descriptors, the image and the heap as they were', { timeout: 300_000 }, () => {
    let harness = ContainerHarness.start({ argv: ['/sbin/demo-init'], terminal: { columns: 80, rows: 24 } });
    harness.run(3000);
    const cycle = (withExec: boolean) => {
      if (withExec) {
        harness.exec(['sh', '-c', 'sleep 1000 & exec sleep 1000'], { columns: 80, rows: 24 });
        harness.run(20);
      }
      harness = harness.restored({ sleepMs: 1 });
      harness.run(1);
    };
    for (let i = 0; i < 100; i++) cycle(i % 10 === 0);
    collectGarbage();
    const first = census(harness);
    const heapBefore = process.memoryUsage().heapUsed;
    for (let i = 0; i < 900; i++) cycle(i % 10 === 0);
    collectGarbage();
    const heapAfter = process.memoryUsage().heapUsed;
    const last = census(harness);
    expect(last.tasks).toBe(first.tasks);
    expect(last.descriptors).toBe(first.descriptors);
    expect(Math.abs(last.frames - first.frames)).toBeLessThanOrEqual(4); // what the shell happens to have touched at that moment
    expect(Math.abs(last.imageBytes - first.imageBytes)).toBeLessThan(4096);
    expect(heapAfter - heapBefore).toBeLessThan(8 << 20);
    harness.run(3000);
    expect(harness.processes()).toHaveLength(first.tasks);
  });
});

const CYCLES = 1000;
/** Checkpoints that are kept; older ones are deleted. */
const KEPT = 6;
/** What guests do between a checkpoint and its restore, and between that and the next checkpoint. */
const SOME_WORK = { budget: 50_000, maxTraps: 100 };

/** A busy container, its timeline, and a cycle: a checkpoint encoded while it runs, and a restore in its place. */
class Treadmill {
  readonly timeline = new Timeline(Core.create(new WebAssembly.Module(readFileSync(rootPath('build/core.wasm'))), { frames: 16 }));
  readonly core: Core;
  private readonly knownImages = new KnownImages();
  private harness: ContainerHarness;

  constructor() {
    const script = 'while :; do i=$((i+1)); echo $i > /tmp/n$((i%20)); x=$x$i; [ ${#x} -lt 9000 ] || x=; done';
    this.harness = ContainerHarness.start({ argv: ['sh', '-c', script], terminal: { columns: 80, rows: 24 }, host: { knownImages: this.knownImages } });
    this.harness.run(20);
    this.core = this.harness.container.kernel.core;
  }

  cycle(i: number): void {
    const { timeline, knownImages, core } = this;
    const { container } = this.harness;
    if (i % 40 === 0) this.harness.exec(['sh', '-c', 'sleep 1000 & exec sleep 1000'], { columns: 80, rows: 24 });
    const save = container.beginCheckpoint(Math.floor(this.harness.clock().realtimeMs), timeline.parentFor(core));
    while (!save.step(64)) container.step({ budget: 10_000, maxTraps: 20 });
    const { image, trace } = save.finish();
    timeline.add(image, trace, { name: `cycle-${i}`, note: '', leftRunning: true, pauseMs: 0, totalMs: 0 });
    container.step(SOME_WORK);
    for (const { id } of timeline.list().slice(0, -KEPT)) timeline.delete(id);
    const all = timeline.list();
    const { id, takenAtMs } = i % 7 === 0 ? all[0]! : all.at(-1)!;
    this.harness = ContainerHarness.restore(timeline.image(id), { realtimeMs: takenAtMs }, { library: timeline.library(), knownImages, replaced: container });
    timeline.goOnFrom(id, this.harness.source!);
    this.harness.container.step(SOME_WORK);
    this.harness.drain();
  }

  census() {
    const { kernel } = this.harness.container;
    collectGarbage();
    return {
      isInPlace: kernel.core === this.core,
      processes: this.harness.processes().filter((line) => line.endsWith('sh')).length,
      frames: this.core.framesInUse(),
      memoryBytes: this.core.bytes().length,
      heldBytes: this.timeline.heldBytes(),
      heapBytes: process.memoryUsage().heapUsed,
    };
  }
}

describe(`${CYCLES} checkpoints of a busy container, each restored in its place`, () => {
  it('leave frames, memory, images and the heap bounded', { timeout: 120_000 }, () => {
    const treadmill = new Treadmill();
    for (let i = 0; i < CYCLES / 5; i++) treadmill.cycle(i);
    const first = treadmill.census();
    let mostHeldBytes = 0;
    for (let i = CYCLES / 5; i < CYCLES; i++) {
      treadmill.cycle(i);
      mostHeldBytes = Math.max(mostHeldBytes, treadmill.timeline.heldBytes());
    }
    const last = treadmill.census();
    expect(last).toMatchObject({ isInPlace: true, processes: first.processes, memoryBytes: first.memoryBytes });
    expect(Math.abs(last.frames - first.frames)).toBeLessThanOrEqual(8); // what the shell happens to have in memory
    // A chain grows to half of the longest there may be, and begins anew.
    expect(mostHeldBytes).toBeLessThan(2_000_000);
    expect(last.heapBytes - first.heapBytes).toBeLessThan(4 << 20);
  });
});
