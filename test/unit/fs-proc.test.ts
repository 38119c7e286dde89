import { describe, expect, it } from 'vitest';
import { EACCES, ENOENT, ESRCH } from '../../src/abi/errno.ts';
import { O_CREAT, O_RDONLY, O_RDWR } from '../../src/abi/open.ts';
import { ALL_CAPABILITIES, Credentials } from '../../src/sentry/auth/credentials.ts';
import { ProcFs } from '../../src/sentry/fs/procfs/procfs.ts';
import type { ProcTask, ProcView } from '../../src/sentry/fs/procfs/view.ts';
import { DirectoryFile } from '../../src/sentry/vfs/directory-file.ts';
import type { FileDescription } from '../../src/sentry/vfs/file-description.ts';
import { walkerOf } from '../../src/sentry/vfs/actor.ts';
import { makeName, unlinkName } from '../../src/sentry/vfs/edit.ts';
import { FileLocks } from '../../src/sentry/vfs/locks.ts';
import { lookupPath } from '../../src/sentry/vfs/lookup.ts';
import { Mount } from '../../src/sentry/vfs/mount.ts';
import { errnoOf, open, put, readAt, tmpfsWorld, writeAt } from './fs-support.ts';
import type { World } from './fs-support.ts';

const NO_USAGE = { userNs: 0, systemNs: 0, minorFaults: 0 };
const NO_TRANSFERS = { readCalls: 0, readBytes: 0, writeCalls: 0, writtenBytes: 0 };

interface ProcWorld extends World {
  files: Map<number, FileDescription>;
  tasks: Map<number, ProcTask>;
  hostname: { value: string };
}

/** A tree with /proc, and process 1 (the actor) and 7 in it. */
function makeWorld(): ProcWorld {
  const world = tmpfsWorld();
  const files = new Map<number, FileDescription>();
  const tasks = new Map<number, ProcTask>();
  const hostname = { value: 'box' };
  const task = (pid: number, name: string): ProcTask => ({
    pid, tid: pid, name, state: 'S', parentPid: pid === 1 ? 0 : 1, tracerPid: 0, pgid: pid, sid: 1, ttyDevice: 0, foregroundPgid: -1, credentials: new Credentials(),
    mm: null, fs: world.actor.fs, nice: 0, exitSignal: 17, exitCode: 0, startNs: 2_500_000_000, tids: pid === 7 ? [7, 9] : [pid],
    groupUsage: { ...NO_USAGE, userNs: 1_230_000_000 }, ownUsage: NO_USAGE, childUsage: NO_USAGE, ownTransfers: NO_TRANSFERS, groupTransfers: NO_TRANSFERS,
    signals: { pending: 0n, sharedPending: 0n, blocked: 1n << 16n, ignored: 0n, caught: 0n, queued: 0 },
    limits: [[Infinity, Infinity]], oomScoreAdjust: 0, isDumpable: true, pc: 0, stackPointer: 0,
    openFds: () => (pid === 1 ? [...files.keys()] : []), file: (fd) => files.get(fd) ?? null, fdFlags: () => 0, setName: () => {}, setOomScoreAdjust: () => {},
  });
  tasks.set(1, task(1, 'init'));
  tasks.set(7, task(7, 'odd) name'));
  tasks.set(9, { ...task(7, 'worker'), tid: 9 });
  const view: ProcView = {
    pids: () => [1, 7],
    task: (tid) => tasks.get(tid) ?? null,
    taskCounts: () => ({ all: 3, runnable: 1 }),
    facts: () => ({
      lastPid: 9, hostname: hostname.value, domainname: '(none)', uptimeNs: 12_340_000_000, idleNs: 10_000_000_000, bootNs: 1_000_000_000_000n, contextSwitches: 5, forks: 2,
    }),
    mounts: world.mounts,
    setHostname: (name) => {
      hostname.value = name;
    },
    setDomainname: () => {},
    networkTable: () => '',
    random: (countBytes) => new Uint8Array(countBytes).fill(0xab),
  };
  const { cwd } = world.actor.fs;
  makeName(world.actor, cwd, 'proc', 0o040755, 0, '');
  const proc = new ProcFs(world.vfs, view);
  if (proc.root === null) throw new Error('no root');
  world.mounts.attach(new Mount(2, proc, proc.root, 0, 'proc'), lookupPath(walkerOf(world.actor), cwd, 'proc', true));
  return { ...world, files, tasks, hostname };
}

function text(world: World, name: string): string {
  const file = open(world, name, O_RDONLY);
  const all = readAt(world, file, 0, 65536);
  file.drop();
  return all;
}

function list(world: World, name: string): string[] {
  const names: string[] = [];
  const file = open(world, name, O_RDONLY);
  if (file instanceof DirectoryFile) file.readEntries(world.actor, (entry) => names.push(entry) > 0);
  return names.filter((entry) => !entry.startsWith('.'));
}

function link(world: World, name: string): string {
  return lookupPath(walkerOf(world.actor), world.actor.fs.cwd, name, false).dentry.inode.readlink(world.actor);
}

