import { EINVAL, EIO, ENOSPC, ENOTTY } from '../../abi/errno.ts';
import { TIOCGPKT, TIOCGPTLCK, TIOCGPTN, TIOCPKT, TIOCSIG, TIOCSPTLCK } from '../../abi/ioctl.ts';
import { POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM } from '../../abi/poll.ts';
import { SIGINT, SIGQUIT, SIGTSTP } from '../../abi/signal.ts';
import { makeDevice } from '../../abi/stat.ts';
import {
  CREAD, CS8, CSIZE, EXTPROC, IXON, PARENB, TIOCPKT_DATA, TIOCPKT_DOSTOP, TIOCPKT_FLUSHWRITE, TIOCPKT_IOCTL, TIOCPKT_NOSTOP, VSTART, VSTOP,
} from '../../abi/termios.ts';
import { SysError } from '../../base/errors.ts';
import { anyRef, bool, defineState, extend, map, optional, ref, u32, u8 } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import { SpecialOpener } from '../vfs/device.ts';
import type { DeviceTable } from '../vfs/device.ts';
import { FileDescription, fileDescriptionState } from '../vfs/file-description.ts';
import type { UserMemory } from '../vfs/file-description.ts';
import type { Inode } from '../vfs/inode.ts';
import type { Mount } from '../vfs/mount.ts';
import { Path } from '../vfs/path.ts';
import type { Dentry } from '../vfs/path.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import type { Clock } from '../wait/clock.ts';
import { queuesOf, WaitQueue } from '../wait/wait-queue.ts';
import { openTty } from './tty-file.ts';
import { ttyIoctl } from './tty-ioctl.ts';
import type { Termios } from './termios.ts';
import { Tty, ttyState } from './tty.ts';

/** Output of a slave that its master has not read: beyond it writers wait. */
const PTY_OUTPUT_BYTES = 12_288;
/** Output that has reached the master's own buffer: a flush does not take it back. */
const MASTER_BUFFER_BYTES = 4095;
const CHUNK_BYTES = 4096;
const MAX_PTYS = 4096;
/** First of the majors of pty slaves; each has 256 minors. */
const PTY_SLAVE_MAJOR = 136;
const CTRL_Q = 0x11;
const CTRL_S = 0x13;

/** The directory in which slaves have their nodes: devpts. */
export interface PtyDirectory {
  /** Makes the node of slave `index`. */
  addNode(index: number, device: number, uid: number): void;
  removeNode(index: number): void;
  /** The name of slave `index`, or null when it is gone. */
  nodeDentry(index: number): Dentry | null;
}

/** A pseudoterminal: the slave is a terminal, the master is what stands in for its screen and keyboard. */
export class Pty extends Tty {
  driver: PtyDriver;
  index: number;
  /** The slave cannot be opened before unlockpt(3). */
  isLocked = true;
  isMasterClosed = false;
  wasSlaveOpened = false;
  /** TIOCPKT: reads of the master begin with a byte of TIOCPKT_* bits. */
  isPacketMode = false;
  /** Bits that the master has not seen. */
  packetStatus = 0;
  masterReadQueue = new WaitQueue();
  masterWriteQueue = new WaitQueue();

  constructor(driver: PtyDriver, index: number, device: number, clock: Clock) {
    super(device, `pts/${index}`, clock);
    this.driver = driver;
    this.index = index;
  }

  override outputCapacityBytes(): number {
    return PTY_OUTPUT_BYTES;
  }

  override outputChanged(): void {
    this.masterReadQueue.wakeAll();
  }

  override inputRoomGrew(): void {
    this.masterWriteQueue.wakeAll();
  }

  override flushOutput(): void {
    this.outgoing.truncate(MASTER_BUFFER_BYTES);
    this.notePacketStatus(TIOCPKT_FLUSHWRITE, 0);
    this.writeQueue.wakeAll();
  }

  override isDisconnected(): boolean {
    return this.isMasterClosed;
  }

  override notePacketStatus(set: number, cleared: number): void {
    if (!this.isPacketMode) return;
    this.packetStatus = (this.packetStatus & ~cleared) | set;
    this.masterReadQueue.wakeAll();
  }

  override adaptTermios(termios: Termios): Termios {
    termios.cflag = ((termios.cflag & ~(CSIZE | PARENB)) | CS8 | CREAD) >>> 0;
    return termios;
  }

