/** Checkpoints that outlive their machine: kept as they are taken, found again, and nothing lost where the store fails. */
import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/host/memory/store.ts';
import { MachineHarness } from '../support/machine-driver.ts';

const COUNTER = ['sh', '-c', 'n=0; while :; do n=$((n+1)); echo $n > /n; sleep 0.01; done'];

describe('Machine.openStore', () => {
  it('keeps what is taken, and another machine finds and restores it', async () => {
    const openStore = openMemoryStore();
    const first = await MachineHarness.start({ argv: COUNTER }, { openStore });
    const before = await first.machine.checkpoint({ name: 'before', leaveRunning: true });
    expect(await first.machine.storeState()).toBeNull();
    expect(before.isStored).toBe(false);
    await first.machine.openStore('c');
    expect(first.machine.listCheckpoints()).toMatchObject([{ name: 'before', isStored: true }]);
    await first.said('echo kept > /file');
    const after = await first.machine.checkpoint({ name: 'after', note: 'with a file', leaveRunning: false });
    expect(after).toMatchObject({ isStored: true, isDifference: true, parentId: before.id });
    expect(await first.machine.storeState()).toMatchObject({ label: 'memory', problem: null, autosaveSeconds: null });
  });
});
