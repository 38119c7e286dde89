import type { Core } from '../../core/core.ts';
import { anyRef, atRest, bool, byteString, defineState, edge, f64, frame, int, list, map, optional, record, ref, text, u32 } from '../../state/index.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { Mappable } from '../mm/mappable.ts';
import type { AddressSpace } from '../mm/address-space.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { FsContext } from '../vfs/fs-context.ts';
import { Clock } from '../wait/clock.ts';
import { TimerQueue } from '../wait/timers.ts';
import type { WaitQueue } from '../wait/wait-queue.ts';
import { panic } from '../../base/errors.ts';
import type { Services } from './services.ts';
import type { Session, ProcessGroup } from './process-group.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';

/** Pids and tids are given from 1 to this, upwards, then from RESERVED_PIDS again. */
const PID_MAX = 32_768;
const RESERVED_PIDS = 300;

/** Something the kernel tells the outside; drained by the machine after each slice. */
export interface KernelEvent {
  /** `exit`, `oom`, `log`, `unsupported`, … */
  kind: string;
  pid: number;
  message: string;
}

/** The names a container shows of itself (uname(2)). */
export interface HostNames {
  hostname: string;
  domainname: string;
}

/** The root of all kernel state: what a checkpoint saves hangs from here. */
export class Kernel {
  core: Core;
  clock = new Clock();
  timers = new TimerQueue();
  /** Frame of zeros behind untouched anonymous memory. */
  zeroFrame: number;
  /** Every thread by tid, until it is reaped. */
  tasks = new Map<number, Task>();
  /** Every thread group by pid, zombies included. */
  threadGroups = new Map<number, ThreadGroup>();
  sessions = new Map<number, Session>();
  lastPid = 0;
  /** Highest number of threads at one time. */
  pidLimit = 1024;
  /** Runnable tasks, the next first. */
  runQueue: Task[] = [];
  runQueueHead = 0;
  current: Task | null = null;
  /** The container's init, or null before its start. */
  init: ThreadGroup | null = null;
  names: HostNames = { hostname: 'stasis', domainname: '(none)' };
  /** Where the root file system, /proc and so on hang; given to init. */
  fs: FsContext | null = null;
  /** Sockets, terminals, device tables: what other layers keep per kernel. */
  services: Services;
  /** Futex queues of memory that is shared through a file or shared mapping: backing → byte offset → waiters. */
  sharedFutexes = new Map<Mappable, Map<number, WaitQueue>>();
  entropy: Entropy;
  /** Syscalls that were asked for and are not there: number → times. */
  unsupported = new Map<number, number>();
  events: KernelEvent[] = [];
  /** Restores in this container's life: 1 for a fresh one. */
  generation = 1;
  syscallCount = 0;
  trapCount = 0;
  nextSpaceId = 1;
  bootRealtimeNs = 0;
  idleNs = 0;
  forkCount = 0;
  contextSwitches = 0;
  /** Files that the running syscall looked at: pinned if it waits. */
  touchedFds: number[] = [];
  touchedFiles: FileDescription[] = [];
  /** Signals of other processes without a handler do not end init (pid_namespaces(7)). */
  isInitProtected = true;
  /** A task whose slice is to end now (sched_yield, a control request). */
  isYielding = false;

  constructor(core: Core, services: Services, entropy: Entropy) {
    this.core = core;
    this.services = services;
    this.entropy = entropy;
    this.zeroFrame = core.frameAlloc();
  }

  /** `countBytes` of random bytes. */
  random(countBytes: number): Uint8Array {
    return this.entropy.bytes(countBytes);
  }

  /** Puts a task at the end of the run queue. */
  enqueue(task: Task): void {
    if (task.isQueued) return;
    if (task.runState !== 'runnable') panic(`enqueue: task ${task.tid} is ${task.runState}`);
    task.isQueued = true;
    this.runQueue.push(task);
  }

