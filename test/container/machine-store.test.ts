/** Checkpoints that outlive their machine: kept as they are taken, found again, and nothing lost where the store fails. */
import { describe, expect, it } from 'vitest';
import { imageDigest } from '../../src/container/image-store.ts';
import { openMemoryStore } from '../../src/host/memory/store.ts';
import { StoreError } from '../../src/ports/checkpoint-store.ts';
import type { CheckpointStore, OpenStore } from '../../src/ports/checkpoint-store.ts';
import { CORE_LAYOUT, ofLayout } from '../support/foreign-images.ts';
import { ociArchive, textEntry } from '../support/oci-archive.ts';
import { MachineHarness } from '../support/machine-driver.ts';

/** What one call changes in a store. */
type Change = (store: CheckpointStore) => Promise<void>;

/** A store, and what `seen` makes of each change before it is done. */
function watchedStore(openStore: OpenStore, seen: (change: Change) => Promise<void>): OpenStore {
  return async (name) => {
    const store = await openStore(name);
    const change = async (one: Change): Promise<void> => (await seen(one), one(store));
    return {
      ...facadeOf(store),
      writeManifest: (bytes) => change((to) => to.writeManifest(bytes)),
      writeBlob: (blob, bytes) => change((to) => to.writeBlob(blob, bytes)),
      deleteBlob: (blob) => change((to) => to.deleteBlob(blob)),
    };
  };
}

function facadeOf(store: CheckpointStore): CheckpointStore {
  return {
    label: store.label, readManifest: () => store.readManifest(), listBlobs: () => store.listBlobs(), readBlob: (blob) => store.readBlob(blob), usage: () => store.usage(), close: () => store.close(),
    writeManifest: (bytes) => store.writeManifest(bytes), writeBlob: (blob, bytes) => store.writeBlob(blob, bytes), deleteBlob: (blob) => store.deleteBlob(blob),
  };
}

/** A store in memory that tests look into, and that is free again as if the machine that had it were gone. */
class Shelf {
  store: CheckpointStore | null = null;
  private readonly open: OpenStore;

  constructor(quotaBytes: number | null = null) {
    this.open = openMemoryStore(quotaBytes);
  }

  readonly openStore: OpenStore = async (name) => {
    await this.store?.close();
    this.store = await this.open(name);
    return facadeOf(this.store);
  };

  async manifest(): Promise<string> {
    return new TextDecoder().decode((await this.store!.readManifest())!);
  }
}

/** A machine with the shelf's store open, and what opening it told. */
async function reopened(shelf: Shelf) {
  const harness = await MachineHarness.boot({ openStore: shelf.openStore });
  return { harness, machine: harness.machine, report: await harness.machine.openStore('c') };
}

async function started(openStore: OpenStore): Promise<MachineHarness> {
  const harness = await MachineHarness.start(undefined, { openStore });
  await harness.machine.openStore('c');
  return harness;
}

/** Writes a file and takes a checkpoint. */
async function taken(harness: MachineHarness, name: string) {
  await harness.said(`echo ${name} > /name`);
  return harness.machine.checkpoint({ name, leaveRunning: true });
}

async function nameIn(harness: MachineHarness, id: string): Promise<string> {
  await harness.machine.restore(id);
  return (await harness.said('cat /name')).trim();
}

