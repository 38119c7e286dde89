import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runContainerVerb } from '../../src/cli/container-verbs.ts';
import { sentenceOf } from '../../src/cli/failure.ts';
import { useContainers } from './support/containers.ts';
import { CLI } from './support/stasis.ts';

const containers = useContainers();
const images = mkdtempSync(join(tmpdir(), 'stasis-images-'));
const disk = join(images, 'disk');
mkdirSync(disk);
/** Whether there can be a disk that is soon full. */
const hasDisk = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'none', disk]).status === 0;
afterAll(() => {
  if (hasDisk) spawnSync('umount', [disk]);
  rmSync(images, { recursive: true, force: true });
});

/** An init that counts in /n. */
const COUNTER = ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo $i >/n; sleep 0.02; done'];

async function count(id: string): Promise<number> {
  return Number(await containers.ok('exec', id, 'sh', '-c', 'cat /n'));
}

describe('checkpoint', () => {
  it('that leaves the container running disturbs nobody; the next is a difference; one that stops it ends everybody with 0', async () => {
    const path = join(images, 'first');
    const run = containers.start('run', '--image', 'busybox', 'first', ...COUNTER);
    await expect.poll(() => containers.call('exec', 'first', 'test', '-s', '/n').then(({ status }) => status), { timeout: 10_000 }).toBe(0);
    const exec = containers.start('exec', 'first', 'sh');
    exec.type('echo $$ up\n');
    await exec.prints(/\d+ up/);
    const pid = Number(exec.stdout.split(' ')[0]);
    const waits = containers.call('wait', '--checkpoint', 'first');
    const events = containers.start('events', 'first');
    await events.prints(/"type":"stats"/);
    expect(await containers.ok('checkpoint', '--image-path', path, '--leave-running', '--name', 'early', 'first')).toBe('');
    expect(await waits).toEqual({ status: 0, stdout: '', stderr: '' });
    const second = await containers.ok('checkpoint', '--image-path', path, '--leave-running', '--verbose', 'first');
    expect(second).toMatch(/^checkpoint-2: a difference, \d+ kB, paused [\d.]+ ms/);
    exec.type('echo $$ still\n');
    await exec.prints(new RegExp(`${pid} still`));
    expect(await containers.ok('checkpoint', '--image-path', path, '--name', 'last', 'first')).toBe('');
    expect(await exec.ends()).toBe(0);
    expect(await run.ends()).toBe(0);
    await events.ends();
    const told = events.stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string; id: string; data: { name?: string } });
    expect(told.filter(({ type }) => type === 'checkpoint').map(({ id, data }) => [id, data.name])).toEqual([['first', 'early'], ['first', 'checkpoint-2'], ['first', 'last']]);
    expect(await containers.ok('list', '-q')).not.toContain('first');

    // In new processes, twice at the same time, under another id and the same.
    await Promise.all([containers.restore('first', '--image-path', path), containers.restore('twin', '--image-path', path, '--name', 'early')]);
    const [late, early] = await Promise.all([count('first'), count('twin')]);
    expect(late).toBeGreaterThan(early);
    expect((await containers.ok('ps', 'first')).match(/ sh\n/g)).toHaveLength(1); // the exec is gone
    expect(await containers.ok('exec', 'twin', 'hostname')).toBe('first\n');
    expect(await containers.call('wait', '--restore', 'twin')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect((await containers.call('wait', '--pid', String(pid), 'first')).stderr).toBe(`stasis: waiting for PID ${pid}: no such process\n`);
    const report = JSON.parse(spawnSync(process.execPath, [CLI, 'image', 'inspect', '--format', 'json', `${path}:early`], { encoding: 'utf8' }).stdout) as { processes: unknown[] };
    expect(report.processes.length).toBeGreaterThanOrEqual(2);
  });

  it('takes rounds ahead, and stands on images of another directory', async () => {
    await containers.launch('rounds', ...COUNTER);
    const [one, two] = [join(images, 'one'), join(images, 'two')];
    expect(await containers.ok('checkpoint', '--image-path', one, '--leave-running', '--verbose', '--pre-dump', '2', 'rounds')).toMatch(/: a difference, /);
    expect(await containers.ok('checkpoint', '--image-path', two, '--leave-running', '--verbose', '--parent-path', one, 'rounds')).toMatch(/: a difference, /);
    expect(await containers.ok('checkpoint', '--image-path', join(images, 'three'), '--leave-running', '--verbose', 'rounds')).toMatch(/: full, /);
    expect((await containers.call('checkpoint', '--image-path', two, '--leave-running', '--parent-path', one, 'rounds')).stderr).toMatch(/^stasis: --parent-path [^\n]*: what the container goes on from is not there; [^\n]*\n$/);
    rmSync(one, { recursive: true });
    await containers.restore('again', '--image-path', two);
    expect(await count('again')).toBeGreaterThan(0);
  });

  it('refuses a second one meanwhile, a name that is taken, and a container that has stopped', async () => {
    await containers.launch('busy', '--annotation', 'dev.gvisor.internal.checkpoint.save-restore-exec-argv=/bin/sleep 0.7', 'busy', 'sleep', '100');
    const path = join(images, 'busy');
    const first = containers.call('checkpoint', '--image-path', path, '--leave-running', '--name', 'a', 'busy');
    await expect.poll(() => containers.commands('busy')).toContain('sleep');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await containers.call('checkpoint', '--image-path', `${path}2`, 'busy')).stderr).toBe('stasis: cannot checkpoint container "busy" while a checkpoint is under way; try again when it has ended\n');
    expect((await first).status).toBe(0);
    expect((await containers.call('checkpoint', '--image-path', path, '--name', 'a', 'busy')).stderr).toMatch(/^stasis: [^\n]* has a checkpoint "a" already; --name gives this one another\n$/);
    await containers.ok('kill', 'busy', 'KILL');
    await containers.ok('wait', 'busy');
    expect((await containers.call('checkpoint', '--image-path', path, 'busy')).stderr).toBe('stasis: cannot checkpoint container "busy" in state stopped\n');
    expect((await containers.call('checkpoint', 'busy')).stderr).toMatch(/^stasis: image-path flag must be provided; /);
  });
});

