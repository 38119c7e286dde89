/**
 * What a machine can be asked: types only.
 *
 *  - `MachineApi`     control: one container, runsc's verbs, checkpoints, what the inspector shows. The worker offers it to the
 *                     page by comlink; the command line calls it directly. Every argument and answer can be cloned to another thread.
 *  - `MachineDriver`  what only the machine's own thread does: run slices, move terminal bytes. It never crosses a thread.
 *
 * One class implements both (`src/machine/machine.ts`). A refused request throws an `Error` whose message is one sentence for the
 * user, without a full stop (`restore: lunch, section pages: checksum differs; c1 goes on unchanged`).
 */

import type { ImageDiff, ImageReport, PagePair } from '../inspect/report.ts';

/** Says which terminal; given out by the machine, never used twice in its life, restores included. */
export type TerminalId = number;

export interface TerminalSize {
  columns: number;
  rows: number;
}

export interface BootOptions {
  /** The compiled core, or the bytes of `core.wasm`. */
  core: WebAssembly.Module | Uint8Array;
  /** An OCI archive (tar), or null for a machine whose root is given otherwise. */
  imageArchive: Uint8Array | null;
  /** Guest memory; default 512 MiB. */
  memoryLimitBytes?: number;
}

export interface ContainerOptions {
  /** The container's id; default `c1`. */
  id?: string;
  hostname?: string;
  /** Default: the image's entry point and command. Text, passed on as UTF-8. */
  argv?: string[];
  /** `NAME=value` lines, added to those of the image. */
  env?: string[];
  cwd?: string;
  /** `name`, `uid`, `name:group` or `uid:gid`; default: the image's, else root. */
  user?: string;
  /** The console of init is a terminal of this size; null: plain pipes. */
  console?: TerminalSize | null;
  /** `dev.gvisor.internal.checkpoint.*` says what programs inside may do about checkpoints, and names the hook. */
  annotations?: Record<string, string>;
}

export interface ExecOptions {
  argv: string[];
  /** A terminal of this size; null: output goes to events and the log only. */
  terminal: TerminalSize | null;
  /** Lives on over a restore under the policies `keep` and `reattach`. */
  restorable?: boolean;
  env?: string[];
  cwd?: string;
  user?: string;
}

/** A process that was started from outside, and the terminal it was given. */
export interface Started {
  pid: number;
  terminalId: TerminalId | null;
}

/** runsc's container states. */
export type ContainerStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

export interface ContainerState {
  id: string;
  status: ContainerStatus;
  /** Pid of init inside the container; 0 once it is stopped. */
  pid: number;
  /** 1 for a machine that was booted, one more with each restore. */
  generation: number;
  /** Exit status of init (128 + n for a signal), once stopped by its end; else null. */
  exitStatus: number | null;
  consoleId: TerminalId | null;
}

export type ProcessOrigin = 'init' | 'exec';

/** One row of the process table: a thread group. */
export interface ProcessRow {
  pid: number;
  ppid: number;
  pgid: number;
  sid: number;
  uid: number;
  origin: ProcessOrigin;
  /** As in /proc/PID/stat: R running, S sleeping, T stopped, Z zombie … */
  state: string;
  /** Name without arguments, as `ps` shows it in CMD. */
  command: string;
  /** The whole command line, words joined by spaces; `command` when there is none. */
  commandLine: string;
  /** The syscall the leader waits in (`nanosleep`), with what it waits on where that helps (`tty read`); '' while it runs. */
  waitsIn: string;
  threads: number;
  fds: number;
  /** Pages of its address space that have a frame. */
  residentPages: number;
  /** Controlling terminal as `ps` names it (`pts/0`), or null. */
  tty: string | null;
  /** Guest CPU time. */
  cpuNs: number;
  /** True when a restore with the policy in force leaves it alive. */
  livesOn: boolean;
}

