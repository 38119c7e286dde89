import { RLIMIT_COUNT } from '../../abi/process.ts';
import { CLD_CONTINUED, CLD_STOPPED, SA_NOCLDSTOP, SIGCHLD, SIGCONT, SIGKILL, signalBit } from '../../abi/signal.ts';
import { anyRef, bool, byteString, defineState, enumOf, f64, i32, int, list, map, optional, ref, set, tuple, u32 } from '../../state/index.ts';
import { WaitQueue } from '../wait/wait-queue.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { IntervalTimer, PosixTimer } from './interval-timer.ts';
import type { Kernel } from './kernel.ts';
import { forebearKind } from './origin.ts';
import type { ExecSession, Forebear, Origin } from './origin.ts';
import type { ProcessGroup } from './process-group.ts';
import { continueTracee, stopTracee } from './ptrace-stop.ts';
import { isTracedByParent } from './ptrace.ts';
import type { SignalActions } from './signals/signal-actions.ts';
import { defaultAction } from './signals/signal-actions.ts';
import { signalInfo, SignalQueue } from './signals/signal-queue.ts';
import type { SignalInfo } from './signals/signal-queue.ts';
import type { Task } from './task.ts';
import { noUsage, usageKind } from './usage.ts';
import type { Usage } from './usage.ts';

/** Signals that stop a process by default. */
const STOP_SIGNALS = signalBit(19) | signalBit(20) | signalBit(21) | signalBit(22);

/** Soft and hard limit; Infinity is RLIM_INFINITY. */
export type ResourceLimit = readonly [softLimit: number, hardLimit: number];
const UNLIMITED: ResourceLimit = [Infinity, Infinity];

/** Tasks that share one pid: what people call a process. */
export class ThreadGroup {
  kernel: Kernel;
  pid: number;
  leader: Task;
  /** Threads that live, the leader included while it does. */
  tasks = new Set<Task>();
  /** null for the container's init and for what exec started from outside. */
  parent: ThreadGroup | null = null;
  children = new Set<ThreadGroup>();
  /** The parent's thread that made it or is answerable for it; null without a parent. */
  parentTask: Task | null = null;
  /** Threads that are gone but for their tracers, which have not waited for them: the end of the group is not told before. */
  tracedZombies = 0;
  processGroup: ProcessGroup;
  /** How the first ancestor began; never changed. */
  origin: Origin;
  /** The exec it descends from; null for origin `init`. */
  execSession: ExecSession | null = null;
  /** Whom it descends from, the first one first; of a long line some in the middle are left out. */
  forebears: Forebear[] = [];
  actions: SignalActions;
  /** Signals for any thread. */
  shared = new SignalQueue();
  /** Woken when a child changes state. */
  childWait = new WaitQueue();
  /** Woken when a thread of it is gone, and when all are. */
  exitWait = new WaitQueue();
  /** Woken when this child of a vfork lets go of its parent's memory. */
  vforkDone = new WaitQueue();
  hasReleasedVfork = false;
  /** Sent to the parent at exit. */
  exitSignal = SIGCHLD;
  /** exit_group or a fatal signal is under way. */
  isExiting = false;
  /** wait status once all threads are gone; null before. */
  exitStatus: number | null = null;
  /** Status decided when the group began to exit. */
  pendingStatus = 0;
  isStopped = false;
  stopSignal = 0;
  /** A stop or a continue that the parent has not waited for. */
  unwaitedStop = false;
  unwaitedContinue = false;
  /** Limits by RLIMIT_*. */
  limits: ResourceLimit[];
  isChildSubreaper = false;
  parentDeathSignal = 0;
  startNs = 0;
  /** CPU time of threads that are gone, and of children waited for. */
  ownUsage: Usage = noUsage();
  childUsage: Usage = noUsage();
  /** setitimer(2): REAL, VIRTUAL, PROF. */
  intervalTimers: (IntervalTimer | null)[] = [null, null, null];
  posixTimers = new Map<number, PosixTimer>();
  nextTimerId = 0;
  /** Something follows its CPU time: see cpu-timers.ts. */
  countsCpuTime = false;
  /** Has called execve since fork (setpgid(2) EACCES). */
  hasExecuted = false;
  nice = 0;
  oomScoreAdjust = 0;
  /** Arguments of the program, for the container's own listings: set by exec. */
  commandLine: string[] = [];
  /** Files given by the host through exec, closed with the group: what binds its terminal. */
  hostFiles: FileDescription[] = [];

  constructor(kernel: Kernel, pid: number, leader: Task, origin: Origin, processGroup: ProcessGroup, actions: SignalActions) {
    this.kernel = kernel;
    this.pid = pid;
    this.leader = leader;
    this.origin = origin;
    this.actions = actions;
    this.processGroup = processGroup;
    processGroup.add(this);
    this.limits = Array.from({ length: RLIMIT_COUNT }, () => UNLIMITED);
    this.startNs = kernel.clock.monotonicNs;
  }

  isExited(): boolean {
    return this.exitStatus !== null;
  }

  /** Whether it has exited and nothing of it is left but what its parent, or its leader's tracer, waits for. */
  hasEnded(): boolean {
    return this.exitStatus !== null && this.tracedZombies === 0;
  }

  isSessionLeader(): boolean {
    return this.processGroup.session.sid === this.pid;
  }

  /** Soft limit `resource`. */
  limit(resource: number): number {
    return this.limits[resource]![0];
  }

