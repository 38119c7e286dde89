/** Autosave: what runs is kept without being asked, once, beside the tree; and a machine that is started anew goes on from it. */
import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/host/memory/store.ts';
import type { CheckpointStore, OpenStore } from '../../src/ports/checkpoint-store.ts';
import { MachineHarness } from '../support/machine-driver.ts';

async function started(openStore: OpenStore = openMemoryStore()): Promise<MachineHarness> {
  const harness = await MachineHarness.start(undefined, { openStore });
  await harness.machine.openStore('c');
  return harness;
}

const autosaves = ({ machine }: MachineHarness) => machine.listCheckpoints().filter(({ isAutosave }) => isAutosave);

describe('Machine.setAutosave', () => {
  it('keeps one autosave, as a difference, while anything changes, and none while nothing does', async () => {
    const harness = await started();
    const { machine } = harness;
    const base = await machine.checkpoint({ name: 'base', leaveRunning: true });
    await machine.setAutosave(0.02);
    expect(await machine.storeState()).toMatchObject({ autosaveSeconds: 0.02 });
    await harness.said('echo one > /f');
    await harness.until(() => autosaves(harness).length === 1);
    const [first] = autosaves(harness);
    expect(first).toMatchObject({ name: 'autosave', parentId: base.id, isDifference: true, isStored: true });
    await harness.said('echo two > /f');
    await harness.until(() => autosaves(harness)[0]?.id !== first!.id);
    const pass = async (ms: number): Promise<void> => {
      const endMs = performance.now() + ms;
      await harness.until(() => performance.now() > endMs);
    };
    await pass(200);
    const [still] = autosaves(harness);
    await pass(100);
    await machine.autosave();
    expect(autosaves(harness)).toEqual([still]);
    expect(machine.listCheckpoints()).toHaveLength(2);

    // What is taken by hand stands on the tree, never on an autosave.
    const next = await machine.checkpoint({ name: 'next', leaveRunning: true });
    expect(next).toMatchObject({ parentId: base.id, isDifference: true, chainBytes: base.imageBytes + next.imageBytes });
    await machine.setAutosave(null);
    expect(machine.listCheckpoints().map(({ name }) => name)).toEqual(['base', 'next']);
  });

  it('does not lag behind what is asked for: after a checkpoint and after a restore it is due at once', async () => {
    const harness = await started();
    const { machine } = harness;
    await machine.setAutosave(1000);
    await harness.said('echo one > /f');
    const base = await machine.checkpoint({ name: 'base', leaveRunning: true });
    await harness.said('echo longer > /f');
    await harness.until(() => autosaves(harness).length === 1);
    const [first] = autosaves(harness);
    expect(first!.parentId).toBe(base.id);
    await machine.restore(base.id);
    await harness.until(() => autosaves(harness).some(({ id }) => id !== first!.id));
    const { files } = await machine.inspect(autosaves(harness).at(-1)!.id);
    expect(files.find(({ path }) => path === '/f')).toMatchObject({ sizeBytes: 4 });
    await machine.setAutosave(null);
  });

  it('brings the container back in a machine that is started anew: init lives, execs are gone', async () => {
    let last: CheckpointStore | null = null;
    const memory = openMemoryStore();
    const openStore: OpenStore = async (name) => {
      await last?.close();
      return (last = await memory(name));
    };
    const harness = await started(openStore);
    await harness.machine.setAutosave(1000);
    const mark = await harness.machine.checkpoint({ name: 'mark', leaveRunning: true });
    harness.machine.exec({ argv: ['sleep', '1000'], terminal: null });
    await harness.said('echo kept > /f');
    await harness.settled(harness.machine.autosave());

    const again = await MachineHarness.boot({ openStore });
    const { autosaveId, checkpoints } = await again.machine.openStore('c');
    expect(checkpoints.map(({ name }) => name)).toEqual(['mark', 'autosave']);
    const report = await again.machine.restore(autosaveId!);
    expect(report).toMatchObject({ survivors: [{ pid: 1 }], killed: [{ command: 'sleep' }] });
    expect(await again.said('cat /f')).toBe('kept\n');
    await again.machine.setAutosave(1000);
    await again.settled(again.machine.autosave());
    expect(autosaves(again)).toMatchObject([{ parentId: mark.id, isStored: true }]);
    expect(autosaves(again)[0]!.id).not.toBe(autosaveId);
    expect(await again.machine.checkpoint({ leaveRunning: true })).toMatchObject({ parentId: mark.id });
  });

  it('does not grow without end', async () => {
    const harness = await started();
    const { machine } = harness;
    await machine.setAutosave(1000);
    const bytes: number[] = [];
    for (let i = 0; i < 40; i++) {
      await harness.said(`echo ${i} > /f`);
      await harness.settled(machine.autosave());
      bytes.push(autosaves(harness)[0]!.chainBytes);
    }
    expect(bytes[39]).toBeLessThan(Math.max(...bytes.slice(0, 32)) / 2);
    expect((await machine.storeState())!.usedBytes).toBeLessThan(bytes[39]! + 1000);
  });

  it('drops it when the container has ended, was stopped by a checkpoint or deleted', async () => {
    const harness = await started();
    const { machine } = harness;
    await machine.setAutosave(1000);
    for (const end of [() => machine.checkpoint({ name: 'stop', leaveRunning: false }), async () => machine.kill(9), async () => machine.delete({ force: true })]) {
      if (machine.state()?.status === 'stopped') machine.delete();
      if (machine.state() === null) machine.create({ argv: ['sleep', '1000'] });
      if (machine.state()?.status === 'created') machine.start();
      await harness.said('true');
      await harness.settled(machine.autosave());
      expect(autosaves(harness)).toHaveLength(1);
      await end();
      await harness.until(() => autosaves(harness).length === 0);
    }
    expect(machine.listCheckpoints().map(({ name }) => name)).toEqual(['stop']);
  });

  it('keeps one that is named, or that cannot be restored, and takes another', async () => {
    const harness = await started();
    const { machine } = harness;
    await machine.setAutosave(1000);
    await harness.said('echo named > /f');
    await harness.settled(machine.autosave());
    const named = await machine.renameCheckpoint(autosaves(harness)[0]!.id, 'mine');
    expect(named).toMatchObject({ name: 'mine', isAutosave: false, isStored: true });
    await harness.settled(machine.autosave());
    const [second] = autosaves(harness);
    await expect(machine.restore(second!.id, { policy: 'keep', keptPids: [99] })).rejects.toThrow(/^restore: autosave, exec policy: pid 99, .* c1 goes on unchanged$/);
    await harness.until(() => autosaves(harness).length === 0);
    expect(machine.listCheckpoints().map(({ name }) => name)).toEqual(['mine', 'autosave-kept']);
    await machine.restore(named.id);
    expect(await harness.said('cat /f')).toBe('named\n');
  });

  it('says once that it finds no room, and leaves the last that found some in the store', async () => {
    const harness = await started(openMemoryStore(40_000));
    const { machine } = harness;
    await machine.setAutosave(1000);
    await harness.said('echo small > /f');
    await harness.settled(machine.autosave());
    const [small] = autosaves(harness);
    for (const size of [50, 60, 70]) {
      await harness.said(`dd if=/dev/urandom of=/big bs=1k count=${size}`);
      await harness.settled(machine.autosave());
    }
    expect(autosaves(harness)).toEqual([{ ...small, freedByDeletingBytes: expect.any(Number) }]);
    const sentence = expect.stringMatching(/^autosave: not kept, memory has \d+ kB left, \d+ kB are needed: delete checkpoints, or export this one$/);
    expect(harness.sentences('notice')).toEqual([sentence]);
    expect((await machine.storeState())!.problem).toEqual(sentence);
    await harness.said('rm /big');
    await harness.settled(machine.autosave());
    expect(autosaves(harness)).toMatchObject([{ isStored: true }]);
    expect((await machine.storeState())!.problem).toBeNull();
  });

  it('keeps one that is named while the store finds no room for it', async () => {
    const open = openMemoryStore(3000);
    const named: string[] = [];
    const harness = await started(async (name) => {
      const store = await open(name);
      const usage = store.usage.bind(store);
      store.usage = () => {
        for (const { id } of autosaves(harness)) {
          named.push(id);
          void harness.machine.renameCheckpoint(id, 'mine');
        }
        return usage();
      };
      return store;
    });
    await harness.machine.setAutosave(1000);
    await harness.settled(harness.machine.autosave());
    expect(named).toEqual(['k1']);
    expect(harness.machine.listCheckpoints()).toMatchObject([{ name: 'mine', isAutosave: false, isStored: false }]);
  });

  it('lets a checkpoint that is asked for meanwhile wait', async () => {
    const harness = await started();
    const { machine } = harness;
    await machine.setAutosave(1000);
    await harness.said('true');
    const saving = machine.autosave();
    const taken = machine.checkpoint({ name: 'asked', leaveRunning: true });
    await harness.settled(Promise.all([saving, taken]));
    expect(machine.listCheckpoints().map(({ name }) => name)).toEqual(['autosave', 'asked']);
    expect(harness.sentences('notice')).toEqual([]);
  });

  it('refuses what is no time, and to keep it nowhere', async () => {
    const { machine } = await MachineHarness.start();
    await expect(machine.setAutosave(10)).rejects.toThrow('cannot autosave: no store is open that would outlast this machine');
    await expect(machine.setAutosave(-1)).rejects.toThrow('cannot autosave every -1 s: a number above 0 is needed, or null for never');
    await expect(machine.autosave()).resolves.toBeUndefined();
  });
});
