import { textFromByteString } from '../base/bytes.ts';
import { HART_BYTES, HART_PC, HART_X, PAGE_BYTES } from '../core/layout.ts';
import { SIG_DFL, SIG_IGN, SIGRTMAX, signalBit } from '../abi/signal.ts';
import type { AddressSpace } from '../sentry/mm/address-space.ts';
import { syscallName } from '../sentry/syscalls/table.ts';
import { stateOf } from '../sentry/task/proc-view.ts';
import type { Task } from '../sentry/task/task.ts';
import type { ThreadGroup } from '../sentry/task/thread-group.ts';
import { Tty } from '../sentry/tty/tty.ts';
import { fdReport } from './descriptors.ts';
import type { InspectedImage } from './image.ts';
import { Names, permissionText, signalNames } from './names.ts';
import type { FdReport, MappingReport, ProcessReport, ThreadReport } from './report.ts';

/** a7, the register that holds the number of a system call. */
const SYSCALL_REGISTER = 17;

/** Every process, zombies too: ascending by pid. */
export function processReports(image: InspectedImage): ProcessReport[] {
  const names = new Names(image.kernel);
  return [...image.kernel.threadGroups.values()].sort((a, b) => a.pid - b.pid).map((group) => processReport(image, group, names));
}

function processReport(image: InspectedImage, group: ThreadGroup, names: Names): ProcessReport {
  const { leader, processGroup } = group;
  const { session } = processGroup;
  const task = liveTask(group);
  const { actions } = group;
  const handled = { ignored: 0n, caught: 0n };
  for (let signal = 1; signal <= SIGRTMAX; signal++) {
    const { handler } = actions.get(signal);
    if (handler === SIG_IGN) handled.ignored |= signalBit(signal);
    else if (handler !== SIG_DFL) handled.caught |= signalBit(signal);
  }
  const mappings = task === null ? [] : mappingReports(image, task, names);
  return {
    pid: group.pid,
    ppid: group.parent?.pid ?? 0,
    pgid: processGroup.pgid,
    sid: session.sid,
    uid: leader.credentials.euid,
    gid: leader.credentials.egid,
    origin: group.origin,
    state: stateOf(leader),
    exitStatus: group.exitStatus,
    command: textFromByteString(leader.name),
    commandLine: group.commandLine.map(textFromByteString).join(' '),
    cwd: task === null ? '' : names.path(task.fs.cwd),
    tty: session.tty instanceof Tty ? textFromByteString(session.tty.name) : null,
    umask: leader.fs.umask,
    pendingSignals: signalNames(group.shared.pending),
    ignoredSignals: signalNames(handled.ignored),
    caughtSignals: signalNames(handled.caught),
    threads: [...group.tasks].sort((a, b) => a.tid - b.tid).map((thread) => threadReport(thread, names)),
    fds: task === null ? [] : fdReports(task, names),
    mappings,
    residentPages: mappings.reduce((sum, { residentPages }) => sum + residentPages, 0),
  };
}

/** The memory of a process, and its page table; null for a zombie. */
export function memoryOf({ tables }: InspectedImage, group: ThreadGroup): { readonly mm: AddressSpace; readonly table: Uint32Array } | null {
  const mm = liveTask(group)?.mm;
  const table = mm === undefined ? undefined : tables.get(mm);
  return mm === undefined || table === undefined ? null : { mm, table };
}

/** A thread whose descriptors and memory are those of the process; null for a zombie. */
function liveTask({ leader, tasks }: ThreadGroup): Task | null {
  if (leader.runState !== 'exited') return leader;
  for (const task of tasks) if (task.runState !== 'exited') return task;
  return null;
}

function threadReport(task: Task, names: Names): ThreadReport {
  return {
    tid: task.tid,
    name: textFromByteString(task.name),
    state: stateOf(task),
    pc: task.runState === 'exited' ? 0 : registerOf(task, HART_PC),
    waitsIn: waitText(task, names),
    pendingSignals: signalNames(task.own.pending),
    blockedSignals: signalNames(task.signalMask),
  };
}

/** A register of a checkpoint, by its offset in the slot. */
function registerOf({ savedRegisters }: Task, offset: number): number {
  if (savedRegisters.length !== HART_BYTES) return 0;
  return Number(new DataView(savedRegisters.buffer, savedRegisters.byteOffset).getBigUint64(offset, true));
}

/** The system call that a parked task will run again, with the files it works on: `read 0 /dev/pts/0`; '' for one that can run. */
function waitText(task: Task, names: Names): string {
  if (task.runState === 'held') return 'stop';
  if (task.runState === 'traced') return `stop for its tracer, ${task.trace?.tracer.pid ?? 0}`;
  if (task.runState !== 'parked') return '';
  const call = syscallName(registerOf(task, HART_X + SYSCALL_REGISTER * 8));
  const files = (task.wait?.pinned ?? []).map((file, i) => {
    const fd = task.wait?.pinnedFds[i] ?? -1;
    return fd < 0 ? names.file(file) : `${fd} ${names.file(file)}`; // below 0: an open that is not complete
  });
  return [call, files.join(', ')].filter((part) => part !== '').join(' ');
}

function fdReports(task: Task, names: Names): FdReport[] {
  return [...task.fdTable.entriesByFd].sort(([a], [b]) => a - b).map(([fd, entry]) => fdReport(fd, entry, names));
}

function mappingReports({ tables }: InspectedImage, { mm }: Task, names: Names): MappingReport[] {
  const table = tables.get(mm) ?? new Uint32Array(0);
  return mm.vmas.map((vma) => ({
    start: vma.start,
    end: vma.end,
    permissions: permissionText(vma),
    offset: vma.file === null ? 0 : vma.offsetPages * PAGE_BYTES,
    name: names.mapping(mm, vma),
    residentPages: indexOfPage(table, vma.end / PAGE_BYTES) - indexOfPage(table, vma.start / PAGE_BYTES),
  }));
}

/** How many entries of a page table are below a page. */
export function indexOfPage(table: Uint32Array, page: number): number {
  let low = 0;
  let high = table.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table[middle * 2]! < page) low = middle + 1;
    else high = middle;
  }
  return low;
}
