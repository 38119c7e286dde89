import type { Writable } from 'node:stream';

/** A stream of the host that bytes go to, one piece at a time: the next is taken from the guest when the last has been written. */
export class HostOutput {
  /** Nothing more can be written: the reader has gone, or the host has refused. */
  isGone = false;
  /** Why the host has refused, by its error's name (`ENOSPC`); null where it has not, or only the reader has gone. */
  refusal: string | null = null;
  private readonly stream: Writable;
  private readonly onChange: () => void;
  private isWriting = false;

  /** @param onChange  called when a piece has been written, and when no more can be */
  constructor(stream: Writable, onChange: () => void) {
    this.stream = stream;
    this.onChange = onChange;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.isGone = true;
      if (error.code !== 'EPIPE') this.refusal ??= error.code ?? error.message;
      this.isWriting = false;
      onChange();
    });
  }

  /** Whether a piece is under way: `write` must not be called. */
  isBusy(): boolean {
    return this.isWriting;
  }

  /** Writes `bytes`, which must not be changed afterwards. */
  write(bytes: Uint8Array): void {
    if (this.isGone) return;
    this.isWriting = true;
    this.stream.write(bytes, (error) => {
      if (error) return; // the stream's own event tells it
      this.isWriting = false;
      this.onChange();
    });
  }
}