describe('restore into a container that is there', () => {
  it('ends the clients of killed execs with a sentence and 137; under reattach those that are connected go on', async () => {
    const path = join(images, 'place');
    await containers.launch('place', ...COUNTER);
    const inside = containers.start('exec', '--restorable', 'place', 'sh', '-c', 'echo up; while read line; do echo "got $line"; done; exit 9');
    await inside.prints(/up/);
    await containers.ok('checkpoint', '--image-path', path, '--leave-running', 'place');
    const after = containers.start('exec', 'place', 'sh', '-c', 'echo up; sleep 100');
    await after.prints(/up/);
    inside.type('one\n');
    await inside.prints(/got one/);
    const before = await count('place');
    const restored = await containers.call('restore', '--replace', '--image-path', path, '--exec-policy', 'reattach', '--detach', 'place');
    expect([restored.status, restored.stderr]).toEqual([0, '']);
    expect(await count('place')).toBeLessThan(before + 1);
    expect(await after.ends()).toBe(137);
    expect(after.stderr).toMatch(/^stasis: restore: pid \d+ is not in the checkpoint and has ended with what ran before\n$/);
    inside.type('two\n');
    await inside.prints(/got two/);
    const refused = await containers.call('restore', '--image-path', path, '--detach', 'place');
    expect([refused.status, refused.stderr]).toEqual([128, expect.stringMatching(/^stasis: cannot restore container "place" in state running: pid 1 sh, pid \d+ sh, .*would be lost; --replace puts the checkpoint in its place\n$/)]);
    const again = await containers.call('restore', '--replace', '--image-path', path, '--detach', 'place');
    expect(again.stderr).toMatch(/^stasis: restore: pid \d+ sh \(exec\) killed\n$/);
    expect(await inside.ends()).toBe(137);
    expect(inside.stderr).toMatch(/^stasis: restore: pid \d+ sh \(exec\) killed\n$/);
    expect((await containers.call('restore', '--image-path', path, '--image', 'busybox', 'place')).stderr).toMatch(/^stasis: --image is for a new container; "place" is there already/);
  });

  it('leaves what runs as it is where the image is damaged', async () => {
    const path = join(images, 'damaged');
    await containers.launch('sound', ...COUNTER);
    await containers.ok('checkpoint', '--image-path', path, '--leave-running', 'sound');
    const [blob] = readdirSync(join(path, 'blobs'));
    const bytes = readFileSync(join(path, 'blobs', blob!));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(join(path, 'blobs', blob!), bytes);
    for (const id of ['sound', 'other']) {
      const run = await containers.call('restore', '--replace', '--image-path', path, '--detach', id);
      expect(run.status).toBe(128);
      expect(run.stderr).toMatch(/^stasis: [^\n]*sha256:[^\n]*\n$/);
    }
    expect(await count('sound')).toBeGreaterThan(0);
    expect(await containers.ok('list', '-q')).not.toContain('other');
  });
});

