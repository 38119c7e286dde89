/** What programs are told of checkpoints, what they can ask for, and the hooks that run around a checkpoint. */
import { describe, expect, it } from 'vitest';
import { ImageError } from '../../src/base/errors.ts';
import type { Save } from '../../src/sentry/checkpoint/save.ts';
import { checkpoint, checkpointFlow, runServing } from '../support/checkpoint-driver.ts';
import { ContainerHarness, hasProgram } from '../support/container-harness.ts';

const SLEEPER = ['sleep', '100000'];
/** Those that kill: gVisor's, and ours. */
const POLICIES = ['gvisor', 'kill'] as const;
const TERMINAL = { columns: 80, rows: 24 };
const PREFIX = 'dev.gvisor.internal.checkpoint.';
const ASKING = { [`${PREFIX}enable`]: 'true', [`${PREFIX}path`]: '/images', [`${PREFIX}resume`]: 'true' };
/** Waits for a checkpoint again and again, as a program does that has to open the file anew each time. */
const WATCHER = ['sh', '-c', 'while :; do cat /proc/gvisor/checkpoint; done'];

function start(argv: readonly string[], annotations: Readonly<Record<string, string>> = {}): ContainerHarness {
  const harness = ContainerHarness.start({ argv, annotations });
  harness.run(50);
  return harness;
}

/** What a command prints, errors among it. */
function said(harness: ContainerHarness, command: string): string {
  const session = harness.exec(['sh', '-c', `exec 2>&1; ${command}`]);
  harness.run(200);
  return session.output();
}

