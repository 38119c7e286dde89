import { CLD_DUMPED, CLD_EXITED, CLD_KILLED, SA_NOCLDWAIT, SI_KERNEL, SI_USER, SIG_IGN, SIGCHLD, SIGCONT, SIGHUP, SIGKILL } from '../../abi/signal.ts';
import { PTRACE_O_EXITKILL } from '../../abi/ptrace.ts';
import { SysError } from '../../base/errors.ts';
import { releaseRobustList, wakeFutexAt } from './futex.ts';
import type { Kernel } from './kernel.ts';
import { endTrace, stopForExit } from './ptrace-stop.ts';
import { isTracedByParent } from './ptrace.ts';
import type { Trace } from './ptrace.ts';
import { releaseGroup } from './reap.ts';
import { signalInfo } from './signals/signal-queue.ts';
import type { SignalInfo } from './signals/signal-queue.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';
import { addUsage } from './usage.ts';

/** Wait status of a group that called exit(code): what WIFEXITED sees. */
export function statusOfExit(code: number): number {
  return (code & 0xff) << 8;
}

/**
 * Ends every thread of `task`'s group with wait status `status`; frees all they held; tells the parent. Threads whose tracer wants
 * to see their end stop for it first.
 */
export function exitGroup(task: Task, status: number): void {
  const group = task.threadGroup;
  if (!beginExit(group, status)) return;
  for (const member of leaderLast(group)) if (!stopForExit(member, status)) exitTask(member, status);
}

/** As `exitGroup`, from outside any of its threads, and at once. */
export function endGroup(group: ThreadGroup, status: number): void {
  const begins = beginExit(group, status);
  for (const task of leaderLast(group)) if (begins || task.runState === 'traced') exitTask(task, status);
}

/** @returns false when the group is ending already, or has ended */
function beginExit(group: ThreadGroup, status: number): boolean {
  if (group.isExited() || group.isExiting) return false;
  group.isExiting = true;
  group.pendingStatus = status;
  return true;
}

function leaderLast(group: ThreadGroup): Task[] {
  return [...[...group.tasks].filter((task) => task !== group.leader), group.leader];
}

/** Ends one thread, with wait status `status` if it is not its whole group that ends; the last one ends the group. */
export function exitTask(task: Task, status: number): void {
  if (task.runState === 'exited') return;
  const group = task.threadGroup;
  const { kernel } = group;
  if (task.runState === 'parked') leaveQueues(task);
  task.endWait();
  task.isQueued = false;
  forsakeTracees(task);
  releaseUserMemory(task, group.isExiting && (group.pendingStatus & 0x7f) !== 0);
  task.runState = 'exited';
  kernel.timers.disarm(task.deadline);
  addUsage(group.ownUsage, { userNs: task.userNs, systemNs: task.systemNs, minorFaults: task.minorFaults, maxRssPages: task.mm.users === 1 ? task.mm.notePeak() : 0 });
  task.fdTable.drop(group.pid);
  task.fs.drop();
  if (kernel.current === task) kernel.current = null;
  kernel.core.hartFree(task.slot);
  task.slot = 0;
  group.tasks.delete(task);
  const isLast = group.tasks.size === 0;
  if (!isLast) group.exitWait.wakeAll(); // an execve may wait for it
  if (isLast && !group.isExiting) {
    group.isExiting = true;
    group.pendingStatus = status;
  }
  releaseAddressSpace(task);
  for (const child of group.children) if (child.parentTask === task) child.parentTask = [...group.tasks][0] ?? group.leader;
  // A leader keeps its tid until the group is reaped, a tracee until its tracer knows; any other thread is gone at once.
  if (task.trace !== null) keepForTracer(task, task.trace, group.isExiting ? group.pendingStatus : status);
  else if (task !== group.leader) kernel.tasks.delete(task.tid);
  if (isLast) finishGroup(kernel, group);
}

function keepForTracer(task: Task, trace: Trace, status: number): void {
  trace.exitStatus = status;
  trace.stop = 'none';
  trace.report = 0;
  trace.info = null;
  if (task === task.threadGroup.leader) return; // its end is the group's
  task.threadGroup.tracedZombies++;
  tellTracer(trace, endInfo(SIGCHLD, task.tid, task, status));
}

