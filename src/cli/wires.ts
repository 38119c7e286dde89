import type { Container } from '../container/container.ts';
import type { HostFileView } from '../ports/console.ts';
import { HostStream } from '../sentry/tty/host-stream.ts';

/** Most bytes moved at once; as much as waits in the guest. */
const PIECE_BYTES = 65_536;

/** Where a guest's input comes from. */
export interface InputSource {
  /** The guest wants input: before that nothing is read. */
  start(): void;
  /** The bytes that come next, or null while there are none. */
  peek(): Uint8Array | null;
  /** Forgets the first `countBytes` of what `peek` gave. */
  consume(countBytes: number): void;
  /** Whether all was taken and no more will come. */
  isAtEnd(): boolean;
}

/** Where a guest's output goes. */
export interface OutputSink {
  /** Nobody reads any more. */
  readonly isGone: boolean;
  /** `write` must wait until what was written before has gone. */
  isBusy(): boolean;
  write(bytes: Uint8Array): void;
}

/** The host's end of one host file. */
export interface Wire {
  readonly input: InputSource | null;
  readonly output: OutputSink | null;
  /** The input's end is a terminal's hang-up. */
  readonly hangsUp?: boolean;
  /** The guest has closed its end, and all it wrote has gone: the wire is not used again. */
  readonly onReleased?: () => void;
}

/** The wire's name of a host file: `host:N` for the container's own, which a restored container has too; by its number for one of an exec. */
export function wireName(file: HostFileView, container: Container): string {
  return isOwn(file, container) ? file.hostKey.path : execWireName(file.id);
}

export function execWireName(fileId: number): string {
  return `#${fileId}`;
}

/** The host's ends of a container's host files, by the files' wire names. They outlive the container: a restored one has files of the same names. */
export class Wires {
  private readonly byName = new Map<string, Wire>();
  /** Streams that were told of their input's end, and the wires of terminals, where that is a key pressed once. */
  private readonly ended = new WeakSet<HostFileView | Wire>();

  set(name: string, wire: Wire): void {
    this.byName.set(name, wire);
  }

  drop(name: string): void {
    this.byName.delete(name);
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** Gives the guest what it has room for of the inputs. */
  feed(container: Container): void {
    for (const file of container.terminals().hostFiles()) {
      const wire = this.byName.get(wireName(file, container));
      if (wire?.input !== undefined && wire.input !== null) this.feedFile(container, file, wire, wire.input);
    }
  }

  private feedFile(container: Container, file: HostFileView, wire: Wire, input: InputSource): void {
    const told = file instanceof HostStream ? file : wire;
    if (this.ended.has(told) || file.end === null || (file instanceof HostStream && !file.isWanted)) return;
    const terminals = container.terminals();
    input.start();
    for (let bytes = input.peek(); bytes !== null; bytes = input.peek()) {
      const count = terminals.pushInput(file.id, bytes);
      input.consume(count);
      if (count < bytes.length) return;
    }
    if (!input.isAtEnd()) return;
    this.ended.add(told);
    if (wire.hangsUp === true) terminals.hangUp(file.id);
    else terminals.pushEof(file.id);
  }

  /** Hands on what the guest has written, as far as the host takes it. @returns whether nothing is left or under way, of files that have an end */
  drain(container: Container): boolean {
    const terminals = container.terminals();
    for (const file of [...terminals.hostFiles()]) {
      const name = wireName(file, container);
      const wire = this.byName.get(name);
      if (wire === undefined) continue;
      const { output } = wire;
      if (output !== null && output.isGone) {
        if (!(file instanceof HostStream && file.isClosed)) terminals.hangUp(file.id);
      } else if (output !== null && !output.isBusy()) {
        const bytes = terminals.takeOutput(file.id, PIECE_BYTES);
        if (bytes !== null) output.write(bytes);
      }
      if (wire.onReleased !== undefined && file.isReleased() && file.outputBytes() === 0 && output?.isBusy() !== true) {
        this.byName.delete(name);
        wire.onReleased();
      }
    }
    return [...this.byName.values()].every(({ output }) => output === null || !output.isBusy());
  }

  /** Hands on all that the guest has written to one file, whether the host is ready or not. */
  flush(container: Container, fileId: number): void {
    const output = this.byName.get(execWireName(fileId))?.output ?? null;
    if (output === null || output.isGone) return;
    const terminals = container.terminals();
    for (let bytes = terminals.takeOutput(fileId, PIECE_BYTES); bytes !== null; bytes = terminals.takeOutput(fileId, PIECE_BYTES)) output.write(bytes);
  }
}

function isOwn(file: HostFileView, container: Container): boolean {
  return file.hostKey.container === container.spec.id && file.isRestorable;
}
