import { E2BIG, EINVAL, EPERM, ESRCH } from '../../abi/errno.ts';
import { SysError } from '../../base/errors.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { writeTimespec } from './timespec.ts';

/**
 * sched(7): one processor, taken in turns. Policies that only favour (other, batch, idle) are kept and shown; realtime ones are
 * EPERM, as in a container without a realtime budget.
 */

const SCHED_OTHER = 0;
const SCHED_FIFO = 1;
const SCHED_RR = 2;
const SCHED_BATCH = 3;
const SCHED_IDLE = 5;
const SCHED_DEADLINE = 6;
const SCHED_RESET_ON_FORK = 0x4000_0000;
const FAVOURING = [SCHED_OTHER, SCHED_BATCH, SCHED_IDLE];
const MAX_REALTIME_PRIORITY = 99;
/** Bytes of a set of processors that Linux with up to 64 of them uses. */
const CPU_SET_BYTES = 8;
const ATTR_BYTES_FIRST = 48;
const ATTR_BYTES = 56;
/** Length of a turn as sched_rr_get_interval(2) tells. */
const TURN_NS = 4_000_000n;
const IOPRIO_WHO_PROCESS = 1;
const IOPRIO_WHO_USER = 3;
const IOPRIO_CLASS_SHIFT = 13;
const IOPRIO_CLASS_REALTIME = 1;
const IOPRIO_CLASS_IDLE = 3;

function threadOf(task: Task, tid: number, call: string): Task {
  if (tid < 0) throw new SysError(EINVAL, `${call}: thread ${tid}`);
  if (tid === 0) return task;
  const thread = task.kernel.tasks.get(tid);
  if (thread === undefined || thread.runState === 'exited') throw new SysError(ESRCH, `${call}: no thread ${tid}`);
  return thread;
}

function setPolicy(thread: Task, policy: number, priority: number, call: string): void {
  const isRealtime = policy === SCHED_FIFO || policy === SCHED_RR;
  if (!isRealtime && policy !== SCHED_DEADLINE && !FAVOURING.includes(policy)) throw new SysError(EINVAL, `${call}: policy ${policy}`);
  if (isRealtime ? priority < 1 || priority > MAX_REALTIME_PRIORITY : priority !== 0) throw new SysError(EINVAL, `${call}: priority ${priority}`);
  if (isRealtime || policy === SCHED_DEADLINE) throw new SysError(EPERM, `${call}: no realtime budget`);
  thread.schedulingPolicy = policy;
}

/** sched_setscheduler(2). @errors EINVAL; ESRCH; EPERM realtime policies; EFAULT */
export function sched_setscheduler(task: Task, args: SyscallArgs): SyscallResult {
  const policy = args.i32(1);
  if (policy < 0 || args.addr(2) === 0) throw new SysError(EINVAL, `sched_setscheduler: policy ${policy}`);
  const priority = task.mm.readI32(args.addr(2));
  setPolicy(threadOf(task, args.i32(0), 'sched_setscheduler'), policy & ~SCHED_RESET_ON_FORK, priority, 'sched_setscheduler');
  return 0;
}

/** sched_getscheduler(2). @errors EINVAL; ESRCH */
export function sched_getscheduler(task: Task, args: SyscallArgs): SyscallResult {
  return threadOf(task, args.i32(0), 'sched_getscheduler').schedulingPolicy;
}

/** sched_setparam(2). @errors EINVAL; ESRCH; EFAULT */
export function sched_setparam(task: Task, args: SyscallArgs): SyscallResult {
  if (args.addr(1) === 0) throw new SysError(EINVAL, 'sched_setparam: no parameter');
  const priority = task.mm.readI32(args.addr(1));
  const thread = threadOf(task, args.i32(0), 'sched_setparam');
  setPolicy(thread, thread.schedulingPolicy, priority, 'sched_setparam');
  return 0;
}

