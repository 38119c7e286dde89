import { EBADF } from '../../abi/errno.ts';
import { RLIMIT_FSIZE } from '../../abi/process.ts';
import { SI_KERNEL, SI_TIMER, SIGKILL, signalBit, UNBLOCKABLE } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { big, bool, byteString, bytes, defineState, derived, enumOf, int, optional, record, ref, set, u32 } from '../../state/index.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { AddressSpace } from '../mm/address-space.ts';
import type { Caller } from '../vfs/caller.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { FsContext } from '../vfs/fs-context.ts';
import { Timer, timerFields } from '../wait/timers.ts';
import { Waiter, WaitQueue } from '../wait/wait-queue.ts';
import type { FdTable } from './fd-table.ts';
import type { Kernel } from './kernel.ts';
import type { ProcessGroup, Session } from './process-group.ts';
import { resumeTracee } from './ptrace-stop.ts';
import type { Trace } from './ptrace.ts';
import { signalInfo, SignalQueue } from './signals/signal-queue.ts';
import type { SignalInfo } from './signals/signal-queue.ts';
import type { ThreadGroup } from './thread-group.ts';
import { WaitRecord } from './wait-record.ts';

/**
 * Where a task stands with the scheduler: in the run queue, waiting in queues of its wait record, kept from running
 * by a stop of its group, stopped for its tracer, or gone.
 */
export type RunState = 'runnable' | 'parked' | 'held' | 'traced' | 'exited';

const KILL_BIT = signalBit(SIGKILL);

/** sigaltstack(2). */
export interface AlternateStack {
  start: number;
  sizeBytes: number;
  flags: number;
}

/** The deadline of a parked task. */
export class TaskDeadline extends Timer {
  task: Task;

  constructor(task: Task) {
    super();
    this.task = task;
  }

  fire(): void {
    this.task.unpark();
  }
}

defineState(TaskDeadline, 'TaskDeadline', 1, { ...timerFields, task: ref<Task>('Task') });

/** One thread of the guest: registers, signal mask, wait record, and what it shares with others. */
export class Task extends Waiter implements Caller {
  kernel: Kernel;
  tid: number;
  /** Pid of the thread group. */
  pid: number;
  threadGroup: ThreadGroup;
  /** Slot of its registers in the core; made anew at a restore. */
  slot = 0;
  /** Bytes of the slot as of the checkpoint; empty while the slot holds them. */
  savedRegisters: Uint8Array = new Uint8Array(0);
  mm: AddressSpace;
  fdTable: FdTable;
  fs: FsContext;
  credentials: Credentials;
  /** Name of the program, up to 15 bytes (PR_SET_NAME). */
  name = '';
  runState: RunState = 'runnable';
  isQueued = false;
  wait: WaitRecord | null = null;
  deadline: TaskDeadline;
  /** Signals blocked. */
  signalMask = 0n;
  /** Mask to go back to after sigsuspend, ppoll and the like. */
  savedSignalMask: bigint | null = null;
  /** Signals for this thread alone. */
  own = new SignalQueue();
  /** Woken when a signal becomes pending: signalfd. */
  signalWaiters = new WaitQueue();
  /** Something about signals may have to be done before the guest goes on. */
  hasSignalWork = false;
  alternateStack: AlternateStack = { start: 0, sizeBytes: 0, flags: 2 };
  /** Addresses given by set_tid_address and set_robust_list; 0 for none. */
  clearChildTid = 0;
  robustList = 0;
  /** rseq(2) area; 0 for none. */
  rseqAddress = 0;
  rseqSignature = 0;
  userNs = 0;
  systemNs = 0;
  minorFaults = 0;
  /** Reads and writes that ended well, and the bytes they moved: /proc/PID/io. */
  readCalls = 0;
  readBytes = 0;
  writeCalls = 0;
  writtenBytes = 0;
  timerSlackNs = 50_000;
  /** personality(2), sched_setscheduler(2), ioprio_set(2): kept and shown. */
  personality = 0;
  schedulingPolicy = 0;
  ioPriority = 0;
  /** Who traces it, and how far they are; null for nobody. */
  trace: Trace | null = null;
  /** Tasks that it traces. */
  tracees = new Set<Task>();
  /** Thread's exit code, for the last one to go. */
  exitCode = 0;

  constructor(kernel: Kernel, tid: number, pid: number, mm: AddressSpace, fdTable: FdTable, fs: FsContext, credentials: Credentials) {
    super();
    this.kernel = kernel;
    this.tid = tid;
    this.pid = pid;
    this.mm = mm;
    this.fdTable = fdTable;
    this.fs = fs;
    this.credentials = credentials;
    this.slot = kernel.core.hartAlloc();
    this.deadline = new TaskDeadline(this);
    // The group is given by whoever makes the task, at once: see clone.ts and create.ts.
    this.threadGroup = null as unknown as ThreadGroup;
  }

