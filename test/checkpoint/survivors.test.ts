/** What is said before a checkpoint about who will live on after it, and that it comes true. */
import { describe, expect, it } from 'vitest';
import { EXEC_POLICIES } from '../../src/sentry/checkpoint/exec-policy.ts';
import type { ExecPolicy } from '../../src/sentry/checkpoint/exec-policy.ts';
import { ContainerHarness, hasProgram } from '../support/container-harness.ts';

const TERMINAL = { columns: 80, rows: 24 };

/** 1 init, 2 its child · 3 a shell on a terminal, 4 its child · 5 gone, 6 gone, 7 its daemon · 8 marked restorable, 9 its child */
function population(init: readonly string[] = ['sh', '-c', 'sleep 100000 & exec sleep 100000']): ContainerHarness {
  const harness = ContainerHarness.start({ argv: init, programs: hasProgram('scenario') ? ['scenario'] : [] });
  harness.run(50);
  const shell = harness.exec(['sh'], TERMINAL);
  harness.run(50);
  shell.type('sleep 1000\n');
  harness.run(100);
  harness.exec(['sh', '-c', 'sh -c "sleep 1000 &"; true']);
  harness.run(200);
  harness.exec(['sh', '-c', 'exec >/dev/null 2>&1 </dev/null; sleep 1000; true'], null, true);
  harness.run(100);
  return harness;
}

function sentences(harness: ContainerHarness, policy: ExecPolicy, keptPids: readonly number[] = []): string[] {
  return harness.container.survivors(policy, keptPids).map((row) => row.sentence);
}

describe('survivors', () => {
  it('says for each process what becomes of it, and where it comes from', () => {
    const harness = population();
    expect(sentences(harness, 'kill')).toEqual([
      'pid 1 sleep: lives on; the init of the container; holds c1:host:0, c1:host:1, c1:host:2',
      'pid 2 sleep: lives on; started by pid 1 sh; holds c1:host:1, c1:host:2',
      'pid 3 sh: killed; started by exec; holds :host:0 (pts/0)',
      'pid 4 sleep: killed; started by exec pid 3 sh; holds :host:0 (pts/0)',
      'pid 7 sleep: killed; started by exec pid 5 sh by way of pid 6 sh, adopted by pid 1; holds :host:1, :host:2',
      'pid 8 sh: killed; started by exec',
      'pid 9 sleep: killed; started by exec pid 8 sh',
    ]);
    expect(sentences(harness, 'gvisor')[4]).toBe('pid 7 sleep: a zombie until pid 1 waits for it; started by exec pid 5 sh by way of pid 6 sh, adopted by pid 1; holds :host:1, :host:2');
    expect(sentences(harness, 'gvisor')[3]).toBe('pid 4 sleep: a zombie until pid 1 waits for it; started by exec pid 3 sh; holds :host:0 (pts/0)');
    expect(sentences(harness, 'naive')[3]).toBe('pid 4 sleep: makes the restore fail, no host FD available for :host:0; started by exec pid 3 sh');
  });

  it('says who is spared under keep and reattach, and for what', () => {
    const harness = population();
    expect(sentences(harness, 'keep', [3]).slice(2)).toEqual([
      'pid 3 sh: lives on, cut off from :host:0; started by exec, named to be kept',
      'pid 4 sleep: lives on, cut off from :host:0; started by exec pid 3 sh, as pid 3 is to be kept',
      'pid 7 sleep: killed; started by exec pid 5 sh by way of pid 6 sh, adopted by pid 1; holds :host:1, :host:2',
      'pid 8 sh: lives on; started by exec, which is marked restorable',
      'pid 9 sleep: lives on; started by exec pid 8 sh, which is marked restorable',
    ]);
    expect(sentences(harness, 'reattach', [3])[2]).toBe('pid 3 sh: lives on, with a new end for :host:0; started by exec, named to be kept');
  });

  it('gives the same as data', () => {
    expect(population().container.survivors('kill')[4]).toMatchObject({
      pid: 7, ppid: 1, origin: 'exec', path: [{ pid: 5, command: 'sh' }, { pid: 6, command: 'sh' }], isRestorable: false, tty: null,
      hostFiles: [{ key: ':host:1', kind: 'stream', name: null }, { key: ':host:2', kind: 'stream', name: null }],
      fates: { kill: 'ends', gvisor: 'zombie', naive: 'prevents', keep: 'ends', reattach: 'ends' },
    });
    expect(population().container.survivors('kill')[2]).toMatchObject({ pid: 3, tty: 'pts/0', hostFiles: [{ key: ':host:0', kind: 'terminal', name: 'pts/0' }] });
  });

  const inits = [['sh', '-c', 'sleep 100000 & exec sleep 100000'], ...(hasProgram('scenario') ? [['/scenario', 'ignore-children'], ['/scenario', 'nocldwait']] : [])];
  for (const init of inits) {
    for (const policy of EXEC_POLICIES) {
      it(`tells what then happens: ${policy}, init ${init.join(' ')}`, () => {
        const before = population(init);
        const told = before.container.survivors(policy);
        const hasConflict = told.some((row) => row.fates[policy] === 'prevents');
        expect(hasConflict).toBe(policy === 'naive');
        if (hasConflict) expect(() => before.restored({ policy })).toThrow('no host FD available for :host:0');
        const after = before.restored({ policy, forcesHostFiles: policy === 'naive' });
        const expected = told.filter((row) => row.fates[policy] !== 'ends').map((row) => `${row.pid} ${row.command}${row.fates[policy] === 'zombie' ? ' Z' : ''}`);
        expect(after.processes()).toEqual(expected);
        const dead = new Set(after.container.terminals().hostFiles().filter((file) => file.end === null).map((file) => file.hostKey.path));
        expect(dead.size > 0).toBe(told.some((row) => row.fates[policy] === 'cutOff' || row.fates[policy] === 'prevents'));
      });
    }
  }
});
