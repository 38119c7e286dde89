import { EAGAIN, EINVAL, EOPNOTSUPP } from '../../abi/errno.ts';
import { SI_TIMER, SIGALRM, SIGPROF, SIGRTMAX, SIGVTALRM } from '../../abi/signal.ts';
import {
  CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, ITIMER_REAL, ITIMER_VIRTUAL, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, SIGEV_THREAD_ID, TIMER_ABSTIME,
} from '../../abi/time.ts';
import { SysError } from '../../base/errors.ts';
import { cpuTimeNs, usageOf } from '../task/cpu-time.ts';
import { timerNowNs } from '../task/cpu-timers.ts';
import { IntervalTimer, PosixTimer } from '../task/interval-timer.ts';
import { signalInfo } from '../task/signals/signal-queue.ts';
import type { SignalInfo } from '../task/signals/signal-queue.ts';
import type { Task } from '../task/task.ts';
import type { ThreadGroup } from '../task/thread-group.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { clockNs, isRealtime, monotonicAt } from './time.ts';
import { clampNs, readTimespec, readTimeval, writeTimespec, writeTimeval } from './timespec.ts';

/** Timers that a process has at one time. */
const MAX_TIMERS = 1024;
const TIMER_SIGNALS = [SIGALRM, SIGVTALRM, SIGPROF];

/** CPU time that ITIMER_VIRTUAL or ITIMER_PROF counts. */
function countedNs(group: ThreadGroup, which: number): number {
  return which === ITIMER_VIRTUAL ? usageOf(group).userNs : cpuTimeNs(group);
}

/** Time left of interval timer `which`, in ns; 0 when it does not run. One that runs never shows 0. */
function intervalLeftNs(group: ThreadGroup, which: number): number {
  const timer = group.intervalTimers[which] ?? null;
  if (timer === null) return 0;
  if (which === ITIMER_REAL) return timer.heapIndex < 0 ? 0 : Math.max(1000, timer.deadlineNs - group.kernel.clock.monotonicNs);
  return timer.isCounting ? Math.max(1000, timer.deadlineNs - countedNs(group, which)) : 0;
}

function writeIntervalTimer(task: Task, which: number, address: number): void {
  const timer = task.threadGroup.intervalTimers[which] ?? null;
  writeTimeval(task.mm, address, BigInt(timer?.intervalNs ?? 0));
  writeTimeval(task.mm, address + 16, BigInt(intervalLeftNs(task.threadGroup, which)));
}

function requireWhich(which: number): number {
  if (which < 0 || which > 2) throw new SysError(EINVAL, `itimer ${which}`);
  return which;
}

/** getitimer(2): interval and time left, two timevals. @errors EINVAL; EFAULT */
export function getitimer(task: Task, args: SyscallArgs): SyscallResult {
  writeIntervalTimer(task, requireWhich(args.i32(0)), args.addr(1));
  return 0;
}

/** setitimer(2): a null address for the new value disarms, as in Linux. @errors EINVAL; EFAULT */
export function setitimer(task: Task, args: SyscallArgs): SyscallResult {
  const which = args.i32(0);
  const newAddr = args.addr(1);
  const intervalNs = newAddr === 0 ? 0 : clampNs(readTimeval(task.mm, newAddr, 'setitimer'));
  const valueNs = newAddr === 0 ? 0 : clampNs(readTimeval(task.mm, newAddr + 16, 'setitimer'));
  requireWhich(which);
  if (args.addr(2) !== 0) writeIntervalTimer(task, which, args.addr(2));

  const group = task.threadGroup;
  const { clock, timers } = group.kernel;
  const timer = group.intervalTimers[which] ?? new IntervalTimer(group, TIMER_SIGNALS[which]!);
  group.intervalTimers[which] = timer;
  timer.intervalNs = intervalNs;
  if (which !== ITIMER_REAL) {
    timer.isCounting = valueNs !== 0;
    if (timer.isCounting) group.countsCpuTime = true;
    timer.deadlineNs = countedNs(group, which) + valueNs;
  } else if (valueNs === 0) {
    timers.disarm(timer);
  } else {
    timers.arm(timer, Math.min(Number.MAX_SAFE_INTEGER, clock.monotonicNs + valueNs));
  }
  return 0;
}

