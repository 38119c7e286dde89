/**
 * gVisor's own tests of exec, checkpoint and restore, told in our words under their names, and after them what gVisor tests
 * nowhere.
 *
 * Its compressions are full images and differences here. Its tests of several containers, of host networking, of accelerators and
 * of root file systems on the host are of things that this kernel does not have; TestUnixDomainSockets and the tests of listeners
 * and loopback connections are `states/sockets.test.ts`, TestSpecValidation is `restore-spec.test.ts`.
 */
import { describe, expect, it } from 'vitest';
import { ImageError } from '../../src/base/errors.ts';
import { readContainerFile } from '../../src/container/files.ts';
import { ImageStore } from '../../src/container/image-store.ts';
import { specToJson } from '../../src/container/spec.ts';
import type { ExecPolicy } from '../../src/sentry/checkpoint/exec-policy.ts';
import type { Save } from '../../src/sentry/checkpoint/save.ts';
import { saveAtOnce } from '../../src/sentry/checkpoint/save.ts';
import { checkpoint, runServing } from '../support/checkpoint-driver.ts';
import { ContainerHarness } from '../support/container-harness.ts';

const SLEEPER = ['sleep', '100000'];
const TERMINAL = { columns: 80, rows: 24 };
const PREFIX = 'dev.gvisor.internal.checkpoint.';
/** Writes 0, 1, 2, … to a file, a line each. */
const COUNTER = ['sh', '-c', 'i=0; while :; do echo $i >> /count; i=$((i+1)); sleep 0.1; done'];

/** The last number that the counter has written. */
function lastCount({ container }: ContainerHarness): number {
  return Number((readContainerFile(container.kernel, '/count', 1 << 20) ?? '').trimEnd().split('\n').at(-1));
}

/** What has been written since a restore begins with the number after the last one. */
function expectToGoOn(after: ContainerHarness, last: number): void {
  after.run(1000);
  const numbers = (readContainerFile(after.container.kernel, '/count', 1 << 20) ?? '').trimEnd().split('\n').map(Number);
  expect(numbers).toEqual(Array.from(numbers, (_, i) => i));
  expect(numbers.length).toBeGreaterThan(last + 5);
}

/** What a command prints. */
function said(harness: ContainerHarness, command: string): string {
  const session = harness.exec(['sh', '-c', command]);
  harness.run(200);
  return session.output();
}