function tellTracer({ tracer }: Trace, info: SignalInfo): void {
  tracer.threadGroup.sendSignal(info);
  tracer.threadGroup.childWait.wakeAll();
}

/** A tracer is gone: its tracees go on without it, or die with it (PTRACE_O_EXITKILL). */
function forsakeTracees(tracer: Task): void {
  for (const task of [...tracer.tracees]) {
    const trace = task.trace!;
    // A signal that it was stopped for and that nobody has waited for is delivered.
    untrace(task, trace, trace.stop === 'signal' ? trace.report : 0);
    if ((trace.options & PTRACE_O_EXITKILL) !== 0) task.sendSignal(signalInfo(SIGKILL, SI_KERNEL));
  }
}

/** Ends the tracing of `task`, which goes on with `signal`, 0 for none; one that has ended is now left to its parent, or gone. */
export function untrace(task: Task, trace: Trace, signal: number): void {
  endTrace(task, trace, signal);
  if (task.runState !== 'exited') {
    if (trace.isExiting) exitTask(task, trace.exitStatus); // nobody is left for whom it would stand at its end
    return;
  }
  const group = task.threadGroup;
  const { kernel } = group;
  const isFormerThread = task !== group.leader;
  if (isFormerThread) {
    if (kernel.tasks.get(task.tid) === task) kernel.tasks.delete(task.tid);
    group.tracedZombies--;
  }
  if (!group.hasEnded()) return;
  const isParentAware = !isFormerThread && trace.tracer.threadGroup === group.parent;
  if (!isParentAware) tellOfEnd(group);
  else if (ignoresChildren(group.parent!)) releaseGroup(group);
}

function ignoresChildren(parent: ThreadGroup): boolean {
  const { handler, flags } = parent.actions.get(SIGCHLD);
  return handler === SIG_IGN || (flags & SA_NOCLDWAIT) !== 0;
}

function leaveQueues(task: Task): void {
  for (const queue of task.wait!.queues) queue.remove(task);
  task.wait!.queues = [];
}

/** The stores that exit makes in the guest's memory: robust futexes, then clear_child_tid unless a signal ended it. */
function releaseUserMemory(task: Task, isKilled: boolean): void {
  if (task.robustList !== 0) releaseRobustList(task);
  if (task.clearChildTid === 0 || (isKilled && task.mm.users <= 1)) return;
  const address = task.clearChildTid;
  task.clearChildTid = 0;
  if (task.mm.users <= 1) return;
  try {
    task.mm.writeU32(address, 0);
    wakeFutexAt(task, address, 1);
  } catch (error) {
    if (!(error instanceof SysError)) throw error; // the address was bad: nobody is told, as in Linux
  }
}

/** Lets go of the address space; a vfork parent that waits for that goes on. */
export function releaseAddressSpace(task: Task): void {
  task.mm.drop();
  endVfork(task.threadGroup);
}

/** The child of a vfork has left its parent's memory. */
export function endVfork(group: ThreadGroup): void {
  if (group.hasReleasedVfork) return;
  group.hasReleasedVfork = true;
  for (const waiter of [...group.vforkDone.waiters]) {
    const parent = waiter as Task;
    if (parent.wait !== null) parent.wait.isGranted = true;
    waiter.notify(group.vforkDone);
  }
}

/** All threads are gone: children find a new parent, the terminal is let go, the parent is told. */
function finishGroup(kernel: Kernel, group: ThreadGroup): void {
  group.exitStatus = group.pendingStatus;
  group.isStopped = false;
  for (const timer of group.intervalTimers) if (timer !== null) kernel.timers.disarm(timer);
  for (const timer of group.posixTimers.values()) kernel.timers.disarm(timer);
  group.posixTimers.clear();
  group.actions.users--;
  for (const file of group.hostFiles) file.drop();
  group.hostFiles = [];
  const orphanable = groupsThatMayBeOrphaned(group);
  reparentChildren(kernel, group);
  if (group.isSessionLeader()) kernel.leaveSession(group);
  for (const candidate of orphanable) {
    if (candidate.members.size > 0 && candidate.isOrphaned() && candidate.hasStoppedMember()) {
      candidate.sendSignal(SIGHUP);
      candidate.sendSignal(SIGCONT);
    }
  }
  group.exitWait.wakeAll();
  if (group === kernel.init) {
    killEveryone(kernel, group);
  }
  if (group.hasEnded()) tellOfEnd(group);
}

