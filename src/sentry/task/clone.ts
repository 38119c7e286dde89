import { EAGAIN, EINVAL, ENOMEM } from '../../abi/errno.ts';
import {
  CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, CLONE_CLEAR_SIGHAND, CLONE_FILES, CLONE_FS, CLONE_PARENT, CLONE_PARENT_SETTID, CLONE_PTRACE, CLONE_SETTLS, CLONE_SIGHAND,
  CLONE_THREAD, CLONE_UNTRACED, CLONE_VFORK, CLONE_VM, RLIMIT_CPU, RLIMIT_NPROC,
} from '../../abi/process.ts';
import { PTRACE_EVENT_CLONE, PTRACE_EVENT_FORK, PTRACE_EVENT_VFORK } from '../../abi/ptrace.ts';
import { SI_USER, SIGCHLD, SIGSTOP } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_SYS_RESOURCE } from '../auth/credentials.ts';
import { leaveEvent } from './ptrace-stop.ts';
import { startTrace } from './ptrace.ts';
import { signalInfo } from './signals/signal-queue.ts';
import { Task } from './task.ts';
import { ThreadGroup } from './thread-group.ts';
import { forebearsOfChild } from './origin.ts';
import { keptAddress } from '../mm/kept-address.ts';

const SP = 2;
const TP = 4;
const A0 = 10;
const ECALL_BYTES = 4;

/** What clone3(2) is asked for; clone(2) fills the same. */
export interface CloneRequest {
  /** CLONE_* bits; above 2³¹ for those of clone3 alone. */
  readonly flags: number;
  readonly exitSignal: number;
  /** Top of the child's stack; 0 keeps the parent's. */
  readonly stackTop: number;
  readonly parentTidAddress: number;
  readonly childTidAddress: number;
  readonly threadPointer: number;
  /** clone3's set_tid for this namespace; 0 for any. */
  readonly wantedTid: number;
}

/** Whether `flags`, which may have more than 32 bits, has the single bit `flag`. */
function has(flags: number, flag: number): boolean {
  return Math.floor(flags / (flag < 0 ? flag + 0x1_0000_0000 : flag)) % 2 === 1;
}

/**
 * Makes a new thread or process out of `parent`, runnable, with a0 = 0 behind the ecall. Its origin is the parent's.
 *
 * @errors EAGAIN pid limit or RLIMIT_NPROC; ENOMEM no registers or page tables left; EINVAL flags that do not go together
 */
export function cloneTask(parent: Task, request: CloneRequest): Task {
  const { kernel } = parent;
  const { flags } = request;
  checkFlags(parent, flags);
  if (kernel.tasks.size >= kernel.pidLimit) throw new SysError(EAGAIN, `clone: the container has ${kernel.pidLimit} threads, its limit`);
  checkProcessLimit(parent);
  const tid = request.wantedTid !== 0 ? request.wantedTid : kernel.allocatePid();
  if (tid === 0) throw new SysError(EAGAIN, 'clone: no pid is free');

  const isThread = has(flags, CLONE_THREAD);
  const mm = has(flags, CLONE_VM) ? parent.mm : parent.mm.fork();
  if (mm === parent.mm) mm.users++;
  const fdTable = has(flags, CLONE_FILES) ? parent.fdTable : parent.fdTable.copy();
  if (fdTable === parent.fdTable) fdTable.users++;
  const fs = has(flags, CLONE_FS) ? parent.fs : parent.fs.copy();
  if (fs === parent.fs) fs.hold();

  const child = new Task(kernel, tid, isThread ? parent.pid : tid, mm, fdTable, fs, parent.credentials.copy());
  if (child.slot === 0) {
    mm.drop();
    fdTable.drop(tid);
    fs.drop();
    throw new SysError(ENOMEM, 'clone: no register slot left');
  }
  child.name = parent.name;
  child.timerSlackNs = parent.timerSlackNs;
  child.personality = parent.personality;
  child.schedulingPolicy = parent.schedulingPolicy;
  child.ioPriority = parent.ioPriority;
  child.signalMask = parent.savedSignalMask ?? parent.signalMask;
  if (!has(flags, CLONE_VM) || has(flags, CLONE_VFORK)) child.alternateStack = { ...parent.alternateStack };
  if (has(flags, CLONE_CHILD_CLEARTID)) child.clearChildTid = keptAddress(request.childTidAddress);
  copyRegisters(parent, child, request);
  if (isThread) joinGroup(parent.threadGroup, child);
  else makeGroup(parent, child, request);
  storeTids(parent, child, request);
  if (!has(flags, CLONE_VM)) {
    child.rseqAddress = parent.rseqAddress;
    child.rseqSignature = parent.rseqSignature;
  }
  kernel.tasks.set(tid, child);
  kernel.forkCount++;
  traceChild(parent, child, request);
  if (child.threadGroup.isStopped && child.trace === null) child.runState = 'held';
  else kernel.enqueue(child);
  return child;
}

