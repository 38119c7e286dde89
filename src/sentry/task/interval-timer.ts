import { bool, defineState, int, optional, ref, u32 } from '../../state/index.ts';
import { SI_KERNEL, SI_TIMER } from '../../abi/signal.ts';
import { Timer, timerFields } from '../wait/timers.ts';
import type { SignalInfo } from './signals/signal-queue.ts';
import { signalInfo, signalInfoKind } from './signals/signal-queue.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';

/** setitimer(2), one of REAL, VIRTUAL and PROF. The CPU ones are not armed in the timer queue: `deadlineNs` is in CPU time. */
export class IntervalTimer extends Timer {
  group: ThreadGroup;
  signal: number;
  intervalNs = 0;
  /** VIRTUAL and PROF: counting. */
  isCounting = false;

  constructor(group: ThreadGroup, signal: number) {
    super();
    this.group = group;
    this.signal = signal;
  }

  fire(nowNs: number): void {
    this.group.sendSignal(signalInfo(this.signal, SI_KERNEL));
    if (this.intervalNs === 0) return;
    const missed = Math.floor((nowNs - this.deadlineNs) / this.intervalNs);
    this.group.kernel.timers.arm(this, this.deadlineNs + (missed + 1) * this.intervalNs);
  }
}

defineState(IntervalTimer, 'IntervalTimer', 1, {
  ...timerFields,
  group: ref<ThreadGroup>('ThreadGroup'),
  signal: u32,
  intervalNs: int,
  isCounting: bool,
});

/** timer_create(2). */
export class PosixTimer extends Timer {
  group: ThreadGroup;
  id: number;
  clockId: number;
  /** The signal it sends; null for SIGEV_NONE. */
  info: SignalInfo | null;
  /** SIGEV_THREAD_ID: the thread it goes to. */
  thread: Task | null;
  intervalNs = 0;
  /** Counts CPU time: not in the timer queue, `deadlineNs` is in that time, of `countedThread` or of the whole group. */
  isCounting = false;
  countedThread: Task | null = null;
  /** Expirations since the last signal was delivered, beyond the first. */
  overrun = 0;

  constructor(group: ThreadGroup, id: number, clockId: number, info: SignalInfo | null, thread: Task | null) {
    super();
    this.group = group;
    this.id = id;
    this.clockId = clockId;
    this.info = info;
    this.thread = thread;
  }

  fire(nowNs: number): void {
    const missed = this.intervalNs === 0 ? 0 : Math.floor((nowNs - this.deadlineNs) / this.intervalNs);
    const nextNs = this.deadlineNs + (missed + 1) * this.intervalNs;
    if (this.isCounting) {
      this.isCounting = this.intervalNs !== 0;
      this.deadlineNs = nextNs;
    } else if (this.intervalNs !== 0) {
      this.group.kernel.timers.arm(this, nextNs);
    }
    if (this.info === null) return;
    if (this.isQueued()) {
      this.overrun += missed + 1;
      return;
    }
    this.overrun = missed;
    const info = { ...this.info, code: SI_TIMER, timerId: this.id, overrun: missed };
    if (this.thread !== null) this.thread.sendSignal(info);
    else this.group.sendSignal(info);
  }

  /** Whether its last signal still waits. */
  isQueued(): boolean {
    const queue = this.thread !== null ? this.thread.own : this.group.shared;
    return queue.infos.some((info) => info.code === SI_TIMER && info.timerId === this.id);
  }
}

defineState(PosixTimer, 'PosixTimer', 1, {
  ...timerFields,
  group: ref<ThreadGroup>('ThreadGroup'),
  id: u32,
  clockId: int,
  info: optional(signalInfoKind),
  thread: optional(ref<Task>('Task')),
  intervalNs: int,
  isCounting: bool,
  countedThread: optional(ref<Task>('Task')),
  overrun: int,
});
