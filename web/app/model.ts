/**
 * What the page shows, as plain data, and how news changes it. Elements read it; only the functions here and those who talk to
 * the machine (`playground.ts`, `keeper.ts`) make a new one.
 */

import type {
  CheckpointInfo,
  ContainerState,
  ExecPolicyName,
  KilledProcess,
  MachineEvent,
  MachineStats,
  ProcessOrigin,
  ProcessRow,
  RestoreReport,
  StoreState,
  SurvivorRow,
  TerminalId,
  UnsupportedSyscall,
} from '../../src/machine/api.ts';
import type { ImageDiff, PagePair } from '../../src/inspect/report.ts';
import { defaultSettings, livesOnBy } from './restore-choice.ts';
import type { RestoreSettings } from './restore-choice.ts';
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
  /** It lives on in the container, but its terminal has no end outside: it can say nothing and hear nothing. */
  | { kind: 'cut-off'; atMs: number; policy: ExecPolicyName; checkpointName: string }
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

/** Two checkpoints beside each other. */
export interface Comparison {
  beforeId: string;
  afterId: string;
  /** Null while it is worked out. */
  diff: ImageDiff | null;
  /** Why there is none, in a sentence. */
  problem: string | null;
  /** The page that is looked at; its content null while it is on its way. */
  page: { pid: number; address: number; pair: PagePair | null } | null;
}

/** A checkpoint as a link. */
export interface ShareLink {
  checkpointId: string;
  /** The whole address. */
  text: string;
  isCopied: boolean;
}

/** The execs in a checkpoint. */
export interface FrozenExecs {
  checkpointId: string;
  /** Ascending by pid; zombies left out. */
  execs: readonly { pid: number; command: string }[];
}

/** A request that the machine refused, where it was asked. */
export interface Refusal {
  of: Request;
  sentence: string;
}

/** What is asked for one at a time. */
export type Request = 'checkpoint' | 'restore' | 'exec' | 'pause' | 'timeline' | 'import' | 'store';

export interface PageModel {
  phase: Phase;
  container: ContainerState | null;
  processes: readonly ProcessRow[];
  /** How the next restore is to be done. */
  settings: RestoreSettings;
  /** Who would live on by `settings`; null until it has been asked. */
  survivors: readonly SurvivorRow[] | null;
  stats: MachineStats | null;
  /** Millions of guest instructions a second, over the last poll. */
  mips: number;
  unsupported: readonly UnsupportedSyscall[];
  checkpoints: readonly CheckpointInfo[];
  /** The checkpoint that the running machine came from or took last; null before the first. */
  parentId: string | null;
  letGo: LetGo | null;
  /** The checkpoint that was restored last. */
  restoredId: string | null;
  /** When the branch that runs now began: boot, or a restore. */
  branchSinceMs: number;
  fates: Fates | null;
  /** Newest first. */
  events: readonly EventLine[];
  sessions: readonly TerminalSession[];
  /** A request that is under way: its button cannot act. */
  busy: Request | null;
  /** The last request that was refused, until one of its kind succeeds. */
  refusal: Refusal | null;
  comparison: Comparison | null;
  link: ShareLink | null;
  /** Null while checkpoints are kept in memory only. */
  store: StoreState | null;
  /** Who can be named to be kept; null while nobody looks. */
  frozenExecs: FrozenExecs | null;
  /** A checkpoint that has just come in from outside: the next restore is of it. */
  importedId: string | null;
}

export const emptyModel: PageModel = {
  phase: { kind: 'loading', line: 'starting' },
  container: null,
  processes: [],
  settings: defaultSettings,
  survivors: null,
  stats: null,
  mips: 0,
  unsupported: [],
  checkpoints: [],
  parentId: null,
  letGo: null,
  restoredId: null,
  branchSinceMs: 0,
  fates: null,
  events: [],
  sessions: [],
  busy: null,
  refusal: null,
  comparison: null,
  link: null,
  store: null,
  frozenExecs: null,
  importedId: null,
};

/** Lines of Events that are kept. */
const EVENT_LINES = 200;
/** How the machine tells that it has saved by itself. */
const AUTOSAVE = 'autosave: ';
/** Between two tellings of the same failure, at most. */
const SAME_MS = 1000;

/** `model` with one more line in Events. */
export function withLine(model: PageModel, atMs: number, sentence: string, weight: EventLine['weight']): PageModel {
  // The machine tells a failure to whoever asked and to all who listen: it is one line.
  if (weight === 'failure' && model.events.slice(0, 3).some((line) => line.sentence === sentence && Math.abs(atMs - line.atMs) < SAME_MS)) return model;
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
    case 'timeline':
      return withLine(withoutLastAutosave(model, event.sentence), event.atMs, event.sentence, 'quiet');
    case 'notice':
      return withLine(model, event.atMs, event.sentence, event.isFailure ? 'failure' : 'quiet');
    case 'panic':
      return withLine({ ...model, phase: { kind: 'failed', sentence: event.sentence } }, event.atMs, event.sentence, 'failure');
  }
}

/** One autosave after another is one line. */
function withoutLastAutosave(model: PageModel, sentence: string): PageModel {
  const isAgain = sentence.startsWith(AUTOSAVE) && model.events[0]?.sentence.startsWith(AUTOSAVE) === true;
  return isAgain ? { ...model, events: model.events.slice(1) } : model;
}

function withExit(model: PageModel, event: Extract<MachineEvent, { kind: 'exit' }>): PageModel {
  if (event.terminalId === null) return model;
  return endSessions(model, (session) =>
    session.terminalId === event.terminalId ? { kind: 'exited', atMs: event.atMs, status: event.status } : null,
  );
}

