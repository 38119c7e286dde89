import { describe, expect, it } from 'vitest';
import { EACCES, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from '../../src/abi/errno.ts';
import { RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../src/abi/fs.ts';
import { S_IFDIR, S_IFLNK } from '../../src/abi/stat.ts';
import { Tmpfs } from '../../src/sentry/fs/tmpfs/tmpfs.ts';
import { walkerOf } from '../../src/sentry/vfs/actor.ts';
import { makeName, removeDirectory, renameName } from '../../src/sentry/vfs/edit.ts';
import { lookupPath } from '../../src/sentry/vfs/lookup.ts';
import { Mount } from '../../src/sentry/vfs/mount.ts';
import { describePath, pathName } from '../../src/sentry/vfs/path.ts';
import type { Path } from '../../src/sentry/vfs/path.ts';
import { errnoOf, put, tmpfsWorld } from './fs-support.ts';
import type { World } from './fs-support.ts';

function mkdir(world: World, name: string, bits = 0o755): void {
  makeName(world.actor, world.actor.fs.cwd, name, S_IFDIR | bits, 0, '');
}

function symlink(world: World, target: string, name: string): void {
  makeName(world.actor, world.actor.fs.cwd, name, S_IFLNK | 0o777, 0, target);
}

function find(world: World, name: string, follow = true, resolve = 0): Path {
  return lookupPath(walkerOf(world.actor), world.actor.fs.cwd, name, follow, resolve);
}

function nameOf(world: World, path: Path): string | null {
  return pathName(path, world.actor.fs.root);
}

/** /a/b/f, a second file system on /m with a directory d. */
function makeWorld(): World {
  const world = tmpfsWorld();
  mkdir(world, 'a');
  mkdir(world, 'a/b');
  put(world, 'a/b/f', 'x');
  mkdir(world, 'm');
  const other = new Tmpfs(world.vfs);
  if (other.root === null) throw new Error('no root');
  world.mounts.attach(new Mount(9, other, other.root, 0, 'other'), find(world, 'm'));
  mkdir(world, 'm/d');
  return world;
}

describe('lookupPath', () => {
  it('follows 40 symbolic links and no more', () => {
    const world = makeWorld();
    put(world, 'l0', '');
    for (let i = 1; i <= 41; i++) symlink(world, `l${i - 1}`, `l${i}`);
    expect(errnoOf(() => find(world, 'l40'))).toBe(0);
    expect(errnoOf(() => find(world, 'l41'))).toBe(ELOOP);
    expect(errnoOf(() => find(world, 'l41', false))).toBe(0);
  });

  it('goes nowhere with .. at the root directory, and out of a mount', () => {
    const world = makeWorld();
    expect(nameOf(world, find(world, '../../..'))).toBe('/');
    expect(nameOf(world, find(world, 'm/d/../../a'))).toBe('/a');
    world.actor.fs.setRoot(find(world, 'a'));
    expect(nameOf(world, find(world, '/../..'))).toBe('/');
    expect(nameOf(world, find(world, '/b/f'))).toBe('/b/f');
  });

  it('wants a directory before a slash, and follows a link there', () => {
    const world = makeWorld();
    symlink(world, 'a', 'la');
    symlink(world, 'a/b/f', 'lf');
    expect(nameOf(world, find(world, 'la/', false))).toBe('/a');
    expect(nameOf(world, find(world, 'la', false))).toBe('/la');
    expect(errnoOf(() => find(world, 'lf/'))).toBe(ENOTDIR);
    expect(errnoOf(() => find(world, 'a/b/f/'))).toBe(ENOTDIR);
    expect(errnoOf(() => find(world, 'a/b/f/..'))).toBe(ENOTDIR);
    expect(nameOf(world, find(world, '//a///b//'))).toBe('/a/b');
  });

  it('resolves the rest of a path after a link to it', () => {
    const world = makeWorld();
    symlink(world, '/a/', 'abs');
    symlink(world, '../a/b', 'm/rel');
    expect(nameOf(world, find(world, 'abs/b/f'))).toBe('/a/b/f');
    expect(nameOf(world, find(world, 'm/rel/f'))).toBe('/a/b/f');
    symlink(world, '', 'bad-empty');
    expect(errnoOf(() => find(world, 'bad-empty'))).toBe(ENOENT);
  });

  it('limits names to 255 bytes and paths to 4095', () => {
    const world = makeWorld();
    expect(errnoOf(() => find(world, 'x'.repeat(255)))).toBe(ENOENT);
    expect(errnoOf(() => find(world, 'x'.repeat(256)))).toBe(ENAMETOOLONG);
    expect(errnoOf(() => find(world, `${'./'.repeat(2047)}.`))).toBe(0);
    expect(errnoOf(() => find(world, `${'./'.repeat(2048)}`))).toBe(ENAMETOOLONG);
    expect(errnoOf(() => find(world, ''))).toBe(ENOENT);
  });

  it('searches directories as the file system user, or by capability', () => {
    const world = makeWorld();
    find(world, 'a').dentry.inode.setMode(0o700);
    const { credentials } = world.actor;
    credentials.fsuid = 1000;
    credentials.fsgid = 1000;
    expect(errnoOf(() => find(world, 'a/b'))).toBe(0);
    credentials.effective = 0n;
    expect(errnoOf(() => find(world, 'a/b'))).toBe(EACCES);
    expect(errnoOf(() => find(world, 'a'))).toBe(0);
    find(world, 'a').dentry.inode.setMode(0o711);
    expect(errnoOf(() => find(world, 'a/b'))).toBe(0);
    find(world, 'a').dentry.inode.setOwner(1000, 0, S_IFDIR | 0o677);
    expect(errnoOf(() => find(world, 'a/b'))).toBe(EACCES);
  });

  it('keeps within what openat2 allows', () => {
    const world = makeWorld();
    symlink(world, '/m', 'a/abs');
    symlink(world, 'b', 'a/rel');
    world.actor.fs.setCwd(find(world, 'a'));
    expect(errnoOf(() => find(world, '../m', true, RESOLVE_BENEATH))).toBe(EXDEV);
    expect(errnoOf(() => find(world, 'abs', true, RESOLVE_BENEATH))).toBe(EXDEV);
    expect(errnoOf(() => find(world, 'b/../rel/f', true, RESOLVE_BENEATH))).toBe(0);
    expect(errnoOf(() => find(world, 'abs', true, RESOLVE_IN_ROOT))).toBe(ENOENT);
    expect(nameOf(world, find(world, '../../b', true, RESOLVE_IN_ROOT))).toBe('/a/b');
    expect(errnoOf(() => find(world, 'rel/f', true, RESOLVE_NO_SYMLINKS))).toBe(ELOOP);
    expect(errnoOf(() => find(world, '/m/d', true, RESOLVE_NO_XDEV))).toBe(EXDEV);
  });
});

describe('names of places', () => {
  it('follow a rename above, and tell what was removed', () => {
    const world = makeWorld();
    const { actor } = world;
    const place = find(world, 'a/b');
    renameName(actor, actor.fs.cwd, 'a', actor.fs.cwd, 'z', 0);
    expect(nameOf(world, place)).toBe('/z/b');
    mkdir(world, 'z/gone');
    const gone = find(world, 'z/gone');
    removeDirectory(actor, actor.fs.cwd, 'z/gone');
    expect(nameOf(world, gone)).toBe('/z/gone (deleted)');
  });

  it('lie outside another root directory', () => {
    const world = makeWorld();
    const place = find(world, 'm/d');
    const inside = find(world, 'a');
    expect(pathName(place, inside)).toBeNull();
    expect(describePath(place, inside)).toBe('/m/d');
  });
});
