import type { Socket } from 'node:net';
import { createMessageConnection, ErrorCodes, NullLogger, ResponseError, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node.js';
import type { DataCallback, Disposable, Message, MessageConnection } from 'vscode-jsonrpc/node.js';
import type { ContainerStatus } from '../container/container.ts';
import type { PsRow } from '../container/ps.ts';
import type { TerminalSize } from '../container/spec.ts';
import type { ClockPolicy } from '../sentry/checkpoint/restore.ts';
import type { ExecPolicy } from '../sentry/checkpoint/exec-policy.ts';
import type { Fate } from '../sentry/checkpoint/survivors.ts';
import { CliError } from './failure.ts';

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
  restore: [RestoreRequest, RestoreReply];
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

/** Refusals whose message is one sentence for the user. */
const REFUSED = ErrorCodes.MessageWriteError - 1_000;

/** Counts what it has read: the connection handles messages later, one a turn of the event loop. */
class CountingReader extends SocketMessageReader {
  messages = 0;

  override listen(callback: DataCallback): Disposable {
    return super.listen((message) => {
      this.messages++;
      callback(message);
    });
  }
}

/** Knows when all is written: the connection writes one message a turn of the event loop. */
class CountingWriter extends SocketMessageWriter {
  lastWrite: Promise<void> = Promise.resolve();

  override write(message: Message): Promise<void> {
    const written = super.write(message);
    this.lastWrite = written.catch(() => undefined);
    return written;
  }
}

/** One side of a connection between the owner of a container and a client. */
export class Peer {
  private readonly rpc: MessageConnection;
  private readonly socket: Socket;
  private readonly reader: CountingReader;
  private readonly writer: CountingWriter;
  private readonly onClosed: () => void;
  private readonly answering = new Set<Promise<unknown>>();
  private handledMessages = 0;
  private hasEnded = false;
  private isClosed = false;

  /** @param onClosed  called once, when the other side has gone and all that it said was heard */
  constructor(socket: Socket, onClosed: () => void) {
    this.socket = socket;
    this.onClosed = onClosed;
    this.reader = new CountingReader(socket);
    this.writer = new CountingWriter(socket);
    this.rpc = createMessageConnection(this.reader, this.writer, NullLogger, {
      messageStrategy: {
        handleMessage: (message, next) => {
          next(message);
          this.handledMessages++;
          this.closeIfHeard();
        },
      },
    });
    const ended = (): void => {
      this.hasEnded = true;
      this.closeIfHeard();
    };
    socket.on('close', ended);
    socket.on('error', () => undefined); // `close` follows
    this.rpc.onError(() => socket.destroy());
  }

  private closeIfHeard(): void {
    if (!this.hasEnded || this.isClosed || this.handledMessages < this.reader.messages) return;
    this.isClosed = true;
    this.onClosed();
    this.rpc.dispose();
  }

  listen(): void {
    this.rpc.listen();
  }

  /** @errors CliError what the other side refuses, or that it has gone */
  async ask<K extends keyof Requests>(method: K, params: Requests[K][0]): Promise<Requests[K][1]> {
    try {
      return await this.rpc.sendRequest<Requests[K][1]>(method, params);
    } catch (error) {
      if (error instanceof ResponseError && error.code === REFUSED) throw new CliError(error.message);
      if (error instanceof ResponseError && error.code !== ErrorCodes.PendingResponseRejected) throw error;
      throw new CliError(`the owner of the container has gone before it answered ${method}`);
    }
  }

  /** @param refuse  what the other side is told of an error: one sentence */
  answer<K extends keyof Requests>(method: K, act: (params: Requests[K][0]) => Requests[K][1] | Promise<Requests[K][1]>, refuse: (error: unknown) => string): void {
    this.rpc.onRequest(method, async (params: Requests[K][0]) => {
      const answer = Promise.resolve().then(() => act(params));
      this.answering.add(answer);
      try {
        return await answer;
      } catch (error) {
        return new ResponseError(REFUSED, refuse(error));
      } finally {
        this.answering.delete(answer);
      }
    });
  }

  tell<K extends keyof Notices>(kind: K, notice: Notices[K]): void {
    if (!this.hasEnded) void this.rpc.sendNotification(kind, notice).catch(() => undefined); // whether it arrives is seen by the socket's end
  }

  onTold<K extends keyof Notices>(kind: K, act: (notice: Notices[K]) => void): void {
    this.rpc.onNotification(kind, act);
  }

  /** Ends the connection once everything that was asked is answered, and all that was said has been sent. */
  async end(): Promise<void> {
    await Promise.allSettled(this.answering);
    await new Promise((resolve) => setImmediate(resolve)); // answers are on their way to the writer
    for (let last: Promise<void> | null = null; last !== this.writer.lastWrite; await last) last = this.writer.lastWrite;
    this.socket.end();
  }
}
