/**
 * What the page shows, as plain data, and how news changes it. Elements read it; only the functions here and the session
 * (`session.ts`) make a new one.
 */

import type {
  CheckpointInfo,
  ContainerState,
  KilledProcess,
  MachineEvent,
  MachineStats,
  ProcessOrigin,
  ProcessRow,
  RestoreReport,
  TerminalId,
  UnsupportedSyscall,
} from '../../src/machine/api.ts';
import { clock, countOf, duration } from './format.ts';
import type { TerminalFeed } from './terminal-feed.ts';

/** How far the start has come. */
export type Phase =
  | { kind: 'loading'; line: string }
  | { kind: 'ready' }
  /** Nothing can run: `sentence` says why. */
  | { kind: 'failed'; sentence: string };

/** Why the terminal of a session is a record now. */
export type SessionEnd =
  | { kind: 'killed'; atMs: number; killed: KilledProcess; checkpointName: string }
  /** It was younger than the checkpoint that was restored: the machine it lived in was let go. */
  | { kind: 'let-go'; atMs: number; checkpointName: string }
  /** The container stopped at a checkpoint, and it with the container. */
  | { kind: 'frozen'; atMs: number; checkpointName: string }
  | { kind: 'exited'; atMs: number; status: number };

/** One terminal of the page: init's console, or an exec session. */
export interface TerminalSession {
  /** Its place on the page, whatever terminal it has; counts up. */
  key: number;
  terminalId: TerminalId;
  origin: ProcessOrigin;
  pid: number;
  command: string;
  openedAtMs: number;
  feed: TerminalFeed;
  end: SessionEnd | null;
}

export interface EventLine {
  /** Counts up; a key for the list. */
  id: number;
  atMs: number;
  sentence: string;
  weight: 'news' | 'quiet' | 'failure';
}

/** What the last restore did, until the next checkpoint or restore. */
export interface Fates {
  survivors: ReadonlySet<number>;
  killed: readonly KilledProcess[];
  generation: number;
  frozenMs: number;
}

/** The run that a restore let go, as the timeline shows it. */
export interface LetGo {
  /** The checkpoint after which it went on; null when it had none. */
  parentId: string | null;
  atMs: number;
  lastedMs: number;
}

export interface PageModel {
  phase: Phase;
  container: ContainerState | null;
  processes: readonly ProcessRow[];
  stats: MachineStats | null;
  /** Millions of guest instructions a second, over the last poll. */
  mips: number;
  unsupported: readonly UnsupportedSyscall[];
  checkpoints: readonly CheckpointInfo[];
  /** The checkpoint that the running machine came from or took last; null before the first. */
  parentId: string | null;
  letGo: LetGo | null;
  /** When the branch that runs now began: boot, or a restore. */
  branchSinceMs: number;
  fates: Fates | null;
  /** Newest first. */
  events: readonly EventLine[];
  sessions: readonly TerminalSession[];
  /** A request that is under way: its button cannot act. */
  busy: 'checkpoint' | 'restore' | 'exec' | null;
}

export const emptyModel: PageModel = {
  phase: { kind: 'loading', line: 'starting' },
  container: null,
  processes: [],
  stats: null,
  mips: 0,
  unsupported: [],
  checkpoints: [],
  parentId: null,
  letGo: null,
  branchSinceMs: 0,
  fates: null,
  events: [],
  sessions: [],
  busy: null,
};

/** Lines of Events that are kept. */
const EVENT_LINES = 200;

/** `model` with one more line in Events. */
export function withLine(model: PageModel, atMs: number, sentence: string, weight: EventLine['weight']): PageModel {
  const id = (model.events[0]?.id ?? 0) + 1;
  return { ...model, events: [{ id, atMs, sentence, weight }, ...model.events].slice(0, EVENT_LINES) };
}

/** `model` after `event`. */
export function withEvent(model: PageModel, event: MachineEvent): PageModel {
  switch (event.kind) {
    case 'state':
      return withLine({ ...model, container: event.state }, event.atMs, event.sentence, 'quiet');
    case 'exec':
      return withLine(model, event.atMs, event.sentence, 'quiet');
    case 'exit':
      return withLine(withExit(model, event), event.atMs, event.sentence, 'quiet');
    case 'checkpoint':
      return withLine(withCheckpoint(model, event.checkpoint), event.atMs, event.sentence, 'news');
    case 'restore':
      return withRestore(model, event.atMs, event.report, event.sentence);
    case 'notice':
      return withLine(model, event.atMs, event.sentence, event.isFailure ? 'failure' : 'quiet');
    case 'panic':
      return withLine({ ...model, phase: { kind: 'failed', sentence: event.sentence } }, event.atMs, event.sentence, 'failure');
  }
}

function withExit(model: PageModel, event: Extract<MachineEvent, { kind: 'exit' }>): PageModel {
  if (event.terminalId === null) return model;
  return endSessions(model, (session) =>
    session.terminalId === event.terminalId ? { kind: 'exited', atMs: event.atMs, status: event.status } : null,
  );
}