describe('an exec that a restore has kept', () => {
  it('is attached to from another process', async () => {
    const path = join(images, 'kept');
    await containers.launch('source', 'sleep', '100');
    const exec = containers.start('exec', '--restorable', 'source', 'sh', '-c', 'echo $$; while read line; do echo "got $line"; done; exit 9');
    await exec.prints(/\d\n/);
    const pid = exec.stdout.trim();
    const survivors = await containers.ok('survivors', '--exec-policy', 'reattach', 'source');
    expect(survivors).toMatch(new RegExp(`^pid 1 sleep: lives on; .*\npid ${pid} sh: lives on, with a new end for :host:0, :host:1, :host:2; .*restorable\n$`));
    const asData = JSON.parse(await containers.ok('survivors', '--format', 'json', 'source')) as { pid: number; fates: { kill: string } }[];
    expect(asData.map(({ fates }) => fates.kill)).toEqual(['lives', 'ends']);
    await containers.ok('checkpoint', '--image-path', path, 'source');
    await containers.restore('target', '--image-path', path, '--exec-policy', 'reattach');
    const attached = containers.start('attach', 'target', pid);
    attached.type('hello\n');
    await attached.prints(/got hello/);
    expect((await containers.call('attach', 'target', pid)).stderr).toMatch(/^stasis: cannot attach to pid \d+ of container "target": somebody is attached to it already\n$/);
    attached.child.stdin.end();
    expect(await attached.ends()).toBe(9);
    expect((await containers.call('attach', 'target', '1')).stderr).toMatch(/^stasis: cannot attach to pid 1 of container "target": no exec that a restore has kept has it\n$/);
  });
});

