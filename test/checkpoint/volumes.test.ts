/** Files of a host volume that are open at a checkpoint, and what became of them on the host before the restore. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeVolume } from '../../src/host/node/volume.ts';
import { mountVolume } from '../../src/sentry/fs/hostfs/mount-volume.ts';
import { MountNamespace } from '../../src/sentry/vfs/mount.ts';
import { Vfs } from '../../src/sentry/vfs/vfs.ts';
import { ContainerHarness } from '../support/container-harness.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stasis-volume-'));
  writeFileSync(join(folder, 'file'), '0123456789');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function withVolume(argv: readonly string[]): ContainerHarness {
  const harness = ContainerHarness.start({
    argv,
    host: { prepare: ({ services }) => mountVolume(services.get('vfs', Vfs), services.get('mounts', MountNamespace), new NodeVolume(folder, '/v', false), '/v') },
  });
  harness.run(50);
  return harness;
}

const bound = { host: { bindEdge: () => new NodeVolume(folder, '/v', false) } };

describe('a file of a volume that is open at a checkpoint', () => {
  it('is read on from where it was', () => {
    const after = withVolume(['sh', '-c', 'exec 3< /v/file; dd bs=1 count=4 <&3 2>/dev/null; sleep 10; cat <&3; echo "[$?]"']).restored(bound);
    after.run(20_000);
    expect(after.init.output()).toBe('456789[0]\n');
  });

  it('has what the host has written in the meantime', () => {
    const before = withVolume(['sh', '-c', 'exec 3< /v/file; dd bs=1 count=4 <&3 2>/dev/null; sleep 10; cat <&3; echo "[$?]"']);
    writeFileSync(join(folder, 'file'), 'abcdefghijkl');
    const after = before.restored(bound);
    after.run(20_000);
    expect(after.init.output()).toBe('efghijkl[0]\n');
  });

  it('may have gone if an exec alone holds it: the restore takes no notice', () => {
    const before = withVolume(['sleep', '100000']);
    const exec = before.exec(['sh', '-c', 'exec 3< /v/file; exec sleep 1000']);
    before.run(50);
    rmSync(join(folder, 'file'));
    for (const policy of ['kill', 'gvisor'] as const) {
      const after = before.restored({ ...bound, policy });
      expect(after.killed.map(({ pid }) => pid)).toEqual([exec.pid]);
      after.run(100);
      expect(after.processes()).toEqual(['1 sleep']);
    }
  });

  it('fails with an errno for those that live on when the host has removed it; nothing else is lost', () => {
    const before = withVolume(['sh', '-c', 'exec 3< /v/file; sleep 10; cat <&3 || echo failed; echo "on $?"; ls /v']);
    rmSync(join(folder, 'file'));
    writeFileSync(join(folder, 'other'), '');
    const after = before.restored(bound);
    after.run(20_000);
    expect(after.init.output()).toBe('failed\non 0\nother\ncat: read error: No such file or directory\n');
  });

  it('is in the image when the guest had removed it', () => {
    const before = withVolume(['sh', '-c', 'exec 3<> /v/file; rm /v/file; sleep 10; cat <&3; echo more >&3; wc -c < /proc/self/fd/3']);
    expect(existsSync(join(folder, 'file'))).toBe(false);
    for (const again of [before.restored(bound), before.restored(bound).restored(bound)]) {
      again.run(20_000);
      expect(again.init.output()).toBe('012345678915\n');
    }
    expect(existsSync(join(folder, 'file'))).toBe(false);
  });

  it('takes what is written after the restore', () => {
    const after = withVolume(['sh', '-c', 'exec 3>> /v/log; echo one >&3; sleep 10; echo two >&3']).restored(bound);
    after.run(20_000);
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('one\ntwo\n');
  });

  it('is another one when it is a working directory that the host has renamed', () => {
    mkdirSync(join(folder, 'dir'));
    const before = withVolume(['sh', '-c', 'cd /v/dir; sleep 10; (echo x > here) 2>/dev/null || echo failed; ls /v']);
    renameSync(join(folder, 'dir'), join(folder, 'moved'));
    const after = before.restored(bound);
    after.run(20_000);
    expect(after.init.output()).toBe('failed\nfile\nmoved\n');
  });
});
