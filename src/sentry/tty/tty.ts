import { EIO } from '../../abi/errno.ts';
import { SIGWINCH } from '../../abi/signal.ts';
import { TCIFLUSH, TCIOFLUSH, TCOFLUSH, TIOCPKT_FLUSHREAD, TIOCPKT_FLUSHWRITE, TIOCPKT_START, TIOCPKT_STOP } from '../../abi/termios.ts';
import { anyRef, bool, byteString, defineState, int, optional, record, ref, u16, u32 } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import { ByteRing } from '../vfs/byte-ring.ts';
import type { ControllingTty, ProcessGroupView, SessionView } from '../vfs/caller.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import type { Clock } from '../wait/clock.ts';
import { WaitQueue } from '../wait/wait-queue.ts';
import { hangUpSession } from './job-control.ts';
import { LineDiscipline } from './line-discipline.ts';
import type { DisciplineOwner } from './line-discipline.ts';
import { Termios } from './termios.ts';

/** Input that waits behind a full line discipline; whoever sends more is told that there is no room. */
export const PENDING_INPUT_BYTES = 8192;
const CHUNK_BYTES = 4096;

/** TIOCGWINSZ. */
export interface WindowSize {
  rows: number;
  columns: number;
  widthPixels: number;
  heightPixels: number;
}

/**
 * A terminal, from the side of the programs that use it. What is at the other end is the subclass's: a pty master, or the host.
 *
 *     other end ── receive ──> pending ──> discipline.input ──> read
 *     other end <── output ring <── discipline.output, echo <── write
 */
export abstract class Tty implements ControllingTty, DisciplineOwner {
  /** Device number. */
  device: number;
  /** As ttyname(3) gives it: `pts/0`. */
  name: string;
  clock: Clock;
  termios = new Termios();
  size: WindowSize = { rows: 0, columns: 0, widthPixels: 0, heightPixels: 0 };
  discipline: LineDiscipline;
  session: SessionView | null = null;
  foreground: ProcessGroupView | null = null;
  /** Output waiting for the other end. */
  outgoing = new ByteRing();
  pending = new ByteRing();
  /** Monotonic time at which input last arrived. */
  lastInputNs = 0;
  /** Stopped by ^S; stopped by TCOOFF. */
  isStopped = false;
  isStoppedByIoctl = false;
  /** TIOCEXCL: no further opens. */
  isExclusive = false;
  /** Files open on it, dead ones among them. */
  openFiles = 0;
  /** Hang-ups so far: a file opened before one is dead. */
  hangUps = 0;
  readQueue = new WaitQueue();
  writeQueue = new WaitQueue();

  constructor(device: number, name: string, clock: Clock) {
    this.device = device;
    this.name = name;
    this.clock = clock;
    this.discipline = new LineDiscipline(this);
  }

  // What the subclass decides.

  /** Bytes of output that may wait for the other end. */
  abstract outputCapacityBytes(): number;
  /** Output has come to wait for the other end, or was dropped. */
  abstract outputChanged(): void;
  /** Whether the other end is gone: writes fail, reads end. */
  abstract isDisconnected(): boolean;
  /** What a use of a disconnected terminal answers. */
  disconnectedErrno(): number {
    return EIO;
  }
  /** A state that packet mode tells the other end of: TIOCPKT_* bits set and cleared. */
  notePacketStatus(set: number, cleared: number): void {
    void set;
    void cleared;
  }
  /** Modes as the terminal can have them. */
  adaptTermios(termios: Termios): Termios {
    return termios;
  }
  /** TIOCOUTQ: bytes written that have not left. */
  unsentBytes(): number {
    return 0;
  }
  /** There is room for input that was refused before. */
  inputRoomGrew(): void {}
  /** A file was opened, the last one was closed. */
  opened(): void {}
  closed(): void {}

  // Output.

  isOutputStopped(): boolean {
    return this.isStopped && !this.isStoppedByIoctl;
  }

  outputRoomBytes(): number {
    return this.isStopped ? 0 : Math.max(0, this.outputCapacityBytes() - this.outgoing.used);
  }

  pushOutput(source: Uint8Array, start: number, countBytes: number): void {
    this.outgoing.push(source, start, countBytes);
    this.outputChanged();
  }

  /** Writes what there is room for. @returns bytes taken of `src`, or WOULD_BLOCK */
  writeOutput(src: IoSource): number {
    this.discipline.flushEcho();
    let written = 0;
    while (src.remainingBytes > 0) {
      const room = this.outputRoomBytes();
      if (room === 0) break;
      const count = src.prepare(Math.min(room, CHUNK_BYTES, src.remainingBytes));
      const chunk = new Uint8Array(count);
      src.take(chunk, 0, count);
      this.discipline.output.write(this.termios, this, chunk, 0, count);
      written += count;
    }
    return written === 0 && src.remainingBytes > 0 ? WOULD_BLOCK : written;
  }

  /** The other end took output: writers may go on. */
  outputDrained(): void {
    this.discipline.flushEcho();
    if (this.outputRoomBytes() > 0) this.writeQueue.wakeAll();
  }