function checkFlags(parent: Task, flags: number): void {
  if (has(flags, CLONE_THREAD) && !has(flags, CLONE_SIGHAND)) throw new SysError(EINVAL, 'clone: CLONE_THREAD without CLONE_SIGHAND');
  if (has(flags, CLONE_SIGHAND) && !has(flags, CLONE_VM)) throw new SysError(EINVAL, 'clone: CLONE_SIGHAND without CLONE_VM');
  if (has(flags, CLONE_SIGHAND) && has(flags, CLONE_CLEAR_SIGHAND)) throw new SysError(EINVAL, 'clone: CLONE_SIGHAND with CLONE_CLEAR_SIGHAND');
  if (has(flags, CLONE_PARENT) && parent.threadGroup === parent.kernel.init) throw new SysError(EINVAL, 'clone: CLONE_PARENT by init');
}

function checkProcessLimit(parent: Task): void {
  const limit = parent.threadGroup.limit(RLIMIT_NPROC);
  if (limit === Infinity || parent.credentials.uid === 0 || parent.credentials.has(CAP_SYS_RESOURCE)) return;
  let count = 0;
  for (const task of parent.kernel.tasks.values()) if (task.credentials.uid === parent.credentials.uid) count++;
  if (count >= limit) throw new SysError(EAGAIN, `clone: user ${parent.credentials.uid} has ${count} threads, its limit`);
}

function copyRegisters(parent: Task, child: Task, request: CloneRequest): void {
  const { core } = parent.kernel;
  core.copyHart(parent.slot, child.slot);
  core.setReg(child.slot, A0, 0);
  core.setPc(child.slot, core.pc(parent.slot) + ECALL_BYTES);
  if (request.stackTop !== 0) core.setReg(child.slot, SP, request.stackTop);
  if (has(request.flags, CLONE_SETTLS)) core.setReg(child.slot, TP, request.threadPointer);
}

function joinGroup(group: ThreadGroup, child: Task): void {
  child.threadGroup = group;
  group.tasks.add(child);
}

function makeGroup(parent: Task, child: Task, request: CloneRequest): void {
  const { kernel } = parent;
  const from = parent.threadGroup;
  const { flags } = request;
  const actions = has(flags, CLONE_SIGHAND) ? from.actions : from.actions.copy();
  if (actions === from.actions) actions.users++;
  if (has(flags, CLONE_CLEAR_SIGHAND)) actions.resetHandlers();
  const group = new ThreadGroup(kernel, child.tid, child, from.origin, from.processGroup, actions);
  child.threadGroup = group;
  group.tasks.add(child);
  group.parent = has(flags, CLONE_PARENT) ? from.parent : from;
  group.parentTask = has(flags, CLONE_PARENT) ? from.parentTask : parent;
  group.parent?.children.add(group);
  group.exitSignal = has(flags, CLONE_PARENT) ? from.exitSignal : request.exitSignal;
  group.limits = [...from.limits];
  group.countsCpuTime = group.limit(RLIMIT_CPU) !== Infinity;
  group.nice = from.nice;
  group.oomScoreAdjust = from.oomScoreAdjust;
  group.commandLine = from.commandLine;
  group.execSession = from.execSession;
  group.forebears = forebearsOfChild(from.forebears, { pid: from.pid, command: parent.name });
  kernel.threadGroups.set(group.pid, group);
}

/** The tracer of `parent` is told of the child if it asked for it, and then traces it too. */
function traceChild(parent: Task, child: Task, { flags, exitSignal }: CloneRequest): void {
  const { trace } = parent;
  if (trace === null) return;
  let isTraced = has(flags, CLONE_PTRACE);
  if (!has(flags, CLONE_UNTRACED)) {
    const event = has(flags, CLONE_VFORK) ? PTRACE_EVENT_VFORK : exitSignal === SIGCHLD && !has(flags, CLONE_THREAD) ? PTRACE_EVENT_FORK : PTRACE_EVENT_CLONE;
    leaveEvent(parent, event, child.tid);
    isTraced ||= trace.dueEvent !== 0;
  }
  if (!isTraced) return;
  const own = startTrace(child, trace.tracer, trace.tracer, trace.isSeized, trace.options);
  own.isPrivileged = trace.isPrivileged;
  if (own.isSeized) own.isTrapDue = true;
  else child.own.add(signalInfo(SIGSTOP, SI_USER));
  child.hasSignalWork = true;
}

function storeTids(parent: Task, child: Task, request: CloneRequest): void {
  if (has(request.flags, CLONE_PARENT_SETTID)) ignoreFault(() => parent.mm.writeU32(request.parentTidAddress, child.tid));
  if (has(request.flags, CLONE_CHILD_SETTID)) ignoreFault(() => child.mm.writeU32(request.childTidAddress, child.tid));
}

/** Linux makes these stores without telling of a bad address. */
function ignoreFault(store: () => void): void {
  try {
    store();
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}
