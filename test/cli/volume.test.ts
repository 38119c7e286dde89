import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { busybox, shell } from './support/stasis.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stasis-volume-'));
  mkdirSync(join(folder, 'v'));
  writeFileSync(join(folder, 'v', 'file'), 'from the host\n');
  writeFileSync(join(folder, 'outside'), 'secret\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('--volume', () => {
  it('shows a directory of the host, at a place that is made for it', () => {
    const run = shell('cat /some/where/file; ls /some/where', { flags: ['--volume', `${folder}/v:/some/where`] });
    expect(run.stdout).toBe('from the host\nfile\n');
  });

  it('writes to it what the guest writes', () => {
    const run = shell('cd /v && echo more >>file && mkdir d && echo new >d/n && mv d/n n && ln -s n l && rm file', { flags: ['--volume', `${folder}/v:/v`] });
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(readdirSync(join(folder, 'v')).sort()).toEqual(['d', 'l', 'n']);
    expect(readFileSync(join(folder, 'v', 'n'), 'utf8')).toBe('new\n');
  });

  it('is EROFS where it is read-only, and nothing changes', () => {
    const run = shell('cat /v/file; for c in "rm /v/file" "mkdir /v/d" "touch /v/file" "cp /etc/passwd /v/p"; do $c 2>&1; done; echo x 2>&1 >/v/file', { flags: ['--volume', `${folder}/v:/v:ro`] });
    expect(run.stdout.match(/Read-only file system/g)?.length).toBe(5);
    expect(readdirSync(join(folder, 'v'))).toEqual(['file']);
    expect(readFileSync(join(folder, 'v', 'file'), 'utf8')).toBe('from the host\n');
  });

  it('can be a file', () => {
    const run = shell('cat /etc/given; echo written >>/etc/given', { flags: ['--volume', `${folder}/v/file:/etc/given`] });
    expect(run.stdout).toBe('from the host\n');
    expect(readFileSync(join(folder, 'v', 'file'), 'utf8')).toBe('from the host\nwritten\n');
  });

  it('leads nowhere else: links in it are links of the guest', () => {
    symlinkSync('../outside', join(folder, 'v', 'up'));
    symlinkSync(join(folder, 'outside'), join(folder, 'v', 'away'));
    symlinkSync('/etc/hostname', join(folder, 'v', 'guest'));
    const run = shell('cat /v/up /v/away /v/../outside; cat /v/guest; echo x >/v/up', { flags: ['--volume', `${folder}/v:/v`] });
    expect(run.stdout).toBe('stasis\n');
    expect(readFileSync(join(folder, 'outside'), 'utf8')).toBe('secret\n');
  });

  it('shares between host and guest what both do meanwhile, with checkpoints on the way too', () => {
    for (const every of [[], ['--checkpoint-every', '20']]) {
      const run = shell('exec 3>>/v/log; for i in 1 2 3 4 5; do echo $i >&3; done; wc -l </v/log; rm /v/log; echo 6 >&3; ls /v', { flags: [...every, '--volume', `${folder}/v:/v`] });
      expect([run.stdout, run.stderr]).toEqual(['5\nfile\n', '']);
      expect(existsSync(join(folder, 'v', 'log'))).toBe(false);
    }
  });

  it('is refused in one sentence where the host has nothing, or the place is impossible', () => {
    const refused = (volume: string, sentence: RegExp) => {
      const run = busybox(['true'], { flags: ['--volume', volume] });
      expect(run.status).toBe(128);
      expect(run.stderr).toMatch(/^stasis: [^\n]+\n$/);
      expect(run.stderr).toMatch(sentence);
    };
    refused(`${folder}/none:/v`, /none: cannot be used as a volume \(ENOENT\)/);
    refused(`${folder}/v:/etc/passwd`, /no volume can be put at \/etc\/passwd \(ENOTDIR\)/);
    refused(`${folder}/v:/a/../b`, /EINVAL/);
    refused(`${folder}/v:/`, /EINVAL/);
  });
});