describe('/proc/gvisor/checkpoint', () => {
  it('A18: tells `resume` to the original and `restore` to its copy', () => {
    const original = start(['sh', '-c', 'exec 3<>/proc/gvisor/checkpoint; echo 1 >&3; cat <&3; exec sleep 100000'], ASKING);
    const [image] = runServing(original, 200);
    expect(original.init.output()).toBe('resume\n');
    expect(original.container.checkpointGeneration()).toEqual({ count: 1, isRestore: false });
    for (const policy of POLICIES) {
      const copy = ContainerHarness.restore(image!, original.clock(), { policy });
      copy.run(100);
      expect(copy.init.output()).toBe('restore\n');
      expect(copy.container.checkpointGeneration()).toEqual({ count: 1, isRestore: true });
    }
  });

  it('A19: an exec shell that asked is killed and prints nothing; readers of init’s side are told `restore`', () => {
    const original = start(WATCHER, ASKING);
    const shell = original.exec(['sh', '-c', 'exec 3<>/proc/gvisor/checkpoint; echo 1 >&3; cat <&3; sleep 1000']);
    const [image] = runServing(original, 300);
    expect(shell.output()).toBe('resume\n');
    expect(original.init.output()).toBe('resume\n');
    for (const policy of POLICIES) {
      const copy = ContainerHarness.restore(image!, original.clock(), { policy });
      expect(copy.killed.map(({ pid }) => pid)).toContain(shell.pid);
      copy.run(100);
      expect(copy.init.output()).toBe('restore\n');
    }
  });

  it('tells every reader of every attempt, once for each opening', () => {
    const harness = start(WATCHER);
    checkpoint(harness, { leaveRunning: true });
    harness.run(50);
    const image = checkpoint(harness, { leaveRunning: true });
    harness.run(50);
    expect(harness.init.output()).toBe('resume\nresume\n');
    const copy = ContainerHarness.restore(image, harness.clock());
    copy.run(50);
    checkpoint(copy, { leaveRunning: true });
    copy.run(50);
    expect(copy.init.output()).toBe('restore\nresume\n');
  });

  it('keeps what a descriptor has learnt, gives it again after a seek, and then its end', () => {
    const harness = start(SLEEPER);
    const reader = harness.exec(['sh', '-c', 'exec 3</proc/gvisor/checkpoint; head -c 3 <&3; echo; cat <&3; cat <&3; echo end']);
    harness.run(50);
    expect(reader.output()).toBe('');
    checkpoint(harness, { leaveRunning: true });
    harness.run(50);
    checkpoint(harness, { leaveRunning: true });
    harness.run(50);
    expect(reader.output()).toBe('res\nume\nend\n');
  });

  it('is a character device that only an enabled container lets be written, root or not', () => {
    const plain = start(SLEEPER);
    expect(said(plain, 'stat -c "%F %a" /proc/gvisor/checkpoint')).toBe('character special file 444\n');
    expect(said(plain, 'echo 1 > /proc/gvisor/checkpoint')).toContain('Operation not permitted');
    expect(said(plain, 'chmod 666 /proc/gvisor/checkpoint')).toContain('Operation not permitted');
    expect(said(start(SLEEPER, ASKING), 'stat -c "%F %a" /proc/gvisor/checkpoint')).toBe('character special file 666\n');
  });

  it('takes `1` alone, at the beginning', () => {
    const harness = start(SLEEPER, ASKING);
    for (const text of ['0', '11', '1\\n\\n', 'x']) expect(said(harness, `echo -ne '${text}' > /proc/gvisor/checkpoint`)).toContain('Invalid argument');
    expect(harness.container.takeCheckpointRequest()).toBeNull();
    expect(said(harness, 'echo -n 1 > /proc/gvisor/checkpoint')).toBe('');
    expect(harness.container.takeCheckpointRequest()).toEqual({ path: '/images', leaveRunning: true });
    expect(harness.container.takeCheckpointRequest()).toBeNull();
  });

  it('has no place to save to without one in the annotations, nor twice; a copy has one again', () => {
    const nowhere = start(SLEEPER, { [`${PREFIX}enable`]: 'true' });
    expect(said(nowhere, 'echo 1 > /proc/gvisor/checkpoint')).toContain('No such device or address');
    const harness = start(SLEEPER, ASKING);
    said(harness, 'echo 1 > /proc/gvisor/checkpoint');
    const [image] = runServing(harness, 40);
    expect(said(harness, 'echo 1 > /proc/gvisor/checkpoint')).toContain('No such device or address');
    const copy = ContainerHarness.restore(image!, harness.clock());
    expect(copy.container.takeCheckpointRequest()).toBeNull();
    expect(said(copy, 'echo 1 > /proc/gvisor/checkpoint')).toBe('');
    expect(copy.container.takeCheckpointRequest()).not.toBeNull();
  });

  it.skipIf(!hasProgram('scenario'))('answers EAGAIN and no poll before the event; afterwards it is readable, in the original and in the copy', () => {
    const harness = ContainerHarness.start({ argv: ['/scenario', 'notice'], programs: ['scenario'], annotations: ASKING });
    harness.run(50);
    const before = 'open 1 errno 0\nread -1 errno 11\npoll 0 errno 0\nempty write 0 errno 0\nwrite behind the beginning -1 errno 22\nfchmod -1 errno 1\nwaiting\n';
    expect(harness.init.output()).toBe(before);
    const copy = ContainerHarness.restore(checkpoint(harness, { leaveRunning: true }), harness.clock());
    harness.run(50);
    copy.run(50);
    const after = (outcome: string, left: number) => `poll 1 errno 0\nreadable 1 errno 0\nread ${outcome.length + 1} errno 0\n${outcome}\nend 0 errno 0\nlseek 3 errno 0\nread ${left} errno 0\n`;
    expect(harness.init.output()).toBe(before + after('resume', 4));
    expect(copy.init.output()).toBe(after('restore', 5));
  });

  it('stops the container with the checkpoint unless the annotations say otherwise', () => {
    const harness = start(['sh', '-c', 'echo 1 > /proc/gvisor/checkpoint; exec sleep 100000'], { ...ASKING, [`${PREFIX}resume`]: 'false' });
    expect(runServing(harness, 40)).toHaveLength(1);
    expect(harness.container.status).toBe('stopped');
  });
});

describe('/proc/gvisor', () => {
  it('shows the environment of the spec', () => {
    const harness = start(SLEEPER);
    expect(said(harness, "tr '\\0' '\\n' < /proc/gvisor/spec_environ")).toBe('PATH=/usr/bin:/bin:/sbin:/usr/sbin\nTERM=xterm\n');
    expect(said(harness.restored(), "tr '\\0' '\\n' < /proc/gvisor/spec_environ")).toBe('PATH=/usr/bin:/bin:/sbin:/usr/sbin\nTERM=xterm\n');
  });

  it('has the marker where it is asked for', () => {
    expect(said(start(SLEEPER), 'ls /proc/gvisor')).toBe('checkpoint\nspec_environ\n');
    const marked = start(SLEEPER, { 'dev.gvisor.flag.gvisor-marker-file': 'true' });
    expect(said(marked, 'ls /proc/gvisor; test -f /proc/gvisor/kernel_is_gvisor && echo there')).toBe('checkpoint\nkernel_is_gvisor\nspec_environ\nthere\n');
  });
});

