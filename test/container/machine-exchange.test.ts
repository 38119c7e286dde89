/** Checkpoints between machines, and looked into while one runs. */
import { describe, expect, it } from 'vitest';
import { MachineHarness, TERMINAL } from '../support/machine-driver.ts';

/** A machine with two checkpoints, the second a difference to the first. */
async function twoCheckpoints() {
  const harness = await MachineHarness.start({ argv: ['sh'] });
  await harness.said('echo first > /name');
  const first = await harness.machine.checkpoint({ name: 'first', leaveRunning: true });
  await harness.said('echo second > /name; mkdir /made');
  const sleeper = harness.machine.exec({ argv: ['sleep', '100'], terminal: TERMINAL });
  await harness.said('true');
  const second = await harness.machine.checkpoint({ name: 'second', note: 'of two', leaveRunning: true });
  return { harness, machine: harness.machine, first, second, sleeper };
}

describe('exports', () => {
  it('are taken in by another machine, whichever the format, under their names or others', async () => {
    const { machine, second } = await twoCheckpoints();
    const other = await MachineHarness.boot();
    const file = await other.machine.importCheckpoint('a file', await machine.exportCheckpoint(second.id, 'file'));
    expect(file).toMatchObject({ name: 'a file', isDifference: false, execProcesses: 1, leftRunning: true, parentId: null });
    const archive = await other.machine.importCheckpoint('', await machine.exportCheckpoint(second.id, 'oci'));
    expect(archive).toMatchObject({ name: 'second', note: 'of two', isDifference: true, digest: second.digest, chainBytes: second.chainBytes });
    const link = await machine.checkpointLink(second.id);
    expect(link).toMatch(/^stasis1=[\w-]+$/);
    const linked = await other.machine.importLink(link);
    expect(linked).toMatchObject({ name: 'second', digest: file.digest });
    expect(other.machine.listCheckpoints().map(({ id }) => id)).toEqual([file.id, archive.id, linked.id]);
    expect(other.sentences('timeline').map((sentence) => sentence.replace(/\d+ kB/, 'N kB'))).toEqual([
      'checkpoint a file imported, N kB', 'checkpoint second imported, N kB', 'checkpoint second imported, N kB',
    ]);
    for (const { id } of [file, archive, linked]) {
      const { killed } = await other.machine.restore(id);
      expect(killed.map(({ command }) => command)).toEqual(['sleep']);
      expect(await other.said('cat /name')).toBe('second\n');
    }
    // The difference goes on being one where it was taken in.
    await other.machine.restore(archive.id);
    expect(await other.machine.checkpoint({ leaveRunning: true })).toMatchObject({ parentId: archive.id, isDifference: true });
  });

  it('refuses another format, and a link that would be too long', async () => {
    const { harness, machine, second } = await twoCheckpoints();
    const format: string = 'zip';
    await expect(machine.exportCheckpoint(second.id, format as 'file')).rejects.toThrow('cannot export a checkpoint as "zip", only as file or oci');
    await harness.said('dd if=/dev/urandom of=/big bs=64k count=64');
    const { id } = await machine.checkpoint({ leaveRunning: true });
    await expect(machine.checkpointLink(id)).rejects.toThrow(/^link: the checkpoint is too large for one: \d+ bytes do not fit into \d+ characters; export it as a file$/);
  });
});

describe('inspection', () => {
  it('tells what is in a checkpoint, how two differ, and shows their pages, while the container runs on', async () => {
    const { harness, machine, first, second, sleeper } = await twoCheckpoints();
    const report = await machine.inspect(second.id);
    expect(report.processes.map(({ pid, origin, command }) => [pid, origin, command])).toEqual([[1, 'init', 'sh'], [sleeper.pid, 'exec', 'sleep']]);
    expect(report.summary).toMatchObject({ digest: second.digest, parent: first.digest, chainBytes: second.chainBytes });
    const diff = await machine.diff(first.id, second.id);
    expect(diff.processes.map(({ pid, change }) => [pid, change])).toContainEqual([sleeper.pid, 'added']);
    expect(diff.files.map(({ path, change }) => [path, change])).toEqual(expect.arrayContaining([['/made', 'added'], ['/name', 'changed']]));
    const page = diff.pages.find(({ pid }) => pid === sleeper.pid)!;
    const pair = await machine.pagePair(first.id, second.id, sleeper.pid, page.address);
    expect([pair.before, pair.after?.length]).toEqual([null, 4096]);
    await machine.deleteCheckpoint(first.id);
    expect((await machine.inspect(second.id)).processes).toEqual(report.processes);
    expect(await harness.said('cat /name')).toBe('second\n');
  });
});
