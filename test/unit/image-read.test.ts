import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../../src/base/errors.ts';
import { readImageArchive } from '../../src/container/oci/index.ts';
import { sha256 } from '../../src/container/oci/sha256.ts';
import type { BaseTree } from '../../src/ports/base-tree.ts';
import type { TarEntry } from '../../src/container/oci/tar.ts';
import { digestOf, dockerArchive, entry, ociArchive, textEntry, type ArchiveChanges } from '../support/oci-archive.ts';

async function treeOf(...layers: TarEntry[][]): Promise<BaseTree> {
  return (await readImageArchive(ociArchive(layers), 'x.tar')).tree;
}

async function refusal(bytes: Uint8Array, options = {}): Promise<string> {
  try {
    await readImageArchive(bytes, 'x.tar', options);
  } catch (error) {
    if (error instanceof ImageError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

async function refusalOf(entries: TarEntry[], changes: ArchiveChanges = {}): Promise<string> {
  return refusal(ociArchive([entries], changes));
}

function paths(tree: BaseTree, path = ''): string[] {
  return tree.list(path).flatMap((name) => {
    const child = `${path}/${name}`;
    return (tree.stat(child)!.mode & 0o170000) === 0o040000 ? [`${child}/`, ...paths(tree, child)] : [child];
  });
}

function text(tree: BaseTree, path: string): string {
  const bytes = new Uint8Array(tree.stat(path)!.sizeBytes);
  expect(tree.read(path, 0, bytes)).toBe(bytes.length);
  return Buffer.from(bytes).toString('latin1');
}

describe('readImageArchive', () => {
  it('reads files, links, devices and attributes', async () => {
    const tree = await treeOf([
      entry('./etc/', { type: 'directory', mode: 0o750, uid: 5, gid: 6, mtimeNs: 7n }),
      textEntry('./etc/passwd', 'root'),
      entry('etc/link', { type: 'symlink', mode: 0o777, linkName: '../../x' }),
      entry('etc/again', { type: 'link', linkName: 'etc/passwd' }),
      entry('null', { type: 'character', mode: 0o666, major: 1, minor: 259 }),
      textEntry('implied/directory/file', ''),
    ]);
    expect(paths(tree)).toEqual(['/etc/', '/etc/again', '/etc/link', '/etc/passwd', '/implied/', '/implied/directory/', '/implied/directory/file', '/null']);
    expect(tree.stat('/etc')).toMatchObject({ mode: 0o040750, uid: 5, gid: 6, mtimeNs: 7n });
    expect(tree.stat('/etc/again')!.key).toBe(tree.stat('/etc/passwd')!.key);
    expect(tree.stat('/etc/link')).toMatchObject({ mode: 0o120777, sizeBytes: 7 });
    expect(tree.readlink('/etc/link')).toBe('../../x');
    expect(tree.stat('/null')).toMatchObject({ mode: 0o020666, rdev: 0x100103 });
    expect(tree.stat('/etc/nothing')).toBeNull();
    expect(tree.stat('/etc/passwd/below')).toBeNull();
  });

  it('reads parts of a file, and nothing past its end', async () => {
    const tree = await treeOf([textEntry('f', '0123456789')]);
    const part = new Uint8Array(4);
    expect(tree.read('/f', 3, part)).toBe(4);
    expect(Buffer.from(part).toString()).toBe('3456');
    expect(tree.read('/f', 8, part)).toBe(2);
    expect(tree.read('/f', 10, part)).toBe(0);
    expect(tree.read('/f', 1000, part)).toBe(0);
  });

  it('lays layers over each other, with whiteouts and opaque directories', async () => {
    const tree = await treeOf(
      [textEntry('a/kept', '1'), textEntry('a/gone', '1'), textEntry('a/changed', '1'), textEntry('b/x/low', '1'), textEntry('b/y', '1'), textEntry('c/d/e', '1')],
      [entry('a/.wh.gone'), textEntry('a/changed', '2'), textEntry('b/x/high', '2'), entry('b/.wh..wh..opq'), textEntry('b/z', '2'), entry('.wh.c')],
    );
    expect(paths(tree)).toEqual(['/a/', '/a/changed', '/a/kept', '/b/', '/b/x/', '/b/x/high', '/b/z']);
    expect(text(tree, '/a/changed')).toBe('2');
  });

  it('hides only what lower layers brought, whatever the order of entries', async () => {
    const tree = await treeOf([textEntry('d/old', '1')], [textEntry('d/new', '2'), entry('d/.wh.new'), entry('d/.wh..wh..opq'), entry('.wh.d')]);
    expect(paths(tree)).toEqual(['/d/', '/d/new']);
  });

  it('replaces a directory by a file and a file by a directory', async () => {
    const tree = await treeOf([textEntry('a/b', '1'), textEntry('c', '1')], [textEntry('a', '2'), entry('c/', { type: 'directory', mode: 0o700 })]);
    expect(paths(tree)).toEqual(['/a', '/c/']);
  });

  it('puts an entry below a symbolic link where the link leads inside the root', async () => {
    const tree = await treeOf([entry('lib', { type: 'symlink', linkName: '/../../usr/lib' }), entry('usr/lib/', { type: 'directory', mode: 0o755 })], [textEntry('lib/x', '1')]);
    expect(paths(tree)).toEqual(['/lib', '/usr/', '/usr/lib/', '/usr/lib/x']);
  });

  it('keeps names that are not UTF-8', async () => {
    const tree = await treeOf([textEntry('\xff\xfe', '1')]);
    expect(tree.list('')).toEqual(['\xff\xfe']);
  });

  it('reads the configuration', async () => {
    const { config } = await readImageArchive(ociArchive([[]], { config: { Entrypoint: ['/é'], Cmd: ['a'], Env: ['A=1'], WorkingDir: '/w', User: '1:2' } }), 'x.tar');
    expect(config).toEqual({ entrypoint: ['/\xc3\xa9'], cmd: ['a'], env: ['A=1'], workingDir: '/w', user: '1:2' });
  });

  it('reads layers that are not packed, and archives that are', async () => {
    const plain = ociArchive([[textEntry('a', '1')]], { packedLayer: (layer) => layer });
    expect(paths((await readImageArchive(plain, 'x.tar')).tree)).toEqual(['/a']);
    expect(paths((await readImageArchive(gzipSync(plain), 'x.tar')).tree)).toEqual(['/a']);
  });

  it('reads what docker save writes, and gives it the same digest each time', async () => {
    const archive = dockerArchive([[textEntry('a', '1')], [textEntry('b', '2')]]);
    const { tree } = await readImageArchive(archive, 'x.tar');
    expect(paths(tree)).toEqual(['/a', '/b']);
    expect(tree.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect((await readImageArchive(archive, 'y.tar')).tree.digest).toBe(tree.digest);
  });
});

describe('readImageArchive refuses', () => {
  it.each<[string, TarEntry[], RegExp]>([
    ['a name with ..', [textEntry('etc/../../passwd', '')], /layer 0: entry "etc\/\.\.\/\.\.\/passwd": leads out of the root with `\.\.`$/],
    ['an absolute name', [textEntry('/etc/passwd', '')], /entry "\/etc\/passwd": has an absolute name$/],
    ['a name of blanks only', [entry('./.')], /would replace the root directory$/],
    ['a component that is too long', [textEntry('x'.repeat(256), '')], /has a component of 256 bytes, the limit is 255$/],
    ['a path that is too long', [textEntry('x/'.repeat(3000), '')], /has a name of 6000 bytes, the limit is 4095$/],
    ['an entry below a file', [textEntry('a', ''), textEntry('a/b', '')], /entry "a\/b": "a" on the way to it is not a directory$/],
    ['a link loop', [entry('a', { type: 'symlink', linkName: 'b' }), entry('b', { type: 'symlink', linkName: 'a' }), textEntry('a/x', '')], /entry "a\/x": more than 40 symbolic links on the way to it$/],
    ['a hard link to nothing', [entry('a', { type: 'link', linkName: 'b' })], /entry "a": is a hard link to "b", which is not there$/],
    ['a hard link to a directory', [entry('d/', { type: 'directory' }), entry('a', { type: 'link', linkName: 'd' })], /entry "a": is a hard link to the directory "d"$/],
    ['a hard link out of the root', [entry('a', { type: 'link', linkName: '../../b' })], /leads out of the root with `\.\.`$/],
    ['a symbolic link to nothing', [entry('a', { type: 'symlink' })], /is a symbolic link to nothing$/],
    ['a whiteout of nothing', [entry('.wh.')], /is a whiteout of nothing$/],
    ['a name that would break the message', [textEntry('/\n\x1b[31m"', '')], /entry "\/\\x0a\\x1b\[31m"": has an absolute name$/],
  ])('%s', async (_what, entries, message) => {
    expect(await refusalOf(entries)).toMatch(message);
  });

  it('an image for another platform, naming it', async () => {
    expect(await refusalOf([], { platform: { os: 'linux', architecture: 'amd64' } })).toBe('x.tar: is made for linux/amd64; an image for linux/riscv64 is needed');
  });

  it('a file that is no archive, or no image', async () => {
    expect(await refusal(new Uint8Array(0))).toBe('x.tar: ends after 0 bytes without the mark of its end');
    expect(await refusal(new Uint8Array(1024))).toBe('x.tar: holds neither index.json nor manifest.json, so it is no image archive');
    expect(await refusal(new TextEncoder().encode('hello'.repeat(200)))).toMatch(/^x\.tar: (the header at byte 0|header at byte 0)/);
  });

  it('a blob whose digest or size is wrong', async () => {
    expect(await refusalOf([], { layerDescriptor: { size: 7 } })).toMatch(/^x\.tar: sha256:[0-9a-f]{64}: is \d+ bytes long, its descriptor says 7$/);
    expect(await refusalOf([], { layerDescriptor: { digest: 'md5:00' } })).toMatch(/layers\[0\]: its digest md5:00 is no SHA-256$/);
    expect(await refusalOf([], { layerDescriptor: { digest: `sha256:${'0'.repeat(64)}` } })).toMatch(/^x\.tar: holds no blobs\/sha256\/0{64}$/);
    const hex = digestOf(Buffer.from('other')).slice(7);
    const more = [entry(`blobs/sha256/${'1'.repeat(64)}`, { data: Buffer.from('other') })];
    expect(await refusalOf([], { more, layerDescriptor: { digest: `sha256:${'1'.repeat(64)}`, size: 5 } })).toBe(`x.tar: sha256:${'1'.repeat(64)}: its content has the digest sha256:${hex}`);
  });

  it('a layer that is not what the configuration says', async () => {
    expect(await refusalOf([], { diffIds: [`sha256:${'0'.repeat(64)}`] })).toMatch(/^x\.tar: layer 0: unpacks to sha256:[0-9a-f]{64}, the configuration says sha256:0{64}$/);
    expect(await refusalOf([], { diffIds: [] })).toMatch(/rootfs\.diff_ids: names 0 layers, the manifest 1$/);
  });

  it('layers it cannot unpack, are damaged, or are too large', async () => {
    expect(await refusalOf([], { packedLayer: () => Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0) })).toBe('x.tar: layer 0: is packed with zstd; only gzip can be unpacked');
    expect(await refusalOf([], { packedLayer: (layer) => gzipSync(layer).subarray(0, 25) })).toMatch(/layer 0: its gzip data is damaged or cut off after \d+ bytes of content$/);
    const bomb = ociArchive([[entry('zeros', { data: new Uint8Array(1 << 22) })]]);
    expect(await refusal(bomb, { limitBytes: 1 << 20 })).toBe('x.tar: layer 0: unpacks to more than 1048576 bytes');
  });

  it('documents of another shape, one sentence each', async () => {
    expect(await refusalOf([], { config: { Cmd: 'sh' } })).toBe('x.tar: configuration: config.Cmd: is not a list');
    expect(await refusalOf([], { config: { Env: [1] } })).toBe('x.tar: configuration: config.Env[0]: is not a string');
  });

  it('every archive with a byte changed that matters, and none with a host exception', async () => {
    const archive = ociArchive([[textEntry('a', '1')]], { packedLayer: (layer) => layer });
    for (let at = 0; at < archive.length; at += 97) {
      const bent = archive.slice();
      bent[at] = bent[at]! ^ 0x5a;
      await readImageArchive(bent, 'x.tar').catch((error) => expect(error).toBeInstanceOf(ImageError));
    }
    for (let length = 0; length < archive.length; length += 131) {
      await readImageArchive(archive.slice(0, length), 'x.tar').catch((error) => expect(error).toBeInstanceOf(ImageError));
    }
  });
});

describe('sha256', () => {
  it('equals the platform’s digest at every length around a block', () => {
    for (const length of [0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 128, 1000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
      expect(Buffer.from(sha256(bytes)).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });
});
