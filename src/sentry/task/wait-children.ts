import { ECHILD } from '../../abi/errno.ts';
import { WCLONE, WALL, WCONTINUED, WEXITED, WNOWAIT, WSTOPPED } from '../../abi/process.ts';
import { SIGCHLD } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { releaseGroup } from './reap.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';
import type { Usage } from './usage.ts';

/** Which children a wait is about. */
export type ChildSelector = { kind: 'any' } | { kind: 'pid'; pid: number } | { kind: 'group'; pgid: number };

/** A child that changed state. */
export interface ChildReport {
  readonly pid: number;
  readonly uid: number;
  /** Wait status as wait4 stores it. */
  readonly status: number;
  readonly what: 'exited' | 'stopped' | 'continued';
  readonly usage: Usage;
}

function isSelected(child: ThreadGroup, selector: ChildSelector, options: number): boolean {
  if (selector.kind === 'pid' && child.pid !== selector.pid) return false;
  if (selector.kind === 'group' && child.processGroup.pgid !== selector.pgid) return false;
  if (((options & WALL) >>> 0) !== 0) return true;
  const isClone = child.exitSignal !== SIGCHLD;
  return isClone === ((options & WCLONE) !== 0);
}

/**
 * Looks for a child that has something to tell; takes the news unless WNOWAIT.
 * @returns null when there are such children, but none with news
 * @errors ECHILD no child is selected
 */
export function takeChildReport(task: Task, selector: ChildSelector, options: number): ChildReport | null {
  let hasCandidate = false;
  const keeps = (options & WNOWAIT) !== 0;
  for (const child of task.threadGroup.children) {
    if (!isSelected(child, selector, options)) continue;
    hasCandidate = true;
    const report = newsOf(child, options);
    if (report === null) continue;
    if (!keeps) consume(child, report);
    return report;
  }
  if (!hasCandidate) throw new SysError(ECHILD, 'wait: no such child');
  return null;
}

function newsOf(child: ThreadGroup, options: number): ChildReport | null {
  const start = { pid: child.pid, uid: child.leader.credentials.uid, usage: child.ownUsage };
  if (child.exitStatus !== null) {
    return (options & WEXITED) !== 0 ? { ...start, status: child.exitStatus, what: 'exited' } : null;
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
