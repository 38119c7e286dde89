import { EINVAL, EOPNOTSUPP, EPERM } from '../../abi/errno.ts';
import {
  CLOCK_BOOTTIME, CLOCK_BOOTTIME_ALARM, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW, CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME, CLOCK_REALTIME_ALARM, CLOCK_REALTIME_COARSE, CLOCK_TAI, CLOCK_THREAD_CPUTIME_ID, COARSE_NS, NS_PER_TICK, STA_UNSYNC,
  TIME_ERROR, TIMER_ABSTIME, TIMEX_BYTES,
} from '../../abi/time.ts';
import { SysError } from '../../base/errors.ts';
import { cpuTimeNs, usageOf } from '../task/cpu-time.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { clampNs, readTimespec, writeTimespec, writeTimeval } from './timespec.ts';

// A clock id below zero names the CPU clock of a process or thread: ~pid << 3, 4 for a thread, 2 for all its CPU time.
const CPU_CLOCK_KIND = 3;
const CPU_CLOCK_THREAD = 4;

/** CPU time in ns by the clock of a process or thread that `clockId`, negative, names. @errors EINVAL */
function namedCpuTimeNs(task: Task, clockId: number): number {
  const kind = clockId & CPU_CLOCK_KIND;
  const id = ~(clockId >> 3);
  if (kind === CPU_CLOCK_KIND) throw new SysError(EINVAL, `clock ${clockId}: no clock device`);
  if ((clockId & CPU_CLOCK_THREAD) !== 0) {
    const thread = id === 0 ? task : task.kernel.tasks.get(id);
    if (thread === undefined || thread.threadGroup !== task.threadGroup) throw new SysError(EINVAL, `clock ${clockId}: no thread ${id}`);
    return kind === 1 ? thread.userNs : thread.userNs + thread.systemNs;
  }
  const group = id === 0 ? task.threadGroup : task.kernel.threadGroups.get(id);
  if (group === undefined) throw new SysError(EINVAL, `clock ${clockId}: no process ${id}`);
  return kind === 1 ? usageOf(group).userNs : cpuTimeNs(group);
}

/** What the clock `clockId` shows, in ns. @errors EINVAL no such clock */
export function clockNs(task: Task, clockId: number): bigint {
  const { clock } = task.kernel;
  switch (clockId) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
      return clock.realtimeNs();
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
      return BigInt(clock.monotonicNs);
    case CLOCK_REALTIME_COARSE:
      return clock.realtimeNs() - (clock.realtimeNs() % BigInt(COARSE_NS));
    case CLOCK_MONOTONIC_COARSE:
      return BigInt(clock.monotonicNs - (clock.monotonicNs % COARSE_NS));
    case CLOCK_PROCESS_CPUTIME_ID:
      return BigInt(cpuTimeNs(task.threadGroup));
    case CLOCK_THREAD_CPUTIME_ID:
      return BigInt(task.userNs + task.systemNs);
    default:
      if (clockId < 0) return BigInt(namedCpuTimeNs(task, clockId));
      throw new SysError(EINVAL, `clock ${clockId}: no such clock`);
  }
}

/** Whether `clockId` shows the time of day. */
export function isRealtime(clockId: number): boolean {
  return clockId === CLOCK_REALTIME || clockId === CLOCK_REALTIME_ALARM || clockId === CLOCK_TAI;
}

/** The monotonic time in ns at which the clock, real or monotonic, shows `ns`; never below 0. */
export function monotonicAt(task: Task, clockId: number, ns: bigint): number {
  const monotonic = isRealtime(clockId) ? ns - task.kernel.clock.realtimeOffsetNs : ns;
  return monotonic < 0n ? 0 : clampNs(monotonic);
}

/** clock_gettime(2). @errors EINVAL; EFAULT */
export function clock_gettime(task: Task, args: SyscallArgs): SyscallResult {
  writeTimespec(task.mm, args.addr(1), clockNs(task, args.i32(0)));
  return 0;
}

