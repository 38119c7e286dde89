import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootPath } from '../../../scripts/support/paths.mjs';
import { readImageArchive } from '../../../src/container/oci/index.ts';
import { stasis } from './stasis.ts';

const QEMU = ['/usr/bin/qemu-riscv64-static', '/usr/local/bin/qemu-riscv64-static'];
const ENVIRONMENT = { LC_ALL: 'C', TZ: 'UTC', HOME: '/' };

/** Titles of the parts, in order. */
export function titlesOf(script: string): string[] {
  return [...script.matchAll(/^#: (.*)$/gm)].map((match) => match[1]!);
}

/** What each part has printed, by title, with its status in the last line. */
export function partsOf(transcript: string): Map<string, string> {
  return new Map(transcript.split(/^#: /m).slice(1).map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]));
}

/** A script that runs each part by a shell of its own, in one directory, and marks what it prints. */
function wholeScript(script: string): string {
  const parts = script.split(/^#: /m).slice(1).map((part) => {
    const end = part.indexOf('\n');
    return `cat >../part <<"@END@"\n${part.slice(end + 1)}@END@\necho "#: ${part.slice(0, end)}"\nsh ../part </dev/null 2>&1\necho "#= $?"\n`;
  });
  return `umask 022; mkdir work; cd work\n${parts.join('')}`;
}

/** Runs the parts in a container. @returns the transcript, bytes as latin1 */
export function runInContainer(script: string, flags: readonly string[]): string {
  const environment = Object.entries(ENVIRONMENT).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const run = stasis(['do', '--image', 'busybox', '--cwd', '/tmp', ...environment, ...flags, '--', 'sh', '-c', wholeScript(script)]);
  if (run.status !== 0 || run.stderr !== '') throw new Error(`the script ended with status ${run.status}: ${run.stderr}`);
  return run.stdoutBytes.toString('latin1');
}

/** Path of qemu-riscv64-static, or null where there is none. */
export function findQemu(): string | null {
  return QEMU.find((path) => spawnSync(path, ['--version']).status === 0) ?? null;
}

/**
 * Runs the parts by the same program under qemu, on this machine's kernel. Without the kernel's help qemu cannot execute a
 * riscv64 program from within one, so each applet is a script of one line that starts qemu again.
 */
export async function runUnderQemu(qemu: string, script: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'stasis-qemu-'));
  try {
    const program = join(folder, 'busybox');
    const { tree } = await readImageArchive(readFileSync(rootPath('public/busybox.tar')), 'busybox');
    const bytes = new Uint8Array(tree.stat('/bin/busybox')!.sizeBytes);
    tree.read('/bin/busybox', 0, bytes);
    writeFileSync(program, bytes, { mode: 0o755 });
    mkdirSync(join(folder, 'bin'));
    mkdirSync(join(folder, 'run'));
    for (const applet of spawnSync(qemu, [program, '--list'], { encoding: 'utf8' }).stdout.trim().split('\n')) {
      writeFileSync(join(folder, 'bin', applet), `#!${qemu} ${program}\n`, { mode: 0o755 });
    }
    const run = spawnSync(qemu, [program, 'sh', '-c', wholeScript(script)], {
      cwd: join(folder, 'run'), env: { ...ENVIRONMENT, PATH: join(folder, 'bin') }, encoding: 'latin1', maxBuffer: 64 << 20, timeout: 100_000,
    });
    if (run.status !== 0 || run.stderr !== '') throw new Error(`the script ended under qemu with status ${run.status}: ${run.stderr}`);
    return run.stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
