import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { useContainers } from './support/containers.ts';
import type { Running } from './support/stasis.ts';

const containers = useContainers();
const images = mkdtempSync(join(tmpdir(), 'stasis-images-'));
afterAll(() => rmSync(images, { recursive: true, force: true }));

const PREFIX = 'dev.gvisor.internal.checkpoint.';

describe('restore --exec-policy', () => {
  it('ends, leaves as zombies, trips over, or keeps what exec has started, as the policy has it', async () => {
    const path = join(images, 'policies');
    await containers.launch('before', 'sleep', '100');
    await containers.ok('exec', 'before', 'sh', '-c', 'sleep 50 & sleep 60 </dev/null >/dev/null 2>&1 & echo $!');
    const processes = (await containers.ok('ps', 'before')).trim().split('\n').slice(1).map((line) => line.split(/ +/));
    expect(processes.map((cells) => [cells[2], cells[8]])).toEqual([['0', 'sleep'], ['1', 'sleep'], ['1', 'sleep']]);
    const kept = processes[2]![1]!;
    await containers.ok('checkpoint', '--image-path', path, 'before');
    const pids = async (id: string) => JSON.parse(await containers.ok('ps', '--format', 'json', id)) as number[];
    await containers.restore('kill', '--image-path', path);
    expect(await pids('kill')).toEqual([1]);
    await containers.restore('gvisor', '--image-path', path, '--exec-policy', 'gvisor');
    expect(await pids('gvisor')).toHaveLength(3);
    expect(await containers.ok('exec', 'gvisor', 'sh', '-c', 'grep -h State /proc/[0-9]*/status')).toMatch(/zombie[^]*zombie/);
    const naive = await containers.call('restore', '--image-path', path, '--exec-policy', 'naive', '--detach', 'naive');
    expect([naive.status, naive.stderr]).toEqual([128, expect.stringMatching(/^stasis: host files: no host FD available for :host:[0-2], held by pid \d+ sleep\n$/)]);
    await containers.restore('keep', '--image-path', path, '--exec-policy', 'keep', '--keep', kept);
    expect(await pids('keep')).toEqual([1, Number(kept)]);
    const wrong = await containers.call('restore', '--image-path', path, '--keep', kept, '--detach', 'wrong');
    expect(wrong.stderr).toMatch(/^stasis: cannot restore: the exec policy kill keeps no process, pid \d+ was named\n$/);
  });
});

describe('the client of an exec that lives on, cut off', () => {
  it('ends with the status of its process, or with a sentence when a restore, or the end of the container, has killed it', async () => {
    const path = join(images, 'cut-off');
    await containers.launch('cut', 'sleep', '100');
    const clients = ['1', '2'].map((pid) => containers.start('exec', '--restorable', 'cut', 'sh', '-c', `echo ${pid}; exec sleep 100`));
    for (const client of clients) await client.prints(/^\d\n$/);
    const [killed, deleted] = clients as [Running, Running];
    await containers.ok('checkpoint', '--image-path', path, '--leave-running', 'cut');
    for (const policy of [['naive', '--force-host-files'], ['keep']]) {
      await containers.ok('restore', '--replace', '--detach', '--image-path', path, '--exec-policy', ...policy, 'cut');
    }
    for (const client of clients) await expect.poll(() => client.stderr).toMatch(/^(stasis: restore: pid \d lives on, cut off [^\n]+\n){2}$/);
    killed.child.kill('SIGTERM');
    expect([await killed.ends(), killed.stderr.split('\n')]).toEqual([143, [expect.anything(), expect.anything(), '']]);
    await containers.ok('delete', '--force', 'cut');
    expect([await deleted.ends(), deleted.stderr]).toEqual([137, expect.stringMatching(/\nstasis: exec: pid \d was killed as container "cut" ended\n$/)]);
  });

  it('ends when a later restore kills its process, as the policy gvisor does', async () => {
    const path = join(images, 'cut-off-again');
    await containers.launch('again', 'sleep', '100');
    const client = containers.start('exec', 'again', 'sh', '-c', 'echo up; exec sleep 100');
    await client.prints(/^up\n$/);
    await containers.ok('checkpoint', '--image-path', path, '--leave-running', 'again');
    await containers.ok('restore', '--replace', '--detach', '--image-path', path, '--exec-policy', 'naive', '--force-host-files', 'again');
    await containers.ok('restore', '--replace', '--detach', '--image-path', path, '--exec-policy', 'gvisor', 'again');
    expect([await client.ends(), client.stderr]).toEqual([137, expect.stringMatching(/cut off [^\n]+\nstasis: restore: pid 2 sleep \(exec\) killed\n$/)]);
  });
});