function withCheckpoint(model: PageModel, checkpoint: CheckpointInfo): PageModel {
  const others = model.checkpoints.filter(({ id }) => id !== checkpoint.id);
  const kept = { ...model, checkpoints: [...others, checkpoint], parentId: checkpoint.id, fates: null };
  if (checkpoint.leftRunning) return kept;
  return endSessions(kept, () => ({ kind: 'frozen', atMs: checkpoint.takenAtMs, checkpointName: checkpoint.name }));
}

function withRestore(model: PageModel, atMs: number, report: RestoreReport, sentence: string): PageModel {
  const takenAtMs = model.checkpoints.find(({ id }) => id === report.checkpointId)?.takenAtMs ?? 0;
  const ended = { ...model, sessions: model.sessions.map((session) => afterRestore(session, atMs, report, takenAtMs, model.settings.policy)) };
  const lines = withLine(ended, atMs, sentence, 'quiet');
  return {
    ...report.killed.toReversed().reduce((next, killed) => withLine(next, atMs, killed.sentence, 'news'), lines),
    fates: { survivors: new Set(report.survivors.map(({ pid }) => pid)), killed: report.killed, generation: report.generation, frozenMs: report.frozenMs },
    letGo: model.container === null || model.container.status === 'stopped' ? null : { parentId: model.parentId, atMs, lastedMs: atMs - model.branchSinceMs },
    parentId: report.checkpointId,
    restoredId: report.checkpointId,
    branchSinceMs: atMs,
    importedId: null,
    settings: { ...model.settings, keptPids: model.settings.keptPids.filter((pid) => report.survivors.some((survivor) => survivor.pid === pid)) },
    survivors: null,
  };
}

/** A session of the run that was let go, as the restored machine has it. */
function afterRestore(session: TerminalSession, atMs: number, report: RestoreReport, takenAtMs: number, policy: ExecPolicyName): TerminalSession {
  if (session.origin === 'init') return { ...session, terminalId: report.consoleId ?? session.terminalId, end: null };
  const wasThere = session.openedAtMs <= takenAtMs && (session.end === null || session.end.atMs >= takenAtMs);
  const checkpointName = report.name;
  if (wasThere) {
    const kept = report.kept.find(({ pid }) => pid === session.pid);
    // Only `reattach` gives terminals new ends.
    if (kept !== undefined && kept.terminalId !== null && policy === 'reattach') return { ...session, terminalId: kept.terminalId, end: null };
    if (report.survivors.some(({ pid }) => pid === session.pid)) return { ...session, end: { kind: 'cut-off', atMs, policy, checkpointName } };
  }
  if (session.end !== null && session.end.kind !== 'frozen' && session.end.kind !== 'cut-off') return session;
  const killed = report.killed.find((process) => (process.terminalId === null ? wasThere && process.pid === session.pid : process.terminalId === session.terminalId));
  if (killed === undefined) return { ...session, end: { kind: 'let-go', atMs, checkpointName } };
  return { ...session, end: { kind: 'killed', atMs, killed, checkpointName } };
}

/** Execs that the restore kept on terminals of which the page has no session: it opens one for each. */
export function keptWithoutSession(model: PageModel, report: RestoreReport): RestoreReport['kept'] {
  return model.settings.policy !== 'reattach' ? [] : report.kept.filter(({ terminalId }) => terminalId !== null && model.sessions.every((session) => session.terminalId !== terminalId));
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

/** The table with who lives on by the settings in force. */
export function withFates(rows: readonly ProcessRow[], survivors: readonly SurvivorRow[] | null, settings: RestoreSettings): readonly ProcessRow[] {
  if (survivors === null) return rows;
  const byPid = new Map(survivors.map((survivor) => [survivor.pid, survivor]));
  return rows.map((row) => {
    const survivor = byPid.get(row.pid);
    return survivor === undefined ? row : { ...row, livesOn: livesOnBy(survivor, settings) };
  });
}

/** How many of the processes a restore would end, and of how many. */
export function doomedOf(model: PageModel): { doomed: number; total: number } {
  return { doomed: model.processes.filter((row) => !row.livesOn).length, total: model.processes.length };
}

/** The model with the machine's list of checkpoints: where that of now is gone, now hangs on the one before. */
export function withCheckpoints(model: PageModel, checkpoints: readonly CheckpointInfo[]): PageModel {
  const known = new Set(checkpoints.map(({ id }) => id));
  const standing = (id: string | null): string | null => {
    let at = id;
    while (at !== null && !known.has(at)) at = model.checkpoints.find((candidate) => candidate.id === at)?.parentId ?? null;
    return at;
  };
  const letGo = model.letGo === null ? null : { ...model.letGo, parentId: standing(model.letGo.parentId) };
  return { ...model, checkpoints, parentId: standing(model.parentId), letGo };
}

/** What the timeline shows: the checkpoints that were asked for. What autosave keeps is no place to go back to: now goes on from it. */
export function timelineOf({ checkpoints, parentId, letGo }: PageModel): { checkpoints: readonly CheckpointInfo[]; parentId: string | null; letGo: LetGo | null } {
  const shown = (id: string | null): string | null => {
    let at = checkpoints.find((candidate) => candidate.id === id);
    while (at?.isAutosave === true) at = checkpoints.find((candidate) => candidate.id === at?.parentId);
    return at?.id ?? null;
  };
  const asked = checkpoints.filter(({ isAutosave }) => !isAutosave).map((checkpoint) => ({ ...checkpoint, parentId: shown(checkpoint.parentId) }));
  return { checkpoints: asked, parentId: shown(parentId), letGo: letGo === null ? null : { ...letGo, parentId: shown(letGo.parentId) } };
}
