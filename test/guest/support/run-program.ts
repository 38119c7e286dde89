import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { rootPath } from '../../../scripts/support/paths.mjs';
import { GuestMachine } from './guest-machine.ts';
import { GuestTree } from './guest-tree.ts';
import type { Schedule } from './schedules.ts';

/** What a program came to. */
export interface Run {
  /** What it wrote, and a last line with its end: what the recorded transcript holds. */
  readonly transcript: string;
  /** Wait status, as wait4(2) stores it. */
  readonly status: number;
  /** Names of the syscalls it asked for that are not there. */
  readonly missingCalls: readonly string[];
  readonly restores: number;
}

/** What no program needs: beyond it one has hung. */
const LIMIT_BUSY_NS = 1_000_000_000;
const LIMIT_TRAPS = 200_000;

const folder = rootPath('build/guest');
export const guestTree = new GuestTree(folder);

/** The names of all guest programs, those not compiled included. */
export const programNames: readonly string[] = readdirSync(rootPath('test/guest/programs'))
  .filter((file) => file.endsWith('.c'))
  .map((file) => file.slice(0, -2))
  .sort();

/** Whether the cross compiler has made the programs; without it their tests are skipped. */
export const hasPrograms = programNames.length > 0 && programNames.every((name) => existsSync(`${folder}/${name}`));

/** What Linux printed. */
export function linuxTranscript(name: string): string {
  return readFileSync(rootPath(`test/guest/transcripts/${name}.txt`), 'latin1');
}

/** The last line of a transcript. */
export function endLine(status: number): string {
  const signal = status & 0x7f;
  return signal === 0 ? `[exit ${status >> 8}]\n` : `[signal ${signal}]\n`;
}

/** Runs a program and all it starts to the end. @throws Error when it hangs */
export function runProgram(name: string, schedule: Schedule): Run {
  const machine = new GuestMachine(guestTree);
  machine.start([`/bin/${name}`]);
  while (schedule.advance(machine)) {
    const { trapCount } = machine.kernel;
    if (trapCount > LIMIT_TRAPS || machine.busyNs() > LIMIT_BUSY_NS) throw hung(machine, `${trapCount} traps and ${machine.busyNs() / 1e9} s of running`);
  }
  const status = machine.program?.exitStatus ?? null;
  if (status === null || machine.kernel.threadGroups.size > 0) throw hung(machine, 'nothing can run any more');
  return { transcript: machine.output + endLine(status), status, missingCalls: machine.missingCalls(), restores: machine.restores };
}

function hung(machine: GuestMachine, reason: string): Error {
  return new Error(`the program does not end: ${reason}\n${machine.describeTasks()}\nso far:\n${machine.output}`);
}
