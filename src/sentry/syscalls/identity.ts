import { EINVAL, EPERM, ESRCH, EACCES } from '../../abi/errno.ts';
import { SysError } from '../../base/errors.ts';
import { ProcessGroup, Session } from '../task/process-group.ts';
import type { Task } from '../task/task.ts';
import type { ThreadGroup } from '../task/thread-group.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

/** Who a task is among others: its ids, process groups and sessions. Users and groups are in credential-calls.ts. */

export function getpid(task: Task): SyscallResult {
  return task.pid;
}

export function gettid(task: Task): SyscallResult {
  return task.tid;
}

/** getppid(2): 0 for a process whose parent is outside the container. */
export function getppid(task: Task): SyscallResult {
  return task.threadGroup.parent?.pid ?? 0;
}

/** The process that `pid` names: the caller's own for 0. @errors ESRCH */
export function groupOf(task: Task, pid: number, call: string): ThreadGroup {
  if (pid === 0) return task.threadGroup;
  const found = task.kernel.threadGroups.get(pid) ?? task.kernel.tasks.get(pid)?.threadGroup;
  if (found === undefined) throw new SysError(ESRCH, `${call}: no process ${pid}`);
  return found;
}

/** getpgid(2). @errors ESRCH */
export function getpgid(task: Task, args: SyscallArgs): SyscallResult {
  return groupOf(task, args.i32(0), 'getpgid').processGroup.pgid;
}

/** getsid(2). @errors ESRCH */
export function getsid(task: Task, args: SyscallArgs): SyscallResult {
  return groupOf(task, args.i32(0), 'getsid').processGroup.session.sid;
}

/** Moves `member` to `target`; a session that lost its last group is gone. */
function moveToGroup(member: ThreadGroup, target: ProcessGroup): void {
  const former = member.processGroup;
  if (former === target) return;
  former.remove(member);
  target.add(member);
  if (former.session.groups.size === 0) member.kernel.sessions.delete(former.session.sid);
}

/**
 * setpgid(2): moves a process to a group of its session, or to a new one.
 *
 * @errors EINVAL negative group, or `pid` names a thread; ESRCH neither the caller nor a child of its; EACCES the child has executed;
 *         EPERM another session, a session leader, or no such group in the session
 */
export function setpgid(task: Task, args: SyscallArgs): SyscallResult {
  const self = task.threadGroup;
  const pid = args.i32(0) === 0 ? self.pid : args.i32(0);
  const pgid = args.i32(1) === 0 ? pid : args.i32(1);
  if (pgid < 0) throw new SysError(EINVAL, `setpgid: group ${pgid}`);
  const kernel = task.kernel;
  const member = kernel.threadGroups.get(pid);
  if (member === undefined) throw new SysError(kernel.tasks.has(pid) ? EINVAL : ESRCH, `setpgid: no process ${pid}`);
  if (member.parent === self) {
    if (member.processGroup.session !== self.processGroup.session) throw new SysError(EPERM, 'setpgid: the child is in another session');
    if (member.hasExecuted) throw new SysError(EACCES, 'setpgid: the child has executed a program');
  } else if (member !== self) {
    throw new SysError(ESRCH, `setpgid: ${pid} is no child`);
  }
  if (member.isSessionLeader()) throw new SysError(EPERM, 'setpgid: a session leader');
  const session = member.processGroup.session;
  const existing = session.findGroup(pgid);
  if (existing === null && pgid !== pid) throw new SysError(EPERM, `setpgid: no group ${pgid} in the session`);

  moveToGroup(member, existing ?? new ProcessGroup(pgid, session));
  return 0;
}

/**
 * setsid(2): makes the caller leader of a new session and group, without a terminal.
 * @errors EPERM a process group with the caller's pid exists
 */
export function setsid(task: Task): SyscallResult {
  const self = task.threadGroup;
  if (task.kernel.findProcessGroup(self.pid) !== null) throw new SysError(EPERM, 'setsid: already leads a process group');
  const session = new Session(self.pid, self, false);
  task.kernel.sessions.set(self.pid, session);
  moveToGroup(self, new ProcessGroup(self.pid, session));
  return self.pid;
}

export const identitySyscalls: SyscallTable = {
  getpid: { number: 172, run: getpid, support: 'full' },
  getppid: { number: 173, run: getppid, support: 'full' },
  gettid: { number: 178, run: gettid, support: 'full' },
  setpgid: { number: 154, run: setpgid, support: 'full' },
  getpgid: { number: 155, run: getpgid, support: 'full' },
  getsid: { number: 156, run: getsid, support: 'full' },
  setsid: { number: 157, run: setsid, support: 'full' },
};
