/** Histories of a machine: pre-dump rounds, and random ones in which every checkpoint that is left restores to the state it had. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/host/memory/store.ts';
import type { CheckpointInfo, CheckpointOptions, StoreReport } from '../../src/machine/api.ts';
import type { Machine, MachineEnvironment } from '../../src/machine/machine.ts';
import type { CheckpointStore, OpenStore } from '../../src/ports/checkpoint-store.ts';
import { MachineHarness } from '../support/machine-driver.ts';

/** Counts in a variable, in a file that it rewrites, and in one that it lengthens: answers by all of them, and a hash of the last. */
const COUNTER = `
n=0
while read -r word; do
  n=$((n+1))
  echo "$n $word" > /last
  echo "$n $word" >> /all
  echo "$n $(cat /last) $(md5sum < /all | cut -c1-32)"
done`;

/** A machine whose init is the counter, beside what it must answer. */
class Counting {
  harness: MachineHarness;
  private readonly environment: MachineEnvironment;
  /** What the counter has been told. */
  private words: readonly string[] = [];
  /** The same for each checkpoint, by id. */
  private readonly kept = new Map<string, readonly string[]>();

  private constructor(harness: MachineHarness, environment: MachineEnvironment) {
    this.harness = harness;
    this.environment = environment;
  }

  static async start(environment: MachineEnvironment = {}): Promise<Counting> {
    return new Counting(await MachineHarness.start({ argv: ['sh', '-c', COUNTER] }, environment), environment);
  }

  get machine(): Machine {
    return this.harness.machine;
  }

  /** Counts one on. */
  async count(word: string): Promise<void> {
    const id = this.machine.state()!.consoleId;
    const before = this.harness.output(id).length;
    const lines = (): string[] => this.harness.output(id).slice(before).split('\r\n');
    this.harness.type(id, `${word}\n`);
    await this.harness.until(() => lines().length > 2); // what was typed, echoed, and the answer
    this.words = [...this.words, word];
    const n = this.words.length;
    const all = this.words.map((one, i) => `${i + 1} ${one}\n`).join('');
    expect(lines()[1]).toBe(`${n} ${n} ${word} ${createHash('md5').update(all).digest('hex')}`);
  }

  async checkpoint(options: CheckpointOptions): Promise<CheckpointInfo> {
    const info = await this.harness.settled(this.machine.checkpoint(options));
    this.kept.set(info.id, this.words);
    await this.autosave();
    return info;
  }

  /** It is due after a checkpoint and a restore: nothing has been counted since. */
  async autosave(): Promise<void> {
    await this.harness.settled(this.machine.autosave());
    for (const { id, isAutosave } of this.machine.listCheckpoints()) if (isAutosave && !this.kept.has(id)) this.kept.set(id, this.words);
  }

  async restore(id: string): Promise<void> {
    await this.machine.restore(id);
    this.words = this.kept.get(id)!;
    await this.autosave();
  }

  /** The machine is gone, and another one has its store. */
  async reopen(): Promise<StoreReport> {
    this.harness = await MachineHarness.boot(this.environment);
    return this.machine.openStore('c');
  }

  /** The same state under another id. */
  async reimport(id: string, format: 'file' | 'oci'): Promise<CheckpointInfo> {
    const info = await this.machine.importCheckpoint(`again-${id}`, await this.machine.exportCheckpoint(id, format));
    this.kept.set(info.id, this.kept.get(id)!);
    return info;
  }
}

describe('pre-dump rounds', () => {
  it('leave the last only what is still dirty, and no checkpoints of their own', async () => {
    const { harness, machine } = await Counting.start();
    await harness.said('dd if=/dev/urandom of=/big bs=64k count=64');
    const whole = await machine.checkpoint({ name: 'whole', leaveRunning: true, full: true });
    const none = await machine.checkpoint({ leaveRunning: true });
    await harness.said('dd if=/dev/urandom of=/big bs=64k count=64 conv=notrunc');
    const events = harness.events.length;
    const generation = harness.machine.stats().generation;
    const taken = await machine.checkpoint({ name: 'rounds', leaveRunning: false, preDumpRounds: 3 });
    expect(taken.imageBytes).toBeLessThan(none.imageBytes + 4096);
    expect(taken.chainBytes).toBeGreaterThan(whole.imageBytes + (4 << 20));
    expect([taken.isDifference, taken.parentId, machine.listCheckpoints().length]).toEqual([true, none.id, 3]);
    expect(harness.events.slice(events).map(({ kind }) => kind)).toEqual(['state', 'checkpoint']);
    expect(machine.stats().generation).toBe(generation);
    expect(taken.freedByDeletingBytes).toBe(taken.chainBytes - none.chainBytes);
    await machine.restore(taken.id);
    expect(await harness.said('wc -c < /big')).toBe(`${4 << 20}\n`);
  });
});

/** A store in memory that can be opened again as if the machine that had it were gone. */
function survivingStore(): OpenStore {
  const open = openMemoryStore();
  let last: CheckpointStore | null = null;
  return async (name) => {
    await last?.close();
    return (last = await open(name));
  };
}

function randomSource(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

describe('random histories', () => {
  for (const seed of [7, 1234]) {
    it(`leave each checkpoint with the state that it had, in the store too (${seed})`, async () => {
      const random = randomSource(seed * 2654435761);
      const counting = await Counting.start({ openStore: survivingStore() });
      await counting.machine.openStore('c');
      await counting.machine.setAutosave(1000);
      const some = (): CheckpointInfo | undefined => {
        const all = counting.machine.listCheckpoints();
        return all[random(Math.max(1, all.length))];
      };
      const actions = [
        async () => counting.checkpoint({ leaveRunning: true }),
        async () => counting.checkpoint({ leaveRunning: true, preDumpRounds: random(3) }),
        async () => counting.checkpoint({ leaveRunning: random(2) === 0, full: random(2) === 0 }),
        async () => counting.autosave(),
        async (id: string) => counting.restore(id),
        async (id: string) => counting.machine.deleteCheckpoint(id),
        async (id: string) => counting.machine.renameCheckpoint(id, `renamed-${id}`),
        async (id: string) => counting.reimport(id, random(2) === 0 ? 'file' : 'oci'),
        async () => {
          const before = counting.machine.listCheckpoints();
          expect((await counting.reopen()).notices).toEqual([]);
          expect(counting.machine.listCheckpoints()).toEqual(before);
          await counting.machine.setAutosave(1000);
        },
      ];
      await counting.checkpoint({ leaveRunning: true });
      for (let round = 0; round < 40; round++) {
        if (counting.machine.state()?.status !== 'running') {
          const last = some();
          if (last === undefined) break;
          await counting.restore(last.id);
        }
        await counting.count(`w${round}`);
        const chosen = some();
        if (chosen !== undefined) await actions[random(actions.length)]!(chosen.id);
        else await counting.checkpoint({ leaveRunning: true });
        for (const { parentId } of counting.machine.listCheckpoints()) expect(parentId === null || counting.machine.listCheckpoints().some(({ id }) => id === parentId)).toBe(true);
      }
      const left = counting.machine.listCheckpoints();
      expect(left.every(({ isStored }) => isStored)).toBe(true);
      await counting.reopen();
      for (const { id } of left) {
        await counting.restore(id);
        await counting.count('probe');
      }
      for (const { id } of left) await counting.machine.deleteCheckpoint(id);
      expect((await counting.machine.storeState())!.usedBytes).toBeLessThan(200);
    });
  }
});