  /** Takes the next runnable task, or null. Tasks of stopped groups are put aside. */
  dequeue(): Task | null {
    while (this.runQueueHead < this.runQueue.length) {
      const task = this.runQueue[this.runQueueHead]!;
      this.runQueueHead++;
      if (this.runQueueHead > 64 && this.runQueueHead * 2 > this.runQueue.length) {
        this.runQueue = this.runQueue.slice(this.runQueueHead);
        this.runQueueHead = 0;
      }
      task.isQueued = false;
      if (task.runState !== 'runnable') continue;
      if (task.threadGroup.isStopped && !task.threadGroup.isExiting && task.trace === null) {
        task.runState = 'held';
        continue;
      }
      return task;
    }
    this.runQueue.length = 0;
    this.runQueueHead = 0;
    return null;
  }

  hasRunnable(): boolean {
    return this.runQueueHead < this.runQueue.length;
  }

  /** The next free pid, or 0 when PID_MAX is reached. */
  allocatePid(): number {
    for (let tries = 0; tries < PID_MAX; tries++) {
      const pid = this.lastPid >= PID_MAX ? RESERVED_PIDS : this.lastPid + 1;
      this.lastPid = pid;
      if (!this.isPidInUse(pid)) return pid;
    }
    return 0;
  }

  /** A pid is in use while a thread, a group or a session has it. */
  isPidInUse(pid: number): boolean {
    return this.tasks.has(pid) || this.threadGroups.has(pid) || this.sessions.has(pid) || this.findProcessGroup(pid) !== null;
  }

  findProcessGroup(pgid: number): ProcessGroup | null {
    for (const session of this.sessions.values()) {
      const group = session.findGroup(pgid);
      if (group !== null) return group;
    }
    return null;
  }

  /** The leader of a session has exited: its terminal is let go, and the foreground group is told. */
  leaveSession(leader: ThreadGroup): void {
    const { session } = leader.processGroup;
    session.leader = null;
    this.services.terminals.sessionLeaderExited(session);
  }

  /** Distinct address spaces in use. */
  addressSpaces(): Set<AddressSpace> {
    const spaces = new Set<AddressSpace>();
    for (const task of this.tasks.values()) if (task.runState !== 'exited') spaces.add(task.mm);
    return spaces;
  }

  /** Drops what is mapped of `mappable` from `firstPage` on, in every address space: the file became shorter. */
  dropMappings(mappable: Mappable, firstPage: number): void {
    for (const mm of this.addressSpaces()) {
      for (const vma of mm.vmas) {
        if (vma.mappable !== mappable) continue;
        const pages = (vma.end - vma.start) / 4096;
        const from = Math.max(0, firstPage - vma.offsetPages);
        if (from < pages) this.core.unmap(mm.space, vma.start / 4096 + from, pages - from);
      }
    }
  }

  emit(kind: string, pid: number, message: string): void {
    if (this.events.length < 1000) this.events.push({ kind, pid, message });
  }
}

defineState(Kernel, 'Kernel', 1, {
  core: edge('core', () => 'core'),
  clock: ref<Clock>('Clock'),
  timers: ref<TimerQueue>('TimerQueue'),
  zeroFrame: frame,
  tasks: map(u32, ref<Task>('Task')),
  threadGroups: map(u32, ref<ThreadGroup>('ThreadGroup')),
  sessions: map(u32, ref<Session>('Session')),
  lastPid: u32,
  pidLimit: u32,
  runQueue: list(ref<Task>('Task')),
  runQueueHead: u32,
  current: optional(ref<Task>('Task')),
  init: optional(ref<ThreadGroup>('ThreadGroup')),
  names: record<HostNames>({ hostname: byteString, domainname: byteString }),
  fs: optional(ref<FsContext>('FsContext')),
  services: ref<Services>('Services'),
  sharedFutexes: map(anyRef<Mappable>(), map(f64, ref<WaitQueue>('WaitQueue'))),
  entropy: edge('entropy', () => 'entropy'),
  unsupported: map(u32, u32),
  events: list(record<KernelEvent>({ kind: text, pid: u32, message: text })),
  generation: u32,
  syscallCount: int,
  trapCount: int,
  nextSpaceId: u32,
  bootRealtimeNs: int,
  idleNs: int,
  forkCount: int,
  contextSwitches: int,
  touchedFds: atRest((): number[] => []),
  touchedFiles: atRest((): FileDescription[] => []),
  isInitProtected: bool,
  isYielding: bool,
});