describe('/proc/gvisor/checkpoint', () => {
  it('has the owner take a checkpoint: the original reads resume, a copy restore, and each says so on its own streams', async () => {
    const path = join(images, 'asked');
    const script = 'exec 3<>/proc/gvisor/checkpoint; echo 1 >&3; read how <&3; echo "$how"; sleep 100';
    const run = containers.start('run', '--image', 'busybox', '--annotation', `${PREFIX}path=${path}`, '--annotation', `${PREFIX}enable=true`, '--annotation', `${PREFIX}resume=true`, 'asked', 'sh', '-c', script);
    await run.prints(/^resume\n$/);
    const restored = containers.start('restore', '--image-path', path, 'copy');
    await restored.prints(/^restore\n$/);
    await containers.ok('delete', '--force', 'asked', 'copy');
    expect(await Promise.all([run.ends(), restored.ends()])).toEqual([137, 137]);
  });

  it('tells those outside why it could not', async () => {
    writeFileSync(join(images, 'file'), '');
    const script = 'exec 3<>/proc/gvisor/checkpoint; echo 1 >&3; read how <&3; echo "$how"; sleep 0.2';
    const run = containers.start('run', '--image', 'busybox', '--annotation', `${PREFIX}path=${images}/file/in`, '--annotation', `${PREFIX}enable=true`, '--annotation', `${PREFIX}resume=true`, 'refused', 'sh', '-c', script);
    await expect.poll(() => run.stderr, { timeout: 10_000 }).toMatch(/^stasis: checkpoint asked for by a program of the container: [^\n]*\/file\/in cannot keep checkpoints [^\n]*\n$/);
    await containers.ok('delete', '--force', 'refused');
    await run.ends();
  });
});

describe('exec --process', () => {
  it('takes the process object of the specification', async () => {
    await containers.launch('objects', 'sleep', '100');
    const file = join(images, 'process.json');
    writeFileSync(file, JSON.stringify({ args: ['sh', '-c', 'id -u; pwd; echo $X'], env: ['X=y'], cwd: '/etc', user: { uid: 7, gid: 8 } }));
    expect(await containers.ok('exec', '--process', file, 'objects')).toBe('7\n/etc\ny\n');
    expect((await containers.call('exec', '--process', file, 'objects', 'true')).stderr).toMatch(/^stasis: exec: only the container-id is required, with --process;/);
    writeFileSync(file, '{"args": []}');
    expect((await containers.call('exec', '--process', file, 'objects')).stderr).toBe(`stasis: --process ${file}: args is empty\n`);
    expect(readFileSync(file, 'utf8')).toBe('{"args": []}');
  });
});

describe('what a restored container stands on outside', () => {
  it('is asked for by name where a volume is not given again; an owner in place has it still, and says what it did', async () => {
    const [path, folder] = [join(images, 'volumes'), mkdtempSync(join(images, 'volume-'))];
    writeFileSync(join(folder, 'f'), 'hi\n');
    await containers.launch('volumes', '--volume', `${folder}:/v`, 'volumes', 'sh', '-c', 'exec 3</v/f; sleep 100');
    const events = containers.start('events', 'volumes');
    await events.prints(/"type":"stats"/);
    await containers.ok('checkpoint', '--image-path', path, '--leave-running', 'volumes');
    expect((await containers.call('restore', '--detach', '--image-path', path, 'moved')).stderr).toBe('stasis: volumes: none is given for /v\n');
    await containers.restore('moved', '--image-path', path, '--volume', `${folder}:/v`);
    expect(await containers.ok('exec', 'moved', 'cat', '/v/f')).toBe('hi\n');
    await containers.ok('pause', 'volumes');
    expect((await containers.call('restore', '--detach', '--image-path', path, 'volumes')).stderr).toMatch(/^stasis: cannot restore container "volumes" in state paused: pid 1 sleep, with all /);
    await containers.ok('restore', '--replace', '--detach', '--image-path', path, 'volumes');
    expect(await containers.status('volumes')).toBe('running');
    await containers.ok('exec', 'volumes', 'sh', '-c', 'echo more >>/v/f');
    expect(readFileSync(join(folder, 'f'), 'utf8')).toBe('hi\nmore\n');
    await containers.ok('delete', '--force', 'volumes');
    await events.ends();
    expect(events.stdout).toMatch(/"type":"checkpoint"[^\n]*\n[^]*\{"type":"restore","id":"volumes","data":\{"name":"checkpoint-1"[^\n]*"generation":2,"killed":0\}\}\n/);
  });
});