describe('/proc', () => {
  it('lists processes after its files, and threads only below their process', () => {
    const world = makeWorld();
    expect(list(world, 'proc').slice(-4)).toEqual(['self', 'thread-self', '1', '7']);
    expect(list(world, 'proc/7/task')).toEqual(['7', '9']);
    expect(text(world, 'proc/7/task/9/comm')).toBe('worker\n');
    expect(text(world, 'proc/9/comm')).toBe('worker\n');
    expect(errnoOf(() => open(world, 'proc/8', O_RDONLY))).toBe(ENOENT);
    expect(errnoOf(() => open(world, 'proc/07', O_RDONLY))).toBe(ENOENT);
  });

  it('gives entries and lookups the same inode number', () => {
    const world = makeWorld();
    for (const dir of ['proc', 'proc/7', 'proc/7/task', 'proc/sys/kernel']) {
      const file = open(world, dir, O_RDONLY);
      if (!(file instanceof DirectoryFile)) throw new Error('not a directory');
      const inos = new Set<number>();
      let count = 0;
      file.readEntries(world.actor, (name, ino) => {
        if (name === '.' || name === '..') return true;
        expect(lookupPath(walkerOf(world.actor), world.actor.fs.cwd, `${dir}/${name}`, false).dentry.inode.ino).toBe(ino);
        inos.add(ino);
        count++;
        return true;
      });
      expect(inos.size).toBe(count);
    }
  });

  it('writes 52 fields into stat, whatever the name holds', () => {
    const world = makeWorld();
    const line = text(world, 'proc/7/stat');
    const end = line.lastIndexOf(')');
    expect(line.slice(0, end + 1)).toBe('7 (odd) name)');
    const fields = line.slice(end + 2).trim().split(' ');
    expect(fields).toHaveLength(50);
    expect(fields[0]).toBe('S');
    expect(fields[11]).toBe('123'); // utime in ticks
    expect(fields[19]).toBe('250'); // start
  });

  it('leads by fd links to the very file, also when its name is gone', () => {
    const world = makeWorld();
    const { actor } = world;
    put(world, 'f', 'content');
    world.files.set(3, open(world, 'f', O_RDWR));
    expect(link(world, 'proc/1/fd/3')).toBe('/f');
    expect(list(world, 'proc/self/fd')).toEqual(['3']);
    unlinkName(actor, actor.fs.cwd, 'f');
    put(world, 'f', 'another');
    expect(link(world, 'proc/self/fd/3')).toBe('/f (deleted)');
    expect(text(world, 'proc/self/fd/3')).toBe('content');
    expect(errnoOf(() => open(world, 'proc/self/fd/4', O_RDONLY))).toBe(ENOENT);
  });

  it('keeps private entries from other users', () => {
    const world = makeWorld();
    world.files.set(3, open(world, 'g', O_RDWR | O_CREAT));
    const { credentials } = world.actor;
    world.actor.pid = 7;
    credentials.fsuid = credentials.uid = credentials.euid = 1000;
    credentials.effective = 0n;
    expect(errnoOf(() => list(world, 'proc/1/fd'))).toBe(EACCES);
    expect(errnoOf(() => link(world, 'proc/1/exe'))).toBe(EACCES);
    expect(errnoOf(() => text(world, 'proc/1/status'))).toBe(0);
    credentials.effective = ALL_CAPABILITIES;
    expect(list(world, 'proc/1/fd')).toEqual(['3']);
  });

  it('goes on reading the text that it began with', () => {
    const world = makeWorld();
    const file = open(world, 'proc/sys/kernel/hostname', O_RDWR);
    expect(readAt(world, file, 0, 2)).toBe('bo');
    world.hostname.value = 'changed';
    expect(readAt(world, file, 2, 10)).toBe('x\n');
    expect(readAt(world, file, 0, 10)).toBe('changed\n');
    expect(writeAt(world, file, 0, 'new\n')).toBe(4);
    expect(world.hostname.value).toBe('new');
  });

  it('answers ESRCH for a process that has gone since', () => {
    const world = makeWorld();
    const file = open(world, 'proc/7/stat', O_RDONLY);
    world.tasks.delete(7);
    expect(errnoOf(() => readAt(world, file, 0, 10))).toBe(ESRCH);
  });

  it('escapes blanks in names of mounts', () => {
    const world = makeWorld();
    const { cwd } = world.actor.fs;
    makeName(world.actor, cwd, 'a b\\', 0o040755, 0, '');
    const { root } = tmpfsWorld().mounts;
    world.mounts.attach(new Mount(3, root.fileSystem, root.root, 0, 'src'), lookupPath(walkerOf(world.actor), cwd, 'a b\\', true));
    expect(text(world, 'proc/1/mounts').split('\n')[2]).toMatch(/^src \/a\\040b\\134 tmpfs rw/);
  });

  it('shows locks', () => {
    const world = makeWorld();
    const file = open(world, 'l', O_RDWR | O_CREAT);
    world.files.set(3, file);
    file.inode.locks = new FileLocks();
    file.inode.locks.setRecord({ pid: 1, file: null }, true, 5, 10);
    expect(text(world, 'proc/locks')).toBe(`1: POSIX  ADVISORY  WRITE 1 00:01:${file.inode.ino} 5 9\n`);
  });
});
