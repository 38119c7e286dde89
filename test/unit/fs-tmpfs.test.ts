import { describe, expect, it } from 'vitest';
import { EBUSY, EFBIG, ENOSPC, ENOTEMPTY, EPERM, ETXTBSY, EXDEV } from '../../src/abi/errno.ts';
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_WRITE, RENAME_EXCHANGE, SEEK_DATA, SEEK_HOLE } from '../../src/abi/fs.ts';
import { O_CREAT, O_RDONLY, O_RDWR, O_TMPFILE, O_TRUNC, O_WRONLY } from '../../src/abi/open.ts';
import { SIGXFSZ } from '../../src/abi/signal.ts';
import { S_IFDIR } from '../../src/abi/stat.ts';
import { Tmpfs, TmpfsInode } from '../../src/sentry/fs/tmpfs/tmpfs.ts';
import { linkName, makeName, removeDirectory, renameName, unlinkName } from '../../src/sentry/vfs/edit.ts';
import { lookupPath } from '../../src/sentry/vfs/lookup.ts';
import { Mount } from '../../src/sentry/vfs/mount.ts';
import { walkerOf } from '../../src/sentry/vfs/actor.ts';
import { errnoOf, get, open, put, readAt, tmpfsWorld, writeAt } from './fs-support.ts';
import type { World } from './fs-support.ts';

function inodeOf(world: World, name: string): TmpfsInode {
  const { inode } = lookupPath(walkerOf(world.actor), world.actor.fs.cwd, name, false).dentry;
  if (!(inode instanceof TmpfsInode)) throw new Error(`${name} is not in a tmpfs`);
  return inode;
}

describe('tmpfs content', () => {
  it('takes a frame for each page written and none for holes', () => {
    const world = tmpfsWorld();
    const file = open(world, 'f', O_CREAT | O_RDWR);
    writeAt(world, file, 5 * 4096 + 10, 'x');
    expect(world.core.framesInUse()).toBe(1);
    expect(file.inode.sizeBytes).toBe(5 * 4096 + 11);
    expect(readAt(world, file, 5 * 4096 + 8, 10)).toBe('\0\0x');
    expect(file.inode.blocks()).toBe(8);
    expect([file.seek(0, SEEK_DATA), file.seek(0, SEEK_HOLE), file.seek(5 * 4096, SEEK_HOLE)]).toEqual([5 * 4096, 0, 5 * 4096 + 11]);
  });

  it('frees frames at truncation, zeroes the rest of the last page and drops its mappings', () => {
    const world = tmpfsWorld();
    const file = open(world, 'f', O_CREAT | O_RDWR);
    writeAt(world, file, 0, 'abcdef'.repeat(3000));
    expect(world.core.framesInUse()).toBe(5);
    file.inode.truncate(3);
    file.inode.truncate(10);
    expect(readAt(world, file, 0, 10)).toBe('abc\0\0\0\0\0\0\0');
    expect(world.core.framesInUse()).toBe(1);
    expect(world.dropped).toEqual([1]);
  });

  it('keeps the content of a removed file until its last user is gone', () => {
    const world = tmpfsWorld();
    put(world, 'f', 'content');
    const file = open(world, 'f', O_RDONLY);
    unlinkName(world.actor, world.actor.fs.cwd, 'f');
    expect(file.inode.nlink).toBe(0);
    expect(readAt(world, file, 0, 10)).toBe('content');
    const mappable = file.mappable();
    mappable?.mapped(false);
    file.drop();
    expect(world.core.framesInUse()).toBe(1);
    mappable?.unmapped(false);
    expect(world.core.framesInUse()).toBe(0);
  });

  it('answers ENOSPC when its size is used up, after writing what fits', () => {
    const world = tmpfsWorld({ sizeBytes: 2 * 4096 });
    const file = open(world, 'f', O_CREAT | O_RDWR);
    expect(writeAt(world, file, 0, 'x'.repeat(3 * 4096))).toBe(2 * 4096);
    expect(errnoOf(() => writeAt(world, file, 2 * 4096, 'x'))).toBe(ENOSPC);
    expect(file.inode.fileSystem.statistics().freeBlocks).toBe(0);
    file.inode.truncate(0);
    expect(writeAt(world, file, 0, 'x')).toBe(1);
  });

  it('answers ENOSPC when the machine has no frame left', () => {
    const world = tmpfsWorld({}, 3);
    const file = open(world, 'f', O_CREAT | O_RDWR);
    expect(writeAt(world, file, 0, 'x'.repeat(5 * 4096))).toBe(3 * 4096);
    expect(errnoOf(() => writeAt(world, file, 3 * 4096, 'x'))).toBe(ENOSPC);
  });

  it('writes up to RLIMIT_FSIZE, then raises SIGXFSZ', () => {
    const world = tmpfsWorld();
    world.actor.fileSizeLimit = 10;
    const file = open(world, 'f', O_CREAT | O_RDWR);
    expect(writeAt(world, file, 0, 'x'.repeat(20))).toBe(10);
    expect(errnoOf(() => writeAt(world, file, 10, 'x'))).toBe(EFBIG);
    expect(world.actor.raised).toEqual([SIGXFSZ]);
  });

  it('punches holes that read as zeros and give frames back', () => {
    const world = tmpfsWorld();
    const file = open(world, 'f', O_CREAT | O_RDWR);
    writeAt(world, file, 0, 'a'.repeat(3 * 4096));
    file.inode.allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 2 * 4096);
    expect(world.core.framesInUse()).toBe(2);
    const text = readAt(world, file, 0, 3 * 4096);
    expect(text.indexOf('\0')).toBe(100);
    expect(text.lastIndexOf('\0')).toBe(100 + 2 * 4096 - 1);
  });

  it('seals a memfd', () => {
    const world = tmpfsWorld();
    const inode = new Tmpfs(world.vfs).makeUnnamed(0o777);
    inode.seals = 0;
    inode.truncate(10);
    inode.addSeals(F_SEAL_GROW | F_SEAL_SHRINK);
    expect(errnoOf(() => inode.truncate(11))).toBe(EPERM);
    expect(errnoOf(() => inode.truncate(9))).toBe(EPERM);
    inode.mapped(true);
    expect(errnoOf(() => inode.addSeals(F_SEAL_WRITE))).toBe(EBUSY);
    inode.unmapped(true);
    expect(errnoOf(() => inode.addSeals(F_SEAL_WRITE))).toBe(0);
  });

  it('refuses writers while a program runs from the file', () => {
    const world = tmpfsWorld();
    put(world, 'f', 'x');
    inodeOf(world, 'f').denyWrite();
    const users = inodeOf(world, 'f').users;
    expect(errnoOf(() => open(world, 'f', O_WRONLY))).toBe(ETXTBSY);
    expect(errnoOf(() => open(world, 'f', O_RDONLY | O_TRUNC))).toBe(ETXTBSY);
    expect(inodeOf(world, 'f').users).toBe(users);
    inodeOf(world, 'f').allowWrite();
    expect(errnoOf(() => open(world, 'f', O_WRONLY))).toBe(0);
  });
});

