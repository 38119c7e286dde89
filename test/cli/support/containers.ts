import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { CLI, Running } from './stasis.ts';

const TIMEOUT_MS = 50_000;

export interface Told {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory of containers of a test file's own; what is left in it at the end is deleted. */
export class Containers {
  readonly root = mkdtempSync(join(tmpdir(), 'stasis-'));

  /** Runs a verb to its end, while other processes go on. */
  call(...args: string[]): Promise<Told> {
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [CLI, '--root', this.root, ...args], { timeout: TIMEOUT_MS, encoding: 'latin1' }, (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
      child.stdin?.end();
    });
  }

  /** The same; fails when the verb does. @returns standard output */
  async ok(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.call(...args);
    if (status !== 0) throw new Error(`${args.join(' ')} ended with status ${status}: ${stderr}`);
    return stdout;
  }

  /** Starts a verb that goes on. */
  start(...args: string[]): Running {
    return new Running(process.execPath, [CLI, '--root', this.root, ...args]);
  }

  /** A container in the background: options may stand before the id, which is then said again. */
  launch(id: string, ...command: string[]): Promise<void> {
    return this.background('run', '--detach', '--image', 'busybox', ...(command[0]?.startsWith('--') ? [] : [id]), ...command);
  }

  /** One that is restored in the background. */
  restore(id: string, ...options: string[]): Promise<void> {
    return this.background('restore', '--detach', ...options, id);
  }

  /** Runs a verb that leaves a process in the background, which keeps the streams. */
  async background(...args: string[]): Promise<void> {
    const launched = this.start(...args);
    launched.child.stdin.end();
    await new Promise((resolve) => launched.child.on('exit', resolve));
    if (launched.child.exitCode !== 0) throw new Error(`${args.join(' ')}: ${launched.stderr}`);
  }

  async status(id: string): Promise<string> {
    return (JSON.parse(await this.ok('state', id)) as { status: string }).status;
  }

  /** Names of the processes that run in a container. */
  async commands(id: string): Promise<string[]> {
    return (await this.ok('ps', id)).trim().split('\n').slice(1).map((line) => line.split(/ +/)[8]!);
  }

  async clear(): Promise<void> {
    const ids = (await this.ok('list', '-q')).split('\n').filter((id) => id !== '');
    if (ids.length > 0) await this.call('delete', '--force', ...ids);
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** For one test file. */
export function useContainers(): Containers {
  const containers = new Containers();
  afterAll(() => containers.clear());
  return containers;
}
