import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync, linkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../../src/base/errors.ts';
import { readTar } from '../../src/container/oci/tar.ts';
import { writeTar } from '../../src/container/oci/tar-writer.ts';
import { entry, textEntry } from '../support/oci-archive.ts';

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ImageError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('readTar', () => {
  it('reads back what writeTar wrote, long names, large ids and fractions of seconds included', () => {
    const entries = [
      entry('directory/', { type: 'directory', mode: 0o1777 }),
      textEntry(`${'long/'.repeat(30)}name`, 'content'),
      entry('link', { type: 'symlink', mode: 0o777, linkName: 'x'.repeat(200) }),
      entry('owned', { uid: 3_000_000, gid: 4_000_000, mtimeNs: 1_234_567_890_123_456_789n }),
      entry('before 1970', { mtimeNs: -1_500_000_000n }),
      entry('null', { type: 'character', major: 1, minor: 3 }),
      entry('name \xff\xfe in bytes'),
    ];
    expect([...readTar(writeTar(entries), 'a.tar')]).toEqual(entries);
  });

  it.each(['gnu', 'pax', 'ustar', 'v7'])('reads what GNU tar writes in its %s format', (format) => {
    const folder = mkdtempSync(join(tmpdir(), 'tar-'));
    try {
      const longName = `${'n'.repeat(format === 'gnu' || format === 'pax' ? 150 : 80)}`;
      writeFileSync(join(folder, longName), 'long');
      linkSync(join(folder, longName), join(folder, 'zz-hard'));
      symlinkSync('target', join(folder, 'soft'));
      const run = spawnSync('tar', ['-C', folder, `--format=${format}`, '--sort=name', '-cf', '-', '.'], { encoding: 'buffer' });
      const read = [...readTar(new Uint8Array(run.stdout), 'a.tar')];
      expect(read.map(({ name, type, linkName }) => [name, type, linkName])).toEqual([
        ['./', 'directory', ''],
        [`./${longName}`, 'file', ''],
        ['./soft', 'symlink', 'target'],
        ['./zz-hard', 'link', `./${longName}`],
      ]);
      expect(Buffer.from(read[1]!.data).toString()).toBe('long');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says where an archive is cut off, at every length', () => {
    const archive = writeTar([textEntry('a', 'x'.repeat(700)), textEntry('b', 'y')]);
    for (let length = 0; length < archive.length - 1024; length += 37) {
      expect(messageOf(() => [...readTar(archive.subarray(0, length), 'a.tar')])).toMatch(
        /^a\.tar: (cut off inside the header at byte \d+|ends after \d+ bytes without the mark of its end|entry "[ab]": says \d+ bytes, the archive ends after \d+)$/,
      );
    }
  });

  it('refuses a header whose checksum is wrong', () => {
    const archive = writeTar([textEntry('a', 'x')]);
    archive[0] = 0x62;
    expect(messageOf(() => [...readTar(archive, 'a.tar')])).toMatch(/^a\.tar: the header at byte 0 has checksum \d+ and sums up to \d+$/);
  });

  it('refuses a size that is no number or larger than the archive', () => {
    const digits = refield(writeTar([textEntry('a', 'x')]), 124, '0000zz00001\0');
    expect(messageOf(() => [...readTar(digits, 'a.tar')])).toBe('a.tar: entry "a": its size "0000zz00001" is no octal number');
    const large = refield(writeTar([textEntry('a', 'x')]), 124, '77777777777\0');
    expect(messageOf(() => [...readTar(large, 'a.tar')])).toBe('a.tar: entry "a": says 8589934591 bytes, the archive ends after 1536');
    const huge = refield(writeTar([textEntry('a', 'x')]), 124, `\x80${'\xff'.repeat(11)}`);
    expect(messageOf(() => [...readTar(huge, 'a.tar')])).toMatch(/^a\.tar: entry "a": its size \d+ is out of range$/);
  });

  it('refuses sparse files and damaged extended headers', () => {
    const sparse = paxArchive('22 GNU.sparse.major=1\n');
    expect(messageOf(() => [...readTar(sparse, 'a.tar')])).toMatch(/is a sparse file, which cannot be unpacked$/);
    for (const records of ['99 path=x\n', 'path=x\n', '9 path=x ', '0 path=x\n', '5 pat\n']) {
      expect(messageOf(() => [...readTar(paxArchive(records), 'a.tar')])).toMatch(/its extended header is damaged at byte 0$/);
    }
  });

  it('never throws anything but ImageError on random bytes', () => {
    const archive = writeTar([textEntry('file', 'x'.repeat(600)), entry('l'.repeat(300), { type: 'symlink', linkName: 'm'.repeat(300) })]);
    for (let seed = 1; seed <= 3000; seed++) {
      const bent = archive.slice();
      for (let i = 0, random = seed; i < 4; i++) {
        random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
        bent[random % bent.length] = random >>> 24;
      }
      for (const at of [0, 1536, 3072]) if (seed % 2 === 0 && at + 512 <= bent.length) resum(bent, at);
      try {
        for (const _ of readTar(bent, 'a.tar'));
      } catch (error) {
        expect(error).toBeInstanceOf(ImageError);
      }
    }
  });
});

function paxArchive(records: string): Uint8Array {
  const archive = writeTar([textEntry('header', records), textEntry('a', '')]);
  archive[156] = 0x78;
  resum(archive, 0);
  return archive;
}

function refield(archive: Uint8Array, at: number, text: string): Uint8Array {
  for (let i = 0; i < text.length; i++) archive[at + i] = text.charCodeAt(i);
  resum(archive, 0);
  return archive;
}

function resum(archive: Uint8Array, at: number): void {
  archive.fill(0x20, at + 148, at + 156);
  const sum = archive.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
  archive.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0`), at + 148);
}
