import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Checkpoints } from '../../src/cli/owner/checkpoints.ts';
import { machineHost } from '../../src/cli/owner/machine.ts';
import { Owner } from '../../src/cli/owner/owner.ts';
import { PassedEnds } from '../../src/cli/owner/passed-ends.ts';
import { openBuiltIn } from '../../src/cli/root.ts';
import { Volumes } from '../../src/cli/volumes.ts';
import { Wires } from '../../src/cli/wires.ts';
import { Container } from '../../src/container/container.ts';
import { NodeClock } from '../../src/host/node/clock.ts';

const images = mkdtempSync(join(tmpdir(), 'stasis-'));
const owners: Owner[] = [];

afterEach(() => {
  for (const owner of owners.splice(0)) owner.delete(true);
});
afterAll(() => rmSync(images, { recursive: true }));

/** An owner in this process; its container sleeps. */
async function own(id: string): Promise<{ owner: Owner; checkpoints: Checkpoints }> {
  const volumes = new Volumes([]);
  const clock = new NodeClock();
  const host = machineHost({ id, base: (await openBuiltIn('busybox')).tree, memoryBytes: 64 << 20, clock, volumes, passed: new PassedEnds([]) });
  const spec = { id, hostname: id, argv: ['sh', '-c', 'big=$(seq 3000); while :; do sleep 100; done'], environment: [], cwd: '/', user: '', terminal: null, protectsInit: true };
  const owner = new Owner({ container: Container.create(host, spec), clock, wires: new Wires(), volumes });
  owners.push(owner);
  owner.start();
  await owner.until(() => (owner.container.ps().some(({ command }) => command.startsWith('sleep')) ? true : undefined));
  owner.turns.stop(); // from here on no guest writes a frame
  return { owner, checkpoints: new Checkpoints(owner, host) };
}

function take(checkpoints: Checkpoints, name: string): Promise<{ isDifference: boolean }> {
  return checkpoints.take({ imagePath: images, name, leaveRunning: true, parentPath: null, preDumpRounds: 0, full: false });
}

function restore(checkpoints: Checkpoints, name: string): Promise<unknown> {
  return checkpoints.restore({ imagePath: images, name, policy: 'kill', clock: 'gvisor', keptPids: [], forcesHostFiles: false });
}

/** Those that are mapped. */
function framesOf({ container }: Owner): number[] {
  const { core } = container.kernel;
  const frames = new Set<number>();
  const end = 1 << 26;
  for (const { space } of container.kernel.addressSpaces()) {
    for (let vpn = core.nextMapped(space, 0, end); vpn < end; vpn = core.nextMapped(space, vpn + 1, end)) frames.add(core.pte(space, vpn) >>> 12);
  }
  return [...frames].sort((a, b) => a - b);
}

describe('the owner of a container', () => {
  it('restores what it has taken, or restored before, in place: every frame is that of what ran', async () => {
    const { owner, checkpoints } = await own('first');
    const { core } = owner.container.kernel;
    const frames = framesOf(owner);
    expect(frames.length).toBeGreaterThan(20);
    await take(checkpoints, 'one');
    expect(await take(checkpoints, 'two')).toMatchObject({ isDifference: true });
    for (const name of ['two', 'two', 'one', 'one']) {
      await restore(checkpoints, name);
      expect(owner.container.kernel.core === core).toBe(true);
      expect(framesOf(owner)).toEqual(frames);
    }
    expect(await take(checkpoints, 'three')).toMatchObject({ isDifference: true });
    expect(owner.state()).toMatchObject({ status: 'running', generation: 2 });
  });

  it('restores another\'s into a core of its own, and in place from then on', async () => {
    await take((await own('source')).checkpoints, 'given');
    const { owner, checkpoints } = await own('target');
    const { core } = owner.container.kernel;
    await restore(checkpoints, 'given');
    const fresh = owner.container.kernel.core;
    expect(fresh === core).toBe(false);
    const frames = framesOf(owner);
    for (let round = 0; round < 2; round++) {
      await restore(checkpoints, 'given');
      expect(owner.container.kernel.core === fresh).toBe(true);
      expect(framesOf(owner)).toEqual(frames);
    }
  });
});