  flushOutput(): void {
    this.outgoing.clear();
    this.notePacketStatus(TIOCPKT_FLUSHWRITE, 0);
    this.outputChanged();
    this.writeQueue.wakeAll();
  }

  stopOutput(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.notePacketStatus(TIOCPKT_STOP, TIOCPKT_START);
  }

  startOutput(): void {
    if (!this.isStopped || this.isStoppedByIoctl) return;
    this.isStopped = false;
    this.notePacketStatus(TIOCPKT_START, TIOCPKT_STOP);
    this.outputDrained();
  }

  // Input.

  /** Takes bytes from the other end. @returns bytes taken */
  receive(source: Uint8Array, start: number, end: number): number {
    if (end > start) this.lastInputNs = this.clock.monotonicNs;
    let at = start;
    if (this.pending.isEmpty()) at += this.discipline.receive(source, at, end);
    const kept = Math.min(end - at, PENDING_INPUT_BYTES - this.pending.used);
    if (kept > 0) this.pending.push(source, at, kept);
    return at - start + Math.max(0, kept);
  }

  /** Bytes that `receive` takes now, whatever they are. */
  inputRoomBytes(): number {
    return PENDING_INPUT_BYTES - this.pending.used;
  }

  /** Hands on input that waited for room. */
  pump(): void {
    if (this.pending.isEmpty()) return;
    const waiting = this.pending.peek(this.pending.used);
    const taken = this.discipline.receive(waiting, 0, waiting.length);
    if (taken === 0) return;
    this.pending.drop(taken);
    this.inputRoomGrew();
  }

  wakeReaders(): void {
    this.readQueue.wakeAll();
  }

  inputFlushed(): void {
    this.notePacketStatus(TIOCPKT_FLUSHREAD, 0);
  }

  /** tcflush(3). */
  flush(selector: number): void {
    if (selector === TCIFLUSH || selector === TCIOFLUSH) {
      this.pending.clear();
      this.discipline.flushInput();
      this.inputRoomGrew();
    }
    if (selector === TCOFLUSH || selector === TCIOFLUSH) this.flushOutput();
  }

  /**
   * Reads for a call that began at `startNs`.
   * @returns bytes read, 0 at an end of file or when VTIME is over, or WOULD_BLOCK
   */
  readInput(dst: IoTarget, startNs: number, isNonblocking: boolean): number {
    if (dst.remainingBytes === 0) return 0;
    const { discipline } = this;
    if (discipline.mustWait(dst.remainingBytes, startNs, this.clock.monotonicNs, this.lastInputNs)) {
      const hasSome = !discipline.isCanonical() && discipline.input.countBytes() > 0;
      if (!isNonblocking || !hasSome) return WOULD_BLOCK;
    }
    const countBytes = discipline.read(dst);
    this.pump();
    return countBytes;
  }

  // Modes and size.

  setTermios(termios: Termios): void {
    const old = this.termios;
    this.termios = termios;
    this.discipline.termiosChanged(old);
    this.pump();
    this.readQueue.wakeAll();
    this.writeQueue.wakeAll();
  }

  /** Sets the window's size and tells the foreground group when it changed. */
  resize(size: WindowSize): void {
    const old = this.size;
    const isSame =
      old.rows === size.rows && old.columns === size.columns && old.widthPixels === size.widthPixels && old.heightPixels === size.heightPixels;
    if (isSame) return;
    this.size = { rows: size.rows, columns: size.columns, widthPixels: size.widthPixels, heightPixels: size.heightPixels };
    this.signalForeground(SIGWINCH);
  }

  signalForeground(signal: number): void {
    this.foreground?.sendSignal(signal);
  }

  /** The other end is gone, or vhangup(2): every open file is dead, the session leader gets SIGHUP. */
  hangUp(): void {
    this.hangUps++;
    this.isStopped = false;
    this.isStoppedByIoctl = false;
    this.isExclusive = false;
    this.pending.clear();
    this.discipline.echo.clear();
    this.discipline.flushInput();
    hangUpSession(this);
    this.readQueue.wakeAll();
    this.writeQueue.wakeAll();
  }
}

export const ttyState = defineState(Tty, 'Tty', 1, {
  device: u32,
  name: byteString,
  clock: ref<Clock>('Clock'),
  termios: ref<Termios>('Termios'),
  size: record<WindowSize>({ rows: u16, columns: u16, widthPixels: u16, heightPixels: u16 }),
  discipline: ref<LineDiscipline>('LineDiscipline'),
  session: optional(anyRef<SessionView>()),
  foreground: optional(anyRef<ProcessGroupView>()),
  outgoing: ref<ByteRing>('ByteRing'),
  pending: ref<ByteRing>('ByteRing'),
  lastInputNs: int,
  isStopped: bool,
  isStoppedByIoctl: bool,
  isExclusive: bool,
  openFiles: u32,
  hangUps: u32,
  readQueue: ref<WaitQueue>('WaitQueue'),
  writeQueue: ref<WaitQueue>('WaitQueue'),
});
