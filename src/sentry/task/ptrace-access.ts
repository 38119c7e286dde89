import { CAP_SYS_PTRACE } from '../auth/credentials.ts';
import type { Task } from './task.ts';

/**
 * Whether `task` may attach to `target`, or read and change its memory: one of its own process, one of the same user and group
 * that is dumpable and has no capability that the caller lacks, or any with CAP_SYS_PTRACE (ptrace(2), "Ptrace access mode checking").
 */
export function mayTrace(task: Task, target: Task): boolean {
  if (task.threadGroup === target.threadGroup) return true;
  const mine = task.credentials;
  if (mine.has(CAP_SYS_PTRACE)) return true;
  const its = target.credentials;
  const isSameUser = mine.uid === its.uid && mine.uid === its.euid && mine.uid === its.suid;
  const isSameGroup = mine.gid === its.gid && mine.gid === its.egid && mine.gid === its.sgid;
  return isSameUser && isSameGroup && target.mm.isDumpable && (its.permitted & ~mine.permitted) === 0n;
}