  processGroup(): ProcessGroup {
    return this.threadGroup.processGroup;
  }

  session(): Session {
    return this.threadGroup.processGroup.session;
  }

  isSessionLeader(): boolean {
    return this.threadGroup.isSessionLeader();
  }

  groupExists(pgid: number): boolean {
    return this.kernel.findProcessGroup(pgid) !== null;
  }

  fileSizeLimitBytes(): number {
    return this.threadGroup.limit(RLIMIT_FSIZE);
  }

  // ---- waiting ----------------------------------------------------------------------------------------------------

  /** Whether this execution of the syscall is a repetition after a wait. */
  isRestarted(): boolean {
    return this.wait !== null && this.wait.wasParked;
  }

  /** The wait record of the current syscall, made if this is its first execution. */
  waitRecord(): WaitRecord {
    if (this.wait === null) {
      this.wait = new WaitRecord();
      this.wait.startNs = this.kernel.clock.monotonicNs;
    }
    return this.wait;
  }

  /** The absolute deadline of the current syscall: what `compute` gives at its first execution. */
  deadlineNs(compute: () => number | null): number | null {
    const record = this.waitRecord();
    if (!record.hasDeadline) {
      record.hasDeadline = true;
      record.deadlineNs = compute();
    }
    return record.deadlineNs;
  }

  /** Monotonic time at which the current call was first executed. */
  callStartNs(): number {
    return this.wait === null ? this.kernel.clock.monotonicNs : this.wait.startNs;
  }

  /** Whether the deadline of the current syscall has come. */
  hasTimedOut(): boolean {
    const deadline = this.wait?.deadlineNs ?? null;
    return deadline !== null && this.kernel.clock.monotonicNs >= deadline;
  }

  /** Bytes the current syscall had moved before it waited. */
  progress(): number {
    return this.wait === null ? 0 : this.wait.progressBytes;
  }

  setProgress(countBytes: number): void {
    this.waitRecord().progressBytes = countBytes;
  }

  /** The file that `fd` names; on a repetition the same as the first time. @errors EBADF */
  pinnedFile(fd: number): FileDescription {
    const record = this.wait;
    if (record !== null) {
      const at = record.pinnedFds.indexOf(fd);
      if (at >= 0) return record.pinned[at]!;
    }
    const file = this.file(fd);
    this.kernel.touchedFds.push(fd);
    this.kernel.touchedFiles.push(file);
    return file;
  }

  /** The file that `fd` names now, for calls that never wait. @errors EBADF */
  file(fd: number): FileDescription {
    return this.fdTable.require(fd);
  }

  /** Keeps the files that this execution looked at for the repetitions of the syscall. */
  pinTouchedFiles(): void {
    const { touchedFds, touchedFiles } = this.kernel;
    for (let i = 0; i < touchedFds.length; i++) this.pin(touchedFds[i]!, touchedFiles[i]!);
  }

  /** Keeps `file`, which has no number yet, for the repetitions of the current syscall under the name `fd`. */
  pin(fd: number, file: FileDescription): void {
    const record = this.waitRecord();
    if (record.pinnedFds.includes(fd)) return;
    file.hold();
    record.pinned.push(file);
    record.pinnedFds.push(fd);
  }

  /** Ends the wait record: gives back its pins. */
  endWait(): void {
    const record = this.wait;
    if (record === null) return;
    this.wait = null;
    for (const file of record.pinned) file.drop();
  }

  notify(): void {
    this.unpark();
  }

  /** Takes a parked task out of its queues and lets it run its syscall again. */
  unpark(): void {
    if (this.runState !== 'parked') return;
    for (const queue of this.wait!.queues) queue.remove(this);
    this.wait!.queues = [];
    this.kernel.timers.disarm(this.deadline);
    this.runState = 'runnable';
    this.kernel.enqueue(this);
  }

  /** Called when the stop of its group ends. */
  resumeFromStop(): void {
    const { wait } = this;
    const isInterrupted = wait !== null && wait.wasParked && wait.restart === 'eintr';
    if (isInterrupted) {
      this.hasSignalWork = true;
      wait.stage = 'interrupted';
    }
    if (this.runState === 'held') {
      this.runState = 'runnable';
      this.kernel.enqueue(this);
    } else if (isInterrupted) {
      this.unpark();
    }
  }

  // ---- signals ----------------------------------------------------------------------------------------------------

  /** Whether the thread could take a signal with this bit now: not blocked, or waited for, and not stopped for its tracer. */
  wantsSignal(bit: bigint): boolean {
    if (this.runState === 'traced' && bit !== KILL_BIT) return false;
    return this.runState !== 'exited' && ((this.signalMask & bit) === 0n || (this.waitingSignals() & bit) !== 0n);
  }

