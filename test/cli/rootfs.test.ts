import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { readImageArchive } from '../../src/container/oci/index.ts';
import { ociArchive, textEntry } from '../support/oci-archive.ts';
import { stasis } from './support/stasis.ts';

let folder: string;
let root: string;
const archive = rootPath('public/busybox.tar');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stasis-rootfs-'));
  root = join(folder, 'root');
  mkdirSync(join(root, 'bin'), { recursive: true });
  const { tree } = await readImageArchive(readFileSync(archive), 'busybox');
  const program = new Uint8Array(tree.stat('/bin/busybox')!.sizeBytes);
  tree.read('/bin/busybox', 0, program);
  writeFileSync(join(root, 'bin', 'busybox'), program, { mode: 0o755 });
  for (const name of ['sh', 'cat', 'ls', 'rm']) symlinkSync('busybox', join(root, 'bin', name));
  writeFileSync(join(root, 'note'), 'on the host\n');
  writeFileSync(join(root, 'script'), '#!/bin/sh\necho "script $1 $0"\n', { mode: 0o755 });
  writeFileSync(join(root, 'text'), 'no program\n', { mode: 0o755 });
  writeFileSync(join(root, 'foreign'), readFileSync(process.execPath).subarray(0, 4096), { mode: 0o755 });
  writeFileSync(join(root, 'cut'), program.subarray(0, 60), { mode: 0o755 });
  symlinkSync('/etc/passwd', join(root, 'absolute'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function inDirectory(...argv: string[]) {
  return stasis(['do', '--rootfs', root, '--', ...argv]);
}

describe('--rootfs with a directory', () => {
  it('runs what is in it', () => {
    expect(inDirectory('/bin/busybox', 'cat', '/note').stdout).toBe('on the host\n');
    expect(inDirectory('/script', 'word').stdout).toBe('script word /script\n');
  });

  it('has a /tmp, /proc and /dev, and the host has nothing of it', () => {
    const run = inDirectory('sh', '-c', 'echo x >/tmp/x; cat /tmp/x; cat /proc/1/comm; ls /dev/null; echo changed >/note; cat /note; rm /script; ls /');
    expect(run.stdout).toBe('x\nsh\n/dev/null\nchanged\nabsolute\nbin\ncut\ndev\netc\nforeign\nnote\nproc\nsys\ntext\ntmp\n');
    expect(readFileSync(join(root, 'note'), 'utf8')).toBe('on the host\n');
    expect(readdirSync(root).sort()).toEqual(['absolute', 'bin', 'cut', 'foreign', 'note', 'script', 'text']);
  });

  it('does not follow links out of it', () => {
    expect(inDirectory('sh', '-c', 'cat /absolute || echo none').stdout).toBe('none\n');
  });

  it('refuses with one sentence what is no program for riscv64', () => {
    for (const [program, errno] of [['/foreign', 'ENOEXEC'], ['/cut', 'ENOEXEC'], ['/text', 'ENOEXEC']]) {
      const run = inDirectory(program!);
      expect(run.status).toBe(128);
      expect(run.stderr).toMatch(new RegExp(`^stasis: [^\\n]*${program}[^\\n]*${errno}[^\\n]*\\n$`));
    }
  });

  it('reads no more of a large tree than it needs', () => {
    const large = join(root, 'large');
    mkdirSync(large);
    for (let i = 0; i < 20; i++) {
      writeFileSync(join(large, `sparse${i}`), '');
      truncateSync(join(large, `sparse${i}`), 2 ** 32);
    }
    try {
      const run = inDirectory('sh', '-c', 'ls -l /large/sparse7 | busybox awk "{ print \\$5 }"; busybox tail -c 3 /large/sparse9 | busybox wc -c');
      expect(run.stdout).toBe('4294967296\n3\n');
    } finally {
      rmSync(large, { recursive: true });
    }
  });

  it('works where nothing may be written, and with files nobody may read', () => {
    const closed = join(folder, 'closed');
    cpSync(root, closed, { recursive: true, verbatimSymlinks: true });
    chmodSync(closed, 0o555);
    expect(stasis(['do', '--rootfs', closed, '--', 'sh', '-c', 'echo new >/new; cat /new /note']).stdout).toBe('new\non the host\n');
    chmodSync(closed, 0o755);
    expect(statSync(join(closed, 'note')).size).toBe(12);
  });
});

describe('--rootfs with an image archive', () => {
  it('runs it with the environment of its configuration', () => {
    const run = stasis(['do', '--rootfs', archive, '--', 'sh', '-c', 'cat /etc/hostname; echo $PATH']);
    expect(run.stdout).toMatch(/^stasis\n[^\n]*\/usr\/bin[^\n]*\n$/);
  });

  it('takes its working directory, user and environment where the command line says nothing else', async () => {
    const { tree } = await readImageArchive(readFileSync(archive), 'busybox');
    const program = new Uint8Array(tree.stat('/bin/busybox')!.sizeBytes);
    tree.read('/bin/busybox', 0, program);
    const layer = [{ ...textEntry('bin/busybox', ''), data: program, mode: 0o755 }, textEntry('etc/passwd', 'tester:x:77:78::/home/t:/bin/sh\n'), textEntry('work/here', 'x')];
    const path = join(folder, 'configured.tar');
    writeFileSync(path, ociArchive([layer], { config: { Env: ['PATH=/bin', 'FROM=image', 'BOTH=image'], WorkingDir: '/work', User: 'tester' } }));
    const script = 'busybox id -u; busybox pwd; echo $FROM $BOTH $HOME';
    expect(stasis(['do', '--rootfs', path, '--env', 'BOTH=line', '--', '/bin/busybox', 'sh', '-c', script]).stdout).toBe('77\n/work\nimage line /home/t\n');
    expect(stasis(['do', '--rootfs', path, '--user', '0', '--cwd', '/', '--', '/bin/busybox', 'sh', '-c', 'busybox id -u; busybox pwd']).stdout).toBe('0\n/\n');
  });

  it('refuses a damaged, foreign or empty archive in one sentence', () => {
    const bytes = readFileSync(archive);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length >> 1]! ^= 0x40;
    const cases: [string, Uint8Array, RegExp][] = [
      ['empty.tar', new Uint8Array(0), /ends after 0 bytes/],
      ['cut.tar', bytes.subarray(0, 100_000), /ends after|cut off/],
      ['flipped.tar', flipped, /digest/],
      ['text.tar', Buffer.from('no archive at all\n'.repeat(100)), /checksum/],
      ['gzip.tar', gzipSync(bytes).subarray(0, 5000), /damaged or cut off/],
      ['arm.tar', ociArchive([[textEntry('a', 'b')]], { platform: { os: 'linux', architecture: 'arm64' } }), /is made for linux\/arm64/],
    ];
    for (const [name, content, sentence] of cases) {
      const path = join(folder, name);
      writeFileSync(path, content);
      const run = stasis(['do', '--rootfs', path, '--', 'true']);
      expect(run.status, name).toBe(128);
      expect(run.stderr, name).toMatch(/^stasis: [^\n]+\n$/);
      expect(run.stderr, name).toMatch(sentence);
    }
  });

  it('refuses what is not there or is neither', () => {
    expect(stasis(['do', '--rootfs', join(folder, 'none'), '--', 'true']).stderr).toMatch(/^stasis: [^\n]*none cannot be read \(ENOENT\)\n$/);
    expect(stasis(['do', '--rootfs', '/dev/null', '--', 'true']).stderr).toBe('stasis: /dev/null is neither a directory nor an image archive\n');
  });

  it('says of a tar file of a root directory that it is no image', () => {
    const made = spawnSync('tar', ['-cf', join(folder, 'plain.tar'), '-C', folder, 'root'], { encoding: 'utf8' });
    expect(made.status).toBe(0);
    expect(stasis(['do', '--rootfs', join(folder, 'plain.tar'), '--', 'true']).stderr).toMatch(/^stasis: [^\n]*plain.tar: holds neither index.json nor manifest.json[^\n]*\n$/);
  });
});
