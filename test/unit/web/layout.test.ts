import { describe, expect, it } from 'vitest';
import type { CheckpointInfo, ProcessRow } from '../../../src/machine/api.ts';
import { count, countOf, duration, fileSize, memorySize } from '../../../web/app/format.ts';
import { fateReason, processTree, shownCommand } from '../../../web/app/process-tree.ts';
import { layoutTimeline } from '../../../web/app/timeline.ts';

function row(pid: number, ppid: number, origin: 'init' | 'exec' = 'init'): ProcessRow {
  return {
    pid, ppid, pgid: pid, sid: pid, uid: 0, origin, state: 'S', command: 'x', commandLine: 'x', waitsIn: '', threads: 1, fds: 3, residentPages: 1, tty: null, cpuNs: 0,
    livesOn: origin === 'init',
  };
}

const kept = { note: '', digest: '', isDifference: false, chainBytes: 0, freedByDeletingBytes: 0, isStored: false, isAutosave: false };

function checkpoint(id: string, parentId: string | null): CheckpointInfo {
  return { id, name: id, takenAtMs: 0, leftRunning: true, parentId, imageBytes: 0, pauseMs: 0, totalMs: 0, pages: 0, dataPages: 0, processes: 0, execProcesses: 0, ...kept };
}

describe('processTree', () => {
  it('puts children below their parent and draws the branches', () => {
    const rows = [row(1, 0), row(2, 1), row(3, 2), row(4, 1), row(12, 0, 'exec')];
    expect(processTree(rows).map(({ row: { pid }, branch }) => `${branch}${pid}`)).toEqual(['1', '├2', '│└3', '└4', '12']);
  });

  it('takes a row whose parent is gone for a root', () => {
    expect(processTree([row(5, 99)]).map(({ row: { pid }, branch }) => `${branch}${pid}`)).toEqual(['5']);
  });
});

describe('fateReason', () => {
  it('tells an adopted child of an exec from one that init forked', () => {
    const rows = [row(1, 0), row(2, 1), row(16, 1, 'exec'), row(12, 0, 'exec'), row(13, 12, 'exec')];
    expect(rows.map((candidate) => fateReason(candidate, rows))).toEqual([
      'first of the container', 'forked by 1', 'born of an exec, adopted by 1', 'started by exec', 'forked by 12, of an exec',
    ]);
  });
});

describe('shownCommand', () => {
  it('leaves out the folder of the program only', () => {
    const shown = ['/bin/sh /sbin/demo-init', 'sh', '/usr/bin/vi', './a/b c/d', '/'].map((commandLine) => shownCommand({ commandLine }));
    expect(shown).toEqual(['sh /sbin/demo-init', 'sh', 'vi', 'b c/d', '/']);
  });
});

describe('layoutTimeline', () => {
  const places = (...args: Parameters<typeof layoutTimeline>): string[] =>
    layoutTimeline(...args).nodes.map((node) => `${node.kind === 'checkpoint' ? node.checkpoint.id : node.kind} ${node.column},${node.row}`);

  it('shows now alone before the first checkpoint', () => {
    expect(places([], null, null, true)).toEqual(['now 0,0']);
  });

  it('keeps one line in one row', () => {
    expect(places([checkpoint('a', null), checkpoint('b', 'a')], null, 'b', true)).toEqual(['a 0,0', 'b 1,0', 'now 2,0']);
  });

  it('opens a row for a second branch and for now beside what was let go', () => {
    const checkpoints = [checkpoint('a', null), checkpoint('b', 'a')];
    expect(places(checkpoints, { parentId: 'b', atMs: 0, lastedMs: 0 }, 'a', true)).toEqual(['a 0,0', 'b 1,0', 'let-go 2,0', 'now 1,1']);
  });

  it('has no now while nothing runs', () => {
    expect(places([checkpoint('a', null)], null, 'a', false)).toEqual(['a 0,0']);
  });
});

describe('format', () => {
  it('writes counts with units', () => {
    expect([count(1413), countOf(1, 'FD'), countOf(3, 'FD'), countOf(2, 'process')]).toEqual(['1,413', '1 FD', '3 FDs', '2 processes']);
  });

  it('writes sizes of files in powers of ten and of memory in powers of two', () => {
    expect([fileSize(96_000), fileSize(1_900_000), memorySize(5.5 * 2 ** 20), memorySize(836 * 1024)]).toEqual(['96 kB', '1.9 MB', '5.5 MiB', '836 KiB']);
  });

  it('writes durations by their size', () => {
    expect([duration(0.31), duration(6.2), duration(42), duration(3100), duration(724_000), duration(7_200_000)]).toEqual([
      '0.31 ms', '6.2 ms', '42 ms', '3.1 s', '12 min 04 s', '2 h 00 min',
    ]);
  });
});
