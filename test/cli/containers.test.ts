import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runContainerVerb } from '../../src/cli/container-verbs.ts';
import { sentenceOf } from '../../src/cli/failure.ts';
import { useContainers } from './support/containers.ts';
import { CLI, copyCommand, stasis } from './support/stasis.ts';

const containers = useContainers();
const FOREVER = 'trap "exit 4" TERM; echo up; while :; do sleep 0.05; done';

describe('run', () => {
  it('owns a container that other processes see, enter, pause and end, and takes it with it', async () => {
    const run = containers.start('run', '--image', 'busybox', 'shared', 'sh', '-c', FOREVER);
    await run.prints(/up/);
    const waits = containers.call('wait', 'shared');
    const [state, list, ps] = await Promise.all([containers.ok('state', 'shared'), containers.ok('list'), containers.ok('ps', 'shared')]);
    expect(JSON.parse(state)).toEqual({ ociVersion: expect.any(String), id: 'shared', status: 'running', pid: run.child.pid, bundle: process.cwd() });
    expect(list).toMatch(new RegExp(`^ID {10}PID {9}STATUS {6}BUNDLE .*\nshared {6}${run.child.pid} +running +/`));
    expect(ps).toMatch(/^UID +PID +PPID +PGID +C +TTY +STIME +TIME +CMD\n0 +1 +0 +1 .* sh\n/);
    const exec = await containers.call('exec', '--env', 'WHO=me', '--cwd', '/etc', 'shared', 'sh', '-c', 'pwd; echo $WHO >&2; exit 7');
    expect(exec).toEqual({ status: 7, stdout: '/etc\n', stderr: 'me\n' });
    await containers.ok('pause', 'shared');
    expect(await containers.call('exec', 'shared', 'true')).toEqual({ status: 128, stdout: '', stderr: 'stasis: cannot execute in container "shared" in state paused\n' });
    await containers.ok('resume', 'shared');
    await containers.ok('kill', 'shared');
    expect(await run.ends()).toBe(4);
    expect(await waits).toEqual({ status: 0, stdout: '{"id":"shared","exitStatus":4}\n', stderr: '' });
    expect(readdirSync(containers.root)).toEqual([]);
  });

  it('is given one id once, by two at the same time too', async () => {
    const launches = await Promise.allSettled([1, 2].map(() => containers.launch('once', 'sleep', '100')));
    expect(launches.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const third = await containers.call('run', '--image', 'busybox', 'once', 'true');
    expect(third.stderr).toMatch(/^stasis: container with id "once" already exists[^\n]*\n$/);
  });

  it('leaves nothing behind where init cannot be run', async () => {
    const run = await containers.call('run', '--image', 'busybox', 'broken', 'nosuch');
    expect([run.status, run.stderr]).toEqual([128, expect.stringMatching(/^stasis: nosuch: not found in [^\n]*\n$/)]);
    expect(await containers.ok('list', '-q')).not.toContain('broken');
  });
});

describe('create and start', () => {
  it('keep a container from its making to its deletion, whatever init does', async () => {
    const launched = containers.start('create', '--image', 'busybox', 'kept', 'sh', '-c', 'echo hello; exit 5');
    launched.child.stdin.end();
    await new Promise((resolve) => launched.child.on('exit', resolve));
    expect(await containers.status('kept')).toBe('created');
    expect((await containers.call('exec', 'kept', 'true')).stderr).toBe('stasis: container "kept" not started\n');
    expect((await containers.call('delete', 'kept')).stderr).toBe('stasis: cannot delete container that is not stopped without --force flag\n');
    await containers.ok('start', 'kept');
    expect(await containers.ok('wait', 'kept')).toBe('{"id":"kept","exitStatus":5}\n');
    expect(launched.stdout).toBe('hello\n');
    expect(await containers.status('kept')).toBe('stopped');
    expect((await containers.call('start', 'kept')).stderr).toBe('stasis: cannot start container "kept" in state stopped\n');
    await containers.ok('delete', 'kept');
    expect((await containers.call('state', 'kept')).stderr).toMatch(/^stasis: container "kept" does not exist in [^\n]*\n$/);
  });
});

describe('a bundle', () => {
  it('is run as its config.json says; what it asks for in vain is told', async () => {
    const bundle = mkdtempSync(join(tmpdir(), 'stasis-bundle-'));
    try {
      const busybox = await containers.call('run', '--image', 'busybox', '--volume', `${bundle}:/out`, 'copy', 'sh', '-c', 'mkdir -p /out/rootfs/bin /out/rootfs/etc && cp /bin/busybox /out/rootfs/bin && cp /etc/passwd /out/rootfs/etc');
      expect(busybox.status).toBe(0);
      writeFileSync(join(bundle, 'config.json'), JSON.stringify({
        ociVersion: '1.0.2', hostname: 'bundled', root: { path: 'rootfs' }, annotations: { purpose: 'test' },
        process: { args: ['/bin/busybox', 'sh', '-c', 'hostname; id -u; pwd; echo $A'], env: ['A=b', 'PATH=/bin'], cwd: '/etc', user: { uid: 12, gid: 3 }, rlimits: [] },
        mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }, { destination: '/odd', type: 'cgroup2', source: 'none' }],
      }));
      const run = await containers.call('run', '--bundle', bundle, 'bundled');
      expect(run.stdout).toBe('bundled\n12\n/etc\nb\n');
      expect(run.stderr).toBe(`stasis: ${bundle}/config.json asks for what is not done here, and was left out: process.rlimits, mounts[1] (cgroup2 at /odd)\n`);
      writeFileSync(join(bundle, 'config.json'), '{"process": {"args": ["x"], "cwd": "etc"}, "root": {"path": "rootfs"}}');
      expect((await containers.call('create', '--bundle', bundle, 'bad')).stderr).toBe(`stasis: ${bundle}/config.json: process.cwd "etc" is no absolute path\n`);
    } finally {
      rmSync(bundle, { recursive: true });
    }
  });
});

