/** `stasis image` as people use it: files in a directory, an archive, a link, a store; and every way to give it the wrong one. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { imageDigest } from '../../src/container/image-store.ts';
import { writeManifest } from '../../src/container/store-manifest.ts';
import { openFileStore } from '../../src/host/node/store.ts';
import type { ImageDiff, ImageReport } from '../../src/inspect/index.ts';
import { ContainerHarness } from '../support/container-harness.ts';
import { Chain } from '../support/inspection.ts';
import { CLI, copyCommand, stasis } from './support/stasis.ts';
import type { Ran } from './support/stasis.ts';

const TERMINAL = { rows: 24, columns: 80 };
const folder = mkdtempSync(join(tmpdir(), 'stasis-image-'));
const at = (name: string): string => join(folder, name);

/** Of a first checkpoint, a difference to it, and the whole of the second. */
const digests = { first: '', second: '' };
let said = { ps: '', maps: '' };
let full = new Uint8Array(0);
let execPid = 0;

beforeAll(async () => {
  const harness = ContainerHarness.start({ argv: ['/bin/sh'], terminal: TERMINAL });
  harness.run(300);
  const type = (text: string): string => {
    const start = harness.init.output().length;
    harness.init.type(`${text}\n`);
    harness.run(300);
    return harness.init.output().slice(start).replaceAll('\r', '');
  };
  type('stty -echo; cd /tmp; echo first > a; (echo unread; sleep 1000) | sleep 1000 &');
  const chain = new Chain(harness);
  digests.first = chain.checkpoint();
  execPid = harness.exec(['/bin/sh', '-c', 'exec 7</etc/passwd; umask 077; sleep 1000'], TERMINAL).pid;
  type('echo second >> a; rm /bin/vi; echo > "$(printf \'\\033[2Jname\')"');
  said = { ps: type('ps -o pid,ppid,stat,comm'), maps: type('cat /proc/$$/maps') };
  digests.second = chain.checkpoint();
  full = Uint8Array.from(harness.image());
  writeFileSync(at('first.stasis'), chain.store.image(digests.first)!);
  writeFileSync(at('second.stasis'), chain.store.image(digests.second)!);
  mkdirSync(at('alone'));
  cpSync(at('second.stasis'), at('alone/second.stasis'));

  const store = await openFileStore(folder)('store');
  const entries = [
    { id: 'k1', name: 'before', images: [digests.first] },
    { id: 'k2', name: 'after the change', images: [digests.second, digests.first] },
  ];
  for (const digest of entries[1]!.images) await store.writeBlob(digest, chain.store.image(digest)!);
  await store.writeManifest(writeManifest({
    lastNumber: 2,
    checkpoints: entries.map(({ id, name, images }) => ({
      entry: { id, parentId: null, digest: images[0]!, name, note: 'a note', leftRunning: true, pauseMs: 1, totalMs: 2, isAutosave: false }, images,
    })),
  }));
  await store.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `stasis image`; what it prints when all is well. */
function image(...args: readonly string[]): string {
  const run = stasis(['image', ...args]);
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  return run.stdout;
}

function expectRefused(run: Ran, sentence: RegExp | string): void {
  expect(run.stderr).toMatch(/^stasis: [^\n]+\n$/);
  if (typeof sentence === 'string') expect(run.stderr).toBe(`stasis: ${sentence}\n`);
  else expect(run.stderr).toMatch(sentence);
  expect(run.status).toBe(128);
  expect(run.stdout).toBe('');
}

describe('stasis image inspect', () => {
  it('prints as JSON what the guest knows of itself', () => {
    const report = JSON.parse(image('inspect', at('second.stasis'), '--format', 'json')) as ImageReport;
    const listed = said.ps.split('\n').map((line) => line.trim().split(/\s+/)).filter((cells) => /^\d+$/.test(cells[0]!) && cells[3] !== 'ps');
    expect(report.processes.map(({ pid, ppid, state, command }) => [pid, ppid, state, command].map(String))).toEqual(listed.map(([pid, ppid, stat, comm]) => [pid, ppid, stat![0], comm]));
    expect(report.processes.find(({ pid }) => pid === execPid)).toMatchObject({ origin: 'exec', umask: 0o077, tty: 'pts/1' });
    expect(report.processes[0]!.mappings.map(({ start, name }) => `${start.toString(16).padStart(8, '0')} ${name}`.trim())).toEqual(
      said.maps.split('\n').filter((line) => /^[0-9a-f]+-/.test(line)).map((line) => line.replace(/^([0-9a-f]+)-\S+ \S+ \S+ \S+ \S+ *(.*)$/, '$1 $2').trim()),
    );
    expect(report.summary).toMatchObject({ digest: digests.second, parent: digests.first, chainImages: 2 });
    expect(report.files.find(({ path }) => path === '/bin/vi')).toMatchObject({ change: 'removed', kind: 'symlink' });
  });

  it('prints a tree of processes with descriptors and maps, and nothing that a terminal obeys', () => {
    const text = image('inspect', at('second.stasis'));
    expect(text).toMatch(new RegExp(`^checkpoint +${digests.second}\n`));
    expect(text).toMatch(/^1 sh {2}\[init, S, pts\/0\] {2}\/bin\/sh$/m);
    expect(text).toMatch(/^├── \d+ /m);
    expect(text).toMatch(/^└── \d+ sleep {2}\[init, S, pts\/0\] {2}sleep 1000$/m);
    expect(text).toMatch(new RegExp(`^${execPid} sleep {2}\\[exec, S, pts/1\\]`, 'm'));
    expect(text).toMatch(/^ +7 +\/etc\/passwd +regular +O_RDONLY$/m);
    expect(text).toMatch(/pipe:\[\d+\] +pipe +O_RDONLY +7 bytes unread$/m);
    expect(text).toMatch(/^ +[│ ]+ {2}00010000-[0-9a-f]{8} +r-xp +00000000 +\d+\/\d+ +\/bin\/busybox$/m);
    expect(text).toMatch(/^ {2}\+ {2}0644 {2}file +1 B +\/tmp\/\\x1b\[2Jname$/m);
    expect(text).toMatch(/^ {2}\/dev\/pts +devpts /m);
    expect([...text].every((character) => character === '\n' || character.charCodeAt(0) >= 0x20)).toBe(true);
  });

  it('takes sections and a pid', () => {
    expect(Object.keys(JSON.parse(image('inspect', at('first.stasis'), '--format=json', '--sections', 'summary,files')) as object)).toEqual(['summary', 'files']);
    const { processes } = JSON.parse(image('inspect', at('second.stasis'), '-f', 'json', '--pid', `${execPid}`, '--sections', 'fds')) as ImageReport;
    expect(processes.map((process) => [process.pid, process.fds.map(({ fd }) => fd), process.mappings])).toEqual([[execPid, [0, 1, 2, 7], undefined]]);
    const table = image('inspect', at('second.stasis'), '--sections=mounts');
    expect(table.split('\n')[0]).toBe('mounts');
  });

  it('finds what an image stands on beside it, by --parent, in a store, in an archive', () => {
    const expected = image('inspect', at('second.stasis'));
    expectRefused(stasis(['image', 'inspect', at('alone/second.stasis')]), `${at('alone/second.stasis')} is a difference to ${digests.first}, which is not in ${at('alone')}: put it there, or name its file with --parent`);
    expect(image('inspect', at('alone/second.stasis'), '--parent', at('first.stasis'))).toBe(expected);
    for (const name of ['after the change', 'k2', digests.second]) expect(image('inspect', `${at('store')}:${name}`)).toBe(expected);
    expect(image('inspect', join(at('store'), 'blobs', digests.second.replace(':', '-')))).toBe(expected);
    image('export', at('second.stasis'), at('inspected.tar'));
    expect(image('inspect', at('inspected.tar'))).toBe(expected);
  });

  it('works without the base image, and refuses another one', () => {
    const bare = at('bare');
    mkdirSync(bare);
    const command = copyCommand(bare, ['core.wasm']);
    const inspect = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
      spawnSync(process.execPath, [command, 'image', 'inspect', at('second.stasis'), '--format', 'json', ...args], { encoding: 'utf8' });
    const without = JSON.parse(inspect().stdout) as ImageReport;
    expect(without.files.find(({ path }) => path === '/bin/vi')).toMatchObject({ change: 'removed', kind: 'unknown', sizeBytes: null });
    const given = JSON.parse(inspect('--base', rootPath('public/busybox.tar')).stdout) as ImageReport;
    expect(given).toEqual(JSON.parse(image('inspect', at('second.stasis'), '--format', 'json')));
    expect(inspect('--base', bare).stderr).toMatch(/is the base image directory:.*, the checkpoint lies over sha256:[0-9a-f]{64}\n$/);
  });

  it('ends quietly when its reader has enough', () => {
    const run = spawnSync('sh', ['-c', `"$0" "$1" image inspect "$2" --format json | head -n 1`, process.execPath, CLI, at('second.stasis')], { encoding: 'utf8' });
    expect([run.stdout, run.stderr]).toEqual(['{\n', '']);
  });
});

describe('stasis image diff', () => {
  it('tells processes, files and pages', () => {
    const text = image('diff', at('first.stasis'), at('second.stasis'));
    expect(text).toMatch(new RegExp(`^\\+ ${execPid} sleep {2}\\[exec\\]$`, 'm'));
    expect(text).toMatch(/^ +\+ {2}7 +\/etc\/passwd +regular +O_RDONLY$/m);
    expect(text).toMatch(/^ {2}~ {2}\/tmp\/a +6 B → 13 B {2}7 bytes differ$/m);
    expect(text).toMatch(/^ {2}- {2}\/bin\/vi +7 B$/m);
    expect(text).toMatch(/^pages: \d+ pages differ, in \d+ bytes; --pages lists them$/m);
    const lists = image('diff', at('first.stasis'), at('second.stasis'), '--pages', '--state');
    expect(lists).toMatch(/^ {2}~ {2}1:001[0-9a-f]{5} +\d+ bytes? +\[heap\]$/m);
    expect(lists).toMatch(new RegExp(`^ {2}kernel.threadGroups\\[${execPid}\\] +\\(none\\) → process ${execPid}$`, 'm'));
  });

  it('gives everything as JSON, and the bytes of a page', () => {
    const diff = JSON.parse(image('diff', at('first.stasis'), at('second.stasis'), '--format', 'json')) as ImageDiff;
    expect(diff.files.map(({ path, change }) => `${change} ${path}`)).toEqual(['removed /bin/vi', 'added /tmp/\u001b[2Jname', 'changed /tmp/a']);
    const page = diff.pages.find(({ pid, change, mapping }) => pid === 1 && change === 'changed' && mapping === '[heap]')!;
    const hex = image('diff', at('first.stasis'), at('second.stasis'), '--hex', `1:${page.address.toString(16)}`);
    const lines = (sign: string): string[][] => [...hex.matchAll(new RegExp(`^\\${sign} ([0-9a-f]{8}) {2}(.{48}) {2}\\|.{16}\\|$`, 'gm'))].map(([, , bytes]) => bytes!.trim().split(/\s+/));
    const [before, after] = [lines('-'), lines('+')];
    expect(before.length).toBe(after.length);
    expect(before.flat().filter((byte, i) => byte !== after.flat()[i]).length).toBe(page.changedBytes);
    expectRefused(stasis(['image', 'diff', at('first.stasis'), at('second.stasis'), '--hex', '1:10']), /: neither .* nor .* has a page of process 1 at 0x10\n$/);
  });

  it('finds nothing between a difference and the same checkpoint as a full image', () => {
    writeFileSync(at('whole.stasis'), full);
    const diff = JSON.parse(image('diff', at('second.stasis'), at('whole.stasis'), '--format', 'json')) as ImageDiff;
    expect(diff).toMatchObject({ processes: [], files: [], pages: [], state: [], notes: [] });
  });
});

describe('stasis image flatten, export and import', () => {
  it('flattens to the image that a full checkpoint would have been', () => {
    image('flatten', at('second.stasis'), at('flat.stasis'));
    expect(Buffer.compare(readFileSync(at('flat.stasis')), full)).toBe(0);
    image('flatten', at('alone/second.stasis'), at('first.stasis'), at('flat2.stasis'));
    expect(Buffer.compare(readFileSync(at('flat2.stasis')), full)).toBe(0);
    image('flatten', `${at('store')}:k2`, at('flat3.stasis'));
    expect(Buffer.compare(readFileSync(at('flat3.stasis')), full)).toBe(0);
    expect(statSync(at('flat.stasis')).mode & 0o777).toBe(0o600);
  });

  it('exports an archive and a link, and imports both', () => {
    image('export', `${at('store')}:k2`, at('out.tar'));
    image('import', at('out.tar'), at('from-tar.stasis'));
    expect(Buffer.compare(readFileSync(at('from-tar.stasis')), full)).toBe(0);
    const link = image('export', at('second.stasis'), '--link');
    expect(link).toMatch(/^stasis1=[\w-]+\n$/);
    writeFileSync(at('link.txt'), `https://example.org/#${link}`);
    image('import', at('link.txt'), at('from-link.stasis'));
    image('import', link.trim(), at('from-text.stasis'));
    for (const name of ['from-link.stasis', 'from-text.stasis']) expect(imageDigest(readFileSync(at(name)))).toBe(imageDigest(full));
    expect(readFileSync(at('out.tar'), 'latin1')).toContain('"after the change"');
  });

  it('writes a file as a whole or not at all, and replaces none unasked', () => {
    writeFileSync(at('mine'), 'mine');
    expectRefused(stasis(['image', 'flatten', at('second.stasis'), at('mine')]), `${at('mine')} is there already; --force replaces it`);
    expect(readFileSync(at('mine'), 'utf8')).toBe('mine');
    expectRefused(stasis(['image', 'flatten', at('link.txt'), at('alone')]), `${at('alone')} is there and no ordinary file: name another one`);
    expectRefused(stasis(['image', 'import', at('second.stasis'), at('no/such/place')]), /cannot be written \(ENOENT\); nothing was changed\n$/);
    image('flatten', at('second.stasis'), at('mine'), '--force');
    expect(Buffer.compare(readFileSync(at('mine')), full)).toBe(0);
    if (userInfo().uid !== 0) {
      mkdirSync(at('closed'));
      chmodSync(at('closed'), 0o500);
      expectRefused(stasis(['image', 'flatten', at('second.stasis'), at('closed/out')]), /cannot be written \(EACCES\)/);
    }
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('leaves nothing behind when the disk is full', () => {
    const run = spawnSync('sh', ['-c', 'ulimit -f 8; exec "$0" "$1" image flatten "$2" "$3"', process.execPath, CLI, at('second.stasis'), at('short')], { encoding: 'utf8' });
    expect(run.stderr).toMatch(/^stasis: .*short cannot be written \(EFBIG\); nothing was changed\n$/);
    expect(existsSync(at('short'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('stasis image with something else', () => {
  it('says what is wrong, in one sentence', () => {
    const refuse = (args: readonly string[], sentence: RegExp): void => expectRefused(stasis(['image', ...args]), sentence);
    writeFileSync(at('text'), 'no checkpoint');
    writeFileSync(at('cut.stasis'), full.subarray(0, 5000));
    writeFileSync(at('damaged.stasis'), full.map((byte, i) => (i === 4000 ? byte ^ 1 : byte)));
    refuse([], /image: inspect, diff, flatten, export or import is needed/);
    refuse(['inspect', at('nowhere')], /nowhere is not there$/m);
    refuse(['inspect', folder], /is a directory, but no store of checkpoints/);
    refuse(['inspect', at('store')], /is a store: name one of its checkpoints as .*store:NAME \(it has k1 "before", k2 "after the change"\)/);
    refuse(['inspect', `${at('store')}:k7`], /has no checkpoint k7, only k1 "before"/);
    refuse(['inspect', at('text')], /text: is neither a checkpoint image, nor an archive with one, nor a link/);
    refuse(['inspect', rootPath('public/busybox.tar')], /is a container image and no checkpoint/);
    refuse(['inspect', at('cut.stasis')], /cut.stasis: trailer: is missing/);
    refuse(['inspect', at('damaged.stasis')], /damaged.stasis: section kernel: its checksum is wrong/);
    refuse(['diff', at('first.stasis'), at('damaged.stasis')], /damaged.stasis: section/);
    refuse(['inspect', at('first.stasis'), '--pid', '99'], /has no process 99, only 1, /);
    refuse(['import', 'stasis1=AAAA', at('never')], /^stasis: link: /);
    expect(existsSync(at('never'))).toBe(false);
  });
});
