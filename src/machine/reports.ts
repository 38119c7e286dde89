/** What the machine's insides say, as `MachineApi` tells it. */

import { textFromByteString } from '../base/bytes.ts';
import type { Container, RestoreOutcome } from '../container/container.ts';
import type { TimelineEntry } from '../container/timeline.ts';
import type { Killed } from '../sentry/checkpoint/exec-policy.ts';
import type { Survivor } from '../sentry/checkpoint/survivors.ts';
import type { KilledProcess, MachineStats, RestoreReport, SurvivorRow, TerminalId } from './api.ts';
import type { Guests } from './guests.ts';
import { processRows } from './process-rows.ts';

/** Where the terminals of a restored container are now, and where those were that it replaced. */
export interface TerminalsOver {
  readonly consoleId: TerminalId | null;
  /** Of execs that live on, by pid. */
  readonly now: ReadonlyMap<number, TerminalId | null>;
  /** By pid. */
  readonly before: ReadonlyMap<number, TerminalId>;
}

export function restoreReport({ id, name }: TimelineEntry, outcome: RestoreOutcome, terminals: TerminalsOver, totalMs: number): RestoreReport {
  const { kernel } = outcome.container;
  return {
    checkpointId: id,
    name,
    generation: kernel.generation,
    killed: outcome.killed.map((killed) => killedProcess(killed, terminals.before)),
    survivors: processRows(kernel).map(({ pid, command }) => ({ pid, command })),
    kept: outcome.kept.map(({ pid, command }) => ({ pid, command: textFromByteString(command), terminalId: terminals.now.get(pid) ?? null })),
    totalMs,
    frozenMs: outcome.frozenNs / 1e6,
    consoleId: terminals.consoleId,
  };
}

export function survivorRow({ command, path, hostFiles, sentence, ...row }: Survivor): SurvivorRow {
  return {
    ...row,
    command: textFromByteString(command),
    path: path.map((step) => ({ pid: step.pid, command: textFromByteString(step.command) })),
    hostFiles: hostFiles.map(({ key, name }) => ({ key, terminal: name })),
    sentence: textFromByteString(sentence),
  };
}

export function machineStats(container: Container | null, { instructions, busyMs }: Guests): MachineStats {
  const kernel = container?.kernel ?? null;
  const tables = new Set([...(kernel?.tasks.values() ?? [])].filter((task) => task.runState !== 'exited').map((task) => task.fdTable));
  let fds = 0;
  for (const table of tables) fds += table.entriesByFd.size;
  return {
    instructions,
    busyMs,
    framesInUse: kernel?.core.framesInUse() ?? 0,
    frameLimit: kernel?.core.frameLimit() ?? 0,
    processes: kernel?.threadGroups.size ?? 0,
    fds,
    generation: kernel?.generation ?? 0,
  };
}

function killedProcess(killed: Killed, terminals: ReadonlyMap<number, TerminalId>): KilledProcess {
  const { pid, ppid, fdsFreed, framesFreed, reapedForInit } = killed;
  const command = textFromByteString(killed.command);
  return {
    pid, ppid, command, fdsFreed, framesFreed, reapedForInit,
    commandLine: textFromByteString(killed.commandLine.join(' ')),
    terminalId: terminals.get(pid) ?? null,
    sentence: `restore: pid ${pid} \`${command}\` (exec) killed, ${fdsFreed} FDs and ${framesFreed} frames freed${reapedForInit ? ', reaped for init' : ''}`,
  };
}