describe('exec', () => {
  it('moves as much as there is, no faster than it is taken, and ends with its reader', async () => {
    await containers.launch('pipes', 'sleep', '100');
    const exec = spawn(process.execPath, [CLI, '--root', containers.root, 'exec', 'pipes', 'sh', '-c', 'head -c 3000000 /dev/zero; yes'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let bytes = 0;
    await new Promise<void>((resolve) => {
      exec.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > 4_000_000) {
          exec.stdout.pause();
          resolve();
        }
      });
    });
    const frames = async (): Promise<number> => Number(/"usage":(\d+),"max":0/.exec(await containers.ok('events', '--stats', 'pipes'))![1]);
    const before = await frames();
    const [ownerBefore, owner] = [memoryOf(await ownerPid('pipes')), await ownerPid('pipes')];
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await frames()).toBe(before);
    expect(memoryOf(owner) - ownerBefore).toBeLessThan(8 << 20);
    exec.stdout.destroy();
    const status = await new Promise((resolve) => exec.on('exit', resolve));
    expect(status).toBe(128 + 13);
    const echoed = containers.start('exec', 'pipes', 'sh', '-c', 'cat; echo end');
    echoed.type('x'.repeat(1_000_000));
    echoed.child.stdin.end();
    expect(await echoed.ends()).toBe(0);
    expect(echoed.stdout.length).toBe(1_000_004);
  });

  it('gives signals to its process; one that is killed leaves its process without ends', async () => {
    await containers.launch('signals', 'sleep', '100');
    const exec = containers.start('exec', 'signals', 'sh', '-c', 'trap "echo got it; exit 3" USR1; echo up; while :; do sleep 0.05; done');
    await exec.prints(/up/);
    exec.child.kill('SIGUSR1');
    expect(await exec.ends()).toBe(3);
    const killed = containers.start('exec', 'signals', 'sh', '-c', 'echo up; cat; sleep 100');
    await killed.prints(/up/);
    killed.child.kill('SIGKILL');
    await killed.ends();
    await expect.poll(() => containers.commands('signals')).toEqual(['sleep', 'sleep']); // cat has read the end, and nobody is killed
    await containers.ok('kill', '--all', 'signals', 'KILL');
    expect(await containers.ok('wait', 'signals')).toBe('{"id":"signals","exitStatus":137}\n');
  });

  it('detaches, with the pid of who holds the ends', async () => {
    await containers.launch('detached', 'sleep', '100');
    const pidFile = join(containers.root, '..', `stasis-pid-${process.pid}`);
    await containers.ok('exec', '--detach', '--pid-file', pidFile, '--internal-pid-file', `${pidFile}-in`, 'detached', 'sh', '-c', 'sleep 0.4; exit 6');
    expect(Number(readFileSync(pidFile, 'utf8'))).toBeGreaterThan(1);
    const pid = readFileSync(`${pidFile}-in`, 'utf8');
    expect(await containers.ok('wait', '--pid', pid, 'detached')).toBe('{"id":"detached","exitStatus":6}\n');
    expect((await containers.call('wait', '--pid', pid, 'detached')).stderr).toBe(`stasis: waiting for PID ${pid}: no such process\n`);
    rmSync(pidFile);
    rmSync(`${pidFile}-in`);
  });
});