describe('gVisor’s', () => {
  it('TestCheckpointRestore: a counter goes on with the next number, under a new id while the old container lives, and again under its own', () => {
    const before = ContainerHarness.start({ argv: COUNTER });
    before.run(1050);
    const last = lastCount(before);
    const image = before.image();
    before.run(2000);
    const other = ContainerHarness.restore(image, before.clock(), { spec: { ...before.container.spec, id: 'c2' } });
    expectToGoOn(other, last);
    expect(other.container.spec.id).toBe('c2');
    before.container.delete(true);
    expectToGoOn(ContainerHarness.restore(image, before.clock()), last);
  });

  it('TestCheckpointRestore, of differences', () => {
    const library = new ImageStore();
    let running = ContainerHarness.start({ argv: COUNTER });
    running.run(1050);
    let digest = library.add(running.image());
    for (let round = 0; round < 3; round++) {
      running = ContainerHarness.restore(library.image(digest)!, running.clock(), { library });
      const last = lastCount(running);
      expectToGoOn(running, last);
      const { kernel, spec } = running.container;
      digest = library.add(saveAtOnce(kernel, { nowMs: running.clock().realtimeMs, container: specToJson(spec), parent: { digest, ...running.source! } }).image);
    }
  });

  it('TestCheckpointRestoreHostname: the new spec’s hostname, unless a program had set another', () => {
    for (const [argv, hostname] of [[SLEEPER, 'new'], [['sh', '-c', 'hostname mine; exec sleep 100000'], 'mine']] as const) {
      const before = ContainerHarness.start({ argv });
      before.run(100);
      const after = before.restored({ spec: { ...before.container.spec, hostname: 'new' } });
      expect(said(after, 'hostname')).toBe(`${hostname}\n`);
    }
  });

  it('TestCheckpointRestoreExecKilled: of two execs, one with pipes that are closed outside before the restore, none is left', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const execs = [before.exec(['sleep', '1000']), before.exec(['cat'])];
    before.run(50);
    const terminals = before.container.terminals();
    for (const file of [...terminals.hostFiles()]) if (file.hostKey.container === '') terminals.hangUp(file.id);
    const image = before.image();
    for (const policy of ['kill', 'gvisor'] as const) {
      const after = ContainerHarness.restore(image, before.clock(), { policy, missingKeys: [':host:0', ':host:1', ':host:2'] });
      expect(after.container.ps().map(({ pid, command }) => [pid, command])).toEqual([[1, 'sleep']]);
      expect(after.killed.map(({ pid }) => pid)).toContain(execs[0]!.pid);
    }
  });

  it('TestCheckpointResume: a checkpoint that leaves a loop running; the container is checkpointed and not restored', () => {
    const container = ContainerHarness.start({ argv: COUNTER });
    container.run(1050);
    const last = lastCount(container);
    checkpoint(container, { leaveRunning: true });
    expectToGoOn(container, last);
    expect(container.container.status).toBe('running');
    expect(container.container.checkpointGeneration()).toEqual({ count: 1, isRestore: false });
    expect(() => container.container.isRestoreComplete()).toThrow('is not being restored');
  });

  it('TestCheckpointRestoreAnnotation: a guest asks for a checkpoint; the original reads `resume`, the copy `restore`, and spec_environ has the new variable', () => {
    const script = 'exec 3<>/proc/gvisor/checkpoint; echo 1 >&3; cat <&3; tr "\\0" "\\n" < /proc/gvisor/spec_environ | grep -c NEW; exec sleep 100000';
    const annotations = { [`${PREFIX}enable`]: 'true', [`${PREFIX}path`]: '/images', [`${PREFIX}resume`]: 'true' };
    const original = ContainerHarness.start({ argv: ['sh', '-c', script], annotations });
    const [image] = runServing(original, 300);
    expect(original.init.output()).toBe('resume\n0\n');
    const { spec } = original.container;
    const copy = ContainerHarness.restore(image!, original.clock(), { spec: { ...spec, environment: [...spec.environment, 'NEW=1'] } });
    copy.run(200);
    expect(copy.init.output()).toBe('restore\n1\n');
  });

  it('TestExecWait: the status of an exec is told once, while others run; a second wait is refused', () => {
    const container = ContainerHarness.start({ argv: SLEEPER });
    const [short, long] = [container.exec(['sh', '-c', 'sleep 1; exit 17']), container.exec(['sleep', '1000'])];
    container.run(500);
    expect(container.container.wait(short.pid)).toBeNull();
    container.run(1000);
    expect(container.container.wait(short.pid)).toBe(17);
    expect(() => container.container.wait(short.pid)).toThrow(`waiting for PID ${short.pid}: no such process`);
    expect(container.container.wait(long.pid)).toBeNull();
    expect(() => container.container.wait(999)).toThrow('waiting for PID 999: no such process');
  });

  it('TestExecProcList, TestPGIDField: an exec has no parent and a group of its own', () => {
    const container = ContainerHarness.start({ argv: SLEEPER });
    const exec = container.exec(['sh', '-c', 'sleep 1000; true']);
    container.run(50);
    expect(container.container.ps().slice(1)).toMatchObject([
      { pid: exec.pid, ppid: 0, pgid: exec.pid },
      { pid: exec.pid + 1, ppid: exec.pid, pgid: exec.pid },
    ]);
  });

  it('TestPauseResume, TestPauseResumeStatus: nothing goes on while paused, over a checkpoint too', () => {
    const before = ContainerHarness.start({ argv: COUNTER });
    before.run(1050);
    before.container.pause();
    const last = lastCount(before);
    before.container.step({ budget: 1_000_000, maxTraps: Infinity });
    const image = before.image();
    expect([before.container.status, lastCount(before)]).toEqual(['paused', last]);
    expect(() => before.container.pause()).toThrow('cannot pause container "c1" in state paused');
    expect(() => before.exec(['true'])).toThrow('cannot execute in container "c1" in state paused');
    before.container.resume();
    expectToGoOn(before, last);
    expectToGoOn(ContainerHarness.restore(image, before.clock()), last);
  });

  it('TestKillPid, TestSignalProcessGroup: by pid, and a restored exec-free container as well', () => {
    const before = ContainerHarness.start({ argv: ['sh', '-c', 'trap "echo told" USR1; sleep 1000 & while :; do wait $!; done'] });
    before.run(50);
    const after = before.restored();
    after.container.kill(10, 1);
    after.run(100);
    expect(after.init.output()).toBe('told\n');
    after.container.kill(9, 2);
    after.run(100);
    expect(after.processes().filter((line) => line.startsWith('2 '))).toEqual([]);
  });
});

/** A save that fails after its pause. */
function failing(harness: ContainerHarness): { begin: (nowMs: number) => Save } {
  return {
    begin: (nowMs) => {
      const save = harness.container.beginCheckpoint(nowMs);
      save.step = () => {
        throw new ImageError('memory', 'no room for the image');
      };
      return save;
    },
  };
}

