import type { ByteString } from '../../base/bytes.ts';
import { SIG_DFL, SIG_IGN, SIGRTMAX, signalBit } from '../../abi/signal.ts';
import { anyRef, defineState, optional, ref } from '../../state/index.ts';
import type { ProcFacts, ProcSignals, ProcTask, ProcTransfers, ProcView, TaskState } from '../fs/procfs/view.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { MountNamespace } from '../vfs/mount.ts';
import { usageOf } from './cpu-time.ts';
import type { Kernel } from './kernel.ts';
import type { Task } from './task.ts';

/** Register number of the stack pointer. */
const SP = 2;

/** Files of /proc/net, as the network layer tells them. */
export interface NetworkTables {
  /** Lines of `/proc/net/<name>` below the heading; empty for nothing. */
  networkTable(name: string): ByteString;
}

/** What /proc shows of a kernel's tasks. */
export class KernelProcView implements ProcView {
  kernel: Kernel;
  mounts: MountNamespace;
  /** Null while there is no network. */
  network: NetworkTables | null = null;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.mounts = kernel.services.get('mounts', MountNamespace);
  }

  pids(): readonly number[] {
    return [...this.kernel.threadGroups.keys()].sort((a, b) => a - b);
  }

  task(tid: number): ProcTask | null {
    const task = this.kernel.tasks.get(tid) ?? this.kernel.threadGroups.get(tid)?.leader;
    return task === undefined ? null : describeTask(task);
  }

  taskCounts(): { readonly all: number; readonly runnable: number } {
    let runnable = 0;
    for (const task of this.kernel.tasks.values()) if (task.runState === 'runnable') runnable++;
    return { all: this.kernel.tasks.size, runnable };
  }

  facts(): ProcFacts {
    const { kernel } = this;
    const { clock, names } = kernel;
    return {
      lastPid: kernel.lastPid,
      hostname: names.hostname,
      domainname: names.domainname,
      uptimeNs: clock.monotonicNs,
      idleNs: kernel.idleNs,
      bootNs: clock.realtimeOffsetNs,
      contextSwitches: kernel.contextSwitches,
      forks: kernel.forkCount,
    };
  }

  setHostname(name: ByteString): void {
    this.kernel.names.hostname = name;
  }

  setDomainname(name: ByteString): void {
    this.kernel.names.domainname = name;
  }

  networkTable(name: string): ByteString {
    return this.network?.networkTable(name) ?? '';
  }

  random(countBytes: number): Uint8Array {
    return this.kernel.random(countBytes);
  }
}

/** R, S, T, t, Z or X, as /proc/PID/stat shows it. */
export function stateOf(task: Task): TaskState {
  const group = task.threadGroup;
  if (group.isExited() && group.leader === task) return 'Z';
  if (task.runState === 'exited') return group.leader === task || task.trace !== null ? 'Z' : 'X';
  if (task.runState === 'traced') return 't';
  if (group.isStopped && task.trace === null) return 'T';
  return task.runState === 'parked' ? 'S' : 'R';
}

function signalsOf(task: Task): ProcSignals {
  const group = task.threadGroup;
  let ignored = 0n;
  let caught = 0n;
  for (let signal = 1; signal <= SIGRTMAX; signal++) {
    const { handler } = group.actions.get(signal);
    if (handler === SIG_IGN) ignored |= signalBit(signal);
    else if (handler !== SIG_DFL) caught |= signalBit(signal);
  }
  return {
    pending: task.own.pending,
    sharedPending: group.shared.pending,
    blocked: task.signalMask,
    ignored,
    caught,
    queued: task.own.infos.length + group.shared.infos.length,
  };
}

/** The facts about `task` now. */
function describeTask(task: Task): ProcTask {
  const group = task.threadGroup;
  const { processGroup } = group;
  const { session } = processGroup;
  const { kernel } = task;
  const isGone = task.runState === 'exited';
  const hasMemory = !isGone && task.mm.users > 0;
  return {
    pid: group.pid,
    tid: task.tid,
    name: task.name,
    state: stateOf(task),
    parentPid: group.parent?.pid ?? 0,
    tracerPid: task.trace?.tracer.tid ?? 0,
    pgid: processGroup.pgid,
    sid: session.sid,
    ttyDevice: session.tty?.device ?? 0,
    foregroundPgid: session.tty === null ? -1 : (session.tty.foreground?.pgid ?? 0),
    credentials: task.credentials,
    mm: hasMemory ? task.mm : null,
    fs: isGone ? null : task.fs,
    nice: group.nice,
    exitSignal: group.exitSignal,
    exitCode: group.exitStatus ?? 0,
    startNs: group.startNs,
    tids: tidsOf(task),
    ownTransfers: task,
    groupTransfers: transfersOf(task),
    groupUsage: usageOf(group),
    ownUsage: task,
    childUsage: group.childUsage,
    signals: signalsOf(task),
    limits: group.limits,
    oomScoreAdjust: group.oomScoreAdjust,
    isDumpable: !hasMemory || task.mm.isDumpable,
    pc: isGone ? 0 : kernel.core.pc(task.slot),
    stackPointer: isGone ? 0 : kernel.core.regU(task.slot, SP),
    openFds: () => (isGone ? [] : task.fdTable.openFds()),
    file: (fd: number): FileDescription | null => (isGone ? null : task.fdTable.get(fd)),
    fdFlags: (fd: number) => task.fdTable.flags(fd),
    setName: (name: ByteString) => {
      task.name = name;
    },
    setOomScoreAdjust: (value: number) => {
      group.oomScoreAdjust = value;
    },
  };
}

function transfersOf(task: Task): ProcTransfers {
  const total = { readCalls: 0, readBytes: 0, writeCalls: 0, writtenBytes: 0 };
  for (const member of task.threadGroup.tasks) {
    total.readCalls += member.readCalls;
    total.readBytes += member.readBytes;
    total.writeCalls += member.writeCalls;
    total.writtenBytes += member.writtenBytes;
  }
  return total;
}

function tidsOf(task: Task): number[] {
  const tids = [...task.threadGroup.tasks].map((member) => member.tid);
  if (!tids.includes(task.threadGroup.pid)) tids.push(task.threadGroup.pid);
  return tids.sort((a, b) => a - b);
}

defineState(KernelProcView, 'KernelProcView', 1, {
  kernel: ref<Kernel>('Kernel'),
  mounts: ref<MountNamespace>('MountNamespace'),
  network: optional(anyRef<NetworkTables>()),
});