/** The names in a directory, which may come and go meanwhile. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

describe('the previous checkpoint', () => {
  it('is whole where the owner is killed while it writes the next', async () => {
    const path = join(images, 'killed');
    const noise = 'head -c 3000000 /dev/urandom >/tmp/r; md5sum </tmp/r';
    await containers.launch('large', 'sleep', '100');
    const sum = await containers.ok('exec', 'large', 'sh', '-c', noise);
    await containers.ok('checkpoint', '--image-path', path, '--leave-running', '--name', 'good', 'large');
    await containers.ok('exec', 'large', 'sh', '-c', noise);
    const { pid } = JSON.parse(await containers.ok('state', 'large')) as { pid: number };
    const next = containers.call('checkpoint', '--image-path', path, '--leave-running', '--name', 'next', 'large');
    let isOver = false;
    void next.then(() => (isOver = true));
    const writing = () => namesIn(join(path, 'writing'));
    while (writing().length === 0 && !isOver) await new Promise((resolve) => setTimeout(resolve, 1));
    process.kill(pid, 'SIGKILL');
    await next;
    await containers.ok('delete', 'large');
    await containers.restore('large', '--image-path', path, '--name', 'good');
    expect(await containers.ok('exec', 'large', 'sh', '-c', 'md5sum </tmp/r')).toBe(sum);
    await containers.ok('checkpoint', '--image-path', path, '--name', 'after', 'large');
    expect(writing()).toEqual([]);
  });

  it.skipIf(!hasDisk)('is whole where the disk is full, and the container goes on', async () => {
    await containers.launch('full', ...COUNTER);
    const path = join(disk, 'images');
    await containers.ok('checkpoint', '--image-path', path, '--leave-running', '--name', 'good', 'full');
    await containers.ok('exec', 'full', 'sh', '-c', 'head -c 1000000 /dev/urandom >/tmp/r');
    const run = await containers.call('checkpoint', '--image-path', path, 'full');
    expect([run.status, run.stderr]).toEqual([128, expect.stringMatching(/^stasis: [^\n]* has no room to [^\n]*\n$/)]);
    expect(await containers.status('full')).toBe('running');
    await containers.restore('fuller', '--image-path', path);
    expect(await count('fuller')).toBeGreaterThan(0);
  });
});

describe('restore', () => {
  it('takes a bundle with another hostname, and refuses another command', async () => {
    const bundle = mkdtempSync(join(images, 'bundle-'));
    const out = await containers.call('run', '--image', 'busybox', '--volume', `${bundle}:/out`, 'copy', 'sh', '-c', 'mkdir -p /out/rootfs/bin && cp /bin/busybox /out/rootfs/bin');
    expect(out.status).toBe(0);
    const write = (hostname: string, args: string[]) => writeFileSync(join(bundle, 'config.json'), JSON.stringify({ ociVersion: '1.0.2', hostname, root: { path: 'rootfs' }, process: { args, cwd: '/' } }));
    const path = join(images, 'bundled');
    write('before', ['/bin/busybox', 'sleep', '100']);
    await containers.background('run', '--detach', '--bundle', bundle, 'bundled');
    await containers.ok('checkpoint', '--image-path', path, 'bundled');
    await containers.ok('delete', 'bundled');
    expect((await containers.call('restore', '--image-path', path, 'bundled')).stderr).toMatch(/^stasis: the checkpoint lies over the directory [^\n]*; --rootfs or --bundle names what it lies over\n$/);
    write('after', ['/bin/busybox', 'sleep', '100']);
    await containers.restore('bundled', '--image-path', path, '--bundle', bundle);
    expect(await containers.ok('exec', 'bundled', '/bin/busybox', 'hostname')).toBe('after\n');
    write('after', ['/bin/busybox', 'sleep', '7']);
    const refused = await containers.call('restore', '--image-path', path, '--bundle', bundle, 'different');
    expect(refused.stderr).toMatch(/^stasis: failed to handle restore spec validation: [^\n]*"Args" does not match across checkpoint restore [^\n]*\n$/);
  });

  it('in the foreground goes on as the container\'s own process, with its streams', async () => {
    const path = join(images, 'front');
    const run = containers.start('run', '--image', 'busybox', 'front', 'sh', '-c', 'echo up; while read line; do echo "got $line"; done; exit 6');
    await run.prints(/up/);
    await containers.ok('checkpoint', '--image-path', path, 'front');
    expect(await run.ends()).toBe(0);
    const restored = containers.start('restore', '--image-path', path, 'front');
    restored.type('more\n');
    await restored.prints(/^got more\n$/);
    restored.child.stdin.end();
    expect(await restored.ends()).toBe(6);
  });

  it.each([
    [['--exec-policy', 'mercy'], /^--exec-policy mercy: it is one of kill, gvisor, naive, keep, reattach;/],
    [['--clock', 'back'], /^--clock back: it is one of gvisor, continue;/],
    [['--keep', 'five'], /^--keep five: a number from 1 on is needed;/],
    [['--env', 'A=b'], /^--env: a restored container is as the checkpoint has it, or as a --bundle says;|is not there$/],
    [['--name', 'x'], /nowhere:x is not there$/],
  ])('refuses %j', async (options, sentence) => {
    const error = await runContainerVerb('restore', containers.root, ['--image-path', join(images, 'nowhere'), ...options, 'nobody']).catch((thrown: unknown) => thrown);
    expect(sentenceOf(error)).toMatch(sentence);
  });
});
