/**
 * What others in the container see of an exec process that a restore has killed: gVisor's table, a test a row. Both policies that
 * kill show the same.
 * Released tracees are A11 of `scenarios.test.ts`.
 */
import { describe, expect, it } from 'vitest';
import { readContainerFile } from '../../src/container/files.ts';
import type { ExecPolicy } from '../../src/sentry/checkpoint/exec-policy.ts';
import { ContainerHarness, hasProgram } from '../support/container-harness.ts';

const POLICIES: readonly ExecPolicy[] = ['kill', 'gvisor'];

/** A container whose init's child is at one end of something, and an exec at the other. */
function ends(kind: string): ContainerHarness {
  const harness = ContainerHarness.start({ argv: ['sh', '-c', `mkfifo /fifo; /peers see ${kind}; exec sleep 100000`], programs: ['peers'] });
  harness.run(20);
  const holder = harness.exec(['/peers', 'hold', kind]);
  harness.run(200);
  expect(holder.output(), 'the exec').toMatch(/^holding\n(through the descriptor\n)?$/);
  return harness;
}

/** What is seen: before the restore, and after it. */
function seen(kind: string, policy: ExecPolicy): readonly [string, string] {
  const before = ends(kind);
  const told = before.init.output();
  const after = before.restored({ policy });
  expect(after.killed.map(({ command }) => command)).toEqual(['peers']);
  after.run(300);
  before.run(300);
  expect(before.init.output(), 'the original is not touched').toBe(told);
  return [told, after.init.output()];
}

describe.skipIf(!hasProgram('peers'))('of an exec process that a restore has killed', () => {
  const rows: readonly (readonly [string, string, string, string])[] = [
    ['a pipe’s reader sees what was written, then its end', 'writer', "read 'rest'\n", 'read: the end\nagain: 0\n'],
    ['a pipe’s writer that waits for room sees EPIPE', 'reader', '', 'write: EPIPE\n'],
    ['a connected Unix socket sees the end, then EPIPE', 'unix', "ready\nread 'rest'\n", 'read: the end\nwrite: EPIPE\n'],
    ['an epoll set that waits sees the hang-up', 'epoll', 'ready\n', 'events in rdhup hup\n'],
    ['a sender of datagrams sees ECONNREFUSED', 'datagram', 'ready\n', 'restore\nwrite: ECONNREFUSED\n'],
    ['a TCP connection sees its end, then EPIPE', 'tcp', "ready\nread 'rest'\n", 'read: the end\nwrite: taken\nwrite: EPIPE\n'],
    ['a port that was listened on refuses, and is free', 'listener', '', 'restore\nconnect: ECONNREFUSED\nbind: done\n'],
    ['one that waits for its lock on a file gets it', 'flock', '', 'flock(fd, LOCK_EX) = 0\n'],
    ['one that waits for its record lock gets it', 'record-lock', '', 'fcntl(fd, F_SETLKW, &some) = 0\n'],
    ['a watcher sees its files closed', 'inotify', 'ready\n', 'closed after reading\nclosed after writing\n'],
    ['one that waits for its robust mutex is told that the owner died; its thread id is not cleared', 'mutex', '', 'lock: EOWNERDEAD\nthe word that its end would have cleared: 12345\n'],
    ['a session on a terminal whose other end it held is hung up', 'master', '', 'CONT\nHUP\nread: 0\nwrite: EIO\n'],
    ['the other end of a terminal that it had open sees what was written, then EIO', 'slave', "read 'rest'\n", 'read: EIO\n'],
    ['a descriptor that it had passed on is dead', 'passed', 'ready\n', 'restore\nwrite(fd, "x", 1) = -1 EBADF\nfstat(fd, &stat) = 0\n'],
  ];
  for (const [what, kind, before, after] of rows) {
    it(what, () => {
      for (const policy of POLICIES) expect(seen(kind, policy)).toEqual([before, after]);
    });
  }

  it('the process itself sees nothing: no instruction, no handler, nothing at its exit', () => {
    const before = ends('itself');
    before.exec(['sh', '-c', 'trap "echo trapped > /trapped" EXIT; i=0; while :; do i=$((i+1)); echo $i > /count; done']);
    before.run(100);
    const file = (harness: ContainerHarness, path: string) => readContainerFile(harness.container.kernel, path, 100);
    for (const policy of POLICIES) {
      const after = before.restored({ policy });
      after.run(300);
      expect(['/handled', '/exited', '/trapped'].map((path) => file(after, path))).toEqual([null, null, null]);
      expect(file(after, '/count')).toBe(file(before, '/count'));
    }
  });

  it('init gets a SIGCHLD and the status of signal 9 for each that it had adopted, and nothing for leaders; under `kill` they are reaped for it', () => {
    const start = ContainerHarness.start({ argv: ['/peers', 'see', 'children'], programs: ['peers'] });
    start.exec(['sh', '-c', 'sleep 1000 & sleep 1000 & exit']);
    start.exec(['sleep', '1000']);
    start.run(200);
    expect(start.init.output()).toBe('ready\n');
    const faithful = start.restored({ policy: 'gvisor' });
    faithful.run(200);
    expect(faithful.init.output()).toBe('CHLD\nchild ended by 9\nchild ended by 9\n');
    const ours = start.restored({ policy: 'kill' });
    ours.run(200);
    expect(ours.init.output()).toBe('CHLD\n');
    for (const after of [faithful, ours]) expect(after.processes()).toEqual(['1 peers']);
  });
});
