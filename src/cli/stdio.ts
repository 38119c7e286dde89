import type { Container } from '../container/container.ts';
import type { HostInput } from '../host/node/host-input.ts';
import type { HostFileView } from '../ports/console.ts';
import { HostStream } from '../sentry/tty/host-stream.ts';

/** Most bytes moved at once; as much as waits in the guest. */
const PIECE_BYTES = 65_536;

/** Where a guest's output goes. */
export interface OutputSink {
  /** Nobody reads any more. */
  readonly isGone: boolean;
  /** `write` must wait until what was written before has gone. */
  isBusy(): boolean;
  write(bytes: Uint8Array): void;
}

/**
 * The host's ends of a container's own host files: by `host:0` the input, by `host:1` and `host:2` the outputs; of a terminal
 * both by `host:0`. They outlive the container: a restored one has files of the same names.
 */
export class Stdio {
  private readonly input: HostInput;
  private readonly output: OutputSink;
  private readonly error: OutputSink;
  /** Whether the input's end is a terminal's hang-up. */
  private readonly inputHangsUp: boolean;
  private hasToldEnd = false;

  constructor(input: HostInput, output: OutputSink, error: OutputSink, inputHangsUp: boolean) {
    this.input = input;
    this.output = output;
    this.error = error;
    this.inputHangsUp = inputHangsUp;
  }

  /** Gives the guest what it has room for of the input. */
  feed(container: Container): void {
    if (this.hasToldEnd) return;
    const terminals = container.terminals();
    const file = terminals.hostFiles().find((candidate) => isOwn(candidate, container) && candidate.hostKey.path === 'host:0');
    if (file === undefined || (file instanceof HostStream && !file.isWanted)) return;
    this.input.start();
    for (let bytes = this.input.peek(); bytes !== null; bytes = this.input.peek()) {
      const count = terminals.pushInput(file.id, bytes);
      this.input.consume(count);
      if (count < bytes.length) return;
    }
    if (!this.input.isAtEnd()) return;
    this.hasToldEnd = true;
    if (this.inputHangsUp) terminals.hangUp(file.id);
    else terminals.pushEof(file.id);
  }

  /** Hands on what the guest has written, as far as the host takes it. @returns whether nothing is left or under way */
  drain(container: Container): boolean {
    const terminals = container.terminals();
    for (const file of terminals.hostFiles()) {
      if (!isOwn(file, container)) continue;
      const sink = file.hostKey.path === 'host:2' ? this.error : this.output;
      if (sink.isGone) {
        if (!(file instanceof HostStream && file.isClosed)) terminals.hangUp(file.id);
      } else if (!sink.isBusy()) {
        const bytes = terminals.takeOutput(file.id, PIECE_BYTES);
        if (bytes !== null) sink.write(bytes);
      }
    }
    return !this.output.isBusy() && !this.error.isBusy();
  }
}

function isOwn(file: HostFileView, container: Container): boolean {
  return file.hostKey.container === container.spec.id && file.isRestorable;
}
