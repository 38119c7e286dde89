import type { ContainerStatus } from '../container/container.ts';
import type { PsRow } from '../container/ps.ts';
import type { TerminalSize } from '../container/spec.ts';
import type { ClockPolicy } from '../sentry/checkpoint/restore.ts';
import type { ExecPolicy } from '../sentry/checkpoint/exec-policy.ts';
import type { Fate } from '../sentry/checkpoint/survivors.ts';

/** What the owner of a container is asked over its socket, by JSON-RPC: what goes in, and what comes back. Strings are text. */
export interface Requests {
  state: [null, OwnerState];
  start: [null, void];
  pause: [null, void];
  resume: [null, void];
  kill: [KillRequest, void];
  ps: [null, PsRow[]];
  exec: [ExecRequest, { pid: number }];
  /** Streams of an exec that a restore has left without an end. */
  attach: [{ pid: number; size: TerminalSize; hangsUp: boolean }, { isTerminal: boolean }];
  /** Exit status of a process; null for the other two. */
  wait: [WaitRequest, number | null];
  checkpoint: [CheckpointRequest, CheckpointReply];
  restore: [RestoreRequest & { replaces: boolean }, RestoreReply];
  survivors: [{ policy: ExecPolicy; keptPids: number[] }, SurvivorReply[]];
  stats: [null, StatsData];
  /** From now on `event` notifications come. */
  subscribe: [null, void];
  /** Answered when the container is gone. */
  delete: [{ force: boolean }, void];
}

/** What both sides tell each other without an answer. A stream is a descriptor of the guest's process: 0, 1, 2 or a passed one. */
export interface Notices {
  /** Owner: the guest reads from the stream; before that the client keeps what it has. */
  wanted: { stream: number };
  /** Bytes, in base64: input from the client, output from the owner. */
  data: { stream: number; bytes: string };
  /** So many bytes of `data` have been taken: as many more may come. */
  taken: { stream: number; countBytes: number };
  /** Client: no more input. Owner: no more output. */
  end: { stream: number };
  /** Client: nobody takes the output any more. */
  gone: { stream: number };
  resize: TerminalSize;
  /** Client: for the process in front on its terminal, or the one that exec started. */
  signal: { signal: number };
  /** Owner: the process has ended, and all that it has written was sent before. */
  ended: { status: number; sentence: string | null };
  /** Owner: a sentence for people. */
  notice: { sentence: string };
  event: OwnerEvent;
}

/** Bytes that one side sends of a stream before the first are taken. */
export const WINDOW_BYTES = 262_144;

export interface OwnerState {
  status: ContainerStatus;
  exitStatus: number | null;
  /** 1 for a container that was never restored. */
  generation: number;
}

export interface KillRequest {
  signal: number;
  pid: number | null;
  pgid: number | null;
  all: boolean;
}

export interface ExecRequest {
  argv: string[];
  env: string[];
  cwd: string | null;
  user: string | null;
  terminal: TerminalSize | null;
  isRestorable: boolean;
  /** The end of the input is a terminal's hang-up. */
  hangsUp: boolean;
  passed: PassedStream[];
}

/** A descriptor of the client's that the process gets. */
export interface PassedStream {
  guestFd: number;
  kind: 'stream' | 'terminal';
  /** O_RDONLY, O_WRONLY or O_RDWR. */
  access: number;
  size: TerminalSize | null;
}

export interface WaitRequest {
  what: 'process' | 'checkpoint' | 'restore';
  /** In the container; null for its init. */
  pid: number | null;
}

export interface CheckpointRequest {
  imagePath: string;
  name: string | null;
  leaveRunning: boolean;
  parentPath: string | null;
  /** Rounds taken before the one that counts, while guests run on. */
  preDumpRounds: number;
  full: boolean;
}

export interface CheckpointReply {
  name: string;
  digest: string;
  imageBytes: number;
  /** Whether the image is a difference to another one. */
  isDifference: boolean;
  pauseMs: number;
  totalMs: number;
  warning: string | null;
}

export interface RestoreRequest {
  imagePath: string;
  name: string | null;
  policy: ExecPolicy;
  clock: ClockPolicy;
  keptPids: number[];
  forcesHostFiles: boolean;
}

export interface RestoreReply {
  name: string;
  /** A sentence each: what was killed, warnings. */
  notices: string[];
}

export interface SurvivorReply {
  pid: number;
  ppid: number;
  command: string;
  origin: 'init' | 'exec';
  isRestorable: boolean;
  hostFiles: { key: string; terminal: string | null }[];
  tty: string | null;
  fates: Record<ExecPolicy, Fate>;
  sentence: string;
}

/** As `runsc events --stats` has it. */
export interface StatsData {
  cpu: { usage: { kernel: number; user: number; total: number; percpu: number[] } };
  memory: { cache: number; usage: { limit: number; usage: number; max: number; failcnt: number }; swap: Usage; kernel: Usage; kernelTCP: Usage; raw: Record<string, number> };
  pids: { current: number; limit: number };
  network_interfaces: never[];
}

interface Usage {
  limit: number;
  usage: number;
  max: number;
  failcnt: number;
}

export interface OwnerEvent {
  type: 'checkpoint' | 'restore' | 'oom' | 'hook' | 'exit';
  data: { [name: string]: string | number | boolean | null };
}
