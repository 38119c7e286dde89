import { EBADF, EIO } from '../../abi/errno.ts';
import { DISABLED_CHAR, VEOF } from '../../abi/termios.ts';
import type { HostEnd, HostFileView, HostKey } from '../../ports/console.ts';
import { hostKeyText } from '../../ports/console.ts';
import { bool, byteString, defineState, edge, enumOf, extend, record, ref, u32 } from '../../state/index.ts';
import type { Clock } from '../wait/clock.ts';
import type { PtyDriver } from './pty.ts';
import { Tty, ttyState } from './tty.ts';

/** Output that the machine has not taken: beyond it writers wait. */
export const CONSOLE_OUTPUT_BYTES = 65_536;

export const hostKeyKind = record<HostKey>({ container: byteString, path: byteString });

/** A terminal whose other end is outside: the console of a container, or the terminal of an exec. */
export class HostTerminal extends Tty implements HostFileView {
  readonly kind: 'terminal';
  id: number;
  hostKey: HostKey;
  isRestorable: boolean;
  end: HostEnd | null;
  driver: PtyDriver;
  index: number;
  /** The host has hung up. */
  isGone = false;

  constructor(driver: PtyDriver, index: number, device: number, clock: Clock, id: number, hostKey: HostKey, isRestorable: boolean, end: HostEnd) {
    super(device, `pts/${index}`, clock);
    this.kind = 'terminal';
    this.driver = driver;
    this.index = index;
    this.id = id;
    this.hostKey = hostKey;
    this.isRestorable = isRestorable;
    this.end = end;
  }

  override outputCapacityBytes(): number {
    return CONSOLE_OUTPUT_BYTES;
  }

  /** The machine looks by itself. */
  override outputChanged(): void {}

  override isDisconnected(): boolean {
    return this.isGone || this.end === null;
  }

  /** EIO after a hang-up; EBADF when a restore found nothing to bind. */
  override disconnectedErrno(): number {
    return this.isGone ? EIO : EBADF;
  }

  override unsentBytes(): number {
    return this.outgoing.used;
  }

  outputBytes(): number {
    return this.outgoing.used;
  }

  isReleased(): boolean {
    return this.openFiles === 0;
  }

  takeOutput(maxBytes: number): Uint8Array | null {
    if (this.outgoing.isEmpty()) return null;
    const bytes = this.outgoing.shift(maxBytes);
    this.outputDrained();
    return bytes;
  }

  pushInput(bytes: Uint8Array): number {
    return this.isDisconnected() ? bytes.length : this.receive(bytes, 0, bytes.length);
  }

  pushEof(): void {
    const byte = this.termios.cc[VEOF]!;
    if (byte !== DISABLED_CHAR) this.receive(Uint8Array.of(byte), 0, 1);
  }

  /** The host's end is closed: SIGHUP to the session, reads end, writes fail. */
  disconnect(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.end = null;
    this.hangUp();
    if (this.openFiles === 0) this.driver.forget(this.index);
  }

  /** Binds the terminal to another end: one that was left unbound at a restore lives again. */
  bind(end: HostEnd): void {
    this.end = end;
    this.isGone = false;
    this.readQueue.wakeAll();
    this.writeQueue.wakeAll();
  }

  /** The last file is closed: once the host is gone too, the name is free. */
  override closed(): void {
    if (this.isDisconnected()) this.driver.forget(this.index);
  }
}

defineState(HostTerminal, 'HostTerminal', 1, extend(ttyState, {
  kind: enumOf('terminal'),
  id: u32,
  hostKey: hostKeyKind,
  isRestorable: bool,
  end: edge<HostEnd | null, HostTerminal>('console', (self) => hostKeyText(self.hostKey)),
  driver: ref<PtyDriver>('PtyDriver'),
  index: u32,
  isGone: bool,
}));
