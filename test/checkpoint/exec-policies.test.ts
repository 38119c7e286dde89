/** What each exec policy makes of the same container, and what those that keep an exec give back to it. */
import { describe, expect, it } from 'vitest';
import type { ExecPolicy } from '../../src/sentry/checkpoint/exec-policy.ts';
import { ContainerHarness } from '../support/container-harness.ts';

const TERMINAL = { columns: 80, rows: 24 };
const SLEEPER = ['sleep', '100000'];

/** Prints the signals that a terminal sends when it is given another end. */
const SIGNAL_TELLER = ['sh', '-c', 'trap "echo winch" WINCH; trap "echo cont" CONT; while :; do sleep 1; done'];

/**
 * pid 1 init · 2 a shell on a terminal, 3 its foreground child · 4 an exec that has ended, 5 its daemon under init ·
 * 6 an exec marked restorable, 7 its child.
 */
function population(): ContainerHarness {
  const harness = ContainerHarness.start({ argv: SLEEPER });
  const shell = harness.exec(['sh'], TERMINAL);
  harness.run(50);
  shell.type('sleep 2\n');
  harness.run(100);
  harness.exec(['sh', '-c', 'sleep 3 &']);
  harness.run(100);
  harness.exec(['sh', '-c', 'sleep 1000; true'], null, true);
  harness.run(100);
  expect(harness.processes()).toEqual(['1 sleep', '2 sh', '3 sleep', '5 sleep', '6 sh', '7 sleep']);
  return harness;
}

describe('exec policies on one container', () => {
  const kept = ['1 sleep', '6 sh', '7 sleep'];
  const expected: readonly (readonly [ExecPolicy, readonly string[], readonly string[]])[] = [
    ['kill', ['1 sleep'], ['1 sleep']],
    ['gvisor', ['1 sleep', '3 sleep Z', '5 sleep Z', '7 sleep Z'], ['1 sleep', '3 sleep Z', '5 sleep Z', '7 sleep Z']],
    ['naive', ['1 sleep', '2 sh', '3 sleep', '5 sleep', '6 sh', '7 sleep'], ['1 sleep', '5 sleep Z', '6 sh', '7 sleep']],
    ['keep', kept, kept],
    ['reattach', kept, kept],
  ];
  for (const [policy, atOnce, afterAWhile] of expected) {
    it(`${policy} leaves ${atOnce.join(', ')}`, () => {
      const after = population().restored({ policy, forcesHostFiles: policy === 'naive' });
      expect(after.processes()).toEqual(atOnce);
      after.run(10_000);
      expect(after.processes()).toEqual(afterAWhile);
      const again = after.restored({ policy, forcesHostFiles: policy === 'naive' });
      expect(again.processes().filter((line) => !line.endsWith('Z'))).toEqual(afterAWhile.filter((line) => !line.endsWith('Z')));
    });
  }
});

describe('naive: the failures that the other policies exist for', () => {
  it('1. FD conflict: the restore fails at the host file of an exec, in gVisor’s words, with pid and command', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const exec = before.exec(['sleep', '1000']);
    before.run(50);
    expect(() => before.restored({ policy: 'naive' })).toThrow(`no host FD available for :host:0, held by pid ${exec.pid} sleep`);
  });

  it('takes an exec that holds no host file along', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const exec = before.exec(['sh', '-c', 'exec sleep 1000 <&- >&- 2>&-']);
    before.run(50);
    const after = before.restored({ policy: 'naive' });
    expect(after.processes()).toEqual(['1 sleep', `${exec.pid} sleep`]);
  });

  it('2. zombies left: what an exec has left behind ends after the restore, and nobody waits for it', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    for (const seconds of [2, 3]) before.exec(['sh', '-c', `sleep ${seconds} &`]);
    before.run(500);
    const after = before.restored({ policy: 'naive', forcesHostFiles: true });
    after.run(5000);
    const zombies = after.processes().filter((line) => line.endsWith(' Z'));
    expect(zombies).toHaveLength(2);
    expect(after.restored({ policy: 'naive', forcesHostFiles: true }).processes().filter((line) => line.endsWith(' Z'))).toEqual(zombies);
    expect(before.restored({ policy: 'kill' }).processes()).toEqual(['1 sleep']);
  });

  it('3. session lost: forced through, a shell comes back deaf and mute, its terminal is nobody’s, and it stays for ever', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const shell = before.exec(['sh'], TERMINAL);
    before.run(50);
    const after = before.restored({ policy: 'naive', forcesHostFiles: true });
    const terminals = after.container.terminals();
    for (const file of terminals.hostFiles()) terminals.pushInput(file.id, new TextEncoder().encode('echo heard > /heard\nexit\n'));
    after.run(1000);
    expect(after.processes()).toEqual(['1 sleep', `${shell.pid} sh`]);
    expect(after.kept.map(({ pid }) => pid)).toEqual([shell.pid]);
    expect(terminals.hostFiles().find((file) => file.kind === 'terminal')).toMatchObject({ end: null });
    const reader = after.exec(['sh', '-c', 'cat /heard 2>/dev/null; ls /dev/pts']);
    after.run(200);
    expect(reader.output()).toBe('0\nptmx\n');
  });
});

