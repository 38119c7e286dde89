// @ts-check
/** Runs a program on this machine, natively or under qemu, and tells the CPU time it took with all its children. */
import { spawnSync } from 'node:child_process';

/** @typedef {{ cpuMs: number, output: string }} Run */

/**
 * @param {readonly string[]} command
 * @param {string} [directory]  where it runs
 * @returns {Run}
 */
export function runOnHost(command, directory = '/') {
  const script = 'TIMEFORMAT="cpu %3U %3S"; time "$@"';
  const run = spawnSync('bash', ['-c', script, 'bash', ...command], { encoding: 'latin1', cwd: directory, env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' } });
  const times = /^cpu ([\d.]+) ([\d.]+)$/m.exec(run.stderr ?? '');
  if (run.status !== 0 || times === null) throw new Error(`${command.join(' ')}: ended with status ${run.status}: ${run.stderr}`);
  return { cpuMs: (Number(times[1]) + Number(times[2])) * 1000, output: run.stdout };
}