  override setTermios(termios: Termios): void {
    const old = this.termios;
    super.setTermios(termios);
    if (!this.isPacketMode) return;
    const hadFlow = hasUsualFlowControl(old);
    const hasFlow = hasUsualFlowControl(termios);
    if (hadFlow !== hasFlow) {
      this.notePacketStatus(hasFlow ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP, TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
    }
    if (((old.lflag | termios.lflag) & EXTPROC) !== 0) this.notePacketStatus(TIOCPKT_IOCTL, 0);
  }

  override opened(): void {
    this.wasSlaveOpened = true;
    this.masterWriteQueue.wakeAll();
  }

  override closed(): void {
    this.masterReadQueue.wakeAll();
    this.masterWriteQueue.wakeAll();
    if (this.isMasterClosed) this.driver.forget(this.index);
  }

  /** Whether the slave was open and no longer is: the master reads what is left, then EIO. */
  isSlaveClosed(): boolean {
    return this.wasSlaveOpened && this.openFiles === 0;
  }

  /** The last descriptor of the master is closed: the slave's session is hung up, its node is gone. */
  closeMaster(): void {
    this.isMasterClosed = true;
    this.outgoing.clear();
    this.driver.directory.removeNode(this.index);
    this.hangUp();
    if (this.openFiles === 0) this.driver.forget(this.index);
  }
}

function hasUsualFlowControl(termios: Termios): boolean {
  return (termios.iflag & IXON) !== 0 && termios.cc[VSTOP] === CTRL_S && termios.cc[VSTART] === CTRL_Q;
}

/** The open master of a pty; there is one, as each open of /dev/ptmx makes a pty. */
export class PtyMaster extends FileDescription {
  pty: Pty;

  constructor(inode: Inode, path: Path | null, statusFlags: number, pty: Pty) {
    super(inode, path, statusFlags);
    this.pty = pty;
  }

  override signalsInput(): boolean {
    return true;
  }

  override read(dst: IoTarget): number {
    const { pty } = this;
    if (dst.remainingBytes === 0) return 0;
    if (pty.isPacketMode && pty.packetStatus !== 0) {
      dst.prepare(1);
      dst.put(Uint8Array.of(pty.packetStatus), 0, 1);
      pty.packetStatus = 0;
      return 1;
    }
    if (pty.outgoing.isEmpty()) {
      if (pty.isSlaveClosed()) throw new SysError(EIO, `read: ${pty.name} has no slave open`);
      return WOULD_BLOCK;
    }
    let countBytes = 0;
    if (pty.isPacketMode) {
      dst.prepare(1);
      dst.put(Uint8Array.of(TIOCPKT_DATA), 0, 1);
      countBytes = 1;
      if (dst.remainingBytes === 0) return countBytes;
    }
    const ready = dst.prepare(Math.min(dst.remainingBytes, pty.outgoing.used));
    pty.outgoing.shiftInto(dst, ready);
    pty.outputDrained();
    return countBytes + ready;
  }

  override write(src: IoSource): number {
    const { pty } = this;
    let written = 0;
    while (src.remainingBytes > 0) {
      const room = Math.min(pty.inputRoomBytes(), CHUNK_BYTES);
      if (room === 0) break;
      const chunk = new Uint8Array(src.prepare(Math.min(room, src.remainingBytes)));
      src.take(chunk, 0, chunk.length);
      pty.receive(chunk, 0, chunk.length);
      written += chunk.length;
    }
    return written === 0 && src.remainingBytes > 0 ? WOULD_BLOCK : written;
  }

  override writesAll(): boolean {
    return true;
  }

  override pollEvents(): number {
    const { pty } = this;
    let events = 0;
    if (!pty.outgoing.isEmpty()) events |= POLLIN | POLLRDNORM;
    if (pty.isPacketMode && pty.packetStatus !== 0) events |= POLLPRI | POLLIN | POLLRDNORM;
    if (pty.isSlaveClosed()) events |= POLLHUP;
    if (pty.inputRoomBytes() > 0) events |= POLLOUT | POLLWRNORM;
    return events;
  }

  override queuesFor(events: number): readonly WaitQueue[] {
    return queuesOf(events, this.pty.masterReadQueue, this.pty.masterWriteQueue);
  }

  override describe(): string {
    return '/dev/pts/ptmx';
  }

  override ioctl(request: number, argument: number, caller: Caller, memory: UserMemory): number {
    const { pty } = this;
    switch (request) {
      case TIOCGPTN:
        memory.writeU32(argument, pty.index);
        return 0;
      case TIOCSPTLCK:
        pty.isLocked = memory.readU32(argument) !== 0;
        return 0;
      case TIOCGPTLCK:
        memory.writeU32(argument, pty.isLocked ? 1 : 0);
        return 0;
      case TIOCPKT:
        this.setPacketMode(memory.readU32(argument) !== 0);
        return 0;
      case TIOCGPKT:
        memory.writeU32(argument, pty.isPacketMode ? 1 : 0);
        return 0;
      case TIOCSIG:
        if (argument !== SIGINT && argument !== SIGQUIT && argument !== SIGTSTP) throw new SysError(EINVAL, `TIOCSIG: signal ${argument}`);
        pty.signalForeground(argument);
        return 0;
      default: {
        const result = ttyIoctl(pty, { request, argument, caller, memory, isMaster: true, isReadable: this.isReadable() });
        if (result === null) throw new SysError(ENOTTY, `ioctl: ${request.toString(16)} is no request of a pty master`);
        return result;
      }
    }
  }

