/**
 * gVisor's acceptance scenarios: what becomes of processes that exec started when their container is restored.
 *
 * Each is shown under `gvisor`, with gVisor's result, and under `kill`, with ours: they differ where an adopted descendant is
 * reaped for an init that does not wait, and where a killed tracer's PTRACE_O_EXITKILL takes init along. A16 to A20 are
 * `notices.test.ts`, and A23 in all its parts `restore-spec.test.ts`.
 */
import { describe, expect, it } from 'vitest';
import { ContainerError } from '../../src/container/errors.ts';
import { formatProcesses } from '../../src/container/ps.ts';
import { ContainerHarness, hasProgram } from '../support/container-harness.ts';

const TERMINAL = { columns: 80, rows: 24 };
const SLEEPER = ['sleep', '100000'];
/** An init that forks a daemon, counts, and waits for nobody. */
const COUNTER = ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo count $i; sleep 1; done'];
const withScenario = hasProgram('scenario');

function scenario(mode: string, ...rest: string[]): string[] {
  return ['/scenario', mode, ...rest];
}

describe.each(['gvisor', 'kill'] as const)('a restore of a container with exec processes under the policy %s', (policy) => {
  const isFaithful = policy === 'gvisor';

  it('A1: leaves init alone; the exec leader is gone without a zombie', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const exec = before.exec(['sleep', '1000']);
    before.run(50);
    expect(before.processes()).toEqual(['1 sleep', `${exec.pid} sleep`]);
    const after = before.restored({ policy });
    expect(after.processes()).toEqual(['1 sleep']);
    expect(after.killed).toMatchObject([{ pid: exec.pid, ppid: 0, command: 'sleep', fdsFreed: 3 }]);
    after.run(100);
    expect(after.processes()).toEqual(['1 sleep']);
  });

  it('A2: ends a shell on a terminal and its foreground child', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const shell = before.exec(['sh'], TERMINAL);
    before.run(50);
    shell.type('sleep 500\n');
    before.run(200);
    expect(before.processes()).toHaveLength(3);
    const after = before.restored({ policy });
    expect(after.processes()).toEqual(['1 sleep', ...(isFaithful ? [`${shell.pid + 1} sleep Z`] : [])]);
  });

  it('A2: leaves the child to an init that waits', () => {
    const before = ContainerHarness.start({ argv: ['sh', '-c', 'sleep 100000 & while :; do wait; done'] });
    before.run(50);
    const shell = before.exec(['sh'], TERMINAL);
    before.run(50);
    shell.type('sleep 500\n');
    before.run(200);
    const after = before.restored({ policy });
    after.run(100);
    expect(after.processes()).toEqual(['1 sh', '2 sleep']);
  });

  it('A3: kills a background process of an exec that has ended and was adopted', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const exec = before.exec(['sh', '-c', 'sleep 1000 &']);
    before.run(100);
    expect(before.container.ps()).toMatchObject([{ pid: 1 }, { pid: exec.pid + 1, ppid: 1, command: 'sleep' }]);
    const after = before.restored({ policy });
    expect(after.killed).toMatchObject([{ pid: exec.pid + 1, reapedForInit: !isFaithful }]);
    after.run(100);
    expect(after.processes()).toEqual(['1 sleep', ...(isFaithful ? [`${exec.pid + 1} sleep Z`] : [])]);
  });

  it('A4: kills a daemon with double fork and setsid', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    before.exec(['sh', '-c', '(setsid sleep 1000 &) &']);
    before.run(200);
    const daemon = before.container.ps().find((row) => row.command === 'sleep' && row.pid !== 1)!;
    expect(daemon).toMatchObject({ ppid: 1, pgid: daemon.pid });
    const after = before.restored({ policy });
    expect(after.killed.map(({ pid }) => pid)).toEqual([daemon.pid]);
    expect(after.processes().filter((line) => !line.endsWith(' Z'))).toEqual(['1 sleep']);
    expect(after.processes().includes(`${daemon.pid} sleep Z`)).toBe(isFaithful);
  });

  it('A5: keeps a daemon that init forked, and what it was doing goes on', () => {
    const before = ContainerHarness.start({ argv: ['sh', '-c', '(setsid sh -c "while :; do echo daemon; sleep 1; done" &); exec sleep 100000'] });
    before.run(2500);
    const after = before.restored({ policy });
    after.run(1500);
    expect(after.processes()).toContain('3 sh');
    expect(after.init.output()).toContain('daemon');
  });

  it.skipIf(!withScenario)('A6: reaps an exec process with two threads at once', () => {
    const before = ContainerHarness.start({ argv: SLEEPER, programs: ['scenario'] });
    const exec = before.exec(scenario('threads'));
    before.run(50);
    expect(exec.output()).toBe('two threads\n');
    expect(before.container.kernel.tasks.size).toBe(3);
    const after = before.restored({ policy });
    expect(after.processes()).toEqual(['1 sleep']);
    expect(after.container.kernel.tasks.size).toBe(1);
  });

  it.skipIf(!withScenario)('A7: tells nothing to an init that ignores SIGCHLD, and leaves no zombie', () => {
    const before = ContainerHarness.start({ argv: scenario('ignore-children'), programs: ['scenario'] });
    before.exec(['sh', '-c', 'sleep 1000 &']);
    before.run(100);
    const after = before.restored({ policy });
    after.run(3000);
    expect(after.processes()).toEqual(['1 scenario']);
    expect(after.init.output()).toBe('');
  });

  it.skipIf(!withScenario)('A8: sends SIGCHLD to an init with SA_NOCLDWAIT, and leaves no zombie', () => {
    const before = ContainerHarness.start({ argv: scenario('nocldwait'), programs: ['scenario'] });
    before.exec(['sh', '-c', 'sleep 1000 &']);
    before.run(100);
    const after = before.restored({ policy });
    after.run(3000);
    expect(after.processes()).toEqual(['1 scenario']);
    expect(after.init.output()).toBe('SIGCHLD\n');
  });

  it('A9: gives a reader the buffered bytes of an exec writer, then the end of the file', () => {
    const before = ContainerHarness.start({ argv: ['sh', '-c', 'mkfifo /p; cat /p; echo end of file; exec sleep 100000'] });
    before.run(50);
    before.exec(['sh', '-c', 'exec 3>/p; kill -STOP 2; echo buffered >&3; kill -CONT 2; exec sleep 1000']);
    before.run(200);
    const after = before.restored({ policy });
    after.run(200);
    expect(before.init.output() + after.init.output()).toBe('buffered\nend of file\n');
  });

  it.skipIf(!withScenario)('A10: grants a lock that an exec process held to the child of init that waits for it', () => {
    const before = ContainerHarness.start({ argv: scenario('lock-wait', '/lock'), programs: ['scenario'] });
    const holder = before.exec(scenario('lock-hold', '/lock'));
    before.run(4000);
    expect(holder.output()).toBe('locked\n');
    expect(before.init.output()).toBe('');
    const after = before.restored({ policy });
    after.run(100);
    expect(after.init.output()).toBe('child has the lock\n');
  });

  it.skipIf(!withScenario)('A11: lets go of a PID 1 that an exec traced and had stopped', () => {
    const before = ContainerHarness.start({ argv: COUNTER, programs: ['scenario'] });
    before.run(1500);
    const tracer = before.exec(scenario('trace', '1'));
    before.run(2000);
    expect(tracer.output()).toBe('traced\n');
    const counted = before.init.output();
    before.run(3000);
    expect(before.init.output()).toBe(counted);
    const after = before.restored({ policy });
    expect(after.processes().filter((line) => !line.includes('sleep'))).toEqual(['1 sh']);
    after.run(3000);
    expect(after.init.output()).toContain('count 4');
  });

  // gVisor honours PTRACE_O_EXITKILL of a tracer that the restore kills, and PID 1 is gone. Here init does not die of what an exec did.
  it.skipIf(!withScenario)('A11: with PTRACE_O_EXITKILL', () => {
    const before = ContainerHarness.start({ argv: COUNTER, programs: ['scenario'] });
    before.run(1500);
    const tracer = before.exec(scenario('trace-exitkill', '1'));
    before.run(100);
    expect(tracer.output()).toBe('traced\n');
    expect(before.container.survivors(policy).find(({ pid }) => pid === 1)?.sentence).toBe(
      `pid 1 sh: ${isFaithful ? 'killed with its tracer' : 'lives on'}; the init of the container; holds c1:host:0, c1:host:1, c1:host:2`,
    );
    const after = before.restored({ policy });
    after.run(3000);
    if (isFaithful) {
      expect(after.container.wait(1)).toBe(128 + 9);
    } else {
      expect(after.init.output()).toContain('count 4');
    }
  });

  it.skipIf(!withScenario)('A11, the other way round: a tracer of init is told of the end of its tracee, an exec', () => {
    const before = ContainerHarness.start({ argv: ['sh', '-c', '/scenario trace-named /pid; exec sleep 100000'], programs: ['scenario'] });
    before.run(100);
    const exec = before.exec(['sh', '-c', 'echo $$ >/pid; exec sleep 1000']);
    before.run(2500);
    expect(before.init.output()).toBe('tracing\n');
    expect(before.container.survivors(policy).find(({ pid }) => pid === exec.pid)?.sentence).toContain(
      `pid ${exec.pid} sleep: a zombie until pid 2, which traces it, waits for it; started by exec`,
    );
    const after = before.restored({ policy });
    expect(after.killed.map(({ pid }) => pid)).toEqual([exec.pid]);
    after.run(100);
    expect(before.init.output() + after.init.output()).toBe('tracing\nwait 1 errno 0\nstatus 9 errno 0\nagain -1 errno 10\n');
    expect(after.processes()).toEqual(['1 sh', '2 scenario']);
  });

  it('A12: takes no notice of what became of the stdio of an exec', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    before.exec(['cat']);
    before.run(50);
    for (const file of before.container.terminals().hostFiles()) if (file.hostKey.container === '') before.container.terminals().hangUp(file.id);
    const after = before.restored({ policy, missingKeys: [':host:0', ':host:1', ':host:2'] });
    expect(after.processes()).toEqual(['1 sleep']);
  });

  it('A13: is refused when a host file of the container itself is missing, with key, pid and command', () => {
    const before = ContainerHarness.start({ argv: COUNTER });
    before.run(1500);
    expect(() => before.restored({ policy, missingKeys: ['c1:host:1'] })).toThrow('host files: no host FD available for c1:host:1, held by pid 1 sh');
    before.run(1000);
    expect(before.init.output()).toContain('count 3');
  });

  it('A14: a checkpoint that leaves the container running does nothing to an exec', () => {
    const container = ContainerHarness.start({ argv: SLEEPER });
    const shell = container.exec(['sh'], TERMINAL);
    container.run(50);
    container.image();
    shell.type('echo still $((40+2)) $$\n');
    container.run(100);
    expect(shell.output()).toContain(`still 42 ${shell.pid}`);
  });

  // gVisor's epoll_wait answers EINTR at a checkpoint. Here a checkpoint is no interrupt: a blocked call is data, and goes on.
  it.skipIf(!withScenario)('A14: a blocked epoll_wait is not interrupted by a checkpoint, unlike gVisor’s', () => {
    const container = ContainerHarness.start({ argv: scenario('epoll'), programs: ['scenario'] });
    container.run(50);
    const after = container.restored({ policy });
    after.run(100);
    container.run(100);
    expect(container.init.output()).toBe('waiting\n');
    expect(after.init.output()).toBe('');
  });

  it('A15: a stopping checkpoint ends waiting clients with status 0', () => {
    const harness = ContainerHarness.start({ argv: SLEEPER });
    const exec = harness.exec(['sleep', '1000']);
    harness.run(50);
    harness.image();
    harness.container.stopAfterCheckpoint();
    expect(harness.container.wait(exec.pid)).toBe(0);
    expect(harness.container.wait(1)).toBe(0);
    expect(harness.container.status).toBe('stopped');
  });

  it('A21: a container checkpointed while paused runs after the restore', () => {
    const before = ContainerHarness.start({ argv: COUNTER });
    before.run(2500);
    before.container.pause();
    const after = before.restored({ policy });
    expect(after.container.status).toBe('running');
    after.run(1500);
    expect(after.init.output()).toContain('count 4');
  });

  it.skipIf(!withScenario)('A22: time on disk counts for the monotonic clock; with --clock=continue it does not', () => {
    const before = ContainerHarness.start({ argv: scenario('sleep', '100'), programs: ['scenario'] });
    before.run(10_000);
    const image = before.image();
    const later = { realtimeMs: before.clock().realtimeMs + 200_000 };
    const jumped = ContainerHarness.restore(image, { ...later }, { policy });
    jumped.run(50);
    expect(jumped.init.output()).toMatch(/^slept 2\d\d s\n$/);
    const continued = ContainerHarness.restore(image, { ...later }, { policy, clock: 'continue' });
    continued.run(89_000);
    expect(continued.init.output()).toBe('');
    continued.run(2000);
    expect(continued.init.output()).toBe('slept 100 s\n');
  });

  it('A23: a spec with other arguments is refused, one with another environment accepted, and another hostname applied', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    before.exec(['sleep', '1000']);
    before.run(50);
    const { spec } = before.container;
    expect(() => before.restored({ policy, spec: { ...spec, argv: ['sleep', '5'] } })).toThrow('"Args" does not match across checkpoint restore');
    const after = before.restored({ policy, spec: { ...spec, environment: [...spec.environment, 'NEW=1'], hostname: 'elsewhere' } });
    expect(after.processes()).toEqual(['1 sleep']);
    const exec = after.exec(['sh', '-c', 'echo $NEW $(hostname)']);
    after.run(100);
    expect(exec.output()).toBe('1 elsewhere\n');
  });

  it('A24: restores one image twice into two containers that know nothing of each other', () => {
    const before = ContainerHarness.start({ argv: COUNTER });
    before.run(2500);
    const image = before.image();
    const one = ContainerHarness.restore(image, before.clock(), { policy });
    const two = ContainerHarness.restore(image, before.clock(), { policy });
    one.run(3000);
    two.run(1500);
    expect(one.processes()[0]).toBe('1 sh');
    expect(one.init.output()).toContain('count 6');
    expect(two.init.output()).toContain('count 4');
    expect(two.init.output()).not.toContain('count 6');
  });

  it('A25: knows nothing of the pid of an exec that a restore killed', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const exec = before.exec(['sleep', '1000']);
    before.run(50);
    const after = before.restored({ policy });
    expect(() => after.container.wait(exec.pid)).toThrow(new ContainerError(`waiting for PID ${exec.pid}: no such process`));
  });

  it.skipIf(!withScenario)('A26: does not harm init when an exec tree has a subreaper', () => {
    const before = ContainerHarness.start({ argv: SLEEPER, programs: ['scenario'] });
    const exec = before.exec(scenario('subreaper'));
    before.run(100);
    expect(exec.output()).toBe('subreaper\n');
    expect(before.processes()).toHaveLength(3);
    const after = before.restored({ policy });
    after.run(100);
    // gVisor's search for a subreaper can end at the leader, which takes init along. Here it ends at init, always.
    expect(after.processes()).toEqual(['1 sleep', ...(isFaithful ? [`${exec.pid + 2} scenario Z`] : [])]);
  });

  it.skipIf(!withScenario)('A27: keeps a zombie of init’s own child, with its status', () => {
    const before = ContainerHarness.start({ argv: scenario('zombie'), programs: ['scenario'] });
    before.run(100);
    expect(before.processes()).toEqual(['1 scenario', '2 scenario Z']);
    const after = before.restored({ policy });
    expect(after.processes()).toEqual(['1 scenario', '2 scenario Z']);
    after.run(6000);
    expect(after.init.output()).toBe('waited for the child status 3\n');
  });

  it('A28: a new exec works after the restore, with a pid that was not used before', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const first = before.exec(['sleep', '1000']);
    before.run(50);
    const after = before.restored({ policy });
    const second = after.exec(['echo', 'hello']);
    after.run(100);
    expect(second.pid).toBeGreaterThan(first.pid);
    expect(second.output()).toBe('hello\n');
  });

  it('frees terminals, descriptors and frames: as many are in use as without the exec', () => {
    const plain = ContainerHarness.start({ argv: SLEEPER });
    plain.run(50);
    const without = plain.restored({ policy });
    const before = ContainerHarness.start({ argv: SLEEPER });
    const shell = before.exec(['sh'], TERMINAL);
    before.run(50);
    shell.type('head -c 3000000 /dev/zero > /dev/null; sleep 1000 | cat\n');
    before.run(200);
    const after = before.restored({ policy });
    expect(after.container.kernel.core.framesInUse()).toBe(without.container.kernel.core.framesInUse());
    expect(new Set(after.container.ps().map((row) => row.tty))).toEqual(new Set(['?']));
  });
});

describe('runsc ps', () => {
  it('prints runsc’s columns', () => {
    const harness = ContainerHarness.start({ argv: COUNTER });
    const exec = harness.exec(['sleep', '1000'], TERMINAL);
    harness.run(100);
    const lines = formatProcesses(harness.container.ps(), harness.clock().realtimeMs).split('\n');
    expect(lines[0]).toBe('UID       PID       PPID      PGID      C         TTY       STIME     TIME      CMD');
    expect(lines[1]).toMatch(/^0 {9}1 {9}0 {9}1 {9}\d+ +\? +22:13 +\d+(\.\d+)?[µm]?s +sh$/);
    expect(lines.find((line) => line.startsWith(`0         ${exec.pid} `))).toMatch(/pts\/0 .*sleep$/);
  });

  it('is refused for a container that was not started', () => {
    const harness = ContainerHarness.start({ argv: SLEEPER });
    harness.container.stopAfterCheckpoint();
    expect(() => harness.container.ps()).toThrow('cannot get process data of container "c1" in state stopped');
  });
});
