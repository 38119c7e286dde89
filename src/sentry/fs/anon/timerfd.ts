import { ECANCELED, EINVAL } from '../../../abi/errno.ts';
import { TFD_IOC_SET_TICKS, TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET } from '../../../abi/event-files.ts';
import { POLLIN, POLLRDNORM } from '../../../abi/poll.ts';
import { CLOCK_REALTIME, CLOCK_REALTIME_ALARM } from '../../../abi/time.ts';
import { SysError } from '../../../base/errors.ts';
import { big, bool, defineState, extend, int, ref, u32 } from '../../../state/index.ts';
import type { IoTarget } from '../../mm/io-buffer.ts';
import type { Caller } from '../../vfs/caller.ts';
import { FileDescription, fileDescriptionState } from '../../vfs/file-description.ts';
import type { UserMemory } from '../../vfs/file-description.ts';
import type { Inode } from '../../vfs/inode.ts';
import { WOULD_BLOCK } from '../../wait/block.ts';
import type { Clock } from '../../wait/clock.ts';
import { Timer, timerFields } from '../../wait/timers.ts';
import type { TimerQueue } from '../../wait/timers.ts';
import { WaitQueue } from '../../wait/wait-queue.ts';
import { encodeU64 } from './eventfd.ts';

const COUNTER_BYTES = 8;
const MAX_NS = 2 ** 53 - 1;

/** `struct itimerspec` in ns: 0 and 0 for a timer that is not armed. */
export interface TimerSetting {
  readonly valueNs: bigint;
  readonly intervalNs: bigint;
}

/** The moment at which a timerfd expires next. */
export class TimerFileDeadline extends Timer {
  file: TimerFile;

  constructor(file: TimerFile) {
    super();
    this.file = file;
  }

  fire(): void {
    this.file.expire();
  }
}

/**
 * A timer that is read: timerfd_create(2). It fires once; the expirations of an interval are counted when somebody looks,
 * so that an idle one costs nothing.
 */
export class TimerFile extends FileDescription {
  clock: Clock;
  timers: TimerQueue;
  clockId: number;
  deadline: TimerFileDeadline;
  intervalNs = 0;
  /** Expirations that nobody has read. */
  ticks = 0n;
  /** The deadline has come, and the interval after it is not armed yet. */
  isExpired = false;
  /** TFD_TIMER_ABSTIME on the wall clock: moves with it; CANCEL_ON_SET: a read tells when it was set. */
  isOnWallClock = false;
  isCanceledBySet = false;
  wasCanceled = false;
  readQueue = new WaitQueue();

  constructor(inode: Inode, statusFlags: number, clock: Clock, timers: TimerQueue, clockId: number) {
    super(inode, null, statusFlags);
    this.clock = clock;
    this.timers = timers;
    this.clockId = clockId;
    this.deadline = new TimerFileDeadline(this);
  }

  isRealtime(): boolean {
    return this.clockId === CLOCK_REALTIME || this.clockId === CLOCK_REALTIME_ALARM;
  }

  /** timerfd_settime(2): replaces the setting and forgets what has expired; returns what was left of the old one. */
  set(setting: TimerSetting, flags: number): TimerSetting {
    const old = this.get();
    this.timers.disarm(this.deadline);
    this.isExpired = false;
    this.ticks = 0n;
    const isAbsolute = (flags & TFD_TIMER_ABSTIME) !== 0;
    this.isOnWallClock = isAbsolute && this.isRealtime();
    this.isCanceledBySet = this.isOnWallClock && (flags & TFD_TIMER_CANCEL_ON_SET) !== 0;
    this.wasCanceled = false;
    this.intervalNs = clampNs(setting.intervalNs);
    if (setting.valueNs !== 0n) {
      const base = isAbsolute ? (this.isRealtime() ? -this.clock.realtimeOffsetNs : 0n) : BigInt(this.clock.monotonicNs);
      this.timers.arm(this.deadline, clampNs(base + setting.valueNs));
    }
    return old;
  }