  setPacketMode(isOn: boolean): void {
    const { pty } = this;
    if (isOn && !pty.isPacketMode) pty.packetStatus = 0;
    pty.isPacketMode = isOn;
  }

  /**
   * TIOCGPTPEER: opens the slave without its name.
   * @param openFlags  of open(2)
   * @errors EIO the slave is locked or its node gone
   */
  openPeer(openFlags: number, statusFlags: number, caller: Caller): FileDescription {
    const { driver } = this.pty;
    const dentry = driver.directory.nodeDentry(this.pty.index);
    if (dentry === null) throw new SysError(EIO, 'TIOCGPTPEER: the slave has no node');
    return openSlave(this.pty, dentry.inode, driver.pathOf(dentry), statusFlags, openFlags, caller);
  }

  override release(): void {
    this.pty.closeMaster();
  }
}

/** /dev/ptmx: each open makes a pty. Gives every terminal of the container its number, those with their other end outside too. */
export class PtyDriver extends SpecialOpener {
  clock: Clock;
  devices: DeviceTable;
  directory: PtyDirectory;
  /** Where the directory is mounted, for the paths of slaves; null when it is not. */
  mount: Mount | null = null;
  /** By index. */
  terminals = new Map<number, Tty>();

  constructor(clock: Clock, devices: DeviceTable, directory: PtyDirectory) {
    super();
    this.clock = clock;
    this.devices = devices;
    this.directory = directory;
  }

  /** @errors ENOSPC when there are too many */
  override open(inode: Inode, path: Path | null, statusFlags: number, openFlags: number, caller: Caller): FileDescription {
    void openFlags;
    const index = this.freeIndex();
    const pty = new Pty(this, index, slaveDevice(index), this.clock);
    this.enter(index, pty, caller.credentials.fsuid);
    return new PtyMaster(inode, path, statusFlags, pty);
  }

  /** @errors ENOSPC */
  freeIndex(): number {
    let index = 0;
    while (this.terminals.has(index)) index++;
    if (index >= MAX_PTYS) throw new SysError(ENOSPC, `all ${MAX_PTYS} terminals are in use`);
    return index;
  }

  /** Gives `tty` its number, its device and its node. */
  enter(index: number, tty: Tty, uid: number): void {
    this.terminals.set(index, tty);
    this.devices.register(tty.device, new TtyOpener(tty));
    this.directory.addNode(index, tty.device, uid);
  }

  pathOf(dentry: Dentry): Path | null {
    return this.mount === null ? null : new Path(this.mount, dentry);
  }

  /** Both ends are closed: the number is free. */
  forget(index: number): void {
    const tty = this.terminals.get(index);
    if (tty === undefined) return;
    this.terminals.delete(index);
    this.devices.unregister(tty.device);
    this.directory.removeNode(index);
  }
}

/** Device number of terminal `index`. */
export function slaveDevice(index: number): number {
  return makeDevice(PTY_SLAVE_MAJOR + (index >> 8), index & 0xff);
}

/** @errors EIO locked, or its other end gone; EBUSY in exclusive use */
function openSlave(tty: Tty, inode: Inode, path: Path | null, statusFlags: number, openFlags: number, caller: Caller): FileDescription {
  if (tty instanceof Pty && tty.isLocked) throw new SysError(EIO, `open: ${tty.name} is locked`);
  return openTty(tty, inode, path, statusFlags, openFlags, caller);
}

/** Opens one terminal by its node. */
export class TtyOpener extends SpecialOpener {
  tty: Tty;

  constructor(tty: Tty) {
    super();
    this.tty = tty;
  }

  override open(inode: Inode, path: Path | null, statusFlags: number, openFlags: number, caller: Caller): FileDescription {
    return openSlave(this.tty, inode, path, statusFlags, openFlags, caller);
  }
}

defineState(Pty, 'Pty', 1, extend(ttyState, {
  driver: ref<PtyDriver>('PtyDriver'),
  index: u32,
  isLocked: bool,
  isMasterClosed: bool,
  wasSlaveOpened: bool,
  isPacketMode: bool,
  packetStatus: u8,
  masterReadQueue: ref<WaitQueue>('WaitQueue'),
  masterWriteQueue: ref<WaitQueue>('WaitQueue'),
}));
defineState(PtyMaster, 'PtyMaster', 1, extend(fileDescriptionState, { pty: ref<Pty>('Pty') }));
defineState(TtyOpener, 'TtyOpener', 1, { tty: ref<Tty>('Tty') });
defineState(PtyDriver, 'PtyDriver', 1, {
  clock: ref<Clock>('Clock'),
  devices: ref<DeviceTable>('DeviceTable'),
  directory: anyRef<PtyDirectory>(),
  mount: optional(ref<Mount>('Mount')),
  terminals: map(u32, ref<Tty>('Tty')),
});
