/** What a machine refuses about checkpoints and restores: one sentence each that says what, where and what to do; nothing is lost or half done. */
import { describe, expect, it, vi } from 'vitest';
import { panic } from '../../src/base/errors.ts';
import { Container } from '../../src/container/container.ts';
import type { ContainerOptions, ExecPolicyName, RestoreChoice } from '../../src/machine/api.ts';
import { findClass } from '../../src/state/registry.ts';
import { baseImageOf, CORE_LAYOUT, ofLayout, rewritten } from '../support/foreign-images.ts';
import { MachineHarness, TERMINAL } from '../support/machine-driver.ts';

const PREFIX = 'dev.gvisor.internal.checkpoint.';

/** A message that is this sentence and no more. */
function exactly(sentence: string): RegExp {
  return new RegExp(`^${sentence.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}

async function checkpointed(options?: ContainerOptions) {
  const harness = await MachineHarness.start(options);
  await harness.said('echo 1 > /state');
  const { id } = await harness.machine.checkpoint({ name: 'lunch', leaveRunning: true });
  return { harness, machine: harness.machine, id };
}

/** The container of before is there, and does what it did. */
async function expectUnharmed(harness: MachineHarness, generation = 1): Promise<void> {
  expect(harness.machine.state()).toMatchObject({ status: 'running', generation });
  expect(await harness.said('cat /state')).toBe('1\n');
}

describe('restore', () => {
  it('refuses unknown policies, clocks and checkpoints', async () => {
    const { harness, machine, id } = await checkpointed();
    const choices: [RestoreChoice, string][] = [
      [{ policy: 'adopt' as string as ExecPolicyName }, 'cannot restore: there is no exec policy "adopt", only kill, gvisor, naive, keep, reattach'],
      [{ clock: 'wall' as string as 'gvisor' }, 'cannot restore: there is no clock policy "wall", only gvisor, continue'],
      [{ policy: 'kill', keptPids: [1] }, 'cannot restore: the exec policy kill keeps no process, pid 1 was named'],
      [{ policy: 'kill', forceHostFiles: true }, 'cannot restore: host files are forced through under the exec policy naive only, not kill'],
    ];
    for (const [choice, sentence] of choices) await expect(machine.restore(id, choice)).rejects.toThrow(exactly(sentence));
    await expect(machine.restore('k9')).rejects.toThrow(exactly('there is no checkpoint k9'));
    for (const call of [machine.deleteCheckpoint('k9'), machine.renameCheckpoint('k9', 'x'), machine.exportCheckpoint('k9', 'file'), machine.inspect('k9'), machine.checkpointLink('k9')]) {
      await expect(call).rejects.toThrow(exactly('there is no checkpoint k9'));
    }
    await expectUnharmed(harness);
  });

  it('gives way to one that is under way, its hook included', async () => {
    const harness = await MachineHarness.start({
      argv: ['sleep', '100000'], annotations: { [`${PREFIX}save-restore-exec-argv`]: 'sh /hook', [`${PREFIX}save-restore-exec-timeout`]: '1500ms' },
    });
    const { machine } = harness;
    await harness.said("echo 'test $GVISOR_SAVE_RESTORE_AUTO_EXEC_MODE != restore || sleep 1000' > /hook");
    const { id } = await machine.checkpoint({ name: 'lunch', leaveRunning: true });
    await machine.restore(id);
    await expect(machine.restore(id)).rejects.toThrow(exactly('cannot restore lunch while the restore of c1 is under way, whose hook runs; wait for it, or delete c1'));
    await expect(machine.checkpoint({ leaveRunning: true })).rejects.toThrow(exactly('cannot run the save hook of container "c1" while its restore hook runs'));
    await expect(harness.settled(machine.waitRestore())).rejects.toThrow(exactly('post restore work failed: [sh /hook] timed out after 1.5s'));
    expect(machine.state()?.status).toBe('stopped');
    await expect(machine.restore(id)).resolves.toMatchObject({ generation: 2 });
  });

  it('brings a machine back that a bug of ours has stopped, of which no checkpoint is taken', async () => {
    const { harness, machine, id } = await checkpointed();
    const silence = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const step = vi.spyOn(Container.prototype, 'step').mockImplementationOnce(() => panic('frame 7: 2 mappings, 1 reference'));
    machine.runSlice(1);
    step.mockRestore();
    silence.mockRestore();
    expect(harness.sentences('panic')).toEqual(['the machine has stopped: frame 7: 2 mappings, 1 reference']);
    expect(machine.runSlice(1)).toEqual({ isRunnable: false, idleMs: null });
    await expect(machine.checkpoint({ leaveRunning: true })).rejects.toThrow(exactly('cannot checkpoint: the machine has stopped: frame 7: 2 mappings, 1 reference; restore an earlier checkpoint'));
    await machine.restore(id);
    await expectUnharmed(harness, 2);
  });

  it('is possible after a bug of ours has stopped the machine while a hook ran, which no checkpoint waits for then', async () => {
    const annotations = { [`${PREFIX}save-restore-exec-argv`]: 'sh /hook', [`${PREFIX}save-restore-exec-timeout`]: '1h' };
    const harness = await MachineHarness.start({ argv: ['sleep', '100000'], annotations });
    const { machine } = harness;
    await harness.said('echo 1 > /state; echo true > /hook');
    const { id } = await machine.checkpoint({ name: 'lunch', leaveRunning: true });
    const silence = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    for (const [mode, outcome] of [
      ['save', /^checkpoint: the machine has stopped while the save hook ran; nothing was kept, restore an earlier checkpoint$/],
      ['resume', null],
    ] as const) {
      await harness.said(`echo 'test $GVISOR_SAVE_RESTORE_AUTO_EXEC_MODE != ${mode} || sleep 54321' > /hook`);
      const taking = machine.checkpoint({ name: mode, leaveRunning: true });
      taking.catch(() => undefined);
      await harness.until(() => JSON.stringify(machine.processes()).includes('54321'));
      const step = vi.spyOn(Container.prototype, 'step').mockImplementationOnce(() => panic('frame 7: 2 mappings, 1 reference'));
      if (outcome === null) expect((await taking).name).toBe(mode);
      else await expect(taking).rejects.toThrow(outcome);
      step.mockRestore();
      await machine.restore(id);
      await harness.settled(machine.waitRestore());
    }
    silence.mockRestore();
    expect(machine.listCheckpoints().map(({ name }) => name)).toEqual(['lunch', 'resume']);
    await expectUnharmed(harness, 2);
  });

  it('refuses the second of two that are asked for at once', async () => {
    const { harness, machine, id } = await checkpointed();
    const results = await Promise.allSettled([machine.restore(id), machine.restore(id)]);
    expect(results).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { message: 'cannot restore while a restore of lunch is under way; try again when it has ended' } }]);
    await expectUnharmed(harness, 2);
  });
});

describe('checkpoint', () => {
  /** A checkpoint that is being encoded: the container has many pages, and nothing has been awaited. */
  async function encoding() {
    const { harness, machine, id } = await checkpointed();
    await harness.said('dd if=/dev/urandom of=/big bs=64k count=128');
    const taking = machine.checkpoint({ name: 'big', leaveRunning: true });
    taking.catch(() => undefined);
    return { harness, machine, id, taking };
  }

  it('gives way to another checkpoint, and lets no restore in between', async () => {
    const { harness, machine, id, taking } = await encoding();
    await expect(machine.checkpoint({ leaveRunning: true })).rejects.toThrow(exactly('cannot checkpoint while a checkpoint of c1 is under way; try again when it has ended'));
    await expect(machine.restore(id)).rejects.toThrow(exactly('cannot restore while a checkpoint of c1 is under way; try again when it has ended'));
    expect((await taking).name).toBe('big');
    expect(machine.listCheckpoints().map(({ name }) => name)).toEqual(['lunch', 'big']);
    await expectUnharmed(harness);
  });

  it('ends with the container that is deleted meanwhile, and leaves nothing behind', async () => {
    const { harness, machine, id, taking } = await encoding();
    machine.delete({ force: true });
    await expect(taking).rejects.toThrow(exactly('checkpoint: container "c1" was deleted meanwhile; nothing was kept'));
    expect(machine.listCheckpoints().map(({ name }) => name)).toEqual(['lunch']);
    machine.create({ argv: ['sleep', '1000'] });
    machine.start();
    expect(await machine.checkpoint({ leaveRunning: true })).toMatchObject({ parentId: null, isDifference: false });
    await machine.restore(id);
    await expectUnharmed(harness, 2);
  });

  it('stands on an image that is deleted while it is written', async () => {
    const { harness, machine, id, taking } = await encoding();
    expect(await machine.deleteCheckpoint(id)).toEqual({ freedBytes: 0 });
    const big = await taking;
    expect(big).toMatchObject({ parentId: null, isDifference: true });
    expect(machine.listCheckpoints().map(({ name }) => name)).toEqual(['big']);
    await machine.restore(big.id);
    await expectUnharmed(harness, 2);
  });

  it('refuses a container that has stopped, a number of rounds that is none, and where there is no container', async () => {
    const { harness, machine } = await checkpointed();
    await expect(machine.checkpoint({ leaveRunning: true, preDumpRounds: 9 })).rejects.toThrow(exactly('cannot checkpoint with 9 pre-dump rounds: a whole number from 0 to 8 is possible'));
    const both = machine.checkpoint({ leaveRunning: true, preDumpRounds: 1, full: true });
    await expect(both).rejects.toThrow(exactly('cannot checkpoint with pre-dump rounds into a full image, which stands on no other: leave out one of the two'));
    await expectUnharmed(harness);
    machine.kill(9);
    await harness.until(() => machine.state()?.status === 'stopped');
    await expect(machine.checkpoint({ leaveRunning: true })).rejects.toThrow(exactly('cannot checkpoint container "c1" in state stopped'));
    machine.delete();
    await expect(machine.checkpoint({ leaveRunning: true })).rejects.toThrow(exactly('there is no container'));
    expect(machine.listCheckpoints()).toHaveLength(1);
  });
});

describe('exec', () => {
  it('refuses a container that is paused or has stopped', async () => {
    const { harness, machine } = await checkpointed();
    const exec = (): unknown => machine.exec({ argv: ['true'], terminal: TERMINAL });
    machine.pause();
    expect(exec).toThrow(exactly('cannot execute in container "c1" in state paused: resume it first'));
    machine.resume();
    await expectUnharmed(harness);
    machine.kill(9);
    await harness.until(() => machine.state()?.status === 'stopped');
    expect(exec).toThrow(exactly('cannot execute in container "c1" in state stopped: restore a checkpoint, or delete it and create another'));
  });
});

describe('importCheckpoint', () => {
  it('refuses images of another layout, over another base image, without their parent, and other files', async () => {
    const { harness, machine, id } = await checkpointed();
    const image = await machine.exportCheckpoint(id, 'file');
    const other = `sha256:${'0'.repeat(64)}`;
    const refused: [Uint8Array, string][] = [
      [ofLayout(image, CORE_LAYOUT + 1), `layout: the image was made for core layout ${CORE_LAYOUT + 1}, this is ${CORE_LAYOUT}`],
      [
        rewritten(image, ({ metadata, sections }) => ({ metadata: { ...metadata, baseImage: other }, sections })),
        `base image: the checkpoint lies over ${other}, this machine has ${baseImageOf(image)}: open it over the image that it was made with`,
      ],
      [rewritten(image, ({ metadata, sections }) => ({ metadata: { ...metadata, parent: other }, sections })), `parent: the image is a difference to ${other}, which is not with it`],
      [image.subarray(0, 5000), 'trailer: is missing: the image is cut off or goes on after its end'],
      [Uint8Array.of(1, 2, 3), 'file: is neither a checkpoint image, nor an archive with one, nor a link'],
    ];
    for (const [bytes, sentence] of refused) await expect(machine.importCheckpoint('x', bytes)).rejects.toThrow(exactly(sentence));
    await expect(machine.importLink('stasis1=AAAA')).rejects.toThrow(/^link: is cut off after 3 bytes$/);
    expect(machine.listCheckpoints()).toHaveLength(1);
    await expectUnharmed(harness);
  });

  it('is followed by a restore that names the class whose schema is another one', async () => {
    const { harness, machine, id } = await checkpointed();
    const { id: imported } = await machine.importCheckpoint('foreign', await machine.exportCheckpoint(id, 'file'));
    const plan: { version: number } = findClass('Kernel')!;
    const { version } = plan;
    plan.version = version + 1;
    try {
      await expect(machine.restore(imported)).rejects.toThrow(exactly(`restore: foreign, state schema: class Kernel is version ${version} in the image, ${version + 1} here; c1 goes on unchanged`));
    } finally {
      plan.version = version;
    }
    await expectUnharmed(harness);
    await machine.restore(imported);
    await expectUnharmed(harness, 2);
  });
});
