import { spawnSync } from 'node:child_process';
import type { ReadStream } from 'node:tty';

export interface TerminalDimensions {
  readonly columns: number;
  readonly rows: number;
}

const DEFAULT_SIZE: TerminalDimensions = { columns: 80, rows: 24 };

/** The terminal this process was started from: keys go to the guest as they are typed, and the guest's line discipline treats them. */
export class HostTerminal {
  private readonly input: ReadStream;
  private readonly output: NodeJS.WriteStream;
  private readonly leave = () => this.setCooked();

  constructor(input: ReadStream, output: NodeJS.WriteStream) {
    this.input = input;
    this.output = output;
  }

  /** Size of the window; 80 by 24 where standard output is no terminal. */
  size(): TerminalDimensions {
    if (!this.output.isTTY || !(this.output.columns > 0)) return DEFAULT_SIZE;
    return { columns: this.output.columns, rows: this.output.rows };
  }

  onResize(listener: () => void): void {
    if (this.output.isTTY) this.output.on('resize', listener);
  }

  /**
   * Keys are no longer treated here, and what is shown stays as the guest wrote it. Ends with `setCooked`, or with the process:
   * Node itself puts back every setting of a terminal that it was started on.
   */
  setRaw(): void {
    if (!this.input.isTTY) return;
    this.input.setRawMode(true);
    spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] }); // Node's raw mode still turns \n into \r\n
    process.on('exit', this.leave);
  }

  setCooked(): void {
    if (!this.input.isTTY) return;
    process.off('exit', this.leave);
    try {
      this.input.setRawMode(false);
    } catch {
      // the terminal is gone
    }
  }
}
