import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { useContainers } from './support/containers.ts';
import { CLI } from './support/stasis.ts';

const containers = useContainers();
const folder = mkdtempSync(join(tmpdir(), 'stasis-fds-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A verb with descriptors from 3 on: a socket each, or one of this process's. Standard output is what it prints. */
class Passing {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  /** What the container's side of each socket has sent, and `|` at its end. */
  readonly received: string[] = [];

  constructor(args: readonly string[], fds: readonly ('pipe' | number)[]) {
    this.child = spawn(process.execPath, [CLI, '--root', containers.root, ...args], { stdio: ['ignore', 'pipe', 'pipe', ...fds] });
    this.child.stdout!.on('data', (text: Buffer) => (this.stdout += text.toString()));
    this.child.stderr!.on('data', (text: Buffer) => (this.stderr += text.toString()));
    fds.forEach((fd, i) => {
      if (fd !== 'pipe') return;
      this.received[i] = '';
      this.end(i).on('data', (text: Buffer) => (this.received[i] += text.toString()));
      this.end(i).on('end', () => (this.received[i] += '|'));
      this.end(i).on('error', () => undefined);
    });
  }

  end(index: number): Duplex {
    return this.child.stdio[3 + index] as Duplex;
  }

  async receives(index: number, text: string): Promise<void> {
    await expect.poll(() => this.received[index], { timeout: 20_000, interval: 10 }).toContain(text);
  }

  ends(): Promise<number | null> {
    return new Promise((resolve) => (this.child.exitCode !== null ? resolve(this.child.exitCode) : this.child.on('close', resolve)));
  }
}

describe('run --pass-fd', () => {
  it('gives init a socket and a file as they are: bytes, offsets, ends', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, '0123456789');
    const file = openSync(path, 'r+');
    readSync(file, new Uint8Array(4), 0, 4, null);
    const run = new Passing(
      ['run', '--image', 'busybox', '--pass-fd', '3:5', '--pass-fd', '4:7', 'both', 'sh', '-c', 'head -c 2 <&7; echo -n AB >&7; read x <&5; echo "got $x" >&5; cat <&5; exec 5>&-; sleep 0.2; exit 3'],
      ['pipe', file],
    );
    run.end(0).write('one\n');
    await run.receives(0, 'got one\n');
    run.end(0).end('more');
    await run.receives(0, '|');
    expect(await run.ends()).toBe(3);
    expect([run.stdout, run.stderr]).toEqual(['45more', '']);
    expect(readFileSync(path, 'utf8')).toBe('012345AB89');
    closeSync(file);
  });

  it('is asked for again by a restore, by name, and goes on with what it is given', async () => {
    const images = join(folder, 'images');
    const path = join(folder, 'log');
    const log = openSync(path, 'a');
    const script = 'while read x <&5; do echo "got $x" >&5; echo "$x" >&6; done; exit 4';
    const run = new Passing(['run', '--image', 'busybox', '--pass-fd', '3:5', '--pass-fd', '4:6', 'keys', 'sh', '-c', script], ['pipe', log]);
    run.end(0).write('one\n');
    await run.receives(0, 'got one\n');
    await containers.ok('checkpoint', '--image-path', images, 'keys');
    expect(await run.ends()).toBe(0);
    const restore = (fds: readonly ('pipe' | number)[], ...options: string[]) => new Passing(['restore', '--image-path', images, ...options, 'keys2'], fds);
    const none = restore([]);
    expect(await none.ends()).toBe(128);
    expect(none.stderr).toMatch(/^stasis: host files: no host FD available for keys2?:host:[56][^\n]*\n$/);
    const half = restore([log], '--pass-fd', '3:6');
    expect(await half.ends()).toBe(128);
    expect(half.stderr).toMatch(/^stasis: host files: no host FD available for keys2:host:5, held by pid 1 sh\n$/);
    const swapped = restore(['pipe', 'pipe'], '--pass-fd', '3:5', '--pass-fd', '4:6');
    expect(await swapped.ends()).toBe(128);
    expect(swapped.stderr).toMatch(/^stasis: host files: descriptor 6 of the container is a regular file of the host, a stream was passed\n$/);
    const whole = restore(['pipe', log], '--pass-fd', '3:5', '--pass-fd', '4:6');
    whole.end(0).write('two\n');
    await whole.receives(0, 'got two\n');
    whole.end(0).end();
    expect(await whole.ends()).toBe(4);
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    closeSync(log);
  });

  it('is kept by the process that create leaves in the background, until init closes it', async () => {
    const create = new Passing(['create', '--image', 'busybox', '--pass-fd', '3:8', 'later', 'sh', '-c', 'read x <&8; echo "got $x" >&8; exec 8>&-; sleep 100'], ['pipe']);
    await new Promise((resolve) => create.child.on('exit', resolve));
    expect(create.child.exitCode).toBe(0);
    create.end(0).write('one\n');
    await containers.ok('start', 'later');
    await create.receives(0, 'got one\n|');
    await containers.ok('delete', '--force', 'later');
  });

  it('ends a writer by SIGPIPE when nobody reads any more', async () => {
    const run = new Passing(['run', '--image', 'busybox', '--pass-fd', '3:5', 'writer', 'sh', '-c', 'yes >&5; echo "status $?"'], ['pipe']);
    await run.receives(0, 'y\n');
    run.end(0).destroy();
    expect(await run.ends()).toBe(0);
    expect(run.stdout).toBe('status 141\n');
  });

  it.each([
    [['--pass-fd', '999:5'], /^descriptor 999: is not open in this process$/],
    [['--pass-fd', '3:2'], /^--pass-fd 3:2: in the container it can be 3 to 1023;/],
    [['--pass-fd', '3:5', '--pass-fd', '4:5'], /^--pass-fd 4:5: descriptor 5 of the container is given twice;/],
  ])('refuses %j', async (options, sentence) => {
    const run = new Passing(['run', '--image', 'busybox', ...options, 'wrong', 'true'], []);
    expect(await run.ends()).toBe(128);
    expect(run.stderr.slice('stasis: '.length, -1)).toMatch(sentence);
  });
});

describe('exec --pass-fd', () => {
  it('relays sockets both ways to a container of another process, ends included; a file cannot be', async () => {
    await containers.launch('far', 'sleep', '100');
    const exec = new Passing(['exec', '--pass-fd', '3:5', '--pass-fd', '4:9', 'far', 'sh', '-c', 'read x <&5; echo "got $x" >&9; exec 9>&-; cat <&5; head -c 1000000 /dev/zero >&5; exit 2'], ['pipe', 'pipe']);
    exec.end(0).write('one\n');
    await exec.receives(1, 'got one\n|');
    exec.end(0).end('last');
    expect(await exec.ends()).toBe(2);
    expect(exec.stdout).toBe('last');
    expect(exec.received[0]!.replace('|', '').length).toBe(1_000_000);
    const file = openSync(join(folder, 'any'), 'w');
    const refused = new Passing(['exec', '--pass-fd', '3:5', 'far', 'true'], [file]);
    expect(await refused.ends()).toBe(128);
    expect(refused.stderr).toMatch(/^stasis: --pass-fd 3:5: a regular file cannot be handed to a container that another process owns, only pipes, sockets and terminals; [^\n]*\n$/);
    closeSync(file);
  });
});
