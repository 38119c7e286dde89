import { describe, expect, it } from 'vitest';
import { ENOENT, ENOTEMPTY } from '../../src/abi/errno.ts';
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE } from '../../src/abi/fs.ts';
import { O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from '../../src/abi/open.ts';
import { S_IFDIR } from '../../src/abi/stat.ts';
import type { RootFs } from '../../src/sentry/fs/rootfs/rootfs.ts';
import { walkerOf } from '../../src/sentry/vfs/actor.ts';
import { DirectoryFile } from '../../src/sentry/vfs/directory-file.ts';
import { makeName, removeDirectory, renameName, unlinkName } from '../../src/sentry/vfs/edit.ts';
import { lookupPath } from '../../src/sentry/vfs/lookup.ts';
import type { FileDescription } from '../../src/sentry/vfs/file-description.ts';
import { anyRef, defineState, list, loadGraph, ref, saveGraph } from '../../src/state/index.ts';
import { errnoOf, FakeTree, get, open, put, readAt, rootWorld, worldOf, writeAt } from './fs-support.ts';
import type { World } from './fs-support.ts';
import { loadContext, saveContext } from './state-wire.ts';

const BIG = 'page 0'.padEnd(4096, '.') + 'page 1'.padEnd(4096, '.') + 'page 2'.padEnd(100, '.');

function makeTree(): FakeTree {
  return new FakeTree({
    '/etc/passwd': 'root:x:0:0', '/etc/link': '-> passwd', '/usr/bin/tool': BIG, '/usr/bin/same': '= /usr/bin/tool', '/usr/lib/one': '1', '/usr/lib/two': '2',
    '/usr/lib/three': '3', '/tmp/': '',
  });
}

function find(world: World, name: string) {
  return lookupPath(walkerOf(world.actor), world.actor.fs.cwd, name, false).dentry;
}

/** Names in the order of getdents64, at most `limit` from where the file stands. */
function entries(world: World, file: FileDescription, limit = Infinity): string[] {
  if (!(file instanceof DirectoryFile)) throw new Error('not a directory');
  const names: string[] = [];
  file.readEntries(world.actor, (name) => {
    if (names.length === limit) return false;
    names.push(name);
    return true;
  });
  return names.filter((name) => name !== '.' && name !== '..');
}

function list_(world: World, name: string): string[] {
  const file = open(world, name, O_RDONLY);
  const names = entries(world, file);
  file.drop();
  return names;
}

/** The file system and what the test holds of it: saved together. */
class Saved {
  root: RootFs;
  held: object[];

  constructor(root: RootFs, held: object[]) {
    this.root = root;
    this.held = held;
  }
}
defineState(Saved, 'test.Saved', 1, { root: ref<RootFs>('RootFs'), held: list(anyRef<object>()) });

function restore(world: World & { root: RootFs }, tree: FakeTree, held: object[] = []): { world: World & { root: RootFs }; held: object[]; streamBytes: number } {
  world.root.beforeCheckpoint();
  const context = saveContext();
  const stream = saveGraph(new Saved(world.root, held), context);
  const edges = new Map<string, unknown>([['core:core', world.core], ['baseTree:fake', tree]]);
  const loaded = loadGraph(stream, { ...loadContext(context.frames), bindEdge: (port, key) => edges.get(`${port}:${key}`) }, Saved);
  const { root } = loaded;
  return { world: { ...worldOf(root.vfs, world.core, root, []), root }, held: loaded.held, streamBytes: stream.length };
}

describe('rootfs over a base', () => {
  it('reads nothing that was not asked for', () => {
    const tree = makeTree();
    const world = rootWorld(tree);
    expect(tree.readBytes).toBe(0);
    const file = open(world, 'usr/bin/tool', O_RDONLY);
    expect(readAt(world, file, 4096, 6)).toBe('page 1');
    expect(tree.readBytes).toBe(6);
    expect(world.core.framesInUse()).toBe(0);
    expect(tree.stats).toBeLessThan(8);
  });

  it('loads mapped pages one by one and gives them up again', () => {
    const world = rootWorld(makeTree());
    const mappable = open(world, 'usr/bin/tool', O_RDONLY).mappable();
    if (mappable === null) throw new Error('not mappable');
    const frame = mappable.frameFor(1, false);
    expect(String.fromCharCode(...world.core.bytes().subarray(frame * 4096, frame * 4096 + 6))).toBe('page 1');
    expect(mappable.cachedFrame(0)).toBe(0);
    expect(mappable.frameFor(2, false)).not.toBe(0);
    expect(mappable.frameFor(3, false)).toBe(0);
    world.core.frameRef(frame);
    expect(world.vfs.reclaim()).toBe(1);
    expect(mappable.cachedFrame(1)).toBe(frame);
  });

  it('copies a page when it is written, in the same inode', () => {
    const tree = makeTree();
    const world = rootWorld(tree);
    const reader = open(world, 'usr/bin/tool', O_RDONLY);
    const writer = open(world, 'usr/bin/same', O_RDWR);
    expect(writer.inode).toBe(reader.inode);
    writeAt(world, writer, 4098, 'XY');
    expect(readAt(world, reader, 4096, 6)).toBe('paXY 1');
    expect(readAt(world, reader, 0, 6)).toBe('page 0');
    expect(readAt(world, reader, 8190, 8)).toBe('..page 2');
    expect(world.core.framesInUse()).toBe(1);
    writeAt(world, writer, 20_000, 'end');
    expect(readAt(world, reader, 8192 + 96, 8)).toBe('....\0\0\0\0');
  });

  it('keeps the frame of a mapped page when the page is written', () => {
    const world = rootWorld(makeTree());
    const file = open(world, 'usr/bin/tool', O_RDWR);
    const frame = file.mappable()?.frameFor(0, false);
    writeAt(world, file, 0, 'new');
    expect(file.mappable()?.cachedFrame(0)).toBe(frame);
  });

  it('does not show base content again after truncating, punching or growing', () => {
    const world = rootWorld(makeTree());
    const file = open(world, 'usr/bin/tool', O_RDWR);
    file.inode.truncate(4099);
    file.inode.truncate(8192);
    expect(readAt(world, file, 4096, 5)).toBe('pag\0\0');
    file.inode.allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
    expect(readAt(world, file, 0, 4)).toBe('\0\0\0\0');
    open(world, 'etc/passwd', O_WRONLY | O_TRUNC);
    expect(get(world, 'etc/passwd')).toBe('');
  });

  it('hides base names that were removed, and takes new ones of the same name', () => {
    const world = rootWorld(makeTree());
    const { actor } = world;
    const { cwd } = actor.fs;
    unlinkName(actor, cwd, 'usr/lib/two');
    expect(list_(world, 'usr/lib')).toEqual(['one', 'three']);
    expect(errnoOf(() => find(world, 'usr/lib/two'))).toBe(ENOENT);
    put(world, 'usr/lib/two', 'new');
    expect(list_(world, 'usr/lib')).toEqual(['one', 'three', 'two']);
    expect(get(world, 'usr/lib/two')).toBe('new');
    expect(errnoOf(() => removeDirectory(actor, cwd, 'usr/lib'))).toBe(ENOTEMPTY);
    for (const name of ['one', 'two', 'three']) unlinkName(actor, cwd, `usr/lib/${name}`);
    expect(errnoOf(() => removeDirectory(actor, cwd, 'usr/lib'))).toBe(0);
    expect(list_(world, 'usr')).toEqual(['bin']);
  });

  it('renames a base directory with what is in it', () => {
    const world = rootWorld(makeTree());
    renameName(world.actor, world.actor.fs.cwd, 'usr', world.actor.fs.cwd, 'opt', 0);
    expect(get(world, 'opt/lib/two')).toBe('2');
    expect(errnoOf(() => find(world, 'usr'))).toBe(ENOENT);
    renameName(world.actor, world.actor.fs.cwd, 'opt/lib/two', world.actor.fs.cwd, 'etc/passwd', 0);
    expect(get(world, 'etc/link'.replace('link', 'passwd'))).toBe('2');
    expect(list_(world, 'opt/lib')).toEqual(['one', 'three']);
  });

  it('goes on with a listing half read, whatever changes meanwhile', () => {
    const world = rootWorld(makeTree());
    const file = open(world, 'usr/lib', O_RDONLY);
    expect(entries(world, file, 3)).toEqual(['one']);
    unlinkName(world.actor, world.actor.fs.cwd, 'usr/lib/one');
    put(world, 'usr/lib/four', '4');
    unlinkName(world.actor, world.actor.fs.cwd, 'usr/lib/two');
    expect(entries(world, file)).toEqual(['three', 'four']);
  });
});

describe('rootfs in a checkpoint', () => {
  it('saves nothing of the base that was only looked at', () => {
    const tree = makeTree();
    const world = rootWorld(tree);
    const before = restore(world, tree).streamBytes;
    for (const path of tree.nodes.keys()) if (path !== '') find(world, path.slice(1));
    list_(world, 'usr/lib');
    get(world, 'usr/bin/tool');
    open(world, 'usr/bin/tool', O_RDONLY).mappable()?.frameFor(0, false);
    const after = restore(world, tree);
    // The open file's inode holds a user: nothing refers to it but the cache, and that goes.
    expect(after.streamBytes).toBe(before);
    expect(get(after.world, 'usr/bin/tool')).toBe(BIG);
  });

  it('brings back changed pages, names and attributes, and the rest from the base', () => {
    const tree = makeTree();
    const world = rootWorld(tree);
    const { actor } = world;
    const { cwd } = actor.fs;
    const writer = open(world, 'usr/bin/tool', O_RDWR);
    writeAt(world, writer, 4096, 'PAGE');
    writer.drop();
    unlinkName(actor, cwd, 'usr/lib/one');
    put(world, 'usr/lib/new', 'made');
    renameName(actor, cwd, 'usr/lib/three', cwd, 'tmp/3', 0);
    find(world, 'etc/passwd').inode.setMode(0o600);
    makeName(actor, cwd, 'tmp/d', S_IFDIR | 0o755, 0, '');
    const inos = ['usr/bin/tool', 'usr/lib/two', 'tmp/3', 'usr/lib/new'].map((name) => find(world, name).inode.ino);

    const { world: again } = restore(world, tree);
    expect(get(again, 'usr/bin/same')).toBe(BIG.replace('page 1', 'PAGE 1'));
    expect(list_(again, 'usr/lib')).toEqual(['two', 'new']);
    expect(list_(again, 'tmp')).toEqual(['3', 'd']);
    expect(get(again, 'tmp/3')).toBe('3');
    expect(find(again, 'etc/passwd').inode.mode & 0o777).toBe(0o600);
    expect(['usr/bin/tool', 'usr/lib/two', 'tmp/3', 'usr/lib/new'].map((name) => find(again, name).inode.ino)).toEqual(inos);
  });

  it('keeps open files: offset in a listing, a removed file, one node for two names', () => {
    const tree = makeTree();
    const world = rootWorld(tree);
    const listing = open(world, 'usr/lib', O_RDONLY);
    entries(world, listing, 3);
    const removed = open(world, 'etc/passwd', O_RDWR);
    unlinkName(world.actor, world.actor.fs.cwd, 'etc/passwd');
    const tool = open(world, 'usr/bin/tool', O_RDWR);

    const { world: again, held } = restore(world, tree, [listing, removed, tool]);
    const [listingAgain, removedAgain, toolAgain] = held as [FileDescription, FileDescription, FileDescription];
    unlinkName(again.actor, again.actor.fs.cwd, 'usr/lib/two');
    expect(entries(again, listingAgain)).toEqual(['three']);
    expect(readAt(again, removedAgain, 0, 20)).toBe('root:x:0:0');
    expect(removedAgain.inode.nlink).toBe(0);
    expect(find(again, 'usr/bin/tool')).toBe(toolAgain.path?.dentry);
    writeAt(again, toolAgain, 0, 'WRITTEN');
    expect(get(again, 'usr/bin/same').slice(0, 7)).toBe('WRITTEN');
  });
});
