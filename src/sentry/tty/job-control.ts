import { EIO, ENOTTY, EPERM, ERESTARTSYS } from '../../abi/errno.ts';
import { SIGCONT, SIGHUP, SIGTTIN, SIGTTOU } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_SYS_ADMIN } from '../auth/credentials.ts';
import type { Caller, ControllingTty, ProcessGroupView, SessionView } from '../vfs/caller.ts';

/** Whether `tty` is the controlling terminal of `caller`. */
export function isControlling(tty: ControllingTty, caller: Caller): boolean {
  return caller.session().tty === tty;
}

/**
 * Stops a background group that reads (SIGTTIN).
 *
 * @errors EIO when the caller cannot be stopped: signal ignored or blocked, or its group orphaned;
 *         ERESTARTSYS after the signal was sent
 */
export function checkRead(tty: ControllingTty, caller: Caller): void {
  if (!isInBackground(tty, caller)) return;
  if (!caller.wouldReceive(SIGTTIN)) throw new SysError(EIO, 'read: in the background, SIGTTIN ignored or blocked');
  signalBackground(caller, SIGTTIN);
}

/**
 * Stops a background group that changes the terminal, or writes under TOSTOP (SIGTTOU). Allowed when the signal is ignored or blocked.
 *
 * @errors EIO when the group is orphaned; ERESTARTSYS after the signal was sent
 */
export function checkChange(tty: ControllingTty, caller: Caller): void {
  if (!isInBackground(tty, caller) || !caller.wouldReceive(SIGTTOU)) return;
  signalBackground(caller, SIGTTOU);
}

function isInBackground(tty: ControllingTty, caller: Caller): boolean {
  return isControlling(tty, caller) && tty.foreground !== null && tty.foreground !== caller.processGroup();
}

function signalBackground(caller: Caller, signal: number): never {
  if (caller.processGroup().isOrphaned()) throw new SysError(EIO, 'terminal: orphaned background group');
  caller.processGroup().sendSignal(signal);
  throw new SysError(ERESTARTSYS, `terminal: signal ${signal} sent to the background group`);
}

/** open(2) of a terminal without O_NOCTTY: a session leader without a terminal gets it, if it is nobody's. */
export function acquireAtOpen(tty: ControllingTty, caller: Caller): void {
  if (!caller.isSessionLeader() || caller.session().tty !== null || tty.session !== null) return;
  attach(tty, caller.session(), caller.processGroup());
}

/**
 * TIOCSCTTY: makes `tty` the controlling terminal of the caller's session.
 *
 * @param mode  1 takes it away from another session (CAP_SYS_ADMIN)
 * @errors EPERM not a session leader; it has a terminal; another session has this one
 */
export function setControlling(tty: ControllingTty, caller: Caller, mode: number, isReadable: boolean): void {
  const isAdmin = caller.credentials.has(CAP_SYS_ADMIN);
  if (caller.isSessionLeader() && tty.session === caller.session()) return;
  if (!caller.isSessionLeader() || caller.session().tty !== null) throw new SysError(EPERM, 'TIOCSCTTY: no session leader, or with a terminal');
  if (tty.session !== null) {
    if (mode !== 1 || !isAdmin) throw new SysError(EPERM, 'TIOCSCTTY: terminal of another session');
    detach(tty);
  }
  if (!isReadable && !isAdmin) throw new SysError(EPERM, 'TIOCSCTTY: not open for reading');
  attach(tty, caller.session(), caller.processGroup());
}

/** Makes `tty` the controlling terminal of `session`, with `foreground` in front: also how a container's first process gets its console. */
export function attach(tty: ControllingTty, session: SessionView, foreground: ProcessGroupView): void {
  tty.session = session;
  tty.foreground = foreground;
  session.tty = tty;
}

/** Nobody's terminal any more. */
function detach(tty: ControllingTty): void {
  if (tty.session !== null) tty.session.tty = null;
  tty.session = null;
  tty.foreground = null;
}

/**
 * TIOCNOTTY: a session leader gives up its terminal for the whole session; the foreground group gets SIGHUP and SIGCONT.
 * Another process of the session keeps it, as the terminal belongs to sessions here, not to processes.
 *
 * @errors ENOTTY not the controlling terminal
 */
export function giveUp(tty: ControllingTty, caller: Caller): void {
  if (!isControlling(tty, caller)) throw new SysError(ENOTTY, 'TIOCNOTTY: not the controlling terminal');
  if (!caller.isSessionLeader()) return;
  const { foreground } = tty;
  detach(tty);
  foreground?.sendSignal(SIGHUP);
  foreground?.sendSignal(SIGCONT);
}

/** The leader of `session` exits: its terminal is free for others, the foreground group gets SIGHUP. */
export function sessionLeaderExits(session: SessionView): void {
  const tty = session.tty;
  if (tty !== null) {
    const { foreground } = tty;
    detach(tty);
    foreground?.sendSignal(SIGHUP);
    return;
  }
  const former = session.formerForeground;
  session.formerForeground = null;
  former?.sendSignal(SIGHUP);
  former?.sendSignal(SIGCONT);
}

/** The line is gone: the session leader gets SIGHUP and SIGCONT; the foreground group is told when the leader exits. */
export function hangUpSession(tty: ControllingTty): void {
  const { session, foreground } = tty;
  detach(tty);
  if (session === null) return;
  session.formerForeground = foreground;
  session.hangUpLeader();
}
