/** A machine whose store fails or that dies at any write of a save, a deletion, a change of name, an autosave or an import. */

import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/host/memory/store.ts';
import type { CheckpointInfo } from '../../src/machine/api.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { MachineHarness } from '../support/machine-driver.ts';
import { FaultyStore, contentOf, storeWith } from '../support/store-faults.ts';
import type { Fault, StoreContent } from '../support/store-faults.ts';

const NAME = 'kept';
const FAULTS: readonly Fault[] = ['dies', 'full'];
const ALL_FAULTS: readonly Fault[] = [...FAULTS, 'failed'];

/** What a machine may be about when its store goes. */
interface Operation {
  readonly name: string;
  readonly atLeastWrites: number;
  /** Left out: `FAULTS`. */
  readonly faults?: readonly Fault[];
  /** For a while what is replaced and what replaces it are both there. */
  readonly hasBothForAWhile?: boolean;
  run(machine: Machine): Promise<unknown>;
}

/** a ← b ← c, and a2 beside b; an autosave upon c. */
let template: StoreContent;
let imported: Uint8Array;
/** Digests of exports by those of images. */
const exportDigests = new Map<string, string>();

const OPERATIONS: readonly Operation[] = [
  { name: 'a full checkpoint', atLeastWrites: 2, run: (machine) => machine.checkpoint({ name: 'new', leaveRunning: true, full: true }) },
  { name: 'a difference', atLeastWrites: 2, faults: ALL_FAULTS, run: (machine) => machine.checkpoint({ name: 'new', leaveRunning: true }) },
  { name: 'a difference after two rounds', atLeastWrites: 4, run: (machine) => machine.checkpoint({ name: 'new', leaveRunning: true, preDumpRounds: 2 }) },
  { name: 'deleting what others stand on', atLeastWrites: 1, run: (machine) => machine.deleteCheckpoint(idOf(machine, 'b')) },
  { name: 'deleting a leaf', atLeastWrites: 2, run: (machine) => machine.deleteCheckpoint(idOf(machine, 'a2')) },
  { name: 'a change of name', atLeastWrites: 1, run: (machine) => machine.renameCheckpoint(idOf(machine, 'b'), 'renamed') },
  { name: 'an autosave', atLeastWrites: 4, faults: ALL_FAULTS, hasBothForAWhile: true, run: async (machine) => (await machine.setAutosave(60), machine.autosave()) },
  { name: 'an import with what it stands on', atLeastWrites: 3, run: (machine) => machine.importCheckpoint('imported', imported) },
];

function idOf(machine: Machine, name: string): string {
  return machine.listCheckpoints().find((checkpoint) => checkpoint.name === name)!.id;
}

/** A machine whose store has `content`, and that store. */
async function machineWith(content: StoreContent) {
  const open = await storeWith(content, NAME);
  const stores: FaultyStore[] = [];
  const harness = await MachineHarness.boot({ openStore: FaultyStore.over(open, (store) => stores.push(store)) });
  const report = await harness.machine.openStore(NAME);
  return { harness, machine: harness.machine, report, store: stores[0]!, open };
}

/** Each checkpoint by name, with a digest of all that a restore of it depends on. */
async function digests(machine: Machine): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { id, name } of machine.listCheckpoints()) {
    found.set(`${id} ${name}`, createHash('sha256').update(await machine.exportCheckpoint(id, 'file')).digest('hex'));
  }
  return found;
}

/** The same of a machine that nothing has befallen: what was computed of an image once is true of it for ever. */
async function knownDigests(machine: Machine, among: (checkpoint: CheckpointInfo) => boolean = () => true): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { id, name, digest } of machine.listCheckpoints().filter(among)) {
    const known = exportDigests.get(digest) ?? createHash('sha256').update(await machine.exportCheckpoint(id, 'file')).digest('hex');
    exportDigests.set(digest, known);
    found.set(`${id} ${name}`, known);
  }
  return found;
}