/** sched_getparam(2): the realtime priority, which is 0. @errors EINVAL; ESRCH; EFAULT */
export function sched_getparam(task: Task, args: SyscallArgs): SyscallResult {
  if (args.addr(1) === 0) throw new SysError(EINVAL, 'sched_getparam: no parameter');
  threadOf(task, args.i32(0), 'sched_getparam');
  task.mm.writeI32(args.addr(1), 0);
  return 0;
}

/** sched_setaffinity(2): a set without our one processor is refused. @errors EINVAL; ESRCH; EFAULT */
export function sched_setaffinity(task: Task, args: SyscallArgs): SyscallResult {
  const lengthBytes = args.u32(1);
  const hasOurs = lengthBytes > 0 && (task.mm.readU8(args.addr(2)) & 1) !== 0;
  threadOf(task, args.i32(0), 'sched_setaffinity');
  if (!hasOurs) throw new SysError(EINVAL, 'sched_setaffinity: no processor of the set is there');
  return 0;
}

/** sched_getaffinity(2): returns the bytes stored. @errors EINVAL less than 8 bytes, or no multiple of 8; ESRCH; EFAULT */
export function sched_getaffinity(task: Task, args: SyscallArgs): SyscallResult {
  const lengthBytes = args.u32(1);
  if (lengthBytes < 1 || (lengthBytes & 7) !== 0) throw new SysError(EINVAL, `sched_getaffinity: ${lengthBytes} bytes`);
  // A negative id is nobody's here, unlike in the calls about policies.
  threadOf(task, args.i32(0) < 0 ? 0x7fffffff : args.i32(0), 'sched_getaffinity');
  task.mm.writeU64(args.addr(2), 1);
  return CPU_SET_BYTES;
}

/** sched_yield(2): the others go first. */
export function sched_yield(task: Task): SyscallResult {
  task.kernel.isYielding = true;
  return 0;
}

/** sched_get_priority_max(2). @errors EINVAL */
export function sched_get_priority_max(_task: Task, args: SyscallArgs): SyscallResult {
  return priorityBound(args.i32(0), MAX_REALTIME_PRIORITY);
}

/** sched_get_priority_min(2). @errors EINVAL */
export function sched_get_priority_min(_task: Task, args: SyscallArgs): SyscallResult {
  return priorityBound(args.i32(0), 1);
}

function priorityBound(policy: number, realtime: number): number {
  if (policy === SCHED_FIFO || policy === SCHED_RR) return realtime;
  if (policy === SCHED_DEADLINE || FAVOURING.includes(policy)) return 0;
  throw new SysError(EINVAL, `scheduling policy ${policy}`);
}

/** sched_rr_get_interval(2). @errors EINVAL; ESRCH; EFAULT */
export function sched_rr_get_interval(task: Task, args: SyscallArgs): SyscallResult {
  threadOf(task, args.i32(0), 'sched_rr_get_interval');
  writeTimespec(task.mm, args.addr(1), TURN_NS);
  return 0;
}

/** sched_setattr(2). @errors EINVAL; E2BIG; ESRCH; EPERM realtime policies; EFAULT */
export function sched_setattr(task: Task, args: SyscallArgs): SyscallResult {
  const attrAddr = args.addr(1);
  if (attrAddr === 0 || args.i32(0) < 0 || args.u32(2) !== 0) throw new SysError(EINVAL, 'sched_setattr: arguments');
  const sizeBytes = task.mm.readU32(attrAddr) === 0 ? ATTR_BYTES_FIRST : task.mm.readU32(attrAddr);
  if (sizeBytes < ATTR_BYTES_FIRST || sizeBytes > 4096) {
    task.mm.writeU32(attrAddr, ATTR_BYTES);
    throw new SysError(E2BIG, `sched_setattr: ${sizeBytes} bytes`);
  }
  const thread = threadOf(task, args.i32(0), 'sched_setattr');
  setPolicy(thread, task.mm.readU32(attrAddr + 4), task.mm.readU32(attrAddr + 20), 'sched_setattr');
  thread.threadGroup.nice = Math.max(-20, Math.min(19, task.mm.readI32(attrAddr + 16)));
  return 0;
}

