import { describe, expect, it } from 'vitest';
import type { ImageDiff, ImageSummary, MappingReport } from '../../../src/inspect/report.ts';
import { diffRows, diffSummary } from '../../../web/app/diff-rows.ts';
import { differingBytes, hexRows } from '../../../web/app/hex-rows.ts';

const summary: ImageSummary = {
  digest: 'sha256:00', imageBytes: 1, chainBytes: 1, chainImages: 1, sections: [], createdMs: 0, generation: 1, baseImage: null, parent: null, containerId: 'c1', hostname: 'x', pages: {},
};

function mapping(start: number, name: string, residentPages: number): MappingReport {
  return { start, end: start + 8192, permissions: 'rw-p', offset: 0, name, residentPages };
}

const diff: ImageDiff = {
  before: summary, after: summary,
  processes: [
    {
      pid: 5, command: 'sh', origin: 'exec', change: 'added', fields: [{ name: 'parent', before: null, after: '0' }],
      fds: [{ fd: 0, change: 'added', before: null, after: { fd: 0, target: '/dev/pts/0', kind: 'terminal', flags: ['O_RDWR'], position: 0, hostKey: ':host:0', detail: '' } }],
      mappings: [{ change: 'added', before: null, after: mapping(0x10000, 'sh', 3) }, { change: 'added', before: null, after: mapping(0x20000, '[heap]', 1) }],
    },
    { pid: 1, command: 'init', origin: 'init', change: 'changed', fields: [], fds: [], mappings: [{ change: 'changed', before: mapping(0x20000, '[heap]', 1), after: mapping(0x20000, '[heap]', 2) }] },
  ],
  files: [{ path: '/tmp/note', change: 'changed', sizeBefore: 10, sizeAfter: 12, changedBytes: 3 }, { path: '/gone', change: 'removed', sizeBefore: 1000, sizeAfter: null, changedBytes: null }],
  pages: [], notes: [], totals: { pages: 34, pageBytes: 80, processes: 2, files: 1 },
  state: [{ name: 'Kernel.generation', before: '1', after: '2' }],
};

describe('diffRows', () => {
  it('gives one row an object, grouped, without groups that are empty', () => {
    expect(diffRows(diff).map(({ title, rows }) => [title, rows.length])).toEqual([['Processes', 1], ['Descriptors', 1], ['Files', 2], ['Mappings', 2], ['Kernel state', 1]]);
    expect(diffRows({ ...diff, files: [], state: [] }).map(({ title }) => title)).toEqual(['Processes', 'Descriptors', 'Mappings']);
  });

  it('puts what came on one side only, and all mappings of a new process in one row', () => {
    const rows = diffRows(diff).flatMap((group) => group.rows);
    expect(rows).toContainEqual({ change: 'added', origin: 'exec', object: '5 sh', before: '', after: 'born of an exec' });
    expect(rows).toContainEqual({ change: 'added', origin: 'exec', object: '5: 0 terminal', before: '', after: '/dev/pts/0, O_RDWR' });
    expect(rows).toContainEqual({ change: 'added', origin: 'exec', object: '5: 2 mappings', before: '', after: '4 pages with a frame' });
    expect(rows).toContainEqual({ change: 'changed', origin: null, object: '/tmp/note', before: '10 B', after: '12 B, 3 bytes differ' });
    expect(rows).toContainEqual({ change: 'removed', origin: null, object: '/gone', before: '1.0 kB', after: '' });
  });

  it('names what changed of a process in words', () => {
    const fields = [{ name: 'residentPages', before: '159', after: '161' }, { name: 'thread 6 waitsIn', before: 'ppoll', after: '' }];
    const [group] = diffRows({ ...diff, processes: [{ pid: 6, command: 'top', origin: 'exec', change: 'changed', fields, fds: [], mappings: [] }] });
    expect(group?.rows).toEqual([{ change: 'changed', origin: 'exec', object: '6 top', before: 'resident pages 159, thread 6 waits in ppoll', after: 'resident pages 161' }]);
  });

  it('sums up in one sentence', () => {
    expect(diffSummary(diff)).toBe('2 processes, 1 file and 34 pages differ');
  });
});

describe('hexRows', () => {
  const before = new Uint8Array(64);
  const after = before.slice();
  after[17] = 0xcc;

  it('shows the rows that differ with their neighbours, and how many were left out', () => {
    expect(hexRows(0x1000, before, after, 1).map(({ address, isSame, skipped }) => [address, isSame, skipped])).toEqual([[0x1008, true, 1], [0x1010, false, 0], [0x1018, true, 0]]);
    expect(hexRows(0x1000, before, after, Infinity)).toHaveLength(8);
    expect(differingBytes(before, after)).toBe(1);
  });

  it('shows of a page that only one side has what is not zero', () => {
    expect(hexRows(0, null, after, 0).map(({ address, before: a }) => [address, a])).toEqual([[16, null]]);
    expect(differingBytes(null, after)).toBe(1);
    expect(hexRows(0, null, before, 0)).toEqual([]);
  });
});