function namedImages({ manifest }: StoreContent): string[] {
  const { checkpoints } = JSON.parse(new TextDecoder().decode(manifest!)) as { checkpoints: { images: string[] }[] };
  return [...new Set(checkpoints.flatMap(({ images }) => images))].toSorted();
}

/** Opens what is left, as the next machine does, and holds it against what may be there. */
async function expectWhole(content: StoreContent, mayBe: readonly ReadonlyMap<string, string>[]): Promise<void> {
  const { harness, machine, report, store, open } = await machineWith(content);
  const found = await digests(machine);
  expect(mayBe.map((each) => [...each].toSorted())).toContainEqual([...found].toSorted());
  expect(report.checkpoints).toHaveLength(found.size);
  expect(report.notices.filter((notice) => !notice.endsWith('cleared away'))).toEqual([]);
  await machine.restore(idOf(machine, 'c'));
  expect(await harness.said('cat /b /c; cat /a2')).toBe("b\nc\ncat: can't open '/a2': No such file or directory\n");
  await store.die();
  const swept = await contentOf(open, NAME);
  expect([...swept.blobs.keys()].toSorted()).toEqual(namedImages(swept));
}

beforeAll(async () => {
  const open = openMemoryStore();
  const stores: FaultyStore[] = [];
  const harness = await MachineHarness.start({ argv: ['sleep', '100000'] }, { openStore: FaultyStore.over(open, (store) => stores.push(store)) });
  const { machine } = harness;
  await machine.openStore(NAME);
  const grow = async (name: string) => {
    await harness.said(`echo ${name} > /${name}`);
    return machine.checkpoint({ name, leaveRunning: true });
  };
  const a = await grow('a');
  await grow('a2');
  await machine.restore(a.id);
  await grow('b');
  await grow('c');
  await machine.setAutosave(60);
  await harness.said('echo later > /later');
  await machine.autosave();
  imported = await machine.exportCheckpoint(idOf(machine, 'c'), 'oci');
  await stores[0]!.die();
  template = await contentOf(open, NAME);
  const other = await MachineHarness.start({ argv: ['sleep', '99999'] });
  await other.machine.checkpoint({ name: 'x', leaveRunning: true });
  await other.said('echo x > /x');
  imported = await other.machine.exportCheckpoint((await other.machine.checkpoint({ name: 'y', leaveRunning: true })).id, 'oci');
});

describe.each(OPERATIONS)('$name', ({ atLeastWrites, faults = FAULTS, hasBothForAWhile, run }) => {
  it('leaves what was or what is to be when its store fails, or its machine dies, at any write', async () => {
    const ways = new Set<string>();
    for (const fault of faults) {
      let at = 0;
      for (let isThere = true; isThere; ) {
        at++;
        const { harness, machine, store, open } = await machineWith(template);
        await machine.restore(idOf(machine, 'c'));
        await harness.said('echo more > /more');
        const before = await knownDigests(machine);
        store.arm(fault, at);
        const isDead = await harness.settled(Promise.race([run(machine).then(() => false), store.died.then(() => true)]));
        isThere = store.writes >= at;
        const after = await knownDigests(machine);
        const mayBe = [before, after, ...(hasBothForAWhile === true ? [new Map([...before, ...after])] : [])];
        if (isDead) {
          ways.add('died');
          await expectWhole(await contentOf(open, NAME), mayBe);
        } else {
          // What the machine says is kept is what there is.
          const { problem } = (await machine.storeState())!;
          const kept = await knownDigests(machine, ({ isStored }) => isStored);
          if (problem === null) expect(kept).toEqual(after);
          if (isThere) ways.add(problem === null ? 'kept after all' : 'not kept');
          await store.die();
          await expectWhole(await contentOf(open, NAME), problem === null ? [kept] : [...mayBe, kept]);
        }
      }
      expect(at).toBeGreaterThan(atLeastWrites);
    }
    expect(ways).toContain('died');
    expect(ways).toContain('not kept');
  });
});