  /** Signals that a sigtimedwait of this thread waits for. */
  waitingSignals(): bigint {
    return this.wait === null ? 0n : this.wait.signals;
  }

  /** Makes `info` pending for this thread alone (tgkill(2), faults). */
  sendSignal(info: SignalInfo): void {
    if (this.runState === 'exited' || !this.threadGroup.prepareSignal(info.signal)) return;
    if (!this.own.add(info)) return;
    this.signalWake(info.signal);
    this.signalWaiters.wakeAll();
  }

  /** Makes the thread look at its signals, ending an interruptible wait. */
  signalWake(signal: number): void {
    const bit = signalBit(signal);
    if ((this.signalMask & bit) !== 0n && (this.waitingSignals() & bit) === 0n) return;
    this.hasSignalWork = true;
    if (signal === SIGKILL && this.runState === 'traced') resumeTracee(this, this.trace!, 0);
    if (this.runState !== 'parked') return;
    if (this.wait!.restart === 'killable' && signal !== SIGKILL) return;
    this.unpark();
  }

  /** Whether an unblocked signal is pending. */
  hasPendingSignal(): boolean {
    return ((this.own.pending | this.threadGroup.shared.pending) & ~this.signalMask) !== 0n;
  }

  /** Whether it has to leave a wait: for a signal, or for its tracer. */
  isInterrupted(): boolean {
    return this.hasPendingSignal() || (this.trace !== null && this.trace.hasStopDue());
  }

  /** Signals pending for the thread or its group, blocked ones included. */
  pendingSignals(): bigint {
    return this.own.pending | this.threadGroup.shared.pending;
  }

  pendingMatching(set: bigint): boolean {
    return (this.pendingSignals() & set) !== 0n;
  }

  /** Takes the next pending signal of `set`, the thread's own before the group's. */
  takePending(set: bigint): SignalInfo | null {
    const info = this.own.take(set) ?? this.threadGroup.shared.take(set);
    if (info !== null && info.code === SI_TIMER) info.overrun = this.threadGroup.posixTimers.get(info.timerId)?.overrun ?? info.overrun;
    return info;
  }

  setSignalMask(mask: bigint): void {
    this.signalMask = mask & ~UNBLOCKABLE;
    if (this.hasPendingSignal()) this.hasSignalWork = true;
  }

  /** ppoll, pselect, epoll_pwait, sigsuspend: another mask for the length of the call, once. */
  swapSignalMaskForWait(mask: bigint): void {
    if (this.savedSignalMask !== null) return;
    this.savedSignalMask = this.signalMask;
    this.setSignalMask(mask);
  }

  wouldReceive(signal: number): boolean {
    return (this.signalMask & signalBit(signal)) === 0n && !this.threadGroup.actions.ignores(signal);
  }

  raise(signal: number): void {
    this.sendSignal(signalInfo(signal, SI_KERNEL));
  }

  /** @errors EBADF when `fd` is not open; a convenience for calls that take a directory or AT_FDCWD */
  requireFile(fd: number, call: string): FileDescription {
    const file = this.fdTable.get(fd);
    if (file === null) throw new SysError(EBADF, `${call}: descriptor ${fd} is not open`);
    return file;
  }
}

defineState(Task, 'Task', 1, {
  kernel: ref<Kernel>('Kernel'),
  tid: u32,
  pid: u32,
  threadGroup: ref<ThreadGroup>('ThreadGroup'),
  slot: derived(() => 0), // allocated by restore, which then loads savedRegisters
  savedRegisters: bytes,
  mm: ref<AddressSpace>('AddressSpace'),
  fdTable: ref<FdTable>('FdTable'),
  fs: ref<FsContext>('FsContext'),
  credentials: ref<Credentials>('Credentials'),
  name: byteString,
  runState: enumOf('runnable', 'parked', 'held', 'traced', 'exited'),
  isQueued: bool,
  wait: optional(ref<WaitRecord>('WaitRecord')),
  deadline: ref<TaskDeadline>('TaskDeadline'),
  signalMask: big,
  savedSignalMask: optional(big),
  own: ref<SignalQueue>('SignalQueue'),
  signalWaiters: ref<WaitQueue>('WaitQueue'),
  hasSignalWork: bool,
  alternateStack: record<AlternateStack>({ start: int, sizeBytes: int, flags: u32 }),
  clearChildTid: int,
  robustList: int,
  rseqAddress: int,
  rseqSignature: u32,
  userNs: int,
  systemNs: int,
  minorFaults: u32,
  readCalls: int,
  readBytes: int,
  writeCalls: int,
  writtenBytes: int,
  timerSlackNs: int,
  personality: u32,
  schedulingPolicy: u32,
  ioPriority: u32,
  trace: optional(ref<Trace>('Trace')),
  tracees: set(ref<Task>('Task')),
  exitCode: u32,
});
