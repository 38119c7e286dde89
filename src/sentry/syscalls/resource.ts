import { EACCES, EINVAL, EPERM, ESRCH } from '../../abi/errno.ts';
import { RLIMIT_AS, RLIMIT_COUNT, RLIMIT_CPU, RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_STACK } from '../../abi/process.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_SYS_NICE, CAP_SYS_RESOURCE } from '../auth/credentials.ts';
import { usageOf } from '../task/cpu-time.ts';
import type { Task } from '../task/task.ts';
import type { ResourceLimit, ThreadGroup } from '../task/thread-group.ts';
import type { Usage } from '../task/usage.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;
/** fs.nr_open: no process has more descriptors. */
const MAX_OPEN_FILES = 1_048_576;
const RUSAGE_SELF = 0;
const RUSAGE_CHILDREN = -1;
const RUSAGE_THREAD = 1;
const RUSAGE_BYTES = 144;
const PRIO_PROCESS = 0;
const PRIO_PGRP = 1;
const PRIO_USER = 2;
const MIN_NICE = -20;
const MAX_NICE = 19;

function limitOf(value: bigint): number {
  return value === RLIM_INFINITY ? Infinity : Number(value);
}

function wordOf(limit: number): bigint {
  return limit === Infinity ? RLIM_INFINITY : BigInt(limit);
}

function requireResource(resource: number): number {
  if (resource >= RLIMIT_COUNT) throw new SysError(EINVAL, `rlimit ${resource}`);
  return resource;
}

function readLimit(task: Task, address: number): ResourceLimit {
  return [limitOf(task.mm.readBig(address)), limitOf(task.mm.readBig(address + 8))];
}

function writeLimit(task: Task, address: number, [soft, hard]: ResourceLimit): void {
  task.mm.writeBig(address, wordOf(soft));
  task.mm.writeBig(address + 8, wordOf(hard));
}

/** Sets limit `resource` of `group` on behalf of `task`. @errors EINVAL soft above hard; EPERM */
function setLimit(task: Task, group: ThreadGroup, resource: number, limit: ResourceLimit): void {
  const [soft, hard] = limit;
  if (soft > hard) throw new SysError(EINVAL, `rlimit ${resource}: ${soft} above ${hard}`);
  if (resource === RLIMIT_NOFILE && hard > MAX_OPEN_FILES) throw new SysError(EPERM, `rlimit nofile: ${hard}`);
  const former = group.limits[resource]!;
  if (hard > former[1] && !task.credentials.has(CAP_SYS_RESOURCE)) throw new SysError(EPERM, `rlimit ${resource}: raising the hard limit`);

  group.limits[resource] = limit;
  if (resource === RLIMIT_CPU) group.countsCpuTime = true;
  for (const thread of group.tasks) {
    if (resource === RLIMIT_NOFILE) thread.fdTable.limit = soft;
    if (resource === RLIMIT_STACK) thread.mm.stackLimitBytes = soft;
    if (resource === RLIMIT_AS) thread.mm.sizeLimitBytes = soft;
  }
}

/**
 * prlimit64(2): returns the old limit, sets the new one.
 * @errors EINVAL; ESRCH; EPERM a process of another user, or raising a hard limit; EFAULT
 */
export function prlimit64(task: Task, args: SyscallArgs): SyscallResult {
  const pid = args.i32(0);
  const resource = args.u32(1);
  const newAddr = args.addr(2);
  const oldAddr = args.addr(3);
  const limit = newAddr === 0 ? null : readLimit(task, newAddr);
  const target = pid === 0 ? task : task.kernel.tasks.get(pid);
  if (target === undefined) throw new SysError(ESRCH, `prlimit: no process ${pid}`);
  if (target.threadGroup !== task.threadGroup) requireSameUser(task, target);
  requireResource(resource);
  const group = target.threadGroup;
  const former = group.limits[resource]!;
  if (limit !== null) setLimit(task, group, resource, limit);
  if (oldAddr !== 0) writeLimit(task, oldAddr, former);
  return 0;
}

function requireSameUser(task: Task, target: Task): void {
  const { uid, gid } = task.credentials;
  const theirs = target.credentials;
  const isSame =
    [theirs.uid, theirs.euid, theirs.suid].every((id) => id === uid) && [theirs.gid, theirs.egid, theirs.sgid].every((id) => id === gid);
  if (!isSame && !task.credentials.has(CAP_SYS_RESOURCE)) throw new SysError(EPERM, `prlimit: ${target.tid} is another user's`);
}

/** getrlimit(2). @errors EINVAL; EFAULT */
export function getrlimit(task: Task, args: SyscallArgs): SyscallResult {
  writeLimit(task, args.addr(1), task.threadGroup.limits[requireResource(args.u32(0))]!);
  return 0;
}

