import { ECHOCTL } from '../../abi/termios.ts';
import { defineState, list, ref, u32 } from '../../state/index.ts';
import { isControl } from './output.ts';
import type { OutputProcessor, OutputSink } from './output.ts';
import type { Termios } from './termios.ts';

/** Most steps that wait while output is stopped; then the oldest go. */
const MAX_STEPS = 4096;
const TAB_STOP = 8;
const BACKSPACE = 8;
const CARET = 0x5e;
/** Shown as it is whatever the output modes: Linux keeps it apart as its mark of steps. */
const UNPROCESSED = 0xff;

// Steps: a byte to write (0..255), a byte to show as ^X (CONTROL + byte), and what needs the cursor's column at the time of writing.
const CONTROL = 0x100;
const NOTE_COLUMN = 0x200;
const MOVE_BACK = 0x201;
/** + columns used since the last tab before, or since the beginning of input. */
const ERASE_TAB = 0x300;
/** The columns count from a tab, not from where input began. */
const AFTER_TAB = 0x80;

/**
 * What input editing shows. Steps wait here while output is stopped (^S) or full: what they write depends on the column
 * that the cursor has by then.
 */
export class EchoQueue {
  output: OutputProcessor;
  steps: number[] = [];

  constructor(output: OutputProcessor) {
    this.output = output;
  }

  /** Shows an input byte: control characters as ^X under ECHOCTL, tabs as they are. */
  char(termios: Termios, byte: number): void {
    const isShownAsCaret = (termios.lflag & ECHOCTL) !== 0 && isControl(byte) && byte !== 9;
    this.steps.push(isShownAsCaret ? CONTROL + byte : byte);
  }

  raw(byte: number): void {
    this.steps.push(byte);
  }

  /** Notes the present column as the one where the line being typed begins. */
  noteColumn(): void {
    this.steps.push(NOTE_COLUMN);
  }

  /** Takes back the column counted for the byte before: it belongs to the same character. */
  moveBack(): void {
    this.steps.push(MOVE_BACK);
  }

  /** Takes the cursor back over a tab that was typed after `columns` columns. */
  eraseTab(columns: number, isAfterTab: boolean): void {
    this.steps.push(ERASE_TAB + (columns % TAB_STOP) + (isAfterTab ? AFTER_TAB : 0));
  }

  clear(): void {
    this.steps.length = 0;
  }

  /** Writes all that waits. */
  flush(termios: Termios, sink: OutputSink): void {
    if (this.steps.length === 0) return;
    for (const step of this.steps) this.perform(termios, sink, step);
    this.steps.length = 0;
    this.output.flush(sink);
  }

  /** Bounds what waits. */
  trim(): void {
    if (this.steps.length > MAX_STEPS) this.steps.splice(0, this.steps.length - MAX_STEPS);
  }

  perform(termios: Termios, sink: OutputSink, step: number): void {
    const { output } = this;
    if (step === UNPROCESSED) {
      output.putRaw(sink, step);
      output.column++;
    } else if (step < CONTROL) {
      output.put(termios, sink, step);
    } else if (step < NOTE_COLUMN) {
      output.putRaw(sink, CARET);
      output.putRaw(sink, (step - CONTROL) ^ 0x40);
      output.column += 2;
    } else if (step === NOTE_COLUMN) {
      output.canonColumn = output.column;
    } else if (step === MOVE_BACK) {
      output.moveBack();
    } else {
      const isAfterTab = (step & AFTER_TAB) !== 0;
      const columns = (step & (TAB_STOP - 1)) + (isAfterTab ? 0 : output.canonColumn);
      for (let back = TAB_STOP - (columns % TAB_STOP); back > 0; back--) {
        output.putRaw(sink, BACKSPACE);
        output.moveBack();
      }
    }
  }
}

defineState(EchoQueue, 'EchoQueue', 1, { output: ref<OutputProcessor>('OutputProcessor'), steps: list(u32) });