  /** Makes `info` pending for the group and lets a thread take it (kill(2)). Nothing happens to a group that has exited. */
  sendSignal(info: SignalInfo): void {
    if (this.isExited()) return;
    if (!this.prepareSignal(info.signal)) return;
    if (!this.shared.add(info)) return;
    const taker = this.chooseTaker(info.signal);
    taker?.signalWake(info.signal);
    for (const task of this.tasks) if (!task.signalWaiters.isEmpty()) task.signalWaiters.wakeAll();
  }

  /** The thread that a group signal interrupts: the leader if it can take it, else the first that can. */
  chooseTaker(signal: number): Task | null {
    const bit = signalBit(signal);
    if (this.tasks.has(this.leader) && this.leader.wantsSignal(bit)) return this.leader;
    for (const task of this.tasks) if (task.wantsSignal(bit)) return task;
    return null;
  }

  /**
   * What happens at the moment a signal is sent, before it is taken: SIGCONT continues, stop signals cancel SIGCONT.
   * @returns false when the signal is ignored and need not be kept
   */
  prepareSignal(signal: number): boolean {
    const bit = signalBit(signal);
    if (signal === SIGCONT) {
      this.discardEverywhere(STOP_SIGNALS);
      this.continueFromStop();
      for (const task of this.tasks) if (task.trace !== null) continueTracee(task, task.trace);
    } else if ((bit & STOP_SIGNALS) !== 0n) {
      this.discardEverywhere(signalBit(SIGCONT));
    } else if (signal === SIGKILL) {
      this.beginKill();
      return true;
    }
    if (!this.actions.ignores(signal)) return true;
    for (const task of this.tasks) if (task.trace !== null || ((task.signalMask | task.waitingSignals()) & bit) !== 0n) return true;
    return false;
  }

  discardEverywhere(set: bigint): void {
    this.shared.discard(set);
    for (const task of this.tasks) task.own.discard(set);
  }

  /** SIGKILL takes effect whatever the group does: also when stopped. */
  beginKill(): void {
    if (this.isStopped) {
      this.isStopped = false;
      for (const task of this.tasks) task.resumeFromStop();
    }
  }

  /** Stops every thread; tells the parent. */
  stop(signal: number): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.stopSignal = signal;
    this.unwaitedStop = true;
    this.unwaitedContinue = false;
    for (const task of this.tasks) if (task.trace !== null) stopTracee(task, task.trace);
    if (!isTracedByParent(this.leader)) this.notifyParentOfStop(CLD_STOPPED, signal);
  }

  continueFromStop(): void {
    if (!this.isStopped) return;
    this.isStopped = false;
    this.unwaitedStop = false;
    this.unwaitedContinue = true;
    for (const task of this.tasks) task.resumeFromStop();
    this.notifyParentOfStop(CLD_CONTINUED, SIGCONT);
  }

  notifyParentOfStop(code: number, status: number): void {
    const parent = this.parent;
    if (parent === null) return;
    const action = parent.actions.get(SIGCHLD);
    if ((action.flags & SA_NOCLDSTOP) === 0) {
      parent.sendSignal(signalInfo(SIGCHLD, code, { pid: this.pid, uid: this.leader.credentials.uid, status }));
    }
    parent.childWait.wakeAll();
  }

  /** Whether the default of `signal` would kill it. */
  diesOf(signal: number): boolean {
    const action = defaultAction(signal);
    return this.actions.get(signal).handler === 0 && (action === 'terminate' || action === 'core');
  }
}

defineState(ThreadGroup, 'ThreadGroup', 1, {
  kernel: ref<Kernel>('Kernel'),
  pid: u32,
  leader: ref<Task>('Task'),
  tasks: set(ref<Task>('Task')),
  parent: optional(ref<ThreadGroup>('ThreadGroup')),
  children: set(ref<ThreadGroup>('ThreadGroup')),
  parentTask: optional(ref<Task>('Task')),
  tracedZombies: u32,
  processGroup: ref<ProcessGroup>('ProcessGroup'),
  origin: enumOf('init', 'exec'),
  execSession: optional(ref<ExecSession>('ExecSession')),
  forebears: list(forebearKind),
  actions: ref<SignalActions>('SignalActions'),
  shared: ref<SignalQueue>('SignalQueue'),
  childWait: ref<WaitQueue>('WaitQueue'),
  exitWait: ref<WaitQueue>('WaitQueue'),
  vforkDone: ref<WaitQueue>('WaitQueue'),
  hasReleasedVfork: bool,
  exitSignal: u32,
  isExiting: bool,
  exitStatus: optional(u32),
  pendingStatus: u32,
  isStopped: bool,
  stopSignal: u32,
  unwaitedStop: bool,
  unwaitedContinue: bool,
  limits: list(tuple(f64, f64)),
  isChildSubreaper: bool,
  parentDeathSignal: u32,
  startNs: int,
  ownUsage: usageKind,
  childUsage: usageKind,
  intervalTimers: list(optional(ref<IntervalTimer>('IntervalTimer'))),
  posixTimers: map(u32, ref<PosixTimer>('PosixTimer')),
  nextTimerId: u32,
  countsCpuTime: bool,
  hasExecuted: bool,
  nice: i32,
  oomScoreAdjust: i32,
  commandLine: list(byteString),
  hostFiles: list(anyRef<FileDescription>()),
});