describe('keep', () => {
  it('spares a process that is named, its children and nobody else', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const shell = before.exec(['sh'], TERMINAL);
    before.run(50);
    shell.type('sh -c "sleep 1000; true" &\nsleep 500\n');
    before.run(300);
    const job = before.container.ps().find((row) => row.ppid === shell.pid && row.command === 'sh')!;
    const after = before.restored({ policy: 'keep', keptPids: [job.pid] });
    const left = ['1 sleep', `${job.pid} sh`, `${job.pid + 2} sleep`];
    expect(after.processes().map((line) => line.replace(/^\d+ sleep$/, 'sleep'))).toEqual(['sleep', `${job.pid} sh`, 'sleep']);
    after.run(1000);
    expect(after.processes()).toHaveLength(left.length);
    expect(after.container.ps().find((row) => row.pid === job.pid)).toMatchObject({ ppid: 1 });
  });

  it('lets neither the hang-up nor the orphaning that its killed shell leaves behind end whom it spares', () => {
    for (const keys of ['sleep 1000\n', 'sleep 1000\n\x1a']) {
      const before = ContainerHarness.start({ argv: SLEEPER });
      const shell = before.exec(['sh'], TERMINAL);
      before.run(50);
      for (const key of keys) {
        shell.type(key);
        before.run(50);
      }
      const job = before.container.ps().find((row) => row.ppid === shell.pid)!;
      const after = before.restored({ policy: 'keep', keptPids: [job.pid] });
      after.run(500);
      expect(after.processes()).toEqual(['1 sleep', `${job.pid} sleep`]);
      const again = after.restored({ policy: 'reattach', keptPids: [job.pid] });
      again.run(500);
      expect(again.processes()).toEqual(['1 sleep', `${job.pid} sleep`]);
      expect(again.restored().processes()).toEqual(['1 sleep']);
    }
  });

  it('does not spare a process from a hang-up that was on its way before', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const exec = before.exec(['sleep', '1000'], null, true);
    before.run(50);
    before.container.kill(1, exec.pid);
    const after = before.restored({ policy: 'keep' });
    after.run(100);
    expect(after.processes()).toEqual(['1 sleep']);
  });

  it('spares all that descends from a leader that has ended', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const exec = before.exec(['sh', '-c', '(setsid sh -c "sleep 1000; true" &) &']);
    before.run(200);
    const daemons = before.processes();
    expect(daemons).toHaveLength(4); // a zombie among them: the one between has ended under an init that does not wait
    expect(before.restored({ policy: 'keep', keptPids: [exec.pid] }).processes()).toEqual(daemons);
  });

  it('refuses a pid that no exec started, and leaves everything as it is', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const exec = before.exec(['sleep', '1000']);
    before.run(50);
    for (const pid of [1, 99]) {
      expect(() => before.restored({ policy: 'keep', keptPids: [pid] })).toThrow(`exec policy: pid ${pid}, which is to be kept, is no process that an exec started`);
    }
    expect(before.processes()).toEqual(['1 sleep', `${exec.pid} sleep`]);
  });

  it('leaves the stdio of those it spares dead', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    before.exec(['sh', '-c', 'while :; do echo x || echo $? > /seen; sleep 1; done'], null, true);
    before.run(100);
    const after = before.restored({ policy: 'keep' });
    after.run(3000);
    const reader = after.exec(['cat', '/seen']);
    after.run(100);
    expect(reader.output()).toBe('1\n');
  });

  it('tells of the end of an exec that lived on', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const exec = before.exec(['sh', '-c', 'sleep 5; exit 7'], null, true);
    before.run(100);
    const after = before.restored({ policy: 'keep' });
    expect(after.kept.map(({ pid }) => pid)).toEqual([exec.pid]);
    after.run(8000);
    expect(after.container.wait(exec.pid)).toBe(7);
  });
});

