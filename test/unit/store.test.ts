import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/host/memory/store.ts';
import { openFileStore } from '../../src/host/node/store.ts';
import type { OpenStore } from '../../src/ports/checkpoint-store.ts';
import { CONTRACT, blobName, pattern, refused } from '../support/store-contract.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stasis-store-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const KINDS: readonly (readonly [string, () => OpenStore])[] = [
  ['memory', () => openMemoryStore()],
  ['files', () => openFileStore(folder)],
  ['files, on a path too long for a socket', () => openFileStore(join(folder, 'd'.repeat(120)))],
];

describe.each(KINDS)('a store in %s', (kind, kindOfStore) => {
  it.each(CONTRACT.map((item, i) => [item.name, item, i] as const))('%s', async (_, item, i) => {
    await item.run(kindOfStore(), `${kind.length}-${i}`);
  });
});

describe('a store in memory', () => {
  it('is full at its limit, and what it keeps stays', async () => {
    const store = await openMemoryStore(1000)('small');
    await store.writeBlob(blobName(1), pattern(1, 700));
    await store.writeManifest(pattern(2, 200));
    expect(await refused('full', () => store.writeBlob(blobName(2), pattern(3, 101)))).toBe('memory has no room for 101 bytes more, its limit is 1000: delete checkpoints');
    await refused('full', () => store.writeManifest(pattern(3, 301)));
    expect(await store.listBlobs()).toEqual([blobName(1)]);
    expect(await store.readManifest()).toEqual(pattern(2, 200));
    await store.writeManifest(pattern(3, 300));
    expect(await store.usage()).toEqual({ usedBytes: 1000, quotaBytes: 1000 });
  });
});

describe('a store in files', () => {
  it('is for its owner alone', async () => {
    const store = await openFileStore(join(folder, 'new', 'deep'))('mine');
    await store.writeBlob(blobName(1), pattern(1, 10));
    await store.writeManifest(pattern(1, 10));
    for (const path of ['new', 'new/deep/mine', 'new/deep/mine/blobs']) expect(statSync(join(folder, path)).mode & 0o777).toBe(0o700);
    for (const path of ['manifest', `blobs/${blobName(1).replace(':', '-')}`]) expect(statSync(join(folder, 'new/deep/mine', path)).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('sweeps files that were not whole, and leaves those of others alone', async () => {
    const open = openFileStore(folder);
    await (await open('swept')).close();
    const at = join(folder, 'swept');
    writeFileSync(join(at, 'writing', '1'), 'half of a');
    writeFileSync(join(at, 'claim.00ff'), '');
    writeFileSync(join(at, 'blobs', 'notes.txt'), 'mine');
    const store = await open('swept');
    expect(readdirSync(join(at, 'writing'))).toEqual([]);
    expect(await store.listBlobs()).toEqual([]);
    expect(readdirSync(at).filter((name) => /^(claim|lock)/.test(name))).toEqual(['lock.2']);
    expect(readdirSync(join(at, 'blobs'))).toEqual(['notes.txt']);
    await store.close();
  });

  it('says in a sentence why a place will not do', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(await refused('unavailable', () => openFileStore(join(folder, 'file'))('x'))).toBe(
      `${join(folder, 'file', 'x')} cannot keep checkpoints (ENOTDIR): name a directory on a local disk that is yours to write to`,
    );
    await refused('unavailable', () => openFileStore('/proc/self')('x'));
  });

  it('is full where its disk is, says so, and keeps what it has', async ({ skip }) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]).status !== 0) skip('this user may not mount a small disk');
    try {
      const store = await openFileStore(disk)('full');
      await store.writeBlob(blobName(1), pattern(1, 100_000));
      await store.writeManifest(pattern(2, 1000));
      const sentence = await refused('full', () => store.writeBlob(blobName(2), pattern(3, 500_000)));
      expect(sentence).toBe(`${disk}/full has no room to keep a checkpoint of 500 kB (ENOSPC): delete checkpoints, or free space on its disk; what it keeps already is whole`);
      await refused('full', () => store.writeManifest(pattern(3, 500_000)));
      expect(await store.listBlobs()).toEqual([blobName(1)]);
      expect(await store.readBlob(blobName(1))).toEqual(pattern(1, 100_000));
      expect(await store.readManifest()).toEqual(pattern(2, 1000));
      expect((await store.usage()).usedBytes).toBe(101_000);
      await store.writeBlob(blobName(2), pattern(3, 50_000));
      await store.close();
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});