describe('Machine.openStore', () => {
  it('keeps what is taken, and another machine finds it with its tree and restores it', async () => {
    const shelf = new Shelf();
    const first = await MachineHarness.start(undefined, { openStore: shelf.openStore });
    const before = await taken(first, 'before');
    expect(await first.machine.storeState()).toBeNull();
    expect(before.isStored).toBe(false);
    expect(await first.machine.openStore('c')).toEqual({ checkpoints: [], autosaveId: null, notices: [] });
    expect(first.machine.listCheckpoints()).toMatchObject([{ name: 'before', isStored: true }]);
    const after = await taken(first, 'after');
    expect(after).toMatchObject({ isStored: true, isDifference: true, parentId: before.id });
    await first.machine.annotateCheckpoint(after.id, 'with a file');
    await first.machine.renameCheckpoint(before.id, 'zero');
    expect(await first.machine.storeState()).toMatchObject({ label: 'memory', problem: null, autosaveSeconds: null });

    const { harness, machine, report } = await reopened(shelf);
    expect(report).toMatchObject({ autosaveId: null, notices: [] });
    expect(report.checkpoints).toEqual(machine.listCheckpoints());
    expect(machine.listCheckpoints()).toEqual(first.machine.listCheckpoints());
    expect(await nameIn(harness, after.id)).toBe('after');
    expect(await taken(harness, 'third')).toMatchObject({ id: 'k3', parentId: after.id, isStored: true, isDifference: true });
    expect(await nameIn(harness, before.id)).toBe('before');
  });

  it('keeps what is taken while it is opened', async () => {
    let open: (() => void) | null = null;
    const harness = await MachineHarness.start(undefined, {
      openStore: async (name) => {
        const store = await openMemoryStore()(name);
        return {
          ...facadeOf(store),
          writeManifest: async (bytes) => {
            if (open === null) await new Promise<void>((resolve) => (open = resolve));
            await store.writeManifest(bytes);
          },
        };
      },
    });
    await taken(harness, 'before');
    const opening = harness.machine.openStore('c');
    await harness.until(() => open !== null);
    await taken(harness, 'meanwhile');
    open!();
    await opening;
    expect(harness.machine.listCheckpoints().map(({ name, isStored }) => [name, isStored])).toEqual([['before', true], ['meanwhile', true]]);
  });

  it('says of a checkpoint that it was deleted while the store wrote it, and of the container that it has stopped', async () => {
    const harness = await MachineHarness.start(undefined, {
      openStore: async (name) => {
        const store = await openMemoryStore()(name);
        return {
          ...facadeOf(store),
          writeBlob: async (...blob) => {
            for (const { id } of harness.machine.listCheckpoints()) void harness.machine.deleteCheckpoint(id);
            await store.writeBlob(...blob);
          },
        };
      },
    });
    await harness.machine.openStore('c');
    await expect(harness.machine.checkpoint({ name: 'short', leaveRunning: false })).rejects.toThrow('there is no checkpoint k1');
    expect(harness.machine.state()?.status).toBe('stopped');
    expect(harness.sentences('state').at(-1)).toBe('c1 stopped: checkpoint short holds it');
    expect(harness.machine.listCheckpoints()).toEqual([]);
  });

  it('gives checkpoints from a store other ids where the machine has taken some itself', async () => {
    const shelf = new Shelf();
    const first = await started(shelf.openStore);
    await taken(first, 'a');
    await taken(first, 'b');
    const second = await MachineHarness.start(undefined, { openStore: shelf.openStore });
    await taken(second, 'own');
    const { checkpoints } = await second.machine.openStore('c');
    expect(second.machine.listCheckpoints().map(({ id, name, parentId, isStored }) => [id, name, parentId, isStored])).toEqual([['k1', 'own', null, true], ['k3', 'a', null, true], ['k2', 'b', 'k3', true]]);
    expect(checkpoints.map(({ id }) => id)).toEqual(['k3', 'k2']);
    expect(await nameIn(second, 'k2')).toBe('b');
  });

  it('refuses a second store, one that another machine has, and where there is none', async () => {
    const openStore = openMemoryStore();
    const first = await started(openStore);
    await expect(first.machine.openStore('d')).rejects.toThrow('cannot open the store d: this machine has one already');
    const second = await MachineHarness.boot({ openStore });
    await expect(second.machine.openStore('c')).rejects.toThrow('memory: another machine has the store c open: checkpoints stay in this one only until it is closed there');
    await expect(second.machine.openStore('d')).resolves.toMatchObject({ checkpoints: [] });
    const third = await MachineHarness.boot();
    await expect(third.machine.openStore('c')).rejects.toThrow('there is no store here: checkpoints are kept in memory only');
    expect(await third.machine.storeState()).toBeNull();
  });

  it('changes nothing where the store cannot be read, and can be tried again', async () => {
    const shelf = new Shelf();
    await taken(await started(shelf.openStore), 'a');
    let fails = true;
    const flaky: OpenStore = async (name) => {
      const store = await shelf.openStore(name);
      return fails ? { ...store, readBlob: () => Promise.reject(new StoreError('failed', 'memory could not read a checkpoint: look at its disk')) } : store;
    };
    const harness = await MachineHarness.boot({ openStore: flaky });
    await expect(harness.machine.openStore('c')).rejects.toThrow('memory could not read a checkpoint: look at its disk');
    expect([harness.machine.listCheckpoints(), await harness.machine.storeState()]).toEqual([[], null]);
    fails = false;
    expect((await harness.machine.openStore('c')).checkpoints.map(({ name }) => name)).toEqual(['a']);
  });

  it('keeps the children of a deleted checkpoint, and drops the images that nobody needs', async () => {
    const shelf = new Shelf();
    const first = await started(shelf.openStore);
    const [a, b, c] = [await taken(first, 'a'), await taken(first, 'b'), await taken(first, 'c')];
    await first.machine.restore(b.id);
    const d = await taken(first, 'd');
    expect(await first.machine.deleteCheckpoint(c.id)).toEqual({ freedBytes: c.imageBytes });
    expect(await shelf.store!.listBlobs()).toEqual([a.digest, b.digest, d.digest]);
    expect(await first.machine.deleteCheckpoint(b.id)).toEqual({ freedBytes: 0 });
    const { harness, machine } = await reopened(shelf);
    expect(machine.listCheckpoints().map(({ id, parentId }) => [id, parentId])).toEqual([[a.id, null], [d.id, a.id]]);
    expect(await nameIn(harness, d.id)).toBe('d');
    await machine.deleteCheckpoint(a.id);
    await machine.deleteCheckpoint(d.id);
    expect(await shelf.store!.listBlobs()).toEqual([]);
    expect((await reopened(shelf)).machine.listCheckpoints()).toEqual([]);
  });
});

