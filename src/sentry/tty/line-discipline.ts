import { SIGINT, SIGQUIT, SIGTSTP } from '../../abi/signal.ts';
import {
  ECHO, EXTPROC, ICANON, ICRNL, IEXTEN, IGNCR, INLCR, ISIG, ISTRIP, IUCLC, IXANY, IXON, NOFLSH, PARMRK, VINTR, VMIN, VQUIT, VSTART, VSTOP, VSUSP,
  VTIME,
} from '../../abi/termios.ts';
import { anyRef, bool, defineState, derived, ref } from '../../state/index.ts';
import type { IoTarget } from '../mm/io-buffer.ts';
import { EchoQueue } from './echo.ts';
import { INPUT_BYTES, InputQueue } from './input-queue.ts';
import { editLine } from './line-editing.ts';
import { OutputProcessor } from './output.ts';
import type { OutputSink } from './output.ts';
import { specialBytes } from './special-bytes.ts';
import type { Termios } from './termios.ts';

const NEWLINE = 10;
const RETURN = 13;
const SLASH = 0x2f;
const MARK = 0xff;
const TENTH_OF_SECOND_NS = 100_000_000;

/** The terminal that a line discipline works for. */
export interface DisciplineOwner extends OutputSink {
  readonly termios: Termios;
  /** Bytes that the output takes now; 0 while it is stopped. */
  outputRoomBytes(): number;
  /** Whether output stands still (^S, TCOOFF). */
  isOutputStopped(): boolean;
  /** ^S and ^Q: the second does nothing when output was stopped by TCOOFF. */
  stopOutput(): void;
  startOutput(): void;
  /** Drops output that nobody has taken. */
  flushOutput(): void;
  /** Input was dropped: told to a pty master in packet mode. */
  inputFlushed(): void;
  /** Sends `signal` to the foreground group. */
  signalForeground(signal: number): void;
  /** There is something to read. */
  wakeReaders(): void;
}

/**
 * What stands between the bytes that arrive at a terminal and the programs that read it: editing of lines (line-editing.ts),
 * echo, the characters that send signals and stop output. Behaves as Linux's N_TTY.
 *
 * @source  termios(3)
 */
export class LineDiscipline {
  owner: DisciplineOwner;
  input = new InputQueue();
  output = new OutputProcessor();
  echo = new EchoQueue(this.output);
  /** The next byte is taken as it is (VLNEXT). */
  isLiteralNext = false;
  /** Between the backslash and the slash around what ECHOPRT shows as erased. */
  isErasing = false;
  /** 1 for each byte that means something under the present modes. */
  special: Uint8Array;

  constructor(owner: DisciplineOwner) {
    this.owner = owner;
    this.special = specialBytes(owner.termios);
  }

  isCanonical(): boolean {
    return (this.owner.termios.lflag & (ICANON | EXTPROC)) === ICANON;
  }

  // Input.

