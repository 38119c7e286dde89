import type { Watched } from '../../container/container.ts';
import type { TerminalSize } from '../../container/spec.ts';
import { HostTerminal } from '../../sentry/tty/console.ts';
import type { Peer } from '../peer.ts';
import { WINDOW_BYTES } from '../protocol.ts';
import type { InputSource, OutputSink, Wire } from '../wires.ts';
import type { ExecEnd, Owner } from './owner.ts';

/** The terminal that an exec's client is on. */
export interface ClientTerminal {
  readonly size: TerminalSize;
  /** The end of its input is a hang-up. */
  readonly hangsUp: boolean;
}

/** A client that holds the other ends of an exec's files, over its connection: one exec a connection. */
export class ExecClient implements ExecEnd {
  readonly pid: number;
  readonly startNs: number;
  readonly fileIds: readonly number[];
  private readonly owner: Owner;
  private readonly peer: Peer;
  /** By stream: a terminal is 0 for both directions. */
  private readonly inputs = new Map<number, ClientInput>();
  private readonly outputs = new Map<number, ClientOutput>();

  /**
   * @param fileIds  the process's host files, by the stream that the client knows each by
   */
  constructor(owner: Owner, peer: Peer, watched: Watched, fileIds: ReadonlyMap<number, number>, terminal: ClientTerminal | null) {
    this.owner = owner;
    this.peer = peer;
    this.pid = watched.pid;
    this.startNs = owner.container.kernel.threadGroups.get(watched.pid)?.startNs ?? -1;
    this.fileIds = [...fileIds.values()];
    const wires = new Map<number, Wire>();
    for (const [stream, id] of fileIds) wires.set(id, this.wireOf(stream, id, stream > 2 || terminal?.hangsUp === true));
    peer.onTold('data', ({ stream, bytes }) => this.inputs.get(stream)?.arrive(Buffer.from(bytes, 'base64')));
    peer.onTold('end', ({ stream }) => this.inputs.get(stream)?.finish());
    peer.onTold('taken', ({ stream, countBytes }) => this.outputs.get(stream)?.taken(countBytes));
    peer.onTold('gone', ({ stream }) => this.outputs.get(stream)?.give());
    peer.onTold('resize', (to) => this.resize(to));
    peer.onTold('signal', ({ signal }) => this.signal(signal));
    owner.addExecEnd(this, wires);
    if (terminal !== null) this.resize(terminal.size);
  }

  private wireOf(stream: number, id: number, hangsUp: boolean): Wire {
    const wake = () => this.owner.turns.wake();
    const isTerminal = this.owner.findHostFile(id) instanceof HostTerminal;
    const input = stream === 1 || stream === 2 ? null : new ClientInput(this.peer, stream, wake);
    const output = stream === 0 && !isTerminal ? null : new ClientOutput(this.peer, stream, wake);
    if (input !== null) this.inputs.set(stream, input);
    if (output !== null) this.outputs.set(stream, output);
    return { input, output, hangsUp: isTerminal && hangsUp, ...(stream > 2 ? { onReleased: () => this.peer.tell('end', { stream }) } : {}) };
  }

  ended(status: number, sentence: string | null): void {
    this.peer.tell('ended', { status, sentence });
  }

  notice(sentence: string): void {
    this.peer.tell('notice', { sentence });
  }

  /** The connection has ended. */
  leave(): void {
    this.owner.removeExecEnd(this);
  }

  private resize({ rows, columns }: TerminalSize): void {
    const id = this.terminalId();
    if (id !== null) this.owner.container.terminals().resize(id, rows, columns);
    this.owner.turns.wake();
  }

  private signal(signal: number): void {
    const id = this.terminalId();
    const file = id === null ? null : this.owner.findHostFile(id);
    if (file instanceof HostTerminal) file.signalForeground(signal);
    else if (this.owner.container.kernel.threadGroups.has(this.pid)) this.owner.kill(signal, this.pid);
    this.owner.turns.wake();
  }

  private terminalId(): number | null {
    return this.fileIds.find((id) => this.owner.findHostFile(id) instanceof HostTerminal) ?? null;
  }
}

/** Input that a client sends, no further ahead than the guest takes it. */
class ClientInput implements InputSource {
  private readonly peer: Peer;
  private readonly stream: number;
  private readonly wake: () => void;
  private readonly pieces: Uint8Array[] = [];
  private isStarted = false;
  private isFinished = false;
  private heldBytes = 0;

  constructor(peer: Peer, stream: number, wake: () => void) {
    this.peer = peer;
    this.stream = stream;
    this.wake = wake;
  }

  start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    this.peer.tell('wanted', { stream: this.stream });
  }

  /** A client that does not keep to the window is no client of ours: what is too much is dropped. */
  arrive(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.heldBytes + bytes.length > 2 * WINDOW_BYTES) return;
    this.pieces.push(bytes);
    this.heldBytes += bytes.length;
    this.wake();
  }

  finish(): void {
    this.isFinished = true;
    this.wake();
  }

  peek(): Uint8Array | null {
    return this.pieces[0] ?? null;
  }

  consume(countBytes: number): void {
    const [piece] = this.pieces;
    if (piece === undefined || countBytes === 0) return;
    if (countBytes === piece.length) this.pieces.shift();
    else this.pieces[0] = piece.subarray(countBytes);
    this.heldBytes -= countBytes;
    this.peer.tell('taken', { stream: this.stream, countBytes });
  }

  isAtEnd(): boolean {
    return this.isFinished && this.pieces.length === 0;
  }
}

/** Output that a client takes, no further ahead than it can give it on. */
class ClientOutput implements OutputSink {
  isGone = false;
  private readonly peer: Peer;
  private readonly stream: number;
  private readonly wake: () => void;
  /** Sent, and not yet given on. */
  private underWayBytes = 0;

  constructor(peer: Peer, stream: number, wake: () => void) {
    this.peer = peer;
    this.stream = stream;
    this.wake = wake;
  }

  isBusy(): boolean {
    return this.underWayBytes >= WINDOW_BYTES;
  }

  write(bytes: Uint8Array): void {
    this.underWayBytes += bytes.length;
    this.peer.tell('data', { stream: this.stream, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') });
  }

  taken(countBytes: number): void {
    this.underWayBytes -= countBytes;
    this.wake();
  }

  give(): void {
    this.isGone = true;
    this.wake();
  }
}
