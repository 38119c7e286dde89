import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { Container } from '../../src/container/container.ts';
import type { ContainerHost } from '../../src/container/container.ts';
import { readImageArchive } from '../../src/container/oci/index.ts';
import { Rehearsal } from '../../src/machine/rehearsal.ts';

const NOW_MS = 1_704_067_200_000;

let host: ContainerHost;
let rehearsal: Rehearsal;

beforeAll(async () => {
  const { tree } = await readImageArchive(readFileSync(rootPath('public/busybox.tar')), 'busybox.tar');
  host = {
    coreModule: new WebAssembly.Module(readFileSync(rootPath('build/core.wasm'))),
    memoryLimitBytes: 64 << 20,
    entropy: { bytes: (countBytes) => new Uint8Array(countBytes) },
    base: tree,
    realtimeNs: () => BigInt(NOW_MS) * 1_000_000n,
    hostEnd: () => ({ label: 'test' }),
    takeSpareCore: () => rehearsal.takeSpareCore(),
  };
});

function idleShell(): Container {
  const container = Container.create(host, {
    id: 'c', hostname: 'h', argv: ['/bin/sh'], environment: ['PATH=/bin'], cwd: '/', user: '', terminal: { columns: 80, rows: 24 }, protectsInit: true,
    joinsOutput: false, setsHome: true,
  });
  container.start();
  while (container.kernel.hasRunnable()) container.step({ budget: 1_000_000, maxTraps: Infinity });
  return container;
}

function imageOf(container: Container): Uint8Array {
  const save = container.beginCheckpoint(NOW_MS);
  while (!save.step(1024)) continue;
  return save.finish().image;
}

describe('Rehearsal', () => {
  it('waits before its first step, leaves the container as it was, and ends with a spare core', () => {
    rehearsal = new Rehearsal();
    const container = idleShell();
    const before = imageOf(container);

    let nowMs = 0;
    const waits: (number | null)[] = [];
    for (let wait = rehearsal.step(container, host, nowMs); wait !== null; wait = rehearsal.step(container, host, nowMs)) {
      waits.push(wait);
      nowMs += wait;
    }

    expect(waits.length).toBeGreaterThan(1);
    expect(imageOf(container)).toEqual(before);
    expect(rehearsal.takeSpareCore()).not.toBeNull();
    expect(rehearsal.takeSpareCore()).toBeNull();
  });

  it('makes another spare core when a restore has taken the first', () => {
    rehearsal = new Rehearsal();
    const container = idleShell();
    for (let nowMs = 0; rehearsal.step(container, host, nowMs) !== null; ) nowMs += 1000;

    const restored = Container.restore(host, imageOf(container), { policy: 'kill', clock: 'continue' }).container;

    expect(rehearsal.takeSpareCore()).toBeNull();
    expect(rehearsal.step(restored, host, 1_000_000)).not.toBeNull();
    expect(rehearsal.takeSpareCore()).not.toBeNull();
  });
});
