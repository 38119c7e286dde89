/**
 * The outside of a container's standard streams and terminals.
 *
 * The kernel calls nobody: the machine asks after each slice what there is to take, and gives what has come in. A file
 * with its end outside is known to the machine by a number, and across checkpoint and restore by its key.
 */

/** How a file with its end outside is named in a checkpoint: the container it was given to, and `host:` with the descriptor it had first. */
export interface HostKey {
  /** Empty for a process started by exec. */
  readonly container: string;
  /** `host:0`, `host:1`, … */
  readonly path: string;
}

/** As messages show a key: `demo:host:0`; `:host:0` for an exec. */
export function hostKeyText(key: HostKey): string {
  return `${key.container}:${key.path}`;
}

/** What is at the other end now. The kernel only knows whether there is something. */
export interface HostEnd {
  /** For messages and listings. */
  readonly label: string;
}

/** One file with its end outside, as the machine sees it. */
export interface HostFileView {
  /** Never used twice in the life of a container, restores included. */
  readonly id: number;
  readonly hostKey: HostKey;
  readonly kind: 'terminal' | 'stream';
  /** Whether a restore binds it again; if not it comes back dead. */
  readonly isRestorable: boolean;
  /** Null: nobody is there, reads and writes of the guest fail. */
  readonly end: HostEnd | null;
  /** Output that waits to be taken. */
  outputBytes(): number;
  /** Whether the guest has no file open on it: no output will come any more. */
  isReleased(): boolean;
}

/** What the machine does between slices. Calls about an unknown `id` do nothing. */
export interface ConsolePort {
  hostFiles(): readonly HostFileView[];
  /**
   * Takes up to `maxBytes` of what the guest wrote, the oldest first, in a buffer of the caller's own; wakes writers that waited for room.
   * @returns null when there is nothing
   */
  takeOutput(id: number, maxBytes: number): Uint8Array | null;
  /** Gives bytes to the guest; returns how many were taken: the rest is offered again later. Does not keep `bytes`. */
  pushInput(id: number, bytes: Uint8Array): number;
  /** No more input: a stream ends, a terminal is given its end-of-file character. */
  pushEof(id: number): void;
  /** The window has another size: the foreground group gets SIGWINCH. */
  resize(id: number, rows: number, columns: number): void;
  /** The other end has gone: a terminal hangs up (SIGHUP), writes to a stream are EPIPE. */
  hangUp(id: number): void;
}