export interface CheckpointOptions {
  /** Default: `checkpoint-N`. */
  name?: string;
  leaveRunning: boolean;
  note?: string;
  /** A full image, whatever the timeline would take. */
  full?: boolean;
  /**
   * Rounds of pre-dump before the one that counts, 0 to 8: each a difference to the one before, taken while guests run on, so
   * that the last has little left to write. Default 0; not with `full`.
   */
  preDumpRounds?: number;
}

/** What a restore does to processes that exec started; see `src/sentry/checkpoint/exec-policy.ts`. */
export type ExecPolicyName = 'kill' | 'gvisor' | 'naive' | 'keep' | 'reattach';

/** How to restore; without it `kill` and `gvisor`. */
export interface RestoreChoice {
  policy?: ExecPolicyName;
  /** `gvisor`: the monotonic clock advances by the time the image lay on disk; `continue`: it goes on where it stopped. */
  clock?: 'gvisor' | 'continue';
  /** `keep` and `reattach`: processes of execs that live on with their descendants. */
  keptPids?: number[];
  /** `naive`: takes host files of execs as they are, dead, instead of failing. */
  forceHostFiles?: boolean;
}

/** What a restore of a checkpoint taken now would make of a process, and why. */
export interface SurvivorRow {
  pid: number;
  ppid: number;
  command: string;
  origin: ProcessOrigin;
  /** Whom it descends from, the first one first: init, or the leader of an exec. */
  path: { pid: number; command: string }[];
  isRestorable: boolean;
  /** Keys of its files with their end outside, and the name of a terminal. */
  hostFiles: { key: string; terminal: string | null }[];
  tty: string | null;
  /** `lives` · `cutOff` from its host files · `reattached` to new ends · `ends` · `zombie` · `prevents` the restore */
  fates: Record<ExecPolicyName, 'lives' | 'cutOff' | 'reattached' | 'ends' | 'zombie' | 'prevents'>;
  /** "pid 16 backup.sh: killed; started by exec pid 12 sh" under the policy asked about. */
  sentence: string;
}

export interface CheckpointInfo {
  /** Names it to `restore`; unique in this machine. */
  id: string;
  name: string;
  note: string;
  /** Realtime, ms since 1970. */
  takenAtMs: number;
  /** False when the container stopped with it. */
  leftRunning: boolean;
  /** The checkpoint that the container had gone on from when this was taken, or after a deletion the one before that; null at a root. */
  parentId: string | null;
  /** `sha256:…` of the image file. */
  digest: string;
  /** Bytes of its own image, all sections. */
  imageBytes: number;
  /** Whether the image is a difference to another one. */
  isDifference: boolean;
  /** Bytes of the image with those it stands on. */
  chainBytes: number;
  /** What deleting it would free. */
  freedByDeletingBytes: number;
  /** Whether the store that is open holds it: it will be there after a reload. */
  isStored: boolean;
  /** Taken by autosave: the next one replaces it. */
  isAutosave: boolean;
  /** How long no guest instruction could run. */
  pauseMs: number;
  /** Until the image was complete. */
  totalMs: number;
  /** Pages of all address spaces and files in use, and how many of them the image holds as data. */
  pages: number;
  dataPages: number;
  processes: number;
  /** Those of them that a restore will kill. */
  execProcesses: number;
}

/** Where checkpoints are kept for longer than the machine lives. */
export interface StoreState {
  /** What it is called: `this browser`. */
  label: string;
  usedBytes: number;
  quotaBytes: number | null;
  /** What is not kept and why, in one sentence that says what to do; null when all is. */
  problem: string | null;
  /** Seconds between autosaves, null when off. */
  autosaveSeconds: number | null;
}

export interface StoreReport {
  /** Those that the store held, in the order of taking. They are in `listCheckpoints` now. */
  checkpoints: CheckpointInfo[];
  /** What autosave kept last; null when there is none. To restore it is to go on where the last machine was. */
  autosaveId: string | null;
  /** Orphans swept, damaged images left out: a sentence each. */
  notices: string[];
}