describe('what gVisor tests nowhere', () => {
  const both: readonly ExecPolicy[] = ['kill', 'gvisor'];

  it('exec descendants and daemons, at any depth, with sessions of their own and deaf to hang-ups', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    before.exec(['sh', '-c', '(setsid sh -c "(setsid sleep 1001 &) ; (trap : HUP; exec sleep 1002) & sleep 1003" &) & sleep 1004']);
    before.run(500);
    expect(before.processes().filter((line) => line.endsWith(' sleep'))).toHaveLength(5);
    for (const policy of both) {
      const after = before.restored({ policy });
      expect(after.processes().filter((line) => !line.endsWith('Z'))).toEqual(['1 sleep']);
    }
  });

  it('zombies under an init that does not wait: one for each adopted descendant under `gvisor`, none under `kill`', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    for (let i = 0; i < 3; i++) before.exec(['sh', '-c', 'sleep 1000 & sleep 1000 &']);
    before.run(300);
    expect(before.processes()).toHaveLength(7);
    const faithful = before.restored({ policy: 'gvisor' });
    expect(faithful.processes().filter((line) => line.endsWith(' Z'))).toHaveLength(6);
    expect(faithful.restored({ policy: 'gvisor' }).processes().filter((line) => line.endsWith(' Z'))).toHaveLength(6);
    expect(faithful.restored({ policy: 'kill' }).processes()).toEqual(['1 sleep']);
    expect(before.restored({ policy: 'kill' }).processes()).toEqual(['1 sleep']);
  });

  it('an exec on a terminal: its number is free again, and the next one gets it', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const shell = before.exec(['sh'], TERMINAL);
    before.run(50);
    shell.type('tty\n');
    before.run(100);
    expect(shell.output()).toContain('/dev/pts/0');
    for (const policy of both) {
      const after = before.restored({ policy });
      expect(said(after, 'ls /dev/pts')).toBe('ptmx\n');
      const next = after.exec(['sh'], TERMINAL);
      after.run(50);
      next.type('tty; echo $$\n');
      after.run(100);
      expect(next.output()).toContain('/dev/pts/0');
      expect(next.pid).toBeGreaterThan(shell.pid);
    }
  });

  it('a pipe between an exec and a process of the container that survives, in both directions', () => {
    const before = ContainerHarness.start({ argv: ['sh', '-c', 'mkfifo /to /from; (cat /from; echo "reader: $?"); (trap "" PIPE; while echo x; do sleep 0.1; done 2>/dev/null) > /to; echo "writer: done"; exec sleep 100000'] });
    before.run(50);
    before.exec(['sh', '-c', 'echo buffered > /from; exec cat /to > /dev/null']);
    before.run(500);
    expect(before.init.output()).toBe('buffered\nreader: 0\n');
    for (const policy of both) {
      const after = before.restored({ policy });
      after.run(500);
      expect(after.init.output()).toBe('writer: done\n');
    }
  });

  it('a failed checkpoint while clients of an exec wait: they go on waiting, and get the exec’s own status', () => {
    const harness = ContainerHarness.start({ argv: SLEEPER });
    const exec = harness.exec(['sh', '-c', 'sleep 2; exit 9']);
    harness.run(50);
    expect(() => checkpoint(harness, { leaveRunning: false, ...failing(harness) })).toThrow('no room for the image');
    expect(harness.container.wait(exec.pid)).toBeNull();
    harness.run(3000);
    expect(harness.container.wait(exec.pid)).toBe(9);
  });

  it('a failed checkpoint while clients of an exec wait, gVisor’s way: they get 0, and the container is gone', () => {
    const harness = ContainerHarness.start({ argv: SLEEPER });
    const exec = harness.exec(['sleep', '1000']);
    harness.run(50);
    expect(() => checkpoint(harness, { leaveRunning: false, stopsWhenFailed: true, ...failing(harness) })).toThrow('no room for the image');
    expect(harness.container.wait(exec.pid)).toBe(0);
    expect(harness.container.status).toBe('stopped');
  });

  it('the status 0 of execs at a checkpoint that stops the container, whatever they were about to return', () => {
    const harness = ContainerHarness.start({ argv: SLEEPER });
    const execs = [harness.exec(['sh', '-c', 'trap "exit 5" TERM; sleep 1000']), harness.exec(['sleep', '1000'], TERMINAL)];
    harness.run(50);
    checkpoint(harness, { leaveRunning: false });
    expect(execs.map(({ pid }) => harness.container.wait(pid))).toEqual([0, 0]);
    expect(harness.container.wait(1)).toBe(0);
  });

  it('an exec that holds a file alone, unlinked since: it goes with the exec, and its pages with it', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    before.run(50);
    const without = before.restored();
    before.exec(['sh', '-c', 'dd if=/dev/urandom of=/gone bs=4096 count=200 2>/dev/null; exec 3< /gone; rm /gone; exec sleep 1000']);
    before.run(300);
    for (const policy of both) {
      const after = before.restored({ policy });
      expect(after.container.kernel.core.framesInUse() - without.container.kernel.core.framesInUse()).toBeLessThan(40);
      expect(said(after, 'ls /gone 2>&1')).toContain('No such file');
    }
  });
});
