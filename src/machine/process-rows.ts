import { textFromByteString } from '../base/bytes.ts';
import { syscallName } from '../sentry/syscalls/table.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import type { ThreadGroup } from '../sentry/task/thread-group.ts';
import type { Task } from '../sentry/task/task.ts';
import type { ProcessRow } from './api.ts';

const A7 = 17;

/** The process table, ascending by pid. */
export function processRows(kernel: Kernel): ProcessRow[] {
  return [...kernel.threadGroups.values()].sort((a, b) => a.pid - b.pid).map((group) => rowOf(kernel, group));
}

function rowOf(kernel: Kernel, group: ThreadGroup): ProcessRow {
  const { leader } = group;
  const task = group.tasks.has(leader) ? leader : [...group.tasks][0];
  let cpuNs = group.ownUsage.userNs + group.ownUsage.systemNs;
  for (const thread of group.tasks) cpuNs += thread.userNs + thread.systemNs;
  const { session } = group.processGroup;
  const command = textFromByteString(leader.name);
  return {
    pid: group.pid,
    ppid: group.parent?.pid ?? 0,
    pgid: group.processGroup.pgid,
    sid: session.sid,
    uid: leader.credentials.euid,
    origin: group.origin,
    state: stateLetter(group, task),
    command,
    commandLine: group.commandLine.length === 0 ? command : textFromByteString(group.commandLine.join(' ')),
    waitsIn: task === undefined || task.runState !== 'parked' ? '' : syscallName(kernel.core.regLo(task.slot, A7)),
    threads: group.tasks.size,
    fds: task === undefined ? 0 : task.fdTable.entriesByFd.size,
    residentPages: task === undefined ? 0 : residentPages(task),
    tty: session.tty === null ? null : `pts/${session.tty.device & 0xff}`,
    cpuNs,
    livesOn: group.origin === 'init',
  };
}

function stateLetter(group: ThreadGroup, task: Task | undefined): string {
  if (group.isExited() || task === undefined) return 'Z';
  if (task.runState === 'traced') return 't';
  if (group.isStopped && task.trace === null) return 'T';
  return task.runState === 'parked' ? 'S' : 'R';
}

function residentPages(task: Task): number {
  let pages = 0;
  for (const vma of task.mm.vmas) pages += task.mm.residentPages(vma.start, vma.end);
  return pages;
}