/** setrlimit(2). @errors EINVAL; EPERM; EFAULT */
export function setrlimit(task: Task, args: SyscallArgs): SyscallResult {
  const limit = readLimit(task, args.addr(1));
  setLimit(task, task.threadGroup, requireResource(args.u32(0)), limit);
  return 0;
}

/** A struct rusage: 144 bytes. Counts that nothing here makes (swaps, block operations, switches) are 0. */
export function rusageBytes(usage: Usage): Uint8Array {
  const rusage = new DataView(new ArrayBuffer(RUSAGE_BYTES));
  [usage.userNs, usage.systemNs].forEach((ns, i) => {
    rusage.setBigInt64(16 * i, BigInt(Math.floor(ns / 1e9)), true);
    rusage.setBigInt64(16 * i + 8, BigInt(Math.floor((ns % 1e9) / 1000)), true);
  });
  rusage.setBigInt64(32, BigInt(usage.maxRssPages * 4), true); // KiB
  rusage.setBigInt64(64, BigInt(usage.minorFaults), true);
  return new Uint8Array(rusage.buffer);
}

/** getrusage(2). @errors EINVAL; EFAULT */
export function getrusage(task: Task, args: SyscallArgs): SyscallResult {
  const who = args.i32(0);
  let usage: Usage;
  if (who === RUSAGE_SELF) usage = usageOf(task.threadGroup);
  else if (who === RUSAGE_CHILDREN) usage = task.threadGroup.childUsage;
  else if (who === RUSAGE_THREAD) {
    usage = { userNs: task.userNs, systemNs: task.systemNs, minorFaults: task.minorFaults, maxRssPages: task.mm.notePeak() };
  } else {
    throw new SysError(EINVAL, `getrusage: ${who}`);
  }
  task.mm.writeBytes(args.addr(1), rusageBytes(usage));
  return 0;
}

/** Processes that `which` and `who` of getpriority(2) mean. @errors EINVAL; ESRCH none */
function groupsMeant(task: Task, which: number, who: number): ThreadGroup[] {
  const all = [...task.kernel.threadGroups.values()].filter((group) => !group.isExited());
  let meant: ThreadGroup[];
  if (which === PRIO_PROCESS) {
    const target = who === 0 ? task : task.kernel.tasks.get(who);
    meant = target === undefined ? [] : [target.threadGroup];
  } else if (which === PRIO_PGRP) {
    const pgid = who === 0 ? task.processGroup().pgid : who;
    meant = all.filter((group) => group.processGroup.pgid === pgid);
  } else if (which === PRIO_USER) {
    const uid = who === 0 ? task.credentials.uid : who >>> 0;
    meant = all.filter((group) => group.leader.credentials.uid === uid);
  } else {
    throw new SysError(EINVAL, `priority of ${which}`);
  }
  if (meant.length === 0) throw new SysError(ESRCH, `priority: nobody is ${who}`);
  return meant;
}

/** getpriority(2): 20 − nice of the process that is favoured most, 1 to 40. @errors EINVAL; ESRCH */
export function getpriority(task: Task, args: SyscallArgs): SyscallResult {
  return Math.max(...groupsMeant(task, args.i32(0), args.i32(1)).map((group) => 20 - group.nice));
}

/** setpriority(2). The scheduler takes turns whatever the value is. @errors EINVAL; ESRCH; EPERM another user's; EACCES more than RLIMIT_NICE allows */
export function setpriority(task: Task, args: SyscallArgs): SyscallResult {
  const meant = groupsMeant(task, args.i32(0), args.i32(1));
  const nice = Math.max(MIN_NICE, Math.min(MAX_NICE, args.i32(2)));
  const mayAll = task.credentials.has(CAP_SYS_NICE);
  let failure: SysError | null = null;
  for (const group of meant) {
    const theirs = group.leader.credentials;
    if (!mayAll && theirs.uid !== task.credentials.euid && theirs.euid !== task.credentials.euid) {
      failure = new SysError(EPERM, `setpriority: ${group.pid} is another user's`);
    } else if (!mayAll && nice < group.nice && 20 - nice > group.limit(RLIMIT_NICE)) {
      failure = new SysError(EACCES, `setpriority: nice ${nice}`);
    } else {
      group.nice = nice;
    }
  }
  if (failure !== null) throw failure;
  return 0;
}

export const resourceSyscalls: SyscallTable = {
  setpriority: { number: 140, run: setpriority, support: 'partial', note: 'kept and shown; the scheduler takes turns' },
  getpriority: { number: 141, run: getpriority, support: 'full' },
  getrlimit: { number: 163, run: getrlimit, support: 'full' },
  setrlimit: { number: 164, run: setrlimit, support: 'full' },
  getrusage: { number: 165, run: getrusage, support: 'partial', note: 'block operations and switches are 0' },
  prlimit64: { number: 261, run: prlimit64, support: 'full' },
};