function withCheckpoint(model: PageModel, checkpoint: CheckpointInfo): PageModel {
  const kept = { ...model, checkpoints: [...model.checkpoints, checkpoint], parentId: checkpoint.id, fates: null };
  if (checkpoint.leftRunning) return kept;
  return endSessions(kept, () => ({ kind: 'frozen', atMs: checkpoint.takenAtMs, checkpointName: checkpoint.name }));
}

function withRestore(model: PageModel, atMs: number, report: RestoreReport, sentence: string): PageModel {
  const ended = {
    ...model,
    sessions: model.sessions.map((session): TerminalSession => {
      if (session.origin === 'init') return { ...session, terminalId: report.consoleId ?? session.terminalId, end: null };
      if (session.end !== null && session.end.kind !== 'frozen') return session;
      const killed = report.killed.find((process) => process.terminalId === session.terminalId);
      const checkpointName = report.name;
      if (killed === undefined) return { ...session, end: { kind: 'let-go', atMs, checkpointName } };
      return { ...session, end: { kind: 'killed', atMs, killed, checkpointName } };
    }),
  };
  const lines = withLine(ended, atMs, sentence, 'quiet');
  return {
    ...report.killed.toReversed().reduce((next, killed) => withLine(next, atMs, killed.sentence, 'news'), lines),
    fates: { survivors: new Set(report.survivors.map(({ pid }) => pid)), killed: report.killed, generation: report.generation, frozenMs: report.frozenMs },
    letGo: model.container?.status === 'stopped' ? null : { parentId: model.parentId, atMs, lastedMs: atMs - model.branchSinceMs },
    parentId: report.checkpointId,
    branchSinceMs: atMs,
  };
}

function endSessions(model: PageModel, endOf: (session: TerminalSession) => SessionEnd | null): PageModel {
  return {
    ...model,
    sessions: model.sessions.map((session) => (session.end === null ? { ...session, end: endOf(session) } : session)),
  };
}

/** Sessions that still run. */
export function liveSessions(model: PageModel): TerminalSession[] {
  return model.sessions.filter((session) => session.end === null);
}

/** How many of the processes a restore would end, and of how many. */
export function doomedOf(model: PageModel): { doomed: number; total: number } {
  return { doomed: model.processes.filter((row) => !row.livesOn).length, total: model.processes.length };
}

/** The mark of a session: its origin while it lives, a square while it is frozen, a cross once it has ended. */
export function markOf(session: TerminalSession): 'init' | 'exec' | 'stopped' | 'killed' {
  if (session.end === null) return session.origin;
  return session.end.kind === 'frozen' ? 'stopped' : 'killed';
}

/** What a session's head says at its right end. */
export function standingOf(session: TerminalSession, isDoomed: boolean): string {
  switch (session.end?.kind) {
    case undefined:
      return isDoomed ? 'will not survive' : session.origin;
    case 'killed':
      return 'killed at restore';
    case 'let-go':
      return 'let go at restore';
    case 'frozen':
      return 'frozen';
    case 'exited':
      return 'ended';
  }
}

/** Why a session ended, in a sentence or two, and the rows of its record. */
export function recordOf(session: TerminalSession, end: SessionEnd): { reason: string; how: string; rows: [string, string][] } {
  const opened: [string, string][] = [
    ['command', session.command],
    ['opened', `${clock(session.openedAtMs)} ${session.origin === 'exec' ? 'by exec, on a terminal' : 'with the container'}`],
  ];
  switch (end.kind) {
    case 'killed':
      return {
        how: 'SIGKILL',
        reason: 'An exec started it, so the restore killed it before it could run another instruction. What it wrote to files is still there; what it held in memory is gone.',
        rows: [
          ...opened,
          ['ended', `${clock(end.atMs)} at restore of ${end.checkpointName}, status 137`],
          ['freed', `${countOf(end.killed.fdsFreed, 'FD')}, ${countOf(end.killed.framesFreed, 'frame')}, 1 terminal`],
        ],
      };
    case 'let-go':
      return {
        how: 'let go',
        reason: `It began after ${end.checkpointName} was frozen, so the machine that was restored never had it. It went with the run that was let go.`,
        rows: [...opened, ['ended', `${clock(end.atMs)} at restore of ${end.checkpointName}`]],
      };
    case 'frozen':
      return {
        how: 'frozen',
        reason:
          session.origin === 'exec'
            ? `The container stopped when ${end.checkpointName} was frozen. A restore will not bring this session back: an exec started it.`
            : `The container stopped when ${end.checkpointName} was frozen. Restore it and this console goes on.`,
        rows: [...opened, ['frozen', `${clock(end.atMs)} in ${end.checkpointName}`]],
      };
    case 'exited':
      return {
        how: end.status > 128 ? `signal ${end.status - 128}` : `status ${end.status}`,
        reason: end.status > 128 ? 'A signal ended it.' : 'It ended by itself.',
        rows: [
          ...opened,
          ['ended', `${clock(end.atMs)}, status ${end.status}`],
          ['lasted', duration(end.atMs - session.openedAtMs)],
        ],
      };
  }
}