  /**
   * Takes bytes that arrive from the other end.
   * @returns bytes taken; fewer than given when there is no room until somebody reads
   */
  receive(source: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const room = INPUT_BYTES - 1 - this.input.countBytes();
      if (room > 0) {
        const stop = Math.min(end, at + room);
        if (this.takesBytesAsTheyAre()) {
          this.input.putBytes(source, at, stop - at);
          at = stop;
        } else {
          at = this.receiveSome(source, at, stop);
        }
        continue;
      }
      // A line longer than the buffer: editing goes on, and what does not fit takes the place of the last byte.
      if (!this.isCanonical() || this.input.canonHead !== this.input.tail) break;
      if (room < 0) this.input.head--;
      this.receiveByte(source[at]!);
      at++;
    }
    if (!this.isCanonical() && this.input.countBytes() > 0) this.owner.wakeReaders();
    this.flushEcho();
    return at - start;
  }

  /** Takes bytes while there is room for two more: one may become two under PARMRK. */
  receiveSome(source: Uint8Array, start: number, end: number): number {
    let at = start;
    do {
      this.receiveByte(source[at++]!);
    } while (at < end && this.input.countBytes() < INPUT_BYTES - 2);
    return at;
  }

  takesBytesAsTheyAre(): boolean {
    const { iflag, lflag } = this.owner.termios;
    return (
      (iflag & (ISTRIP | IUCLC | IGNCR | ICRNL | INLCR | IXON | PARMRK)) === 0 && (lflag & (ICANON | ISIG | ECHO)) === 0 && !this.isLiteralNext
    );
  }

  receiveByte(byte: number): void {
    const { termios } = this.owner;
    const plain = this.fold(byte);
    if (this.isLiteralNext) {
      this.isLiteralNext = false;
      this.receivePlain(plain);
    } else if ((termios.lflag & EXTPROC) !== 0) {
      this.input.put(plain);
    } else if (this.special[plain] === 1) {
      this.receiveSpecial(plain);
    } else {
      this.receivePlain(plain);
    }
  }

  /** ISTRIP and IUCLC. */
  fold(byte: number): number {
    const { iflag, lflag } = this.owner.termios;
    const stripped = (iflag & ISTRIP) !== 0 ? byte & 0x7f : byte;
    if ((iflag & IUCLC) === 0 || (lflag & IEXTEN) === 0) return stripped;
    const isUpper = (stripped >= 0x41 && stripped <= 0x5a) || (stripped >= 0xc0 && stripped <= 0xde && stripped !== 0xd7);
    return isUpper ? stripped + 0x20 : stripped;
  }

  receivePlain(byte: number): void {
    this.startOnAny();
    if ((this.owner.termios.lflag & ECHO) !== 0) {
      this.finishErasing();
      this.echoTyped(byte);
    }
    this.store(byte);
  }

  receiveSpecial(received: number): void {
    const { iflag, lflag, cc } = this.owner.termios;
    let byte = received;
    if ((iflag & IXON) !== 0 && this.controlFlow(byte)) return;
    if ((lflag & ISIG) !== 0) {
      const signal = byte === cc[VINTR] ? SIGINT : byte === cc[VQUIT] ? SIGQUIT : byte === cc[VSUSP] ? SIGTSTP : 0;
      if (signal !== 0) {
        this.sendSignal(signal, byte);
        return;
      }
    }
    this.startOnAny();
    if (byte === RETURN) {
      if ((iflag & IGNCR) !== 0) return;
      if ((iflag & ICRNL) !== 0) byte = NEWLINE;
    } else if (byte === NEWLINE && (iflag & INLCR) !== 0) {
      byte = RETURN;
    }
    if ((lflag & ICANON) !== 0 && editLine(this, byte)) return;
    if ((lflag & ECHO) !== 0) {
      this.finishErasing();
      if (byte === NEWLINE) this.echo.raw(NEWLINE);
      else this.echoTyped(byte);
    }
    this.store(byte);
  }

  /** ^Q and ^S under IXON. @returns whether `byte` was one */
  controlFlow(byte: number): boolean {
    const { cc } = this.owner.termios;
    if (byte === cc[VSTART]) {
      this.owner.startOutput();
      this.flushEcho();
      return true;
    }
    if (byte === cc[VSTOP]) {
      this.owner.stopOutput();
      return true;
    }
    return false;
  }

  /** Any byte starts stopped output under IXANY. */
  startOnAny(): void {
    const { iflag } = this.owner.termios;
    if ((iflag & IXON) === 0 || (iflag & IXANY) === 0 || !this.owner.isOutputStopped()) return;
    this.owner.startOutput();
    this.flushEcho();
  }

  sendSignal(signal: number, byte: number): void {
    const { termios } = this.owner;
    this.owner.signalForeground(signal);
    if ((termios.lflag & NOFLSH) === 0) {
      this.echo.clear();
      this.owner.flushOutput();
      this.flushInput();
    }
    if ((termios.iflag & IXON) !== 0) this.owner.startOutput();
    if ((termios.lflag & ECHO) !== 0) this.echo.char(termios, byte);
  }

  endLine(byte: number): void {
    this.input.putLineEnd(byte);
    this.owner.wakeReaders();
  }

  store(byte: number): void {
    if (byte === MARK && (this.owner.termios.iflag & PARMRK) !== 0) this.input.put(byte);
    this.input.put(byte);
  }

  finishErasing(): void {
    if (!this.isErasing) return;
    this.echo.raw(SLASH);
    this.isErasing = false;
  }

  echoTyped(byte: number): void {
    if (this.input.canonHead === this.input.head) this.echo.noteColumn();
    this.echo.char(this.owner.termios, byte);
  }

  /** Writes the echo that waits, if output takes it. */
  flushEcho(): void {
    if (this.echo.steps.length === 0) return;
    if (this.owner.outputRoomBytes() > 0) this.echo.flush(this.owner.termios, this.owner);
    else this.echo.trim();
  }

  /** Drops all input. */
  flushInput(): void {
    this.input.clear();
    this.isLiteralNext = false;
    this.isErasing = false;
    this.owner.inputFlushed();
  }

  // Reading.

  /** Whether a read has something to give: a line; or VMIN bytes, or any where VTIME counts. */
  hasInput(): boolean {
    const { cc } = this.owner.termios;
    if (this.isCanonical()) return this.input.canonHead !== this.input.tail;
    return this.input.countBytes() >= (cc[VTIME] === 0 && cc[VMIN] !== 0 ? cc[VMIN]! : 1);
  }

  /** Whether a read that began at `startNs` has to wait at `nowNs`; `lastInputNs` is when bytes last arrived. */
  mustWait(wantedBytes: number, startNs: number, nowNs: number, lastInputNs: number): boolean {
    const { cc } = this.owner.termios;
    if (this.isCanonical()) return this.input.canonHead === this.input.tail;
    const available = this.input.countBytes();
    if (available >= Math.min(wantedBytes, Math.max(1, cc[VMIN]!))) return false;
    const deadlineNs = this.deadlineNs(startNs, lastInputNs);
    return deadlineNs === null || nowNs < deadlineNs;
  }

  /** When a read that found too little gives up: VTIME from its start, or under VMIN from the last byte. Null for never. */
  deadlineNs(startNs: number, lastInputNs: number): number | null {
    const { cc } = this.owner.termios;
    if (this.isCanonical()) return null;
    const waitNs = cc[VTIME]! * TENTH_OF_SECOND_NS;
    if (cc[VMIN] === 0) return startNs + waitNs;
    if (cc[VTIME] === 0 || this.input.countBytes() === 0) return null;
    return Math.max(startNs, lastInputNs) + waitNs;
  }

  /** Moves what there is, up to a line in canonical mode. @returns bytes moved; 0 for an end of file */
  read(dst: IoTarget): number {
    return this.isCanonical() ? this.input.readLine(dst) : this.input.readBytes(dst, dst.remainingBytes);
  }

  /** FIONREAD. */
  countReadable(): number {
    return this.isCanonical() ? this.input.countLineBytes() : this.input.countBytes();
  }

  /** Modes were changed from `old`. */
  termiosChanged(old: Termios): void {
    const { termios } = this.owner;
    if (((old.lflag ^ termios.lflag) & (ICANON | EXTPROC)) !== 0) {
      this.input.setCanonical((termios.lflag & ICANON) !== 0);
      this.isErasing = false;
      this.isLiteralNext = false;
    }
    this.special = specialBytes(termios);
    if ((termios.iflag & IXON) === 0 && (old.iflag & IXON) !== 0) this.owner.startOutput();
    this.flushEcho();
  }
}

defineState(LineDiscipline, 'LineDiscipline', 1, {
  owner: anyRef<DisciplineOwner>(),
  input: ref<InputQueue>('InputQueue'),
  output: ref<OutputProcessor>('OutputProcessor'),
  echo: ref<EchoQueue>('EchoQueue'),
  isLiteralNext: bool,
  isErasing: bool,
  special: derived((self: LineDiscipline) => specialBytes(self.owner.termios)),
});