/** What the struct sigevent at `address` asks for; null in place of the signal for SIGEV_NONE. */
function readNotification(task: Task, address: number): { info: SignalInfo | null; thread: Task | null } {
  const value = task.mm.readBig(address);
  const signal = task.mm.readI32(address + 8);
  const notify = task.mm.readI32(address + 12);
  if (notify === SIGEV_NONE) return { info: null, thread: null };
  if (notify !== SIGEV_SIGNAL && notify !== SIGEV_THREAD && notify !== (SIGEV_SIGNAL | SIGEV_THREAD_ID)) {
    throw new SysError(EINVAL, `timer_create: notification ${notify}`);
  }
  if (signal < 1 || signal > SIGRTMAX) throw new SysError(EINVAL, `timer_create: signal ${signal}`);
  let thread: Task | null = null;
  if (notify === SIGEV_THREAD_ID) {
    thread = task.kernel.tasks.get(task.mm.readI32(address + 16)) ?? null;
    if (thread === null || thread.threadGroup !== task.threadGroup) throw new SysError(EINVAL, 'timer_create: no such thread of the caller');
  }
  return { info: signalInfo(signal, SI_TIMER, { value }), thread };
}

/**
 * timer_create(2): stores the new timer's 32-bit id.
 * @errors EINVAL clock, signal or thread; EOPNOTSUPP a clock that timers do not follow; EAGAIN too many; EFAULT
 */
export function timer_create(task: Task, args: SyscallArgs): SyscallResult {
  const clockId = args.i32(0);
  const eventAddr = args.addr(1);
  clockNs(task, clockId);
  const isCpuClock = clockId < 0 || clockId === CLOCK_PROCESS_CPUTIME_ID || clockId === CLOCK_THREAD_CPUTIME_ID;
  if (!isCpuClock && !isRealtime(clockId) && clockId !== CLOCK_MONOTONIC && clockId !== CLOCK_BOOTTIME) {
    throw new SysError(EOPNOTSUPP, `timer_create: clock ${clockId}`);
  }
  const countedThread = isCpuClock ? threadOfClock(task, clockId) : null;
  const group = task.threadGroup;
  if (group.posixTimers.size >= MAX_TIMERS) throw new SysError(EAGAIN, `timer_create: ${MAX_TIMERS} timers`);
  const id = group.nextTimerId;
  const { info, thread } =
    eventAddr === 0 ? { info: signalInfo(SIGALRM, SI_TIMER, { value: BigInt(id) }), thread: null } : readNotification(task, eventAddr);
  task.mm.writeU32(args.addr(2), id);
  group.nextTimerId++;
  const timer = new PosixTimer(group, id, clockId, info, thread);
  timer.countedThread = countedThread;
  group.posixTimers.set(id, timer);
  return 0;
}

/** The thread whose CPU time a clock counts; null for one of the whole process. @errors EOPNOTSUPP another process, or user time alone */
function threadOfClock(task: Task, clockId: number): Task | null {
  if (clockId === CLOCK_THREAD_CPUTIME_ID) return task;
  if (clockId === CLOCK_PROCESS_CPUTIME_ID) return null;
  const id = ~(clockId >> 3);
  const thread = id === 0 ? task : task.kernel.tasks.get(id);
  if (thread === undefined || thread.threadGroup !== task.threadGroup || (clockId & 3) !== 2) {
    throw new SysError(EOPNOTSUPP, `timer_create: clock ${clockId}`);
  }
  return (clockId & 4) !== 0 ? thread : null;
}

