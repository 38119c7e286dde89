import { IUTF8, OCRNL, OLCUC, ONLCR, ONLRET, ONOCR, OPOST, TABDLY, XTABS } from '../../abi/termios.ts';
import { atRest, defineState, u32 } from '../../state/index.ts';
import type { Termios } from './termios.ts';

const NEWLINE = 10;
const RETURN = 13;
const TAB = 9;
const BACKSPACE = 8;
const SPACE = 32;
const DELETE = 127;
const TAB_STOP = 8;
const SCRATCH_BYTES = 4096;
/** Most bytes that one written byte becomes: a tab of spaces. */
const MAX_EXPANSION = TAB_STOP;

/** Where processed output goes. It takes all that it is given; whoever writes asks for room before. */
export interface OutputSink {
  pushOutput(source: Uint8Array, start: number, countBytes: number): void;
}

/** Output processing of a terminal (OPOST and its relatives), and the column that it keeps count of. */
export class OutputProcessor {
  /** Column of the cursor, as far as the terminal can know. */
  column = 0;
  /** Column at which the line being typed began. */
  canonColumn = 0;
  scratch = new Uint8Array(SCRATCH_BYTES);
  scratchUsed = 0;

  /** Writes `source[start..end)` to `sink` as `termios` says. */
  write(termios: Termios, sink: OutputSink, source: Uint8Array, start: number, end: number): void {
    if ((termios.oflag & OPOST) === 0) {
      sink.pushOutput(source, start, end - start);
      return;
    }
    for (let at = start; at < end; at++) {
      if (this.scratchUsed > SCRATCH_BYTES - MAX_EXPANSION) this.flush(sink);
      this.process(termios, source[at]!);
    }
    this.flush(sink);
  }

  /** Writes one byte as it is, uncounted. */
  putRaw(sink: OutputSink, byte: number): void {
    if (this.scratchUsed === SCRATCH_BYTES) this.flush(sink);
    this.scratch[this.scratchUsed++] = byte;
  }

  /** Writes one byte, processed under OPOST. Goes out with `flush`. */
  put(termios: Termios, sink: OutputSink, byte: number): void {
    if (this.scratchUsed > SCRATCH_BYTES - MAX_EXPANSION) this.flush(sink);
    if ((termios.oflag & OPOST) !== 0) this.process(termios, byte);
    else this.scratch[this.scratchUsed++] = byte;
  }

  flush(sink: OutputSink): void {
    if (this.scratchUsed === 0) return;
    sink.pushOutput(this.scratch, 0, this.scratchUsed);
    this.scratchUsed = 0;
  }

  process(termios: Termios, byte: number): void {
    const { oflag } = termios;
    let out = byte;
    if (byte >= SPACE && byte !== DELETE) {
      if ((oflag & OLCUC) !== 0) out = upperCase(byte);
      if (!isContinuation(byte, termios)) this.column++;
    } else if (byte === NEWLINE) {
      if ((oflag & ONLRET) !== 0) this.column = 0;
      if ((oflag & ONLCR) !== 0) {
        this.column = 0;
        this.scratch[this.scratchUsed++] = RETURN;
      }
      this.canonColumn = this.column;
    } else if (byte === RETURN) {
      if ((oflag & ONOCR) !== 0 && this.column === 0) return;
      if ((oflag & OCRNL) !== 0) out = NEWLINE;
      if ((oflag & OCRNL) === 0 || (oflag & ONLRET) !== 0) {
        this.column = 0;
        this.canonColumn = 0;
      }
    } else if (byte === TAB) {
      const spaces = TAB_STOP - (this.column % TAB_STOP);
      this.column += spaces;
      if ((oflag & TABDLY) === XTABS) {
        for (let i = 0; i < spaces; i++) this.scratch[this.scratchUsed++] = SPACE;
        return;
      }
    } else if (byte === BACKSPACE) {
      this.moveBack();
    }
    this.scratch[this.scratchUsed++] = out;
  }

  moveBack(): void {
    if (this.column > 0) this.column--;
  }
}

defineState(OutputProcessor, 'OutputProcessor', 1, {
  column: u32,
  canonColumn: u32,
  scratch: atRest(() => new Uint8Array(SCRATCH_BYTES)),
  scratchUsed: atRest(() => 0),
});

/** Whether `byte` is a later byte of a character under IUTF8: it takes no column and is erased with the first one. */
export function isContinuation(byte: number, termios: Termios): boolean {
  return (byte & 0xc0) === 0x80 && (termios.iflag & IUTF8) !== 0;
}

export function isControl(byte: number): boolean {
  return byte < SPACE || byte === DELETE;
}

function upperCase(byte: number): number {
  const isLower = (byte >= 0x61 && byte <= 0x7a) || (byte >= 0xdf && byte !== 0xf7);
  return isLower ? byte - 0x20 : byte;
}