describe('a store that is damaged', () => {
  it('leaves out a checkpoint whose image is damaged or missing, keeps the others, and sweeps orphans', async () => {
    const shelf = new Shelf();
    const first = await started(shelf.openStore);
    const [a, b, c] = [await taken(first, 'a'), await taken(first, 'b'), await taken(first, 'c')];
    const other = await first.machine.checkpoint({ name: 'full', leaveRunning: true, full: true });
    const store = shelf.store!;
    const image = (await store.readBlob(b.digest))!;
    image[image.length >> 1]! ^= 1;
    await store.writeBlob(b.digest, image);
    await store.writeBlob(`sha256:${'0'.repeat(64)}`, Uint8Array.of(1));
    const { harness, machine, report } = await reopened(shelf);
    expect(report.notices).toEqual([
      `memory: checkpoint b is left out, its image ${b.digest.slice(0, 19)} is damaged`,
      `memory: checkpoint c is left out, its image ${b.digest.slice(0, 19)} is damaged`,
      'memory: 3 images that no checkpoint needs cleared away',
    ]);
    expect(machine.listCheckpoints().map(({ name, parentId }) => [name, parentId])).toEqual([['a', null], ['full', a.id]]);
    expect([await nameIn(harness, a.id), await nameIn(harness, other.id)]).toEqual(['a', 'c']);
    expect(await shelf.store!.listBlobs()).toEqual([a.digest, other.digest]);
    await shelf.store!.deleteBlob(a.digest);
    expect((await reopened(shelf)).report.notices[0]).toBe(`memory: checkpoint a is left out, its image ${a.digest.slice(0, 19)} is missing`);
    expect(c.parentId).toBe(b.id);
  });

  it('keeps a checkpoint that another version has written for that version', async () => {
    const shelf = new Shelf();
    const first = await started(shelf.openStore);
    const [a, b] = [await taken(first, 'a'), await first.machine.checkpoint({ name: 'b', leaveRunning: true, full: true })];
    const image = ofLayout((await shelf.store!.readBlob(a.digest))!, CORE_LAYOUT + 1);
    const digest = imageDigest(image);
    await shelf.store!.writeBlob(digest, image);
    await shelf.store!.writeManifest(new TextEncoder().encode((await shelf.manifest()).replaceAll(a.digest, digest)));
    const sentence = `memory: checkpoint a cannot be read here (layout: the image was made for core layout ${CORE_LAYOUT + 1}, this is ${CORE_LAYOUT}); it is kept for a version of this program that can`;
    for (let i = 0; i < 2; i++) {
      const { harness, machine, report } = await reopened(shelf);
      expect(report.notices[0]).toBe(sentence);
      expect(machine.listCheckpoints().filter(({ name }) => name === 'a')).toEqual([]);
      expect(await nameIn(harness, b.id)).toBe('a');
      await taken(harness, `c${i}`);
      expect(await shelf.store!.readBlob(digest)).toEqual(image);
    }
  });

  it('keeps checkpoints and autosave that lie over another base image than the machine now has', async () => {
    const shelf = new Shelf();
    const first = await started(shelf.openStore);
    await first.machine.setAutosave(1000);
    const a = await taken(first, 'a');
    await first.said('true');
    await first.settled(first.machine.autosave());
    const other = await MachineHarness.boot({ openStore: shelf.openStore }, ociArchive([[textEntry('file', 'another image')]]));
    const { autosaveId, notices } = await other.machine.openStore('c');
    const refusal = /^restore: \w+, base image: the checkpoint lies over sha256:[0-9a-f]{64}, the container has sha256:[0-9a-f]{64}: restore it over the image that it was made with; nothing was changed$/;
    for (const id of [a.id, autosaveId!]) await expect(other.machine.restore(id)).rejects.toThrow(refusal);
    await expect(other.machine.exportCheckpoint(a.id, 'oci')).resolves.toBeInstanceOf(Uint8Array);
    expect((await other.machine.inspect(a.id)).processes.map(({ pid }) => pid)).toContain(1);
    const { harness, report } = await reopened(shelf);
    expect([notices, report.notices, report.autosaveId]).toEqual([[], [], null]);
    expect(report.checkpoints.map(({ name }) => name)).toEqual(['a', 'autosave-kept']);
    for (const { id } of report.checkpoints) expect(await nameIn(harness, id)).toBe('a');
  });

  it('makes checkpoints of all images again where the list is damaged', async () => {
    const shelf = new Shelf();
    const first = await started(shelf.openStore);
    const b = [await taken(first, 'a'), await taken(first, 'b')][1]!;
    const text = await shelf.manifest();
    for (const [damage, reason] of [
      [(list: string) => list.slice(1), 'list: is not JSON'],
      [(list: string) => list.replace('"k2"', '"k1"'), 'list.checkpoints: names an id twice'],
      [(list: string) => list.replace('"leftRunning":true', '"leftRunning":1'), 'list.checkpoints[0].leftRunning: is neither true nor false'],
    ] as const) {
      await shelf.store!.writeManifest(new TextEncoder().encode(damage(text)));
      const { harness, report } = await reopened(shelf);
      expect(report.notices).toEqual([`memory: the list of checkpoints is damaged (${reason}); 2 of them recovered from their images, without names`]);
      const [entry] = harness.machine.listCheckpoints().filter(({ digest }) => digest === b.digest);
      expect(await nameIn(harness, entry!.id)).toBe('b');
    }
    await shelf.store!.writeManifest(new TextEncoder().encode(text.replace('"format":1', '"format":2')));
    await expect(reopened(shelf)).rejects.toThrow('memory: a later version of this program has written its checkpoints: use that one, or another store; nothing there was changed');
    await shelf.openStore('c');
    expect(await shelf.manifest()).toContain('"format":2');
  });
});

