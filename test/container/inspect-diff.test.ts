/** How two checkpoints differ, held against what was done between them and against a comparison of two restored machines byte for byte. */
import { describe, expect, it } from 'vitest';
import { diffOf, pagePair } from '../../src/inspect/index.ts';
import type { ImageDiff } from '../../src/inspect/index.ts';
import type { BaseTree } from '../../src/ports/base-tree.ts';
import { readImage, writeImage } from '../../src/sentry/checkpoint/image.ts';
import { ContainerHarness } from '../support/container-harness.ts';
import { busyboxTree, Chain, inspected, inspectionCore } from '../support/inspection.ts';

const TERMINAL = { rows: 24, columns: 80 };
const PAGE_BYTES = 4096;

function shell(memoryLimitBytes = 64 << 20): ContainerHarness {
  const harness = ContainerHarness.start({ argv: ['/bin/sh'], terminal: TERMINAL, memoryLimitBytes });
  harness.run(300);
  return harness;
}

function type(harness: ContainerHarness, text: string): void {
  harness.init.type(`${text}\n`);
  harness.run(200);
}

/** What each process has in memory, by pid and page; pages of zeros and those of the base image that were never written left out. */
function memoryOf(harness: ContainerHarness): Map<string, Uint8Array> {
  const { kernel } = harness.container;
  const { core } = kernel;
  const pages = new Map<string, Uint8Array>();
  for (const group of kernel.threadGroups.values()) {
    if (group.isExited()) continue;
    const { mm } = group.leader;
    for (let page = core.nextMapped(mm.space, 0, 1 << 26); page < 1 << 26; page = core.nextMapped(mm.space, page + 1, 1 << 26)) {
      const frame = core.pte(mm.space, page) >>> 12;
      const vma = mm.findVma(page * PAGE_BYTES)!;
      const isClean = vma.mappable !== null && vma.mappable.cachedFrame(vma.pageOf(page * PAGE_BYTES)) === frame;
      const bytes = core.frameBytes(frame);
      if (!isClean && bytes.some((byte) => byte !== 0)) pages.set(`${group.pid} ${page * PAGE_BYTES}`, bytes.slice());
    }
  }
  return pages;
}

/** Bytes that differ, by pid and address. */
function memoryDiff(before: ContainerHarness, after: ContainerHarness): Map<string, number> {
  const [one, other] = [memoryOf(before), memoryOf(after)];
  const differing = new Map<string, number>();
  for (const key of new Set([...one.keys(), ...other.keys()])) {
    const [was, is] = [one.get(key), other.get(key)];
    const count = was === undefined || is === undefined ? -1 : was.reduce((sum, byte, i) => sum + (byte === is[i] ? 0 : 1), 0);
    if (count !== 0) differing.set(key, count);
  }
  return differing;
}

function stateOf(diff: ImageDiff): Record<string, string> {
  return Object.fromEntries(diff.state.map(({ name, before, after }) => [name, `${before} → ${after}`]));
}