describe('a checkpoint that fails', () => {
  /** Makes the next save fail after its pause. */
  function failingSave(harness: ContainerHarness) {
    return {
      begin: (nowMs: number): Save => {
        const save = harness.container.beginCheckpoint(nowMs);
        save.step = () => {
          throw new ImageError('memory', 'no room for the image');
        };
        return save;
      },
    };
  }

  it('A16: as gVisor does it, the error is shown and the container is gone', () => {
    const harness = start(SLEEPER);
    expect(() => checkpoint(harness, { leaveRunning: false, stopsWhenFailed: true, ...failingSave(harness) })).toThrow('memory: no room for the image');
    expect(harness.container.status).toBe('stopped');
  });

  it('A16: as we do it, the error is shown and the container goes on', () => {
    const harness = start(WATCHER);
    expect(() => checkpoint(harness, { leaveRunning: false, ...failingSave(harness) })).toThrow('memory: no room for the image');
    harness.run(50);
    expect(harness.init.output()).toBe('error\n');
    expect(harness.restored().processes()).toEqual(harness.processes());
  });

  it('A17: with leave-running, everything runs on; those who wait are told `error`, and so is who waits outside', () => {
    const harness = start(WATCHER);
    const shell = harness.exec(['sh'], TERMINAL);
    const awaited = harness.container.checkpointGeneration().count + 1;
    expect(harness.container.checkpointEnd(awaited)).toBeNull();
    expect(() => checkpoint(harness, { leaveRunning: true, stopsWhenFailed: true, ...failingSave(harness) })).toThrow('memory: no room for the image');
    expect(harness.container.checkpointEnd(awaited)).toEqual({ outcome: 'error', error: 'memory: no room for the image' });
    shell.type('echo $((40+2))\n');
    harness.run(100);
    expect(harness.init.output()).toBe('error\n');
    expect(shell.output()).toContain('42');
    checkpoint(harness, { leaveRunning: true });
    expect(harness.container.checkpointEnd(awaited + 1)).toEqual({ outcome: 'resume', error: null });
  });
});