/** Tells of the end of a group: its leader's tracer first, and the parent once that one has waited. */
function tellOfEnd(group: ThreadGroup): void {
  const { trace } = group.leader;
  if (trace !== null && !isTracedByParent(group.leader)) tellTracer(trace, endInfo(SIGCHLD, group.pid, group.leader, group.exitStatus ?? 0));
  else notifyParent(group);
}

/** Process groups that have this process's child, or itself, as the member that keeps them from being orphaned. */
function groupsThatMayBeOrphaned(group: ThreadGroup) {
  const groups = new Set([group.processGroup]);
  for (const child of group.children) groups.add(child.processGroup);
  return [...groups].filter((candidate) => !candidate.isOrphaned());
}

/** Children go to the nearest living subreaper among the ancestors, else to the container's init. */
function reparentChildren(kernel: Kernel, group: ThreadGroup): void {
  if (group.children.size === 0) return;
  const adopter = findAdopter(kernel, group);
  for (const child of [...group.children]) {
    group.children.delete(child);
    child.parent = adopter;
    child.parentTask = adopter?.leader ?? null;
    if (adopter !== null) adopter.children.add(child);
    child.exitSignal = SIGCHLD;
    if (child.parentDeathSignal !== 0 && !child.isExited()) {
      child.sendSignal(signalInfo(child.parentDeathSignal, SI_USER, { pid: group.pid, uid: group.leader.credentials.uid }));
    }
    if (child.hasEnded() && child.leader.trace === null) notifyParent(child);
  }
}

/** A tree that was started by exec has no init above it: the container's init is where its orphans go. */
function findAdopter(kernel: Kernel, group: ThreadGroup): ThreadGroup | null {
  for (let ancestor = group.parent; ancestor !== null; ancestor = ancestor.parent) {
    if (ancestor.isChildSubreaper && !ancestor.isExiting) return ancestor;
  }
  const { init } = kernel;
  return init !== null && init !== group && !init.isExiting ? init : null;
}

/** The container's init is gone: everything in its pid namespace goes with it (pid_namespaces(7)). */
function killEveryone(kernel: Kernel, init: ThreadGroup): void {
  for (const other of [...kernel.threadGroups.values()]) if (other !== init) endGroup(other, SIGKILL);
}

/** Tells the parent of an exited group, or reaps it where nobody is to be told. */
export function notifyParent(group: ThreadGroup): void {
  const { parent } = group;
  if (parent === null || parent.isExited()) {
    if (group !== group.kernel.init) releaseGroup(group);
    return;
  }
  const action = parent.actions.get(SIGCHLD);
  const isIgnored = action.handler === SIG_IGN;
  const isAutoReaped = group.leader.trace === null && group.exitSignal === SIGCHLD && (isIgnored || (action.flags & SA_NOCLDWAIT) !== 0);
  if (group.exitSignal !== 0 && !(group.exitSignal === SIGCHLD && isIgnored)) {
    parent.sendSignal(endInfo(group.exitSignal, group.pid, group.leader, group.exitStatus ?? 0));
  }
  if (isAutoReaped) releaseGroup(group);
  parent.childWait.wakeAll();
}

/** siginfo of the SIGCHLD (or other signal) `exitSignal` that tells of the end of `task`, or of its group. */
function endInfo(exitSignal: number, pid: number, task: Task, status: number): SignalInfo {
  const { credentials, threadGroup: group } = task;
  const signal = status & 0x7f;
  const code = signal === 0 ? CLD_EXITED : (status & 0x80) !== 0 ? CLD_DUMPED : CLD_KILLED;
  return signalInfo(exitSignal, code, {
    pid,
    uid: credentials.uid,
    status: signal === 0 ? status >> 8 : signal,
    utimeTicks: Math.floor(group.ownUsage.userNs / 10_000_000),
    stimeTicks: Math.floor(group.ownUsage.systemNs / 10_000_000),
  });
}

