import { EBUSY, EIO, ENOTTY } from '../../abi/errno.ts';
import { TIOCSPGRP } from '../../abi/ioctl.ts';
import { O_NOCTTY } from '../../abi/open.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../abi/poll.ts';
import { TOSTOP } from '../../abi/termios.ts';
import { SysError } from '../../base/errors.ts';
import { anyRef, defineState, extend, u32 } from '../../state/index.ts';
import { CAP_SYS_ADMIN } from '../auth/credentials.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import { FileDescription, fileDescriptionState } from '../vfs/file-description.ts';
import type { UserMemory } from '../vfs/file-description.ts';
import type { Inode } from '../vfs/inode.ts';
import type { Path } from '../vfs/path.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import { queuesOf } from '../wait/wait-queue.ts';
import type { WaitQueue } from '../wait/wait-queue.ts';
import { acquireAtOpen, checkChange, checkRead } from './job-control.ts';
import { ttyIoctl } from './tty-ioctl.ts';
import type { Tty } from './tty.ts';

const HUNG_UP_EVENTS = POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;

/** An open terminal. */
export class TtyFile extends FileDescription {
  tty: Tty;
  /** `tty.hangUps` when it was opened: another number now means that the file is dead. */
  hangUpsAtOpen: number;

  constructor(inode: Inode, path: Path | null, statusFlags: number, tty: Tty) {
    super(inode, path, statusFlags);
    this.tty = tty;
    this.hangUpsAtOpen = tty.hangUps;
    tty.openFiles++;
    tty.opened();
  }

  isHungUp(): boolean {
    return this.hangUpsAtOpen !== this.tty.hangUps;
  }

  override signalsInput(): boolean {
    return true;
  }

  override read(dst: IoTarget, caller: Caller): number {
    const { tty } = this;
    if (this.isHungUp()) return 0;
    checkRead(tty, caller);
    const countBytes = tty.readInput(dst, caller.callStartNs(), this.isNonblocking());
    if (countBytes !== WOULD_BLOCK || !tty.isDisconnected()) return countBytes;
    throw new SysError(tty.disconnectedErrno(), `read: the other end of ${tty.name} is gone`);
  }

  override readDeadlineNs(caller: Caller): number | null {
    return this.tty.discipline.deadlineNs(caller.callStartNs(), this.tty.lastInputNs);
  }

  override write(src: IoSource, caller: Caller): number {
    const { tty } = this;
    if (this.isHungUp()) throw new SysError(EIO, `write: ${tty.name} was hung up`);
    if ((tty.termios.lflag & TOSTOP) !== 0) checkChange(tty, caller);
    if (tty.isDisconnected()) throw new SysError(tty.disconnectedErrno(), `write: the other end of ${tty.name} is gone`);
    return tty.writeOutput(src);
  }

  override writesAll(): boolean {
    return true;
  }

  override pollEvents(): number {
    const { tty } = this;
    if (this.isHungUp()) return HUNG_UP_EVENTS;
    let events = 0;
    if (tty.discipline.hasInput()) events |= POLLIN | POLLRDNORM;
    if (tty.isDisconnected()) events |= POLLHUP;
    if (tty.outputRoomBytes() > 0) events |= POLLOUT | POLLWRNORM;
    return events;
  }

  override queuesFor(events: number): readonly WaitQueue[] {
    return queuesOf(events, this.tty.readQueue, this.tty.writeQueue);
  }

  override describe(): string {
    return `/dev/${this.tty.name}`;
  }

  override ioctl(request: number, argument: number, caller: Caller, memory: UserMemory): number {
    if (this.isHungUp()) throw new SysError(request === TIOCSPGRP ? ENOTTY : EIO, 'ioctl: the terminal was hung up');
    const call = { request, argument, caller, memory, isMaster: false, isReadable: this.isReadable() };
    const result = ttyIoctl(this.tty, call);
    if (result === null) throw new SysError(ENOTTY, `ioctl: ${request.toString(16)} is no request of a terminal`);
    return result;
  }

  override release(): void {
    const { tty } = this;
    tty.openFiles--;
    if (tty.openFiles !== 0) return;
    tty.isExclusive = false;
    tty.closed();
  }
}

export const ttyFileState = defineState(TtyFile, 'TtyFile', 1, extend(fileDescriptionState, { tty: anyRef<Tty>(), hangUpsAtOpen: u32 }));

/**
 * Opens `tty`; it becomes the caller's controlling terminal where open(2) says so.
 *
 * @errors EBUSY under TIOCEXCL; EIO when the other end is gone
 */
export function openTty(tty: Tty, inode: Inode, path: Path | null, statusFlags: number, openFlags: number, caller: Caller): TtyFile {
  if (tty.isExclusive && !caller.credentials.has(CAP_SYS_ADMIN)) throw new SysError(EBUSY, `open: ${tty.name} is in exclusive use`);
  if (tty.isDisconnected()) throw new SysError(EIO, `open: the other end of ${tty.name} is gone`);
  const file = new TtyFile(inode, path, statusFlags, tty);
  if ((openFlags & O_NOCTTY) === 0 && file.isReadable()) acquireAtOpen(tty, caller);
  return file;
}
