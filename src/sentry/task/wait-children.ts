import { ECHILD } from '../../abi/errno.ts';
import { WCLONE, WALL, WCONTINUED, WEXITED, WNOTHREAD, WNOWAIT, WSTOPPED } from '../../abi/process.ts';
import { SIGCHLD } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { untrace } from './exit.ts';
import { isTracedByParent } from './ptrace.ts';
import { releaseGroup } from './reap.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';
import type { Usage } from './usage.ts';

/** Which children a wait is about. */
export type ChildSelector = { kind: 'any' } | { kind: 'pid'; pid: number } | { kind: 'group'; pgid: number };

/** A child that changed state, or a tracee. */
export interface ChildReport {
  readonly pid: number;
  readonly uid: number;
  /** Wait status as wait4 stores it; of a tracee that has stopped with the event above the lower 16 bits. */
  readonly status: number;
  readonly what: 'exited' | 'stopped' | 'trapped' | 'continued';
  readonly usage: Usage;
}

function isSelected(task: Task, selector: ChildSelector): boolean {
  if (selector.kind === 'pid') return task.tid === selector.pid;
  return selector.kind === 'any' || task.threadGroup.processGroup.pgid === selector.pgid;
}

/** Whether a child that the caller's process does not trace is of the kind that `options` ask for. */
function isWanted(child: ThreadGroup, options: number): boolean {
  if ((options & WALL) !== 0) return true;
  const isClone = child.exitSignal !== SIGCHLD;
  return isClone === ((options & WCLONE) !== 0);
}

/**
 * Looks for a child, or a tracee, that has something to tell; takes the news unless WNOWAIT.
 * @returns null when there are such children, but none with news
 * @errors ECHILD no child is selected
 */
export function takeChildReport(task: Task, selector: ChildSelector, options: number): ChildReport | null {
  let hasCandidate = false;
  const keeps = (options & WNOWAIT) !== 0;
  const isAlone = (options & WNOTHREAD) !== 0;
  const { threadGroup } = task;
  for (const child of threadGroup.children) {
    const { leader } = child;
    if (isTracedByParent(leader)) continue; // met below
    if (!isSelected(leader, selector) || !isWanted(child, options) || (isAlone && child.parentTask !== task)) continue;
    hasCandidate = true;
    const report = newsOf(child, options);
    if (report === null) continue;
    if (!keeps) consume(child, report);
    return report;
  }
  for (const tracer of isAlone ? [task] : threadGroup.tasks) {
    for (const tracee of tracer.tracees) {
      if (!isSelected(tracee, selector)) continue;
      hasCandidate = true;
      const report = newsOfTracee(tracee, options);
      if (report === null) continue;
      if (!keeps) consumeOfTracee(tracee, report);
      return report;
    }
  }
  if (!hasCandidate) throw new SysError(ECHILD, 'wait: no such child');
  return null;
}

function newsOf(child: ThreadGroup, options: number): ChildReport | null {
  const start = { pid: child.pid, uid: child.leader.credentials.uid, usage: child.ownUsage };
  if (child.exitStatus !== null) {
    const isTold = child.hasEnded() && child.leader.trace === null; // its tracer comes first
    return isTold && (options & WEXITED) !== 0 ? { ...start, status: child.exitStatus, what: 'exited' } : null;
  }
  if ((options & WSTOPPED) !== 0 && child.isStopped && child.unwaitedStop) {
    return { ...start, status: (child.stopSignal << 8) | 0x7f, what: 'stopped' };
  }
  if ((options & WCONTINUED) !== 0 && child.unwaitedContinue) return { ...start, status: 0xffff, what: 'continued' };
  return null;
}

function consume(child: ThreadGroup, report: ChildReport): void {
  if (report.what === 'exited') releaseGroup(child);
  else if (report.what === 'stopped') child.unwaitedStop = false;
  else child.unwaitedContinue = false;
}

function newsOfTracee(tracee: Task, options: number): ChildReport | null {
  const { trace, threadGroup: group } = tracee;
  const start = { pid: tracee.tid, uid: tracee.credentials.uid, usage: group.ownUsage };
  if (trace === null) return null;
  if (tracee.runState === 'exited') {
    const isTold = (tracee !== group.leader || group.hasEnded()) && (options & WEXITED) !== 0;
    return isTold ? { ...start, status: tracee === group.leader ? (group.exitStatus ?? 0) : trace.exitStatus, what: 'exited' } : null;
  }
  if (tracee.runState === 'traced' && !trace.isListening && trace.report !== 0) return { ...start, status: (trace.report << 8) | 0x7f, what: 'trapped' };
  if ((options & WCONTINUED) !== 0 && group.unwaitedContinue) return { ...start, status: 0xffff, what: 'continued' };
  return null;
}

function consumeOfTracee(tracee: Task, report: ChildReport): void {
  const trace = tracee.trace!;
  if (report.what === 'trapped') trace.report = 0;
  else if (report.what === 'continued') tracee.threadGroup.unwaitedContinue = false;
  else if (tracee === tracee.threadGroup.leader && isTracedByParent(tracee)) releaseGroup(tracee.threadGroup);
  else untrace(tracee, trace, 0);
}