/** A process that a restore killed because its origin was an exec. */
export interface KilledProcess {
  pid: number;
  ppid: number;
  command: string;
  commandLine: string;
  terminalId: TerminalId | null;
  fdsFreed: number;
  framesFreed: number;
  /** True when it had been adopted and was reaped on behalf of init. */
  reapedForInit: boolean;
  /** For Events: "restore: pid 12 `sh` (exec) killed, 3 FDs and 41 frames freed". */
  sentence: string;
}

export interface RestoreReport {
  checkpointId: string;
  name: string;
  generation: number;
  killed: KilledProcess[];
  survivors: { pid: number; command: string }[];
  /** Execs that live on, with the terminals that they have now. */
  kept: { pid: number; command: string; terminalId: TerminalId | null }[];
  /** From the request to the first guest instruction. */
  totalMs: number;
  /** How long the image lay on disk: what the monotonic clock advanced by. */
  frozenMs: number;
  consoleId: TerminalId | null;
}

export interface MachineStats {
  /** Guest instructions retired since boot, of all generations. */
  instructions: number;
  /** Host time spent in slices since boot. */
  busyMs: number;
  framesInUse: number;
  frameLimit: number;
  processes: number;
  fds: number;
  generation: number;
}

/** A syscall that guests asked for and this kernel does not have: answered ENOSYS, counted. */
export interface UnsupportedSyscall {
  number: number;
  /** Linux's name where known, else `syscall N`. */
  name: string;
  count: number;
  /** Command of the last that asked. */
  lastCommand: string;
}

/** News from the machine, in order; `atMs` is realtime, ms since 1970; `sentence` is for people, without a full stop. */
export type MachineEvent =
  | { kind: 'state'; atMs: number; sentence: string; state: ContainerState }
  | { kind: 'exec'; atMs: number; sentence: string; pid: number; command: string; terminalId: TerminalId | null }
  /** Init or an exec's leader ended by itself or by a signal; not sent for what a restore kills or what a checkpoint stops. */
  | { kind: 'exit'; atMs: number; sentence: string; pid: number; command: string; origin: ProcessOrigin; status: number; terminalId: TerminalId | null }
  | { kind: 'checkpoint'; atMs: number; sentence: string; checkpoint: CheckpointInfo }
  | { kind: 'restore'; atMs: number; sentence: string; report: RestoreReport }
  /** The list of checkpoints has changed otherwise: one was taken in, deleted, renamed, annotated, kept; autosave. */
  | { kind: 'timeline'; atMs: number; sentence: string }
  /** The OOM rule, an unsupported syscall seen first, a damaged image … */
  | { kind: 'notice'; atMs: number; sentence: string; isFailure: boolean }
  /** Our bug: nothing runs any more until a checkpoint is restored. */
  | { kind: 'panic'; atMs: number; sentence: string };

export interface MachineApi {
  /** Makes the core and unpacks the image; once, before anything else. */
  boot(options: BootOptions): Promise<void>;

  create(options: ContainerOptions): ContainerState;
  /** Runs init. The console's id is in `state().consoleId` from `create` on. */
  start(): Started;
  exec(options: ExecOptions): Started;
  /** Sends `signal` (Linux's number) to one process; to init when `pid` is left out. */
  kill(signal: number, pid?: number): void;
  pause(): void;
  resume(): void;
  /** Removes a stopped container; `force` kills it first. Checkpoints are kept; what is taken of the next container is a tree of its own. */
  delete(options?: { force?: boolean }): void;
  /** Null before `create` and after `delete`. */
  state(): ContainerState | null;