describe('tmpfs names', () => {
  it('counts names and directories', () => {
    const world = tmpfsWorld();
    const { actor } = world;
    const { cwd } = actor.fs;
    put(world, 'f', 'x');
    linkName(actor, lookupPath(walkerOf(actor), cwd, 'f', true), cwd, 'g');
    expect(inodeOf(world, 'g').nlink).toBe(2);
    expect(inodeOf(world, 'g')).toBe(inodeOf(world, 'f'));
    makeName(actor, cwd, 'd', S_IFDIR | 0o755, 0, '');
    makeName(actor, cwd, 'd/e', S_IFDIR | 0o755, 0, '');
    expect(inodeOf(world, 'd').nlink).toBe(3);
    renameName(actor, cwd, 'd/e', cwd, 'e', 0);
    expect([inodeOf(world, 'd').nlink, inodeOf(world, '.').nlink]).toEqual([2, 4]);
    put(world, 'e/x', '');
    expect(errnoOf(() => removeDirectory(actor, cwd, 'e'))).toBe(ENOTEMPTY);
  });

  it('frees a file that a rename replaces', () => {
    const world = tmpfsWorld();
    put(world, 'old', 'old content');
    put(world, 'new', 'new');
    expect(world.core.framesInUse()).toBe(2);
    renameName(world.actor, world.actor.fs.cwd, 'new', world.actor.fs.cwd, 'old', 0);
    expect(get(world, 'old')).toBe('new');
    expect(world.core.framesInUse()).toBe(1);
  });

  it('exchanges a file and a directory', () => {
    const world = tmpfsWorld();
    const { cwd } = world.actor.fs;
    put(world, 'f', 'x');
    makeName(world.actor, cwd, 'd', S_IFDIR | 0o755, 0, '');
    makeName(world.actor, cwd, 'd/sub', S_IFDIR | 0o755, 0, '');
    renameName(world.actor, cwd, 'f', cwd, 'd/sub', RENAME_EXCHANGE);
    expect(get(world, 'd/sub')).toBe('x');
    expect([inodeOf(world, 'd').nlink, inodeOf(world, '.').nlink, inodeOf(world, 'f').isDirectory()]).toEqual([2, 4, true]);
  });

  it('gives a file of O_TMPFILE a name once, unless it was made with O_EXCL', () => {
    const world = tmpfsWorld();
    const { actor } = world;
    const { cwd } = actor.fs;
    const file = open(world, '.', O_TMPFILE | O_RDWR);
    writeAt(world, file, 0, 'later');
    if (file.path === null) throw new Error('no place');
    linkName(actor, file.path, cwd, 'named');
    file.drop();
    expect(get(world, 'named')).toBe('later');
    const other = open(world, '.', O_TMPFILE | O_RDWR | 0o200);
    const place = other.path;
    if (place === null) throw new Error('no place');
    expect(errnoOf(() => linkName(actor, place, cwd, 'never'))).not.toBe(0);
  });

  it('does not link or rename between file systems', () => {
    const world = tmpfsWorld();
    const { actor, vfs, mounts } = world;
    const { cwd } = actor.fs;
    makeName(actor, cwd, 'm', S_IFDIR | 0o755, 0, '');
    const other = new Tmpfs(vfs);
    if (other.root === null) throw new Error('no root');
    mounts.attach(new Mount(9, other, other.root, 0, 'other'), lookupPath(walkerOf(actor), cwd, 'm', true));
    put(world, 'f', 'x');
    put(world, 'm/g', 'x');
    expect(errnoOf(() => linkName(actor, lookupPath(walkerOf(actor), cwd, 'f', true), cwd, 'm/f'))).toBe(EXDEV);
    expect(errnoOf(() => renameName(actor, cwd, 'm/g', cwd, 'g', 0))).toBe(EXDEV);
    expect(errnoOf(() => removeDirectory(actor, cwd, 'm'))).toBe(EBUSY);
    expect(errnoOf(() => renameName(actor, cwd, 'm', cwd, 'n', 0))).toBe(EBUSY);
  });
});