describe('diffOf two checkpoints of one chain', () => {
  const harness = shell();
  type(harness, 'stty -echo; cd /tmp; sleep 100 & echo first > a; seq 3000 > numbers');
  const chain = new Chain(harness);
  const first = chain.checkpoint();
  const before = ContainerHarness.restore(harness.image(), harness.clock(), { policy: 'keep' });
  type(harness, 'exec 6>/tmp/log; echo log >&6; cd /var; umask 077; sleep 200 & kill %1');
  type(harness, 'echo second >> /tmp/a; rm /bin/vi; echo x | dd of=/tmp/numbers bs=1 seek=5000 conv=notrunc 2>/dev/null; chmod 700 /etc; : > /etc/group');
  type(harness, 'x=$(seq 2000); stty -icanon min 3; hostname other');
  const second = chain.checkpoint();
  const after = ContainerHarness.restore(harness.image(), harness.clock(), { policy: 'keep' });
  const one = chain.open(first);
  const other = chain.open(second);
  const diff = diffOf(one, other);

  it('tells processes that came, went and changed', () => {
    expect(diff.processes.map(({ pid, change, command }) => `${change} ${pid} ${command}`)).toEqual(
      expect.arrayContaining(['changed 1 sh', expect.stringMatching(/^removed \d+ sleep$/), expect.stringMatching(/^added \d+ sleep$/)]),
    );
    const init = diff.processes.find(({ pid }) => pid === 1)!;
    expect(Object.fromEntries(init.fields.map(({ name, before: was, after: is }) => [name, `${was} → ${is}`]))).toMatchObject({ cwd: '/tmp → /var', umask: '0022 → 0077' });
    expect(init.fds).toEqual([{ fd: 6, change: 'added', before: null, after: expect.objectContaining({ target: '/tmp/log', position: 4, flags: ['O_WRONLY'] }) }]);
    expect(diff.totals.processes).toBe(diff.processes.length);
  });

  it('tells files, with the bytes that differ', () => {
    const size = busyboxTree.stat('/etc/group')!.sizeBytes;
    expect(Object.fromEntries(diff.files.map(({ path, ...rest }) => [path, rest]))).toEqual({
      '/bin/vi': { change: 'removed', sizeBefore: busyboxTree.stat('/bin/vi')!.sizeBytes, sizeAfter: null, changedBytes: 0 },
      '/etc': { change: 'changed', sizeBefore: null, sizeAfter: null, changedBytes: 0 },
      '/etc/group': { change: 'changed', sizeBefore: size, sizeAfter: 0, changedBytes: size },
      '/tmp/a': { change: 'changed', sizeBefore: 6, sizeAfter: 13, changedBytes: 7 },
      '/tmp/log': { change: 'added', sizeBefore: null, sizeAfter: 4, changedBytes: 4 },
      '/tmp/numbers': { change: 'changed', sizeBefore: 13_893, sizeAfter: 13_893, changedBytes: 2 },
    });
  });

  it('tells every page that differs, as two restored machines do', () => {
    const expected = memoryDiff(before, after);
    expect(expected.size).toBeGreaterThan(10);
    const told = new Map(diff.pages.map(({ pid, address, change, changedBytes }) => [`${pid} ${address}`, change === 'changed' ? changedBytes : -1]));
    for (const [key, count] of expected) if (count > 0) expect([key, told.get(key)]).toEqual([key, count]);
    expect([...told.keys()].sort()).toEqual([...expected.keys()].sort());
    expect(diff.totals.pages).toBe(diff.pages.length);
    expect(diff.pages.filter(({ mapping }) => mapping === '[heap]').length).toBeGreaterThan(0);
  });

  it('reads both sides of a page', () => {
    const page = diff.pages.find(({ pid, change, mapping }) => pid === 1 && change === 'changed' && mapping === '[heap]')!;
    const pair = pagePair(one, other, page.pid, page.address);
    expect(pair.before!.reduce((sum, byte, i) => sum + (byte === pair.after![i] ? 0 : 1), 0)).toBe(page.changedBytes);
    expect(pair.after).toEqual(memoryOf(after).get(`1 ${page.address}`));
  });

  it('names kernel state by what people know it by', () => {
    const state = stateOf(diff);
    expect(state['kernel.names.hostname']).toBe('"stasis" → "other"');
    expect(state['tty pts/0.termios.lflag']).toMatch(/^0\d+ → 0\d+$/);
    expect(state['process 1 directories.umask']).toBe('022 → 077');
    expect(state['process 1 directories.cwd.dentry']).toBe('name 1:/tmp → name 1:/var');
    expect(state['thread 1.pc'] ?? state['thread 1.sp'] ?? state['thread 1.a0']).toMatch(/^0x[0-9a-f]+ → 0x[0-9a-f]+$/);
    expect(Object.keys(state).some((name) => /\bundefined\b|\[object/.test(name + state[name]!))).toBe(false);
  });

  it('is turned round when the checkpoints are', () => {
    const back = diffOf(other, one);
    const turned = { added: 'removed', removed: 'added', changed: 'changed' } as const;
    expect(back.files.map(({ path, change, sizeBefore, sizeAfter }) => [path, change, sizeBefore, sizeAfter])).toEqual(
      diff.files.map(({ path, change, sizeBefore, sizeAfter }) => [path, turned[change], sizeAfter, sizeBefore]),
    );
    expect(back.pages.map(({ pid, address, change, changedBytes }) => [pid, address, change, changedBytes])).toEqual(diff.pages.map(({ pid, address, change, changedBytes }) => [pid, address, turned[change], changedBytes]));
    expect(back.state.map(({ name, before: was, after: is }) => `${name} ${is} ${was}`).sort().slice(0, 5)).toEqual(diff.state.map(({ name, before: was, after: is }) => `${name} ${was} ${is}`).sort().slice(0, 5));
    expect(back.totals).toEqual(diff.totals);
  });

  it('needs no base image but for content of it', () => {
    const without = diffOf(chain.open(first, null), chain.open(second, null));
    expect(without.notes).toEqual(['The base image is not there: pages of its files are compared by name only.']);
    expect(without.pages.map(({ pid, address }) => `${pid} ${address}`)).toEqual(diff.pages.map(({ pid, address }) => `${pid} ${address}`));
    expect(without.files.filter(({ path }) => path.startsWith('/tmp'))).toEqual(diff.files.filter(({ path }) => path.startsWith('/tmp')));
    expect(without.files.find(({ path }) => path === '/etc/group')).toEqual({ path: '/etc/group', change: 'changed', sizeBefore: null, sizeAfter: 0, changedBytes: null });
  });

  it('finds nothing between a checkpoint and itself', () => {
    expect(diffOf(other, other)).toMatchObject({ processes: [], files: [], pages: [], state: [], totals: { pages: 0, pageBytes: 0, processes: 0, files: 0 } });
  });
});

describe('diffOf any two checkpoints', () => {
  it('compares two branches', () => {
    const root = shell();
    type(root, 'cd /tmp; echo root > shared');
    const image = root.image();
    const [left, right] = ['left', 'right'].map((name) => {
      const branch = ContainerHarness.restore(image, root.clock());
      type(branch, `echo ${name} > ${name}; echo ${name} >> shared`);
      return inspected(branch.image());
    });
    const diff = diffOf(left!, right!);
    expect(diff.files).toEqual([
      { path: '/tmp/left', change: 'removed', sizeBefore: 5, sizeAfter: null, changedBytes: 5 },
      { path: '/tmp/right', change: 'added', sizeBefore: null, sizeAfter: 6, changedBytes: 6 },
      { path: '/tmp/shared', change: 'changed', sizeBefore: 10, sizeAfter: 11, changedBytes: 6 },
    ]);
    expect(diff.processes.every(({ pid }) => pid === 1)).toBe(true);
    expect(diff.notes).toEqual([]);
  });

  it('sees a file of the base image that was cut and made as long again', () => {
    const harness = shell();
    const before = inspected(harness.image());
    const size = busyboxTree.stat('/etc/group')!.sizeBytes;
    type(harness, `truncate -s 5 /etc/group; truncate -s ${size} /etc/group`);
    const after = inspected(harness.image());
    const content = new Uint8Array(size);
    busyboxTree.read('/etc/group', 0, content);
    const lost = content.subarray(5).reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0);
    expect(diffOf(before, after).files).toEqual([{ path: '/etc/group', change: 'changed', sizeBefore: size, sizeAfter: size, changedBytes: lost }]);
  });

  it('says that a restore has changed no more than the generation and the clock', () => {
    const harness = shell();
    type(harness, 'sleep 1000 &');
    const diff = diffOf(inspected(harness.image()), inspected(harness.restored().image()));
    expect(diff).toMatchObject({ processes: [], files: [], pages: [] });
    expect(stateOf(diff)).toMatchObject({ 'kernel.generation': '1 → 2' });
    expect(Object.keys(stateOf(diff)).filter((name) => !/generation|clock|checkpoints|deadlineNs|count$/i.test(name))).toEqual([]);
  });

  it('says when they lie over different base images', () => {
    const bytes = shell().image();
    const renamed: BaseTree = {
      digest: 'sha256:another', stat: (path) => busyboxTree.stat(path), list: (path) => busyboxTree.list(path),
      readlink: (path) => busyboxTree.readlink(path), read: (path, offset, dst) => busyboxTree.read(path, offset, dst),
    };
    const { metadata, sections } = readImage(bytes, inspectionCore);
    const over = { metadata: { ...metadata, baseImage: renamed.digest }, sections: [...sections].map(([name, data]) => ({ name, pieces: [data] })) };
    const diff = diffOf(inspected(bytes), inspected(writeImage(over, inspectionCore), renamed));
    expect(diff.notes).toEqual([`They lie over different base images, ${busyboxTree.digest} and sha256:another: files that are as these have them are not compared.`]);
    expect(diff.pages).toEqual([]);
  });

  it('takes less than 300 ms for two of 32 MiB and more that share a chain', () => {
    const harness = shell(256 << 20);
    type(harness, 'stty -echo; dd if=/dev/urandom bs=32M count=1 2>/dev/null | sleep 1000 & dd if=/dev/urandom bs=32M count=1 2>/dev/null | sleep 1000 &');
    harness.run(3000);
    const chain = new Chain(harness);
    const first = chain.checkpoint();
    type(harness, 'echo there > /tmp/x');
    const second = chain.checkpoint();
    const times = Array.from({ length: 3 }, () => {
      const start = process.cpuUsage(); // not the clock: others may be running beside
      const one = chain.open(first);
      const diff = diffOf(one, chain.open(second, busyboxTree, one.layers));
      expect(Object.values(diff.after.pages).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(16_000);
      expect(diff.files.map(({ path }) => path)).toEqual(['/tmp/x']);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(300);
  });
});
