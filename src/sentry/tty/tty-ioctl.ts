import { EINVAL, EIO, ENOTTY, EPERM, ESRCH } from '../../abi/errno.ts';
import {
  TCFLSH, TCGETA, TCGETS, TCGETS2, TCSBRK, TCSBRKP, TCSETA, TCSETAF, TCSETAW, TCSETS, TCSETS2, TCSETSF, TCSETSF2, TCSETSW, TCSETSW2, TCXONC,
  TIOCCBRK, TIOCEXCL, TIOCGDEV, TIOCGETD, TIOCGEXCL, TIOCGPGRP, TIOCGSID, TIOCGWINSZ, TIOCINQ, TIOCNOTTY, TIOCNXCL, TIOCOUTQ, TIOCSBRK,
  TIOCSCTTY, TIOCSETD, TIOCSPGRP, TIOCSTI, TIOCSWINSZ, TIOCVHANGUP,
} from '../../abi/ioctl.ts';
import {
  DISABLED_CHAR, N_TTY, TCIFLUSH, TCIOFF, TCIOFLUSH, TCION, TCOFLUSH, TCOOFF, TCOON, TERMIO_BYTES, TERMIOS2_BYTES, TERMIOS_BYTES, VSTART, VSTOP, WINSIZE_BYTES,
} from '../../abi/termios.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_SYS_ADMIN } from '../auth/credentials.ts';
import type { Caller } from '../vfs/caller.ts';
import type { UserMemory } from '../vfs/file-description.ts';
import { checkChange, giveUp, isControlling, setControlling } from './job-control.ts';
import { decodeTermio, decodeTermios, encodeTermio, encodeTermios } from './termios.ts';
import type { Termios } from './termios.ts';
import type { Tty, WindowSize } from './tty.ts';

/** One ioctl(2) on a terminal. */
export interface TtyRequest {
  readonly request: number;
  readonly argument: number;
  readonly caller: Caller;
  readonly memory: UserMemory;
  /** The call came through the pty master: modes, size and job control are those of the slave, and no job control applies. */
  readonly isMaster: boolean;
  /** The descriptor is open for reading. */
  readonly isReadable: boolean;
}

/**
 * What every terminal answers.
 *
 * @returns the result, or null for a request it does not know
 * @errors  as ioctl_tty(2); EIO and ERESTARTSYS by job control
 */
export function ttyIoctl(tty: Tty, call: TtyRequest): number | null {
  return modeIoctl(tty, call) ?? jobIoctl(tty, call) ?? lineIoctl(tty, call);
}

/** Modes and size. */
function modeIoctl(tty: Tty, call: TtyRequest): number | null {
  const { argument, memory } = call;
  switch (call.request) {
    case TCGETS:
      memory.writeBytes(argument, encodeTermios(tty.termios, TERMIOS_BYTES));
      return 0;
    case TCGETS2:
      memory.writeBytes(argument, encodeTermios(tty.termios, TERMIOS2_BYTES));
      return 0;
    case TCGETA:
      memory.writeBytes(argument, encodeTermio(tty.termios));
      return 0;
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
      return setModes(tty, call, TERMIOS_BYTES, call.request === TCSETSF);
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
      return setModes(tty, call, TERMIOS2_BYTES, call.request === TCSETSF2);
    case TCSETA:
    case TCSETAW:
    case TCSETAF:
      return setModes(tty, call, TERMIO_BYTES, call.request === TCSETAF);
    case TIOCGWINSZ:
      memory.writeBytes(argument, encodeSize(tty.size));
      return 0;
    case TIOCSWINSZ:
      tty.resize(decodeSize(memory.readBytes(argument, WINSIZE_BYTES)));
      return 0;
    default:
      return null;
  }
}

function setModes(tty: Tty, call: TtyRequest, countBytes: number, isFlushing: boolean): number {
  checkSide(tty, call);
  const encoded = call.memory.readBytes(call.argument, countBytes);
  const termios: Termios = countBytes === TERMIO_BYTES ? decodeTermio(encoded, tty.termios) : decodeTermios(encoded);
  if (isFlushing && !call.isMaster) tty.flush(TCIFLUSH);
  tty.setTermios(tty.adaptTermios(termios));
  return 0;
}

/** A change from a background group of the terminal stops it. */
function checkSide(tty: Tty, call: TtyRequest): void {
  if (!call.isMaster) checkChange(tty, call.caller);
}

/** Sessions and groups. */
function jobIoctl(tty: Tty, call: TtyRequest): number | null {
  const { argument, caller, memory } = call;
  switch (call.request) {
    case TIOCGPGRP:
      if (!call.isMaster && !isControlling(tty, caller)) throw new SysError(ENOTTY, 'TIOCGPGRP: not the controlling terminal');
      memory.writeU32(argument, tty.foreground?.pgid ?? 0);
      return 0;
    case TIOCSPGRP:
      return setForeground(tty, call);
    case TIOCGSID:
      if ((!call.isMaster && !isControlling(tty, caller)) || tty.session === null) throw new SysError(ENOTTY, 'TIOCGSID: not a controlling terminal');
      memory.writeU32(argument, tty.session.sid);
      return 0;
    case TIOCSCTTY:
      setControlling(tty, caller, argument, call.isReadable);
      return 0;
    case TIOCNOTTY:
      if (call.isMaster) throw new SysError(ENOTTY, 'TIOCNOTTY: a pty master controls nobody');
      giveUp(tty, caller);
      return 0;
    case TIOCVHANGUP:
      if (!caller.credentials.has(CAP_SYS_ADMIN)) throw new SysError(EPERM, 'TIOCVHANGUP: needs CAP_SYS_ADMIN');
      tty.hangUp();
      return 0;
    default:
      return null;
  }
}

