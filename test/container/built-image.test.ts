import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readImageArchive } from '../../src/container/oci/index.ts';
import { rootPath } from '../../scripts/support/paths.mjs';

const archive = readFileSync(rootPath('public/busybox.tar'));
const { tree, config } = await readImageArchive(archive, 'busybox.tar');

describe('the busybox image', () => {
  it('is small enough for a page', () => {
    expect(archive.length).toBeLessThan(1_200_000);
  });

  it('begins with a shell, and holds busybox as a riscv64 program', () => {
    expect(config).toMatchObject({ cmd: ['/bin/sh'], workingDir: '/' });
    expect(tree.readlink('/bin/sh')).toBe('busybox');
    expect(tree.readlink('/usr/bin/awk')).toBe('../../bin/busybox');
    expect(tree.stat('/bin/busybox')!.mode).toBe(0o100755);
    const head = new Uint8Array(20);
    tree.read('/bin/busybox', 0, head);
    expect([...head.subarray(0, 4), head[18]]).toEqual([0x7f, 0x45, 0x4c, 0x46, 243]);
  });

  it('has a link for every applet of the program', ({ skip }) => {
    const busybox = new Uint8Array(tree.stat('/bin/busybox')!.sizeBytes);
    tree.read('/bin/busybox', 0, busybox);
    const folder = mkdtempSync(join(tmpdir(), 'busybox-'));
    writeFileSync(join(folder, 'busybox'), busybox, { mode: 0o755 });
    const run = spawnSync('qemu-riscv64-static', [join(folder, 'busybox'), '--list-full'], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    if (run.error !== undefined) skip('qemu-riscv64-static is not installed');
    const missing = run.stdout.trim().split('\n').filter((path) => path !== 'linuxrc' && tree.stat(`/${path}`) === null);
    expect(missing).toEqual([]);
  });

  it('has users, mount points, and scripts that can be run', () => {
    const passwd = new Uint8Array(tree.stat('/etc/passwd')!.sizeBytes);
    tree.read('/etc/passwd', 0, passwd);
    expect(Buffer.from(passwd).toString()).toMatch(/^root:x:0:0:/);
    for (const path of ['/proc', '/sys', '/dev', '/tmp', '/root', '/run']) expect(tree.stat(path)!.mode & 0o170000).toBe(0o040000);
    expect(tree.stat('/tmp')!.mode).toBe(0o041777);
    for (const path of ['/sbin/demo-init', '/sbin/demo-daemon']) expect(tree.stat(path)!.mode).toBe(0o100755);
  });
});
