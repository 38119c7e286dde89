import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EACCES, EEXIST, ELOOP, ENOENT, ENOTEMPTY, EROFS } from '../../src/abi/errno.ts';
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC } from '../../src/abi/open.ts';
import { S_IFDIR, S_IFLNK } from '../../src/abi/stat.ts';
import { ImageError } from '../../src/base/errors.ts';
import { NodeVolume } from '../../src/host/node/volume.ts';
import { mountVolume } from '../../src/sentry/fs/hostfs/mount-volume.ts';
import { walkerOf } from '../../src/sentry/vfs/actor.ts';
import { DirectoryFile } from '../../src/sentry/vfs/directory-file.ts';
import { makeName, removeDirectory, renameName, unlinkName } from '../../src/sentry/vfs/edit.ts';
import { lookupPath } from '../../src/sentry/vfs/lookup.ts';
import { errnoOf, get, open, put, readAt, tmpfsWorld, writeAt } from './fs-support.ts';
import type { World } from './fs-support.ts';

let top: string;

/** `outside/secret` and `vol/{file,dir/inner}`, the volume being `vol`. */
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'volume-'));
  mkdirSync(join(top, 'outside'));
  writeFileSync(join(top, 'outside/secret'), 'secret');
  mkdirSync(join(top, 'vol/dir'), { recursive: true });
  writeFileSync(join(top, 'vol/file'), 'content');
  writeFileSync(join(top, 'vol/dir/inner'), 'inner');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function mounted(isReadOnly = false): World {
  const world = tmpfsWorld();
  mountVolume(world.vfs, world.mounts, new NodeVolume(join(top, 'vol'), '/data', isReadOnly), '/data');
  return world;
}

function list(world: World, name: string): string[] {
  const file = open(world, name, O_RDONLY);
  const names: string[] = [];
  if (file instanceof DirectoryFile) file.readEntries(world.actor, (entry) => names.push(entry) > 0);
  return names.filter((entry) => entry !== '.' && entry !== '..');
}

describe('NodeVolume', () => {
  it('refuses paths that lead out', () => {
    const volume = new NodeVolume(join(top, 'vol'), 'v', false);
    symlinkSync('../outside', join(top, 'vol/link'));
    for (const path of ['..', '../outside/secret', 'dir/../../outside/secret', './file', '/file', 'dir//inner']) {
      expect(errnoOf(() => volume.readlink(path))).toBe(EACCES);
      expect(errnoOf(() => volume.unlink(path))).toBe(EACCES);
    }
    expect(errnoOf(() => volume.open('link/secret', false))).toBe(ELOOP);
    expect(errnoOf(() => volume.stat('link/secret'))).toBe(ELOOP);
    expect(errnoOf(() => volume.createFile('link/new', 0o644, 0, 0))).toBe(ELOOP);
    expect(errnoOf(() => volume.unlink('link/secret'))).toBe(ELOOP);
    expect(errnoOf(() => volume.rename('file', 'link/file'))).toBe(ELOOP);
    expect(errnoOf(() => volume.link('link/secret', 'mine'))).toBe(ELOOP);
    expect(volume.readlink('link')).toBe('../outside');
    expect(errnoOf(() => volume.open('link', false))).toBe(ELOOP);
    expect(readdirSync(join(top, 'outside'))).toEqual(['secret']);
  });

  it('changes nothing when it is read-only', () => {
    const volume = new NodeVolume(join(top, 'vol'), 'v', true);
    const changes = [
      () => volume.open('file', true), () => volume.createFile('new', 0o644, 0, 0), () => volume.makeDirectory('new', 0o755, 0, 0),
      () => volume.makeSymlink('new', 'x', 0, 0), () => volume.link('file', 'new'), () => volume.unlink('file'), () => volume.removeDirectory('dir'),
      () => volume.rename('file', 'new'), () => volume.changeMode('file', 0), () => volume.changeOwner('file', 1, 1), () => volume.changeTimes('file', 0n, 0n),
    ];
    for (const change of changes) expect(errnoOf(change)).toBe(EROFS);
    const handle = volume.open('file', false);
    expect(errnoOf(() => volume.write(handle, 0, new Uint8Array(1)))).toBe(EROFS);
    expect(errnoOf(() => volume.truncate(handle, 0))).toBe(EROFS);
    volume.close(handle);
    expect(readFileSync(join(top, 'vol/file'), 'utf8')).toBe('content');
  });

  it('says what is wrong with a path that is no volume', () => {
    expect(() => new NodeVolume(join(top, 'none'), 'v', false)).toThrow(ImageError);
    expect(() => new NodeVolume('/dev/null', 'v', false)).toThrow(/neither a directory nor a file/);
  });
});