/** Whether a timer follows CPU time. */
function isCpuTimer(timer: PosixTimer): boolean {
  return timer.clockId < 0 || timer.clockId === CLOCK_PROCESS_CPUTIME_ID || timer.clockId === CLOCK_THREAD_CPUTIME_ID;
}

/** What the timer's deadlines are measured by. */
function timerClockNs(task: Task, timer: PosixTimer): number {
  return isCpuTimer(timer) ? timerNowNs(timer) : task.kernel.clock.monotonicNs;
}

function requireTimer(task: Task, id: number): PosixTimer {
  const timer = task.threadGroup.posixTimers.get(id);
  if (timer === undefined) throw new SysError(EINVAL, `no timer ${id}`);
  return timer;
}

function writePosixTimer(task: Task, timer: PosixTimer, address: number): void {
  const isArmed = timer.isCounting || timer.heapIndex >= 0;
  const left = isArmed ? Math.max(1, timer.deadlineNs - timerClockNs(task, timer)) : 0;
  writeTimespec(task.mm, address, BigInt(timer.intervalNs));
  writeTimespec(task.mm, address + 16, BigInt(left));
}

/** timer_gettime(2): interval and time left, two timespecs. @errors EINVAL; EFAULT */
export function timer_gettime(task: Task, args: SyscallArgs): SyscallResult {
  writePosixTimer(task, requireTimer(task, args.i32(0)), args.addr(1));
  return 0;
}

/** timer_settime(2). @errors EINVAL; EFAULT */
export function timer_settime(task: Task, args: SyscallArgs): SyscallResult {
  const newAddr = args.addr(2);
  if (newAddr === 0) throw new SysError(EINVAL, 'timer_settime: no new value');
  const intervalNs = clampNs(readTimespec(task.mm, newAddr, 'timer_settime'));
  const valueNs = readTimespec(task.mm, newAddr + 16, 'timer_settime');
  const timer = requireTimer(task, args.i32(0));
  if (args.addr(3) !== 0) writePosixTimer(task, timer, args.addr(3));

  const { timers } = task.kernel;
  timers.disarm(timer);
  timer.isCounting = false;
  timer.overrun = 0;
  timer.intervalNs = valueNs === 0n ? 0 : intervalNs;
  if (valueNs === 0n) return 0;
  const isAbsolute = (args.i32(1) & TIMER_ABSTIME) !== 0;
  const absoluteNs = isAbsolute ? monotonicAt(task, timer.clockId, valueNs) : timerClockNs(task, timer) + clampNs(valueNs);
  const deadlineNs = Math.min(Number.MAX_SAFE_INTEGER, absoluteNs);
  if (isCpuTimer(timer)) {
    timer.deadlineNs = deadlineNs;
    timer.isCounting = true;
    task.threadGroup.countsCpuTime = true;
  } else {
    timers.arm(timer, deadlineNs);
  }
  return 0;
}

/** timer_getoverrun(2): expirations beyond the one that the last signal told of. @errors EINVAL */
export function timer_getoverrun(task: Task, args: SyscallArgs): SyscallResult {
  return requireTimer(task, args.i32(0)).overrun;
}

/** timer_delete(2). @errors EINVAL */
export function timer_delete(task: Task, args: SyscallArgs): SyscallResult {
  const timer = requireTimer(task, args.i32(0));
  task.kernel.timers.disarm(timer);
  task.threadGroup.posixTimers.delete(timer.id);
  return 0;
}

export const timerSyscalls: SyscallTable = {
  getitimer: { number: 102, run: getitimer, support: 'full' },
  setitimer: { number: 103, run: setitimer, support: 'full' },
  timer_create: { number: 107, run: timer_create, support: 'partial', note: 'no timers on clocks of other processes' },
  timer_gettime: { number: 108, run: timer_gettime, support: 'full' },
  timer_getoverrun: { number: 109, run: timer_getoverrun, support: 'full' },
  timer_settime: { number: 110, run: timer_settime, support: 'full' },
  timer_delete: { number: 111, run: timer_delete, support: 'full' },
};
