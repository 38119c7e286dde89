import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageError, SysError } from '../../src/base/errors.ts';
import { DirectoryTree } from '../../src/host/node/directory-tree.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tree-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('DirectoryTree', () => {
  it('tells stat, list, readlink and parts of files, names as bytes', () => {
    mkdirSync(join(folder, 'd'));
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/d/`), Buffer.from([0xff, 0xfe])]), 'bytes');
    writeFileSync(join(folder, 'f'), '0123456789', { mode: 0o640 });
    linkSync(join(folder, 'f'), join(folder, 'g'));
    symlinkSync('d/é', join(folder, 'l'));
    const tree = new DirectoryTree(folder);
    expect(tree.list('')).toEqual(['d', 'f', 'g', 'l']);
    expect(tree.list('/d')).toEqual(['\xff\xfe']);
    expect(tree.stat('/f')).toMatchObject({ mode: 0o100640, sizeBytes: 10 });
    expect(tree.stat('/f')!.key).toBe(tree.stat('/g')!.key);
    expect(tree.readlink('/l')).toBe('d/\xc3\xa9');
    expect(tree.stat('/l')!.mode & 0o170000).toBe(0o120000);
    const part = new Uint8Array(4);
    expect(tree.read('/f', 8, part)).toBe(2);
    expect(tree.read('/d/\xff\xfe', 1, part)).toBe(4);
    expect(Buffer.from(part).toString()).toBe('ytes');
    expect(tree.stat('/nothing')).toBeNull();
    tree.close();
  });

  it('follows no symbolic link, not even on the way', () => {
    symlinkSync('/', join(folder, 'root'));
    const tree = new DirectoryTree(folder);
    expect(tree.stat('/root/etc')).toBeNull();
    expect(() => tree.read('/root', 0, new Uint8Array(1))).toThrow(expect.any(SysError) as unknown as Error);
  });

  it('leads to nothing outside, by whatever path', () => {
    const outside = `${folder}-outside`;
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret'), 'secret');
    symlinkSync(outside, join(folder, 'away'));
    symlinkSync('secret', join(outside, 'link'));
    mkdirSync(join(folder, 'd'));
    const tree = new DirectoryTree(folder);
    const name = outside.slice(outside.lastIndexOf('/') + 1);
    for (const path of [`/../${name}`, `/d/../../${name}`, '/away', '-outside', `/./../${name}`, `//../${name}`, `/d//../../${name}`]) {
      expect([path, tree.stat(`${path}/secret`)]).toEqual([path, null]);
      expect(() => tree.read(`${path}/secret`, 0, new Uint8Array(1)), path).toThrow(/no directory leads there$/);
      expect(() => tree.readlink(`${path}/link`), path).toThrow(/no directory leads there$/);
      expect(() => tree.list(path), path).toThrow(expect.any(SysError) as unknown as Error);
    }
    rmSync(outside, { recursive: true });
  });

  it('reads many files with few descriptors, and answers an errno when one has gone', () => {
    for (let i = 0; i < 50; i++) writeFileSync(join(folder, `f${i}`), String(i));
    const tree = new DirectoryTree(folder);
    const digit = new Uint8Array(2);
    for (let i = 0; i < 50; i++) expect(tree.read(`/f${i}`, 0, digit)).toBe(i < 10 ? 1 : 2);
    unlinkSync(join(folder, 'f0'));
    expect(() => tree.read('/f0', 0, digit)).toThrow(expect.any(SysError) as unknown as Error);
    tree.close();
  });

  it('refuses what is no directory', () => {
    writeFileSync(join(folder, 'f'), '');
    expect(() => new DirectoryTree(join(folder, 'f'))).toThrow(ImageError);
    expect(() => new DirectoryTree(join(folder, 'nothing'))).toThrow(/cannot be opened \(ENOENT\)$/);
  });
});