describe('a mounted volume', () => {
  it('reads and writes through', () => {
    const world = mounted();
    expect(get(world, 'data/dir/inner')).toBe('inner');
    put(world, 'data/made', 'by the guest');
    expect(readFileSync(join(top, 'vol/made'), 'utf8')).toBe('by the guest');
    writeFileSync(join(top, 'vol/file'), 'changed outside');
    expect(get(world, 'data/file')).toBe('changed outside');
    expect(list(world, 'data')).toEqual(['dir', 'file', 'made']);
    makeName(world.actor, world.actor.fs.cwd, 'data/d', S_IFDIR | 0o750, 0, '');
    renameName(world.actor, world.actor.fs.cwd, 'data/made', world.actor.fs.cwd, 'data/d/moved', 0);
    expect(readdirSync(join(top, 'vol/d'))).toEqual(['moved']);
    expect(errnoOf(() => removeDirectory(world.actor, world.actor.fs.cwd, 'data/d'))).toBe(ENOTEMPTY);
    expect(errnoOf(() => makeName(world.actor, world.actor.fs.cwd, 'data/file', S_IFDIR, 0, ''))).toBe(EEXIST);
  });

  it('resolves symbolic links in the guest, never on the host', () => {
    const world = mounted();
    symlinkSync(join(top, 'outside/secret'), join(top, 'vol/absolute'));
    symlinkSync('../outside/secret', join(top, 'vol/relative'));
    expect(errnoOf(() => open(world, 'data/absolute', O_RDONLY))).toBe(ENOENT);
    expect(errnoOf(() => open(world, 'data/relative', O_RDONLY))).toBe(ENOENT);
    makeName(world.actor, world.actor.fs.cwd, 'data/up', S_IFLNK | 0o777, 0, '../..');
    put(world, 'escaped', 'in the guest');
    expect(get(world, 'data/up/escaped')).toBe('in the guest');
    expect(readdirSync(top).sort()).toEqual(['outside', 'vol']);
  });

  it('does not follow a directory that the host has replaced by a link', () => {
    const world = mounted();
    const inner = open(world, 'data/dir/inner', O_RDONLY);
    renameSync(join(top, 'vol/dir'), join(top, 'vol/was'));
    symlinkSync('../outside', join(top, 'vol/dir'));
    expect(errnoOf(() => put(world, 'data/dir/new', 'x'))).not.toBe(0);
    expect(readAt(world, inner, 0, 10)).toBe('inner');
    expect(readdirSync(join(top, 'outside'))).toEqual(['secret']);
  });

  it('keeps a removed file for those who have it open', () => {
    const world = mounted();
    const file = open(world, 'data/file', O_RDWR);
    unlinkName(world.actor, world.actor.fs.cwd, 'data/file');
    writeAt(world, file, 7, ' more');
    expect(readAt(world, file, 0, 20)).toBe('content more');
    world.vfs.beforeCheckpoint();
    writeAt(world, file, 0, 'C');
    expect(readAt(world, file, 0, 20)).toBe('Content more');
    file.drop();
    expect(readdirSync(join(top, 'vol'))).toEqual(['dir']);
  });

  it('writes stores through a shared mapping back', () => {
    const world = mounted();
    const file = open(world, 'data/file', O_RDWR);
    const mappable = file.mappable();
    mappable?.mapped(true);
    const frame = mappable?.frameFor(0, true) ?? 0;
    world.core.bytes().set([67, 79, 78], frame * 4096);
    expect(readAt(world, file, 0, 7)).toBe('CONtent');
    file.sync();
    expect(readFileSync(join(top, 'vol/file'), 'utf8')).toBe('CONtent');
    world.core.bytes().set([99], frame * 4096);
    mappable?.unmapped(true);
    expect(readFileSync(join(top, 'vol/file'), 'utf8')).toBe('cONtent');
    file.drop();
    expect(world.core.framesInUse()).toBe(0);
  });

  it('answers EROFS where it is read-only', () => {
    const world = mounted(true);
    expect(errnoOf(() => open(world, 'data/file', O_RDWR))).toBe(EROFS);
    expect(errnoOf(() => open(world, 'data/new', O_RDWR | O_CREAT))).toBe(EROFS);
    expect(errnoOf(() => open(world, 'data/file', O_RDONLY | O_TRUNC))).toBe(EROFS);
    expect(errnoOf(() => unlinkName(world.actor, world.actor.fs.cwd, 'data/file'))).toBe(EROFS);
    expect(get(world, 'data/file')).toBe('content');
  });

  it('may be a single file', () => {
    const world = tmpfsWorld();
    const mount = mountVolume(world.vfs, world.mounts, new NodeVolume(join(top, 'vol/file'), '/etc/conf', false), '/etc/conf');
    expect(mount.root.inode.isRegular()).toBe(true);
    expect(get(world, 'etc/conf')).toBe('content');
    put(world, 'etc/conf', 'new');
    expect(readFileSync(join(top, 'vol/file'), 'utf8')).toBe('new');
    expect(lookupPath(walkerOf(world.actor), world.actor.fs.cwd, 'etc/conf', true).mount).toBe(mount);
  });
});