describe('reattach', () => {
  it('gives a shell its terminal again: the same pid, variables and jobs', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const shell = before.exec(['sh'], TERMINAL, true);
    before.run(50);
    shell.type('x=41\nsleep 1000 &\n');
    before.run(200);
    const after = before.restored({ policy: 'reattach' });
    const [kept] = after.kept;
    kept!.type('echo $((x+1)) $$; jobs\n');
    after.run(200);
    expect(kept!.output()).toContain(`42 ${shell.pid}`);
    expect(kept!.output()).toContain('[1]+  Running');
  });

  it('keeps the foreground group, which ^C still ends', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const shell = before.exec(['sh'], TERMINAL, true);
    before.run(50);
    shell.type('sleep 1000\n');
    before.run(200);
    const after = before.restored({ policy: 'reattach' });
    const [kept] = after.kept;
    expect(after.processes()).toHaveLength(3);
    kept!.type('\x03');
    after.run(100);
    expect(after.processes()).toEqual(['1 sleep', `${shell.pid} sh`]);
    kept!.type('echo back $?\n');
    after.run(100);
    expect(kept!.output()).toContain('back 130');
  });

  it('sends SIGWINCH and SIGCONT to whoever is in front', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    before.exec(SIGNAL_TELLER, TERMINAL, true);
    before.run(1500);
    const after = before.restored({ policy: 'reattach', sleepMs: 0 });
    after.run(2500);
    expect(after.kept[0]!.output().replaceAll('\r', '').split('\n').filter((line) => line !== '').sort()).toEqual(['cont', 'winch']);
  });

  it('binds streams as well, and what was written before is not lost', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const exec = before.exec(['sh', '-c', 'while read line; do echo got $line; done'], null, true);
    before.run(50);
    exec.type('one\n');
    before.container.step({ budget: 2_000_000, maxTraps: Infinity });
    const after = before.restored({ policy: 'reattach' });
    after.kept[0]!.type('two\n');
    after.run(100);
    expect(after.kept[0]!.output()).toBe('got one\ngot two\n');
  });

  it('gives back what an earlier restore had left dead', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const shell = before.exec(['sh'], TERMINAL, true);
    before.run(50);
    const after = before.restored({ policy: 'reattach', missingKeys: [':host:0'] }).restored({ policy: 'reattach' });
    after.kept[0]!.type('echo $((40+2))\n');
    after.run(100);
    expect(after.kept[0]!.pid).toBe(shell.pid);
    expect(after.kept[0]!.output()).toContain('42');
  });

  it('leaves a terminal alone that had hung up before the checkpoint, and survivors says so', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const exec = before.exec(['sh', '-c', 'trap "" HUP; while :; do sleep 1; done'], TERMINAL, true);
    before.run(50);
    const terminals = before.container.terminals();
    terminals.hangUp(terminals.hostFiles().find((file) => file.kind === 'terminal')!.id);
    before.run(50);
    const told = before.container.survivors('reattach').find((row) => row.pid === exec.pid)!;
    expect(told).toMatchObject({ fates: { reattach: 'cutOff' }, tty: null, sentence: `pid ${exec.pid} sh: lives on, cut off from :host:0; started by exec, which is marked restorable` });
    const after = before.restored({ policy: 'reattach' });
    after.run(100);
    expect(after.processes()).toContain(`${exec.pid} sh`);
    expect(after.container.terminals().hostFiles().find((file) => file.kind === 'terminal')).toMatchObject({ end: null });
  });

  it('leaves dead what nothing stands for', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    const shell = before.exec(['sh'], TERMINAL, true);
    before.run(50);
    const after = before.restored({ policy: 'reattach', missingKeys: [':host:0'] });
    after.run(100);
    expect(after.processes()).toEqual(['1 sleep', `${shell.pid} sh`]);
    expect(after.container.terminals().hostFiles().find((file) => file.hostKey.container === '')).toMatchObject({ end: null });
  });
});

describe('a restore with options that make no sense', () => {
  it('is refused in one sentence', () => {
    const before = ContainerHarness.start({ argv: SLEEPER });
    before.run(50);
    const unknown: string = 'adopt';
    expect(() => before.restored({ policy: unknown as ExecPolicy })).toThrow('cannot restore: there is no exec policy "adopt", only kill, gvisor, naive, keep, reattach');
    expect(() => before.restored({ keptPids: [2] })).toThrow('cannot restore: the exec policy kill keeps no process, pid 2 was named');
    expect(() => before.restored({ policy: 'keep', forcesHostFiles: true })).toThrow('cannot restore: host files are forced through under the exec policy naive only, not keep');
  });
});
