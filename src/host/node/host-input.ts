import type { Readable } from 'node:stream';

/**
 * A stream of the host that bytes come from, read no further than the guest takes them.
 *
 * Nothing is read before `start`: what a guest that never reads leaves is there for the next program. At most one piece
 * is held here; the rest waits in the host.
 */
export class HostInput {
  private readonly open: () => Readable;
  private readonly onArrival: () => void;
  private stream: Readable | null = null;
  private piece: Uint8Array | null = null;
  private hasEnded = false;

  /**
   * @param open       gives the stream, asked once
   * @param onArrival  called when there is something to take, or the end
   */
  constructor(open: () => Readable, onArrival: () => void) {
    this.open = open;
    this.onArrival = onArrival;
  }

  start(): void {
    if (this.stream !== null) return;
    const stream = this.open();
    this.stream = stream;
    stream.on('readable', this.onArrival);
    const end = () => {
      this.hasEnded = true;
      this.onArrival();
    };
    stream.on('end', end);
    stream.on('close', end);
    stream.on('error', end);
  }

  /** The bytes that come next, or null while there are none. */
  peek(): Uint8Array | null {
    if (this.piece === null && this.stream !== null && !this.hasEnded) this.piece = this.stream.read() as Uint8Array | null;
    return this.piece;
  }

  /** Forgets the first `countBytes` of what `peek` gave. */
  consume(countBytes: number): void {
    if (this.piece === null) return;
    this.piece = countBytes === this.piece.length ? null : this.piece.subarray(countBytes);
  }

  /** Whether all was taken and no more will come. */
  isAtEnd(): boolean {
    return this.hasEnded && this.piece === null;
  }
}