/** clock_getres(2). @errors EINVAL; EFAULT */
export function clock_getres(task: Task, args: SyscallArgs): SyscallResult {
  const clockId = args.i32(0);
  clockNs(task, clockId);
  const isCoarse = clockId === CLOCK_REALTIME_COARSE || clockId === CLOCK_MONOTONIC_COARSE;
  if (args.addr(1) !== 0) writeTimespec(task.mm, args.addr(1), isCoarse ? BigInt(COARSE_NS) : 1n);
  return 0;
}

/** clock_settime(2): the container may not set the clock. @errors EINVAL a clock that nobody sets; EPERM; EFAULT */
export function clock_settime(task: Task, args: SyscallArgs): SyscallResult {
  if (args.i32(0) !== CLOCK_REALTIME) throw new SysError(EINVAL, 'clock_settime: not a clock that can be set');
  readTimespec(task.mm, args.addr(1), 'clock_settime');
  throw new SysError(EPERM, 'clock_settime: the clock belongs to the outside');
}

/** gettimeofday(2): the time zone is UTC. @errors EFAULT */
export function gettimeofday(task: Task, args: SyscallArgs): SyscallResult {
  if (args.addr(0) !== 0) writeTimeval(task.mm, args.addr(0), task.kernel.clock.realtimeNs());
  if (args.addr(1) !== 0) task.mm.writeBig(args.addr(1), 0n);
  return 0;
}

/** settimeofday(2). @errors EPERM */
export function settimeofday(): SyscallResult {
  throw new SysError(EPERM, 'settimeofday: the clock belongs to the outside');
}

/**
 * Sleeps until the monotonic time `deadlineNs`.
 * @param remainingAddr  where the time left goes when a signal comes; 0 for nowhere
 */
function sleepUntil(task: Task, deadlineNs: number, remainingAddr: number, restart: 'restartBlock' | 'nohand'): SyscallResult {
  const left = deadlineNs - task.kernel.clock.monotonicNs;
  if (left <= 0) return 0;
  task.waitRecord().remainingAddress = remainingAddr;
  return { queues: [], restart, deadlineNs };
}

/**
 * nanosleep(2).
 *
 * @blocks until the time is over
 * @errors EINVAL; EFAULT; EINTR, with the time that was left stored at the second argument
 */
export function nanosleep(task: Task, args: SyscallArgs): SyscallResult {
  const requestAddr = args.addr(0);
  const deadline = task.deadlineNs(() => sleepEnd(task, clampNs(readTimespec(task.mm, requestAddr, 'nanosleep'))));
  return sleepUntil(task, deadline ?? 0, args.addr(1), 'restartBlock');
}

function sleepEnd(task: Task, spanNs: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, task.kernel.clock.monotonicNs + spanNs);
}

/**
 * clock_nanosleep(2).
 *
 * @blocks until the time is over, or the clock shows the time (TIMER_ABSTIME)
 * @errors EINVAL; EOPNOTSUPP a clock that nobody can wait for; EFAULT; EINTR
 */
export function clock_nanosleep(task: Task, args: SyscallArgs): SyscallResult {
  const clockId = args.i32(0);
  const isAbsolute = (args.i32(1) & TIMER_ABSTIME) !== 0;
  const requestAddr = args.addr(2);
  clockNs(task, clockId);
  if (clockId === CLOCK_THREAD_CPUTIME_ID) throw new SysError(EINVAL, 'clock_nanosleep: the clock of the thread itself');
  if (!isRealtime(clockId) && clockId !== CLOCK_MONOTONIC && clockId !== CLOCK_BOOTTIME && clockId !== CLOCK_BOOTTIME_ALARM) {
    throw new SysError(EOPNOTSUPP, `clock_nanosleep: clock ${clockId}`);
  }
  const deadline = task.deadlineNs(() => {
    const ns = readTimespec(task.mm, requestAddr, 'clock_nanosleep');
    return isAbsolute ? monotonicAt(task, clockId, ns) : sleepEnd(task, clampNs(ns));
  });
  return isAbsolute
    ? sleepUntil(task, deadline ?? 0, 0, 'nohand')
    : sleepUntil(task, deadline ?? 0, args.addr(3), 'restartBlock');
}