describe('save, resume and restore hooks', () => {
  const HOOK = '/hook';
  /** A container with a hook that does `script`. */
  function withHook(script: string, annotations: Readonly<Record<string, string>> = {}): ContainerHarness {
    const harness = start(SLEEPER, { [`${PREFIX}save-restore-exec-argv`]: HOOK, ...annotations });
    said(harness, `printf '#!/bin/sh\\n%s\\n' '${script}' > ${HOOK}; chmod 755 ${HOOK}`);
    return harness;
  }
  const NOTE = 'echo $GVISOR_SAVE_RESTORE_AUTO_EXEC_MODE $TERM $(id -u) >> /log';

  it('run before the pause, after it, and in the copy, with the mode in their environment', () => {
    const harness = withHook(NOTE);
    const flow = checkpointFlow(harness, { leaveRunning: true });
    expect(said(harness, 'cat /log')).toBe('save xterm 0\nresume xterm 0\n');
    const copy = ContainerHarness.restore(flow.result!.image, harness.clock());
    expect(copy.container.isRestoreComplete()).toBe(false);
    copy.run(200);
    expect(copy.container.isRestoreComplete()).toBe(true);
    expect(said(copy, 'cat /log')).toBe('save xterm 0\nrestore xterm 0\n');
    expect(copy.processes()).toEqual(['1 sleep']);
  });

  it('A20: what the save hook leaves in the background is killed by the restore; the restore hook runs', () => {
    const harness = withHook(`${NOTE}; if test $GVISOR_SAVE_RESTORE_AUTO_EXEC_MODE = save; then sleep 1000 & fi`);
    const image = checkpoint(harness, { leaveRunning: true });
    expect(harness.processes().filter((line) => line.endsWith(' sleep'))).toHaveLength(2);
    for (const policy of POLICIES) {
      const copy = ContainerHarness.restore(image, harness.clock(), { policy });
      expect(copy.killed.map(({ command }) => command)).toEqual(['sleep']);
      copy.run(200);
      expect(said(copy, 'tail -n 1 /log')).toBe('restore xterm 0\n');
      expect(copy.processes().filter((line) => !line.endsWith(' Z'))).toEqual(['1 sleep']);
    }
  });

  it('stop the checkpoint when `save` fails, in gVisor’s words; the container goes on', () => {
    const harness = withHook('exit 3');
    expect(() => checkpoint(harness, { leaveRunning: false })).toThrow('save hook: [/hook] exited with non-zero status 3');
    expect(harness.container.status).toBe('running');
    expect(harness.container.checkpointEnd(1)).toEqual({ outcome: 'error', error: 'save hook: [/hook] exited with non-zero status 3' });
  });

  it('are killed when their time is over', () => {
    const harness = withHook('sleep 1000', { [`${PREFIX}save-restore-exec-timeout`]: '1m30s' });
    const startNs = harness.container.kernel.clock.monotonicNs;
    expect(() => checkpoint(harness, { leaveRunning: true })).toThrow('save hook: [/hook] timed out after 1m30s');
    expect((harness.container.kernel.clock.monotonicNs - startNs) / 1e9).toBeCloseTo(90, 0);
    expect(harness.processes().some((line) => line.endsWith(' hook'))).toBe(false);
  });

  it('leave the checkpoint good when `resume` fails, and say so', () => {
    const harness = withHook('test $GVISOR_SAVE_RESTORE_AUTO_EXEC_MODE = save');
    const flow = checkpointFlow(harness, { leaveRunning: true });
    expect(flow.warning).toBe('[/hook] exited with non-zero status 1');
    expect(flow.result!.image.length).toBeGreaterThan(1000);
  });

  it('end the copy when `restore` fails, as gVisor’s do', () => {
    const harness = withHook('test $GVISOR_SAVE_RESTORE_AUTO_EXEC_MODE != restore');
    const copy = ContainerHarness.restore(checkpoint(harness, { leaveRunning: true }), harness.clock());
    copy.run(200);
    expect(copy.container.status).toBe('stopped');
    expect(() => copy.container.isRestoreComplete()).toThrow('post restore work failed: [/hook] exited with non-zero status 1');
    expect(harness.container.status).toBe('running');
  });

  it('are refused in one sentence when there is no such program, or the container is paused', () => {
    const harness = start(SLEEPER, { [`${PREFIX}save-restore-exec-argv`]: '/no/hook' });
    expect(() => checkpoint(harness, { leaveRunning: true })).toThrow(/^failed to exec save\/restore binary: cannot run \/no\/hook in \/: .*\(ENOENT\)$/);
    const paused = withHook(NOTE);
    paused.container.pause();
    expect(() => checkpoint(paused, { leaveRunning: true })).toThrow('cannot run the save hook of container "c1" while it is paused');
    paused.container.resume();
    expect(paused.restored({ policy: 'gvisor' }).container.status).toBe('running');
  });

  it('are kept in the image: the copy of a copy has them too', () => {
    const harness = withHook(NOTE);
    const copy = ContainerHarness.restore(checkpoint(harness, { leaveRunning: true }), harness.clock());
    copy.run(200);
    const again = ContainerHarness.restore(checkpoint(copy, { leaveRunning: true }), copy.clock());
    again.run(200);
    expect(said(again, 'cat /log')).toBe('save xterm 0\nrestore xterm 0\nsave xterm 0\nrestore xterm 0\n');
  });
});

describe('annotations that cannot be', () => {
  it('are refused when the container is made', () => {
    expect(() => start(SLEEPER, { [`${PREFIX}enable`]: 'yes' })).toThrow(`annotation ${PREFIX}enable: "yes" is neither true nor false`);
    expect(() => start(SLEEPER, { [`${PREFIX}save-restore-exec-timeout`]: 'soon' })).toThrow(`annotation ${PREFIX}save-restore-exec-timeout: "soon" is no duration such as 30s or 10m`);
  });
});

describe('a wait for a restore', () => {
  it('is refused for a container that was not restored', () => {
    expect(() => start(SLEEPER).container.isRestoreComplete()).toThrow('container "c1" is not being restored, cannot wait for restore: state=running');
  });
});