  /**
   * Settles when the image is kept: in the store where one is open, and in memory where that fails, as a notice says
   * (`isStored` is false then). A container that does not run on is stopped only then. On error it goes on, and nothing was added.
   */
  checkpoint(options: CheckpointOptions): Promise<CheckpointInfo>;
  /** Builds a machine from checkpoint `id` and lets go of the one that ran. On error that one runs on unchanged. */
  restore(id: string, choice?: RestoreChoice): Promise<RestoreReport>;
  /** Who would live on after a restore of a checkpoint taken now, and why; ascending by pid. Nobody without a container. */
  survivors(policy?: ExecPolicyName, keptPids?: number[]): SurvivorRow[];
  /** Settles when the next checkpoint has ended, with its error if it failed; rejects when the container is gone before. */
  waitCheckpoint(): Promise<void>;
  /** Settles when the restore is complete, its hook included; rejects when it failed or the container was not restored. */
  waitRestore(): Promise<void>;
  /** Oldest first. */
  listCheckpoints(): CheckpointInfo[];
  /** An autosave that is named is an ordinary checkpoint from then on. */
  /** In one line of at most 200 characters; what steers terminals becomes U+FFFD. @errors an empty or longer name */
  renameCheckpoint(id: string, name: string): Promise<CheckpointInfo>;
  annotateCheckpoint(id: string, note: string): Promise<CheckpointInfo>;
  /** Its children move up to its parent; images nobody needs are dropped. */
  deleteCheckpoint(id: string): Promise<{ freedBytes: number }>;

  /** What is in a checkpoint. */
  inspect(id: string): Promise<ImageReport>;
  diff(beforeId: string, afterId: string): Promise<ImageDiff>;
  /** The page that holds `address` in process `pid`, on both sides. */
  pagePair(beforeId: string, afterId: string, pid: number, address: number): Promise<PagePair>;

  /** `file`: one image that stands on no other. `oci`: a tar in OCI image layout with all it stands on. The caller's copy. */
  exportCheckpoint(id: string, format: 'file' | 'oci'): Promise<Uint8Array>;
  /** Takes in what `exportCheckpoint` gave, whichever: checked whole before anything is touched. It is called as the archive or link says, `name` where that says nothing. */
  importCheckpoint(name: string, bytes: Uint8Array): Promise<CheckpointInfo>;
  /** The fragment of a link (without '#') that holds the checkpoint. @errors too large for a link */
  checkpointLink(id: string): Promise<string>;
  importLink(fragment: string): Promise<CheckpointInfo>;

  /**
   * Opens the store of that name: its checkpoints join the list, and every checkpoint from now on is kept there too. Once, after
   * `boot`. @errors another tab or process has it; the environment has none: checkpoints are kept in memory only
   */
  openStore(name: string): Promise<StoreReport>;
  /** Null while checkpoints are kept in memory only. */
  storeState(): Promise<StoreState | null>;
  /** Takes a checkpoint that replaces the last autosave every so many seconds while anything has changed; null: stops it, and drops it. */
  setAutosave(seconds: number | null): Promise<void>;
  /** Autosaves now, if it is on and anything has changed: a page calls it when it is hidden. */
  autosave(): Promise<void>;

  /** Ascending by pid. */
  processes(): ProcessRow[];
  stats(): MachineStats;
  /** Most frequent first. */
  unsupportedSyscalls(): UnsupportedSyscall[];
  /** Calls `listener` for every event from now on. */
  subscribe(listener: (event: MachineEvent) => void): void;
}

/** Why a slice came to its end. */
export interface SliceOutcome {
  /** A task could go on at once. */
  isRunnable: boolean;
  /** When nothing is runnable: ms from now until a timer is due; null when only input can wake anybody. */
  idleMs: number | null;
}

export interface MachineDriver {
  /** Takes time and inputs, then runs guests for about `budgetMs` of host time. Does nothing while paused, stopped or not booted. */
  runSlice(budgetMs: number): SliceOutcome;
  /** Gives `bytes` typed at a terminal to the guest at the next slice; unknown or ended terminals drop them. Does not keep `bytes`. */
  terminalInput(terminalId: TerminalId, bytes: Uint8Array): void;
  terminalResize(terminalId: TerminalId, size: TerminalSize): void;
  /** Terminals that have output waiting. */
  terminalsWithOutput(): TerminalId[];
  /**
   * Takes up to `maxBytes` of a terminal's output, the oldest first; a buffer of the caller's own. A guest that finds the
   * output ring full sleeps until bytes are taken here.
   */
  takeTerminalOutput(terminalId: TerminalId, maxBytes: number): Uint8Array;
}
