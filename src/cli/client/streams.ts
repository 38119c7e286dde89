import type { HostInput } from '../../host/node/host-input.ts';
import type { HostOutput } from '../../host/node/host-output.ts';
import { WINDOW_BYTES } from '../protocol.ts';
import type { Peer } from '../peer.ts';

/** A client's end of one stream of an exec: input as far ahead as the owner's window goes, output as fast as the host takes it. */
interface StreamEnds {
  readonly input: HostInput | null;
  readonly output: HostOutput | null;
  /** Lets go of the host's descriptor, when the guest has. */
  readonly close?: () => void;
}

/** Most bytes of input in one message. */
const PIECE_BYTES = 65_536;

/** Moves the bytes of an exec between this process and the owner. */
export class ClientStreams {
  private readonly peer: Peer;
  private readonly ends = new Map<number, StreamEnds>();
  /** Streams that the guest reads from. */
  private readonly wanted = new Set<number>();
  private readonly underWayBytes = new Map<number, number>();
  /** Output that waits for the host, by stream. */
  private readonly waiting = new Map<number, Uint8Array[]>();
  /** Streams whose input's end the owner knows of, and those whose output nobody reads. */
  private readonly toldEnd = new Set<number>();
  private readonly toldGone = new Set<number>();
  private onDrained: () => void = () => undefined;

  constructor(peer: Peer) {
    this.peer = peer;
    peer.onTold('wanted', ({ stream }) => this.want(stream));
    peer.onTold('taken', ({ stream, countBytes }) => {
      this.underWayBytes.set(stream, (this.underWayBytes.get(stream) ?? 0) - countBytes);
      this.move();
    });
    peer.onTold('data', ({ stream, bytes }) => {
      this.waiting.get(stream)?.push(Buffer.from(bytes, 'base64'));
      this.move();
    });
    peer.onTold('end', ({ stream }) => this.ends.get(stream)?.close?.());
  }

  set(stream: number, ends: StreamEnds): void {
    this.ends.set(stream, ends);
    this.waiting.set(stream, []);
  }

  private want(stream: number): void {
    this.wanted.add(stream);
    this.ends.get(stream)?.input?.start();
    this.move();
  }

  /** Moves what can be moved; to be called when the host has input or has taken output. */
  readonly move = (): void => {
    for (const [stream, { input, output }] of this.ends) {
      if (input !== null && this.wanted.has(stream)) this.send(stream, input);
      if (output !== null) this.give(stream, output);
    }
    if (this.isDrained()) this.onDrained();
  };

  /** Resolves when all output that has come was written, or nobody reads it. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.onDrained = resolve;
      this.move();
    });
  }

  private isDrained(): boolean {
    return [...this.ends].every(([stream, { output }]) => output === null || output.isGone || (!output.isBusy() && this.waiting.get(stream)!.length === 0));
  }

  private send(stream: number, input: HostInput): void {
    let underWay = this.underWayBytes.get(stream) ?? 0;
    for (let bytes = input.peek(); bytes !== null && underWay < WINDOW_BYTES; bytes = input.peek()) {
      const piece = bytes.subarray(0, Math.min(PIECE_BYTES, WINDOW_BYTES - underWay));
      this.peer.tell('data', { stream, bytes: Buffer.from(piece).toString('base64') });
      input.consume(piece.length);
      underWay += piece.length;
    }
    this.underWayBytes.set(stream, underWay);
    if (!input.isAtEnd() || this.toldEnd.has(stream)) return;
    this.toldEnd.add(stream);
    this.peer.tell('end', { stream });
  }

  private give(stream: number, output: HostOutput): void {
    const waiting = this.waiting.get(stream)!;
    if (output.isGone) {
      waiting.length = 0;
      if (!this.toldGone.has(stream)) this.peer.tell('gone', { stream });
      this.toldGone.add(stream);
      return;
    }
    if (output.isBusy()) return;
    const bytes = waiting.shift();
    if (bytes === undefined) return;
    output.write(bytes);
    this.peer.tell('taken', { stream, countBytes: bytes.length });
  }
}
