/** A container that is checkpointed and restored a thousand times: nothing piles up. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
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