/** sched_getattr(2). @errors EINVAL; ESRCH; EFAULT */
export function sched_getattr(task: Task, args: SyscallArgs): SyscallResult {
  const room = args.u32(2);
  if (args.addr(1) === 0 || room < ATTR_BYTES_FIRST || room > 4096 || args.u32(3) !== 0) throw new SysError(EINVAL, 'sched_getattr: arguments');
  const thread = threadOf(task, args.i32(0), 'sched_getattr');
  const sizeBytes = Math.min(room, ATTR_BYTES);
  const attr = new DataView(new ArrayBuffer(ATTR_BYTES));
  attr.setUint32(0, sizeBytes, true);
  attr.setUint32(4, thread.schedulingPolicy, true);
  attr.setInt32(16, thread.threadGroup.nice, true);
  if (room >= ATTR_BYTES) attr.setUint32(52, 1024, true); // most of the processor it may use
  task.mm.writeBytes(args.addr(1), new Uint8Array(attr.buffer, 0, sizeBytes));
  return 0;
}

/** ioprio_set(2): kept and shown; there is no device to favour anybody at. @errors EINVAL; ESRCH; EPERM */
export function ioprio_set(task: Task, args: SyscallArgs): SyscallResult {
  const priority = args.i32(2);
  const ioClass = priority >> IOPRIO_CLASS_SHIFT;
  if (ioClass < 0 || ioClass > IOPRIO_CLASS_IDLE || (ioClass === 0 && (priority & 7) !== 0)) throw new SysError(EINVAL, `ioprio ${priority}`);
  if (ioClass === IOPRIO_CLASS_REALTIME) throw new SysError(EPERM, 'ioprio: realtime');
  for (const thread of ioThreads(task, args.i32(0), args.i32(1))) thread.ioPriority = priority;
  return 0;
}

/** ioprio_get(2). @errors EINVAL; ESRCH */
export function ioprio_get(task: Task, args: SyscallArgs): SyscallResult {
  return Math.max(...ioThreads(task, args.i32(0), args.i32(1)).map((thread) => thread.ioPriority));
}

function ioThreads(task: Task, which: number, who: number): Task[] {
  if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER) throw new SysError(EINVAL, `ioprio: whose ${which}`);
  if (which === IOPRIO_WHO_PROCESS) return [threadOf(task, who, 'ioprio')];
  const threads = [...task.kernel.tasks.values()].filter((thread) =>
    which === IOPRIO_WHO_USER
      ? thread.credentials.uid === (who === 0 ? task.credentials.uid : who >>> 0)
      : thread.processGroup().pgid === (who === 0 ? task.processGroup().pgid : who),
  );
  if (threads.length === 0) throw new SysError(ESRCH, `ioprio: nobody is ${who}`);
  return threads;
}

export const scheduleSyscalls: SyscallTable = {
  ioprio_set: { number: 30, run: ioprio_set, support: 'partial', note: 'kept and shown, without effect' },
  ioprio_get: { number: 31, run: ioprio_get, support: 'full' },
  sched_setparam: { number: 118, run: sched_setparam, support: 'partial', note: 'no realtime policies' },
  sched_setscheduler: { number: 119, run: sched_setscheduler, support: 'partial', note: 'EPERM for realtime policies' },
  sched_getscheduler: { number: 120, run: sched_getscheduler, support: 'full' },
  sched_getparam: { number: 121, run: sched_getparam, support: 'full' },
  sched_setaffinity: { number: 122, run: sched_setaffinity, support: 'full' },
  sched_getaffinity: { number: 123, run: sched_getaffinity, support: 'full' },
  sched_yield: { number: 124, run: sched_yield, support: 'full' },
  sched_get_priority_max: { number: 125, run: sched_get_priority_max, support: 'full' },
  sched_get_priority_min: { number: 126, run: sched_get_priority_min, support: 'full' },
  sched_rr_get_interval: { number: 127, run: sched_rr_get_interval, support: 'full' },
  sched_setattr: { number: 274, run: sched_setattr, support: 'partial', note: 'EPERM for realtime policies' },
  sched_getattr: { number: 275, run: sched_getattr, support: 'full' },
};