function setForeground(tty: Tty, call: TtyRequest): number {
  const { caller } = call;
  try {
    checkSide(tty, call);
  } catch (error) {
    if (error instanceof SysError && error.errno === EIO) throw new SysError(ENOTTY, 'TIOCSPGRP: orphaned background group');
    throw error;
  }
  const pgid = call.memory.readU32(call.argument) | 0;
  if (pgid < 0) throw new SysError(EINVAL, 'TIOCSPGRP: negative group');
  if (!isControlling(tty, caller)) throw new SysError(ENOTTY, 'TIOCSPGRP: not the controlling terminal');
  const group = caller.session().findGroup(pgid);
  if (group === null) {
    if (caller.groupExists(pgid)) throw new SysError(EPERM, `TIOCSPGRP: group ${pgid} is in another session`);
    throw new SysError(ESRCH, `TIOCSPGRP: no group ${pgid}`);
  }
  tty.foreground = group;
  return 0;
}

/** Queues, flow and the rest. */
function lineIoctl(tty: Tty, call: TtyRequest): number | null {
  const { argument, caller, memory } = call;
  switch (call.request) {
    case TIOCINQ:
      memory.writeU32(argument, call.isMaster ? tty.outgoing.used : tty.discipline.countReadable());
      return 0;
    case TIOCOUTQ:
      memory.writeU32(argument, call.isMaster ? 0 : tty.unsentBytes());
      return 0;
    case TCFLSH:
      return flushQueues(tty, call);
    case TCXONC:
      return controlFlow(tty, call);
    case TCSBRK:
    case TCSBRKP:
    case TIOCSBRK:
    case TIOCCBRK:
      checkSide(tty, call); // there is no line to break, and output is never on its way
      return 0;
    case TIOCSTI: {
      const isAllowed = (!call.isMaster && isControlling(tty, caller)) || caller.credentials.has(CAP_SYS_ADMIN);
      if (!isAllowed) throw new SysError(EPERM, 'TIOCSTI: not the controlling terminal');
      tty.receive(memory.readBytes(argument, 1), 0, 1);
      return 0;
    }
    case TIOCEXCL:
    case TIOCNXCL:
      tty.isExclusive = call.request === TIOCEXCL;
      return 0;
    case TIOCGEXCL:
      memory.writeU32(argument, tty.isExclusive ? 1 : 0);
      return 0;
    case TIOCGETD:
      memory.writeU32(argument, tty.termios.line);
      return 0;
    case TIOCSETD:
      checkSide(tty, call);
      if (memory.readU32(argument) !== N_TTY) throw new SysError(EINVAL, 'TIOCSETD: the only line discipline is N_TTY');
      return 0;
    case TIOCGDEV:
      memory.writeU32(argument, tty.device);
      return 0;
    default:
      return null;
  }
}

function flushQueues(tty: Tty, call: TtyRequest): number {
  checkSide(tty, call);
  const { argument } = call;
  if (argument < 0 || argument > TCIOFLUSH) throw new SysError(EINVAL, `TCFLSH: unknown queue ${argument}`);
  // The master's input is the slave's output, and the other way about.
  const mirrored = [TCOFLUSH, TCIFLUSH, TCIOFLUSH];
  tty.flush(call.isMaster ? mirrored[argument]! : argument);
  return 0;
}

function controlFlow(tty: Tty, call: TtyRequest): number {
  checkSide(tty, call);
  const { cc } = tty.termios;
  switch (call.argument) {
    case TCOOFF:
      if (call.isMaster) break;
      tty.stopOutput();
      tty.isStoppedByIoctl = true;
      break;
    case TCOON:
      if (call.isMaster) break;
      tty.isStoppedByIoctl = false;
      tty.startOutput();
      break;
    case TCIOFF:
    case TCION: {
      const byte = call.argument === TCIOFF ? cc[VSTOP]! : cc[VSTART]!;
      if (byte !== DISABLED_CHAR && !call.isMaster) tty.pushOutput(Uint8Array.of(byte), 0, 1);
      break;
    }
    default:
      throw new SysError(EINVAL, `TCXONC: unknown action ${call.argument}`);
  }
  return 0;
}

function encodeSize(size: WindowSize): Uint8Array {
  const result = new Uint8Array(WINSIZE_BYTES);
  const view = new DataView(result.buffer);
  view.setUint16(0, size.rows, true);
  view.setUint16(2, size.columns, true);
  view.setUint16(4, size.widthPixels, true);
  view.setUint16(6, size.heightPixels, true);
  return result;
}

function decodeSize(source: Uint8Array): WindowSize {
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  return {
    rows: view.getUint16(0, true),
    columns: view.getUint16(2, true),
    widthPixels: view.getUint16(4, true),
    heightPixels: view.getUint16(6, true),
  };
}
