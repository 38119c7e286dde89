/** A machine's checkpoints and restores: policies, hooks and what programs inside ask for, as the page and the command line call them. */
import { describe, expect, it } from 'vitest';
import type { ExecPolicyName } from '../../src/machine/api.ts';
import { MachineHarness, TERMINAL } from '../support/machine-driver.ts';

const PREFIX = 'dev.gvisor.internal.checkpoint.';

describe('Machine.restore', () => {
  it('gives execs that live on a terminal each under reattach', async () => {
    const driver = await MachineHarness.start({ argv: ['sleep', '100000'] });
    const { machine } = driver;
    const doomed = machine.exec({ argv: ['sh'], terminal: TERMINAL });
    const shell = machine.exec({ argv: ['sh'], terminal: TERMINAL, restorable: true });
    driver.type(shell.terminalId, 'x=41\n');
    await driver.until(() => driver.output(shell.terminalId).includes('x=41'));
    const { id } = await machine.checkpoint({ leaveRunning: true });
    const report = await machine.restore(id, { policy: 'reattach' });
    expect(report.killed.map(({ pid }) => pid)).toEqual([doomed.pid]);
    expect(report.kept).toMatchObject([{ pid: shell.pid, command: 'sh' }]);
    const { terminalId } = report.kept[0]!;
    expect(terminalId).not.toBe(report.consoleId);
    driver.type(terminalId, 'echo $((x+1)) $$\n');
    await driver.until(() => driver.output(terminalId).includes(`42 ${shell.pid}`));
    expect(machine.state()?.consoleId).toBe(report.consoleId);
  });

  it('refuses in one sentence, and the container goes on', async () => {
    const driver = await MachineHarness.start({ argv: ['sleep', '100000'] });
    const { machine } = driver;
    const shell = machine.exec({ argv: ['sh'], terminal: TERMINAL });
    const { id, name } = await machine.checkpoint({ leaveRunning: true });
    const unknown: string = 'adopt';
    await expect(machine.restore(id, { policy: unknown as ExecPolicyName })).rejects.toThrow('cannot restore: there is no exec policy "adopt", only kill, gvisor, naive, keep, reattach');
    await expect(machine.restore(id, { policy: 'naive' })).rejects.toThrow(`restore: ${name}, host files: no host FD available for :host:0, held by pid ${shell.pid} sh; c1 goes on unchanged`);
    await expect(machine.restore(id, { policy: 'keep', keptPids: [99] })).rejects.toThrow(`restore: ${name}, exec policy: pid 99, which is to be kept, is no process that an exec started; c1 goes on unchanged`);
    const image = await machine.exportCheckpoint(id, 'file');
    for (const at of [3, image.length >> 2, image.length >> 1, image.length - 5]) {
      const damaged = image.slice();
      damaged[at]! ^= 16;
      await expect(machine.importCheckpoint('damaged', damaged)).rejects.toThrow(/^[\w .-]+: [^\n]+$/);
    }
    expect(machine.listCheckpoints()).toHaveLength(1);
    expect(machine.state()).toMatchObject({ status: 'running', generation: 1 });
    expect(await driver.said('echo well')).toBe('well\n');
  });
});

describe('Machine.survivors', () => {
  it('says who would live on', async () => {
    const { machine } = await MachineHarness.start({ argv: ['sleep', '100000'] });
    machine.exec({ argv: ['sleep', '100'], terminal: TERMINAL, restorable: true });
    expect(machine.survivors().map(({ sentence }) => sentence)).toEqual([
      'pid 1 sleep: lives on; the init of the container; holds c1:host:0 (pts/0)',
      'pid 2 sleep: killed; started by exec; holds :host:0 (pts/1)',
    ]);
    expect(machine.survivors('reattach')[1]).toMatchObject({ pid: 2, hostFiles: [{ key: ':host:0', terminal: 'pts/1' }], fates: { kill: 'ends', reattach: 'reattached' } });
  });
});

describe('hooks and requests', () => {
  const note = 'echo $GVISOR_SAVE_RESTORE_AUTO_EXEC_MODE >> /log';

  async function withHook(script: string): Promise<MachineHarness> {
    const driver = await MachineHarness.start({ argv: ['sleep', '100000'], annotations: { [`${PREFIX}save-restore-exec-argv`]: 'sh /hook' } });
    await driver.said(`echo '${script}' > /hook`);
    return driver;
  }

  it('runs the hooks around a checkpoint and after a restore', async () => {
    const driver = await withHook(note);
    const { machine } = driver;
    const { id } = await machine.checkpoint({ leaveRunning: true });
    expect(await driver.said('cat /log')).toBe('save\nresume\n');
    await expect(machine.waitRestore()).rejects.toThrow('container "c1" is not being restored, cannot wait for restore: state=running');
    await machine.restore(id);
    let isComplete = false;
    void machine.waitRestore().then(() => (isComplete = true));
    await driver.until(() => isComplete);
    expect(await driver.said('cat /log')).toBe('save\nrestore\n');
  });

  it('takes no checkpoint when the save hook fails', async () => {
    const driver = await withHook('exit 3');
    const { machine } = driver;
    const waited = machine.waitCheckpoint();
    await expect(machine.checkpoint({ leaveRunning: false })).rejects.toThrow('save hook: [sh /hook] exited with non-zero status 3');
    await expect(waited).rejects.toThrow('checkpoint: save hook: [sh /hook] exited with non-zero status 3');
    expect(machine.listCheckpoints()).toEqual([]);
    expect(machine.state()?.status).toBe('running');
  });

  it('stops a restored container whose hook fails, and says why', async () => {
    const driver = await withHook('test $GVISOR_SAVE_RESTORE_AUTO_EXEC_MODE != restore');
    const { machine } = driver;
    const { id } = await machine.checkpoint({ leaveRunning: true });
    await machine.restore(id);
    await driver.until(() => machine.state()?.status === 'stopped');
    expect(driver.events.map(({ sentence }) => sentence)).toContain('restore: post restore work failed: [sh /hook] exited with non-zero status 1');
    expect(driver.events.at(-1)).toMatchObject({ kind: 'state', sentence: 'c1 stopped: its restore hook failed' });
  });

  it('ends a hook whose time is over though nothing else is to do', async () => {
    const driver = await MachineHarness.start({
      argv: ['sleep', '100000'],
      annotations: { [`${PREFIX}save-restore-exec-argv`]: 'sleep 1000', [`${PREFIX}save-restore-exec-timeout`]: '200ms' },
    });
    await expect(driver.machine.checkpoint({ leaveRunning: true })).rejects.toThrow('save hook: [sleep 1000] timed out after 200ms');
  });

  it('takes the checkpoint that a program inside asks for, and tells it', async () => {
    const driver = await MachineHarness.start({
      argv: ['sh', '-c', 'exec 3<>/proc/gvisor/checkpoint; echo 1 >&3; cat <&3; exec sleep 100000'],
      annotations: { [`${PREFIX}enable`]: 'true', [`${PREFIX}path`]: 'from-inside', [`${PREFIX}resume`]: 'true' },
    });
    const { machine } = driver;
    const consoleId = machine.state()!.consoleId;
    await driver.until(() => driver.output(consoleId) !== '');
    expect(driver.output(consoleId)).toBe('resume\r\n');
    const [taken] = machine.listCheckpoints();
    expect(taken).toMatchObject({ name: 'from-inside', leftRunning: true });
    const report = await machine.restore(taken!.id);
    await driver.until(() => driver.output(report.consoleId) !== '');
    expect(driver.output(report.consoleId)).toBe('restore\r\n');
  });
});