  /** timerfd_gettime(2): time to the next expiration, and the interval. */
  get(): TimerSetting {
    this.countIntervals();
    const isArmed = this.deadline.heapIndex >= 0;
    const leftNs = isArmed ? Math.max(1, this.deadline.deadlineNs - this.clock.monotonicNs) : 0;
    return { valueNs: BigInt(leftNs), intervalNs: BigInt(this.intervalNs) };
  }

  expire(): void {
    this.isExpired = true;
    this.ticks++;
    this.readQueue.wakeAll();
  }

  /** Counts the intervals that have passed since the timer fired, and arms the next one. */
  countIntervals(): void {
    if (!this.isExpired || this.intervalNs === 0) return;
    this.isExpired = false;
    const passed = Math.floor((this.clock.monotonicNs - this.deadline.deadlineNs) / this.intervalNs);
    this.ticks += BigInt(passed);
    this.timers.arm(this.deadline, this.deadline.deadlineNs + (passed + 1) * this.intervalNs);
  }

  /** CLOCK_REALTIME was set: an absolute timer on it stays at its wall-clock time, and may be told. */
  wallClockMoved(byNs: number): void {
    if (!this.isOnWallClock) return;
    if (this.deadline.heapIndex >= 0) this.timers.arm(this.deadline, Math.max(0, this.deadline.deadlineNs - byNs));
    if (!this.isCanceledBySet) return;
    this.wasCanceled = true;
    this.readQueue.wakeAll();
  }

  override read(dst: IoTarget): number {
    if (dst.remainingBytes < COUNTER_BYTES) throw new SysError(EINVAL, 'read: a timerfd gives eight bytes');
    if (this.wasCanceled) {
      this.wasCanceled = false;
      this.ticks = 0n;
      throw new SysError(ECANCELED, 'read: the wall clock was set');
    }
    if (this.ticks === 0n) return WOULD_BLOCK;
    const ready = dst.prepare(COUNTER_BYTES);
    this.countIntervals();
    dst.put(encodeU64(this.ticks), 0, ready);
    this.ticks = 0n;
    return COUNTER_BYTES;
  }

  override pollEvents(): number {
    return this.ticks > 0n || this.wasCanceled ? POLLIN | POLLRDNORM : 0;
  }

  override queuesFor(): readonly WaitQueue[] {
    return [this.readQueue];
  }

  override ioctl(request: number, argument: number, caller: Caller, memory: UserMemory): number {
    if (request !== TFD_IOC_SET_TICKS) return super.ioctl(request, argument, caller, memory);
    const encoded = memory.readBytes(argument, COUNTER_BYTES);
    const ticks = new DataView(encoded.buffer, encoded.byteOffset).getBigUint64(0, true);
    if (ticks === 0n) throw new SysError(EINVAL, 'TFD_IOC_SET_TICKS: no ticks');
    this.ticks = ticks;
    this.readQueue.wakeAll();
    return 0;
  }

  /** Accepted and without effect, as in Linux. */
  override seek(): number {
    return 0;
  }

  override describe(): string {
    return 'anon_inode:[timerfd]';
  }

  override release(): void {
    this.timers.disarm(this.deadline);
  }
}

/** Tells the armed timerfds of `timers` that CLOCK_REALTIME − CLOCK_MONOTONIC has grown by `byNs`. */
export function wallClockMoved(timers: TimerQueue, byNs: number): void {
  for (const timer of [...timers.heap]) if (timer instanceof TimerFileDeadline) timer.file.wallClockMoved(byNs);
}

function clampNs(ns: bigint): number {
  if (ns < 0n) return 0;
  return ns > BigInt(MAX_NS) ? MAX_NS : Number(ns);
}

defineState(TimerFileDeadline, 'TimerFileDeadline', 1, { ...timerFields, file: ref<TimerFile>('TimerFile') });
defineState(TimerFile, 'TimerFile', 1, extend(fileDescriptionState, {
  clock: ref<Clock>('Clock'),
  timers: ref<TimerQueue>('TimerQueue'),
  clockId: u32,
  deadline: ref<TimerFileDeadline>('TimerFileDeadline'),
  intervalNs: int,
  ticks: big,
  isExpired: bool,
  isOnWallClock: bool,
  isCanceledBySet: bool,
  wasCanceled: bool,
  readQueue: ref<WaitQueue>('WaitQueue'),
}));
