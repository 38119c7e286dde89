import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { rootPath } from '../../../scripts/support/paths.mjs';

export const CLI = rootPath('dist/cli.js');

const TIMEOUT_MS = 50_000;
const OUTPUT_LIMIT_BYTES = 64 << 20;

/** Copies the command to another directory, with these of the files that it reads. */
export function copyCommand(directory: string, assets: readonly string[]): string {
  const from = dirname(CLI);
  for (const name of readdirSync(from)) if (/^cli.*\.js$/.test(name) || assets.includes(name)) copyFileSync(join(from, name), join(directory, name));
  return join(directory, 'cli.js');
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
}

export interface RunOptions {
  /** Standard input; empty where it is not said. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `stasis` with these arguments to its end. */
export function stasis(args: readonly string[], options: RunOptions = {}): Ran {
  const run = spawnSync(process.execPath, [CLI, ...args], {
    input: options.input ?? '',
    env: { ...process.env, ...options.env },
    timeout: TIMEOUT_MS,
    maxBuffer: OUTPUT_LIMIT_BYTES,
  });
  return { status: run.status, stdout: run.stdout.toString(), stderr: run.stderr.toString(), stdoutBytes: run.stdout };
}

/** Runs a program of the built-in image: `busybox(['ls', '/'])`. */
export function busybox(argv: readonly string[], options: RunOptions & { readonly flags?: readonly string[] } = {}): Ran {
  return stasis(['do', '--image', 'busybox', ...(options.flags ?? []), '--', ...argv], options);
}

/** `busybox`, a script for its shell. */
export function shell(script: string, options: RunOptions & { readonly flags?: readonly string[] } = {}): Ran {
  return busybox(['sh', '-c', script], options);
}

/** Starts `stasis` with these arguments. */
export function startStasis(args: readonly string[]): Running {
  return new Running(process.execPath, [CLI, ...args]);
}

/** A program of the host under way. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = '';
  stderr = '';
  private readonly closed: Promise<number | null>;

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: 'pipe', timeout: TIMEOUT_MS });
    this.child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString('latin1')));
    this.child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString('latin1')));
    this.child.stdin.on('error', () => {}); // it may end before it has read everything
    this.closed = new Promise((resolve) => this.child.on('close', (status) => resolve(status)));
  }

  /** Waits until standard output matches. */
  async prints(pattern: RegExp): Promise<void> {
    const endMs = Date.now() + TIMEOUT_MS;
    while (!pattern.test(this.stdout)) {
      if (Date.now() > endMs || this.child.exitCode !== null) throw new Error(`has not printed ${pattern}, but ${JSON.stringify(this.stdout + this.stderr)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  type(text: string): void {
    this.child.stdin.write(text);
  }

  /** Its exit status, once it has ended. */
  ends(): Promise<number | null> {
    return this.closed;
  }
}
