import { CLD_DUMPED, CLD_EXITED, CLD_KILLED, SA_NOCLDWAIT, SI_USER, SIG_IGN, SIGCHLD, SIGCONT, SIGHUP, SIGKILL } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { releaseRobustList, wakeFutexAt } from './futex.ts';
import type { Kernel } from './kernel.ts';
import { releaseGroup } from './reap.ts';
import { signalInfo } from './signals/signal-queue.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';
import { addUsage } from './usage.ts';

/** Wait status of a group that called exit(code): what WIFEXITED sees. */
export function statusOfExit(code: number): number {
  return (code & 0xff) << 8;
}

/** Ends every thread of `task`'s group with wait status `status`; frees all they held; tells the parent. */
export function exitGroup(task: Task, status: number): void {
  endGroup(task.threadGroup, status);
}

/** As `exitGroup`, from outside any of its threads. */
export function endGroup(group: ThreadGroup, status: number): void {
  if (group.isExited() || group.isExiting) return;
  group.isExiting = true;
  group.pendingStatus = status;
  for (const task of [...group.tasks]) if (task !== group.leader) exitTask(task);
  exitTask(group.leader);
}

/** Ends one thread; the last one ends the group. */
export function exitTask(task: Task): void {
  if (task.runState === 'exited') return;
  const group = task.threadGroup;
  const { kernel } = group;
  if (task.runState === 'parked') leaveQueues(task);
  task.endWait();
  task.isQueued = false;
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
  if (isLast) group.isExiting = true;
  releaseAddressSpace(task);
  // A leader keeps its tid until the group is reaped; any other thread is gone at once.
  if (task !== group.leader) kernel.tasks.delete(task.tid);
  if (isLast) finishGroup(kernel, group);
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
  notifyParent(group);
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
    if (adopter !== null) adopter.children.add(child);
    child.exitSignal = SIGCHLD;
    if (child.parentDeathSignal !== 0 && !child.isExited()) {
      child.sendSignal(signalInfo(child.parentDeathSignal, SI_USER, { pid: group.pid, uid: group.leader.credentials.uid }));
    }
    if (child.isExited()) notifyParent(child);
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
  const isAutoReaped = group.exitSignal === SIGCHLD && (isIgnored || (action.flags & SA_NOCLDWAIT) !== 0);
  if (group.exitSignal !== 0 && !(group.exitSignal === SIGCHLD && isIgnored)) {
    parent.sendSignal(childExitInfo(group));
  }
  if (isAutoReaped) releaseGroup(group);
  parent.childWait.wakeAll();
}

/** siginfo of the SIGCHLD (or other exit signal) that tells of `group`'s end. */
function childExitInfo(group: ThreadGroup) {
  const status = group.exitStatus ?? 0;
  const signal = status & 0x7f;
  const code = signal === 0 ? CLD_EXITED : (status & 0x80) !== 0 ? CLD_DUMPED : CLD_KILLED;
  return signalInfo(group.exitSignal, code, {
    pid: group.pid,
    uid: group.leader.credentials.uid,
    status: signal === 0 ? status >> 8 : signal,
    utimeTicks: Math.floor(group.ownUsage.userNs / 10_000_000),
    stimeTicks: Math.floor(group.ownUsage.systemNs / 10_000_000),
  });
}