describe('a store that fails', () => {
  it('says what is in memory only and what to do, and keeps it once there is room', async () => {
    const shelf = new Shelf(490_000);
    const harness = await started(shelf.openStore);
    const { machine } = harness;
    await harness.said('dd if=/dev/urandom of=/junk bs=1k count=40');
    const small = await taken(harness, 'small');
    await harness.said('rm /junk; dd if=/dev/urandom of=/big bs=1k count=440');
    const big = await machine.checkpoint({ name: 'big', leaveRunning: true, full: true });
    expect(big.isStored).toBe(false);
    const { problem } = (await machine.storeState())!;
    expect(problem).toMatch(/^checkpoint big is in memory only: memory has \d+ kB left, \d+ kB are needed: delete checkpoints, or export this one$/);
    expect(harness.sentences('notice')).toContain(problem);
    await machine.renameCheckpoint(small.id, 'little');
    expect(await shelf.manifest()).toContain('little');
    expect(harness.sentences('notice')).toHaveLength(1);
    await machine.deleteCheckpoint(small.id);
    expect(machine.listCheckpoints()).toMatchObject([{ name: 'big', isStored: true }]);
    expect(await machine.storeState()).toMatchObject({ problem: null });
    expect(harness.sentences('timeline')).toContain('all checkpoints are kept again');
    expect((await reopened(shelf)).machine.listCheckpoints()).toMatchObject([{ name: 'big', isStored: true }]);
  });

  it('makes room by deleting, where there is none left for the list itself', async () => {
    const shelf = new Shelf();
    let isFull = false;
    const harness = await started(async (name) => {
      const store = await shelf.openStore(name);
      return {
        ...store,
        writeManifest: async (bytes) => {
          if (isFull && (await store.listBlobs()).length > 1) throw new StoreError('full', 'memory has no room to keep the list of checkpoints: delete checkpoints');
          await store.writeManifest(bytes);
        },
      };
    });
    const { machine } = harness;
    const first = await taken(harness, 'first');
    const second = await taken(harness, 'second');
    isFull = true;
    await machine.annotateCheckpoint(first.id, 'a note');
    expect((await machine.storeState())!.problem).toBe('the last change is not kept: memory has no room to keep the list of checkpoints: delete checkpoints');
    await machine.deleteCheckpoint(second.id);
    expect((await machine.storeState())!.problem).toBeNull();
    const { report } = await reopened(shelf);
    expect(report).toMatchObject({ notices: [], checkpoints: [{ name: 'first', note: 'a note' }] });
  });

  it('stops a container whose checkpoint memory alone keeps, as was asked, and says so', async () => {
    const harness = await started(watchedStore(openMemoryStore(), () => Promise.reject(new StoreError('failed', 'memory: killed'))));
    const { machine } = harness;
    const info = await machine.checkpoint({ name: 'last', leaveRunning: false });
    expect([info.isStored, machine.state()?.status]).toEqual([false, 'stopped']);
    expect((await machine.storeState())?.problem).toBe('checkpoint last is in memory only: memory: killed');
    expect(harness.sentences('notice')).toEqual(['checkpoint last is in memory only: memory: killed']);
    await machine.restore(info.id);
    expect(await harness.said('echo well')).toBe('well\n');
  });

  it('lets guests run while it writes, none while a checkpoint stops them', async () => {
    let release = (): void => undefined;
    const harness = await started(watchedStore(openMemoryStore(), () => new Promise<void>((resolve) => (release = resolve))));
    const { machine } = harness;
    let isTaken = false;
    const running = machine.checkpoint({ leaveRunning: true }).finally(() => (isTaken = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([await harness.said('echo on'), isTaken]).toEqual(['on\n', false]);
    const letWrite = async (taken: Promise<unknown>): Promise<void> => {
      const letting = setInterval(() => release(), 1);
      await taken;
      clearInterval(letting);
    };
    await letWrite(running);

    const stopping = machine.checkpoint({ leaveRunning: false });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { instructions } = machine.stats();
    expect(() => machine.exec({ argv: ['true'], terminal: null })).toThrow('cannot execute in container "c1" while a checkpoint of c1 is stopping it');
    expect(() => machine.kill(15)).toThrow('cannot signal container "c1" while a checkpoint of c1 is stopping it');
    harness.turn();
    expect(machine.stats().instructions).toBe(instructions);
    expect(machine.state()?.status).toBe('running');
    await letWrite(stopping);
    expect(machine.state()?.status).toBe('stopped');
  });

  it('holds the state before or after, whichever write its machine is killed at', async () => {
    const changes: Change[] = [];
    const harness = await started(watchedStore(openMemoryStore(), async (change) => void changes.push(change)));
    const a = await taken(harness, 'a');
    const b = await taken(harness, 'b');
    await harness.machine.renameCheckpoint(a.id, 'first');
    await harness.machine.deleteCheckpoint(a.id);
    await harness.machine.checkpoint({ name: 'full', leaveRunning: true, full: true });
    await harness.machine.deleteCheckpoint(b.id);
    const states = new Set<string>();
    for (let done = 0; done <= changes.length; done++) {
      const shelf = new Shelf();
      const store = await shelf.openStore('c');
      for (const change of changes.slice(0, done)) await change(store);
      const after = await reopened(shelf);
      for (const { id, name } of after.report.checkpoints) expect(await nameIn(after.harness, id)).toBe({ a: 'a', first: 'a', b: 'b', full: 'b' }[name]);
      expect(after.report.notices.filter((notice) => !notice.includes('cleared away'))).toEqual([]);
      states.add(after.report.checkpoints.map(({ name }) => name).join(' '));
    }
    expect([...states]).toEqual(['', 'a', 'a b', 'first b', 'b', 'b full', 'full']);
  });

  it('holds an autosave from the first one on, whichever write its machine is killed at', async () => {
    const changes: Change[] = [];
    const harness = await started(watchedStore(openMemoryStore(), async (change) => void changes.push(change)));
    await harness.machine.setAutosave(1000);
    let firstDone = 0;
    for (const word of ['one', 'two', 'three']) {
      await harness.said(`echo ${word} > /name`);
      await harness.settled(harness.machine.autosave());
      firstDone ||= changes.length;
    }
    const names: string[] = [];
    for (let done = firstDone; done <= changes.length; done++) {
      const shelf = new Shelf();
      const store = await shelf.openStore('c');
      for (const change of changes.slice(0, done)) await change(store);
      const { harness: after, report } = await reopened(shelf);
      names.push(await nameIn(after, report.autosaveId!));
    }
    expect([...new Set(names)]).toEqual(['one', 'two', 'three']);
  });
});