async function ownerPid(id: string): Promise<number> {
  return (JSON.parse(await containers.ok('state', id)) as { pid: number }).pid;
}

/** Resident bytes of a process of the host. */
function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

describe('an owner that died', () => {
  it('ends the clients of its execs, and is told as a stopped container, which delete clears away', async () => {
    await containers.launch('orphan', 'sleep', '100');
    const client = containers.start('exec', 'orphan', 'sh', '-c', 'echo up; exec sleep 100');
    await client.prints(/^up\n$/);
    process.kill(await ownerPid('orphan'), 'SIGKILL');
    expect([await client.ends(), client.stderr]).toEqual([137, 'stasis: the owner of container "orphan" has ended, and with it the process here\n']);
    await expect.poll(() => containers.status('orphan')).toBe('stopped');
    expect((await containers.call('exec', 'orphan', 'true')).stderr).toMatch(/^stasis: cannot execute in container "orphan" in state stopped: its owner, process \d+, has died; [^\n]*\n$/);
    await containers.ok('delete', 'orphan');
    expect(await containers.ok('list', '-q')).not.toContain('orphan');
  });
});

describe('an owner', () => {
  it('survives whatever is said on its socket', async () => {
    await containers.launch('patient', 'sleep', '100');
    const message = (json: unknown): string => `Content-Length: ${JSON.stringify(json).length}\r\n\r\n${JSON.stringify(json)}`;
    const exec = { argv: ['cat'], env: [], cwd: null, user: null, terminal: null, isRestorable: false, hangsUp: false, passed: [] };
    const said = [
      'garbage\r\n\r\n', 'Content-Length: -5\r\n\r\nxx', 'Content-Length: 99999999999\r\n\r\n', 'Content-Length: 6\r\n\r\n{"a": ', message([]), message(null),
      message({ jsonrpc: '2.0', id: 1, method: 'exec', params: {} }), message({ jsonrpc: '2.0', id: 1, method: 'kill', params: { signal: 'x', pid: {} } }),
      message({ jsonrpc: '2.0', id: 1, method: 'checkpoint', params: { imagePath: 5 } }), message({ jsonrpc: '2.0', id: 1, method: 'restore', params: null }),
      message({ jsonrpc: '2.0', id: 1, method: 'exec', params: exec }) + ['data', 'end', 'taken', 'gone', 'resize', 'signal'].map((method) => message({ jsonrpc: '2.0', method, params: { stream: 0, bytes: 7 } })).join(''),
    ];
    await Promise.all(said.map((text) => new Promise<void>((resolve, reject) => {
      const socket = createConnection(join(containers.root, 'patient', 'socket'), () => {
        socket.write(text);
        setTimeout(() => socket.destroy(), 300);
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
      socket.resume();
    })));
    expect(await containers.ok('exec', 'patient', 'echo', 'still here')).toBe('still here\n');
  });
});

describe('the directory of containers', () => {
  const isRoot = process.getuid?.() === 0;

  it('is refused when it is open to others or somebody else\'s', async () => {
    const open = mkdtempSync(join(tmpdir(), 'stasis-open-'));
    chmodSync(open, 0o755);
    expect(spawnSync(process.execPath, [CLI, '--root', open, 'list'], { encoding: 'utf8' }).stderr).toMatch(/^stasis: the directory of containers [^\n]* is open to other users; [^\n]*\n$/);
    rmSync(open, { recursive: true });
    const deep = join(containers.root, 'x'.repeat(90));
    mkdirSync(deep, { mode: 0o700 });
    const run = spawnSync(process.execPath, [CLI, '--root', deep, 'run', '--image', 'busybox', 'deep', 'true'], { encoding: 'utf8' });
    expect(run.stderr).toMatch(/^stasis: the directory of containers [^\n]* has too long a path for sockets; [^\n]*\n$/);
    rmSync(deep, { recursive: true });
  });

  it.skipIf(!isRoot)('lets no other user near', async () => {
    await containers.launch('mine', 'sleep', '100');
    const place = mkdtempSync(join(tmpdir(), 'stasis-cli-'));
    chmodSync(place, 0o755);
    const command = copyCommand(place, ['core.wasm', 'busybox.tar']);
    const asNobody = (root: string, ...args: string[]) => spawnSync(process.execPath, [command, '--root', root, ...args], { uid: 65534, gid: 65534, cwd: '/', encoding: 'utf8' });
    const run = asNobody(containers.root, 'exec', 'mine', 'id');
    if (run.error === undefined && run.status !== null) expect([run.status, run.stderr]).toEqual([128, expect.stringMatching(/^stasis: the directory of containers [^\n]* belongs to user 0, not to you; [^\n]*\n$/)]);
    const theirs = mkdtempSync(join(tmpdir(), 'stasis-theirs-'));
    chownSync(theirs, 65534, 65534);
    expect((await new Promise<string>((resolve) => {
      const child = spawn(process.execPath, [CLI, '--root', theirs, 'list']);
      child.stderr.on('data', (text: Buffer) => resolve(text.toString()));
    }))).toMatch(/belongs to user 65534, not to you/);
    rmSync(place, { recursive: true });
    rmSync(theirs, { recursive: true });
  });
});

describe('what is wrong is told in one sentence', () => {
  it('also where a file system refuses directories as if a parent were not there', () => {
    const { status, stderr } = stasis(['--root', '/proc/x/y', 'list']);
    expect([status, stderr]).toEqual([128, expect.stringMatching(/^stasis: the directory of containers \/proc\/x\/y cannot be made \([A-Z]+\); --root names another\n$/)]);
  });

  it.each([
    [['exec', 'a/b', 'true'], /^invalid container id: "a\/b"; letters, digits/],
    [['run', '--image', 'busybox', '..', 'true'], /^invalid container id: "\.\."/],
    [['state', 'x'.repeat(5000)], /^invalid container id: "x{64}…"; letters, digits [^\n]*, at most 64$/],
    [['state', 'nobody'], /^container "nobody" does not exist in /],
    [['kill', 'nobody', 'FOO'], /^unknown signal "FOO"$/],
    [['exec', 'nobody'], /^exec: both a container-id and command are required;/],
    [['wait', '--pid', '3', '--checkpoint', 'nobody'], /^wait: only one of /],
    [['list', '--format', 'xml'], /^--format xml: it is one of text, json;/],
    [['run', '--image', 'busybox', '--pass-fd', '5', 'x', 'true'], /^--pass-fd 5: HOST_FD:GUEST_FD is needed;/],
    [['run', '--image', 'busybox', '--rootfs', '/', 'x', 'true'], /^only one of --bundle, --image and --rootfs is possible;/],
  ])('%j', async ([verb, ...args], sentence) => {
    const error = await runContainerVerb(verb!, containers.root, args).catch((thrown: unknown) => thrown);
    expect(sentenceOf(error)).toMatch(sentence);
    expect(sentenceOf(error)).not.toMatch(/\n/);
  });
});