/** times(2): four counts of USER_HZ ticks; returns the ticks since the container began. @errors EFAULT */
export function times(task: Task, args: SyscallArgs): SyscallResult {
  const address = args.addr(0);
  if (address !== 0) {
    const own = usageOf(task.threadGroup);
    const children = task.threadGroup.childUsage;
    [own.userNs, own.systemNs, children.userNs, children.systemNs].forEach((ns, i) => {
      task.mm.writeU64(address + 8 * i, Math.floor(ns / NS_PER_TICK));
    });
  }
  return Math.floor(task.kernel.clock.monotonicNs / NS_PER_TICK);
}

/** Fills the struct timex at `address`, as an unadjusted, unsynchronized clock shows it; returns TIME_ERROR. */
function readAdjustment(task: Task, address: number): number {
  if (task.mm.readU32(address) !== 0) throw new SysError(EPERM, 'adjtimex: the clock belongs to the outside');
  const timex = new DataView(new ArrayBuffer(TIMEX_BYTES));
  const now = task.kernel.clock.realtimeNs();
  timex.setBigInt64(24, 16_000_000n, true); // maxerror, µs
  timex.setBigInt64(32, 16_000_000n, true); // esterror
  timex.setInt32(40, STA_UNSYNC, true); // status
  timex.setBigInt64(48, 2n, true); // constant
  timex.setBigInt64(56, 1n, true); // precision
  timex.setBigInt64(64, 32_768_000n, true); // tolerance
  timex.setBigInt64(72, now / 1_000_000_000n, true); // time
  timex.setBigInt64(80, (now % 1_000_000_000n) / 1000n, true);
  timex.setBigInt64(88, 10_000n, true); // tick
  task.mm.writeBytes(address, new Uint8Array(timex.buffer));
  return TIME_ERROR;
}

/** adjtimex(2). @errors EPERM to change anything; EFAULT */
export function adjtimex(task: Task, args: SyscallArgs): SyscallResult {
  return readAdjustment(task, args.addr(0));
}

/** clock_adjtime(2). @errors EINVAL; EOPNOTSUPP a clock that is not adjusted; EPERM; EFAULT */
export function clock_adjtime(task: Task, args: SyscallArgs): SyscallResult {
  const clockId = args.i32(0);
  clockNs(task, clockId);
  if (clockId !== CLOCK_REALTIME) throw new SysError(EOPNOTSUPP, `clock_adjtime: clock ${clockId}`);
  return readAdjustment(task, args.addr(1));
}

export const timeSyscalls: SyscallTable = {
  nanosleep: { number: 101, run: nanosleep, support: 'full' },
  clock_settime: { number: 112, run: clock_settime, support: 'partial', note: 'EPERM: the clock belongs to the outside' },
  clock_gettime: { number: 113, run: clock_gettime, support: 'full' },
  clock_getres: { number: 114, run: clock_getres, support: 'full' },
  clock_nanosleep: { number: 115, run: clock_nanosleep, support: 'partial', note: 'EOPNOTSUPP for CPU-time clocks' },
  times: { number: 153, run: times, support: 'full' },
  gettimeofday: { number: 169, run: gettimeofday, support: 'full' },
  settimeofday: { number: 170, run: settimeofday, support: 'partial', note: 'EPERM: the clock belongs to the outside' },
  adjtimex: { number: 171, run: adjtimex, support: 'partial', note: 'read-only' },
  clock_adjtime: { number: 266, run: clock_adjtime, support: 'partial', note: 'read-only' },
};
