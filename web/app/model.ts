/**
 * What the page shows, as plain data. Elements read it; only news (`model-events.ts`) and those who talk to the machine
 * (`playground.ts`, `keeper.ts`, `comparer.ts`) make a new one.
 */

import type {
  CheckpointInfo,
  ContainerState,
  ExecPolicyName,
  KilledProcess,
  MachineStats,
  ProcessOrigin,
  ProcessRow,
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
