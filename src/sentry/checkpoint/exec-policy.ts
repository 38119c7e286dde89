import { PTRACE_O_EXITKILL } from '../../abi/ptrace.ts';
import { SIGCONT, SIGHUP, SIGKILL, SIGWINCH, signalBit } from '../../abi/signal.ts';
import { ImageError } from '../../base/errors.ts';
import { hostKeyText } from '../../ports/console.ts';
import type { HostEnd } from '../../ports/console.ts';
import { endGroup } from '../task/exit.ts';
import type { ExecSession } from '../task/origin.ts';
import { Vfs } from '../vfs/vfs.ts';
import type { Kernel } from '../task/kernel.ts';
import { isTracedByParent } from '../task/ptrace.ts';
import { releaseGroup } from '../task/reap.ts';
import type { ThreadGroup } from '../task/thread-group.ts';
import { HostTerminal } from '../tty/console.ts';
import { canBind, openHostFiles } from './host-files.ts';

/**
 * What a restore does to processes whose origin is an exec.
 *
 *  - `kill`      ends each before the first guest instruction and reaps it, adopted descendants too: no zombie is left
 *  - `gvisor`    the same, but an adopted descendant stays a zombie under an init that does not wait, and what a victim traced with
 *                PTRACE_O_EXITKILL dies with it
 *  - `naive`     ends none: what the others exist to avoid. A host file of an exec makes the restore fail
 *  - `keep`      as `kill`, but execs marked restorable and processes named at the restore live on with their descendants
 *  - `reattach`  as `keep`, and the terminals and streams of those that live on are bound to new ends
 */
export type ExecPolicy = 'kill' | 'gvisor' | 'naive' | 'keep' | 'reattach';

export const EXEC_POLICIES: readonly ExecPolicy[] = ['kill', 'gvisor', 'naive', 'keep', 'reattach'];

/** A policy, and whom it spares beside the execs marked restorable. */
export interface ExecChoice {
  readonly policy: ExecPolicy;
  /** Processes that live on under `keep` and `reattach`, with their descendants. */
  readonly keptPids: readonly number[];
}

/** A process that the restore has killed. */
export interface Killed {
  readonly pid: number;
  readonly ppid: number;
  readonly command: string;
  readonly commandLine: readonly string[];
  readonly fdsFreed: number;
  readonly framesFreed: number;
  /** It had been adopted by the container's init, and was reaped in its place. */
  readonly reapedForInit: boolean;
}

/** An exec of which something lives on after a restore. */
export interface KeptSession {
  /** Its leader; the process with the lowest pid where the leader is gone. */
  readonly group: ThreadGroup;
  /** Host files that its processes have open, in the order of their making: a terminal, or streams. */
  readonly hostFileIds: readonly number[];
  /** Whether all of them have an end again. */
  readonly isBound: boolean;
}

/** What became of the execs. */
export interface ExecOutcome {
  readonly killed: readonly Killed[];
  readonly kept: readonly KeptSession[];
}

/**
 * Ends every thread group of exec origin that `choice` does not spare: descriptors, locks, terminals and frames are freed by
 * the ordinary exit path. No guest instruction has run since the restore.
 *
 * @param newEnd  what a host file with this key (`:host:0`) is bound to under `reattach`; null leaves it dead
 */
export function applyExecPolicy(kernel: Kernel, choice: ExecChoice, newEnd: (key: string) => HostEnd | null): ExecOutcome {
  const execs = [...kernel.threadGroups.values()].filter((group) => group.origin === 'exec');
  const spared = execs.filter((group) => isSpared(group, choice));
  const victims = execs.filter((group) => !spared.includes(group));
  if (choice.policy !== 'gvisor') spareTracees(victims);
  const killed = killAll(kernel, victims, spared);
  const reaped = choice.policy === 'gvisor' ? new Set<number>() : reapForInit(kernel, victims);
  if (choice.policy === 'reattach') reattach(spared, newEnd);
  return {
    killed: killed.map((entry) => ({ ...entry, reapedForInit: reaped.has(entry.pid) })),
    kept: keptSessions(spared),
  };
}

/** Whether a process of exec origin lives on under `choice`. */
export function isSpared(group: ThreadGroup, { policy, keptPids }: ExecChoice): boolean {
  if (policy === 'kill' || policy === 'gvisor') return false;
  return policy === 'naive' || group.execSession?.isRestorable === true || keptPids.some((pid) => descendsFrom(group, pid));
}

/** Whether `group` is process `pid` or descends from it, by birth or by adoption. */
export function descendsFrom(group: ThreadGroup, pid: number): boolean {
  if (group.execSession?.pid === pid || group.forebears.some((forebear) => forebear.pid === pid)) return true;
  for (let ancestor: ThreadGroup | null = group; ancestor !== null && ancestor.origin === 'exec'; ancestor = ancestor.parent) {
    if (ancestor.pid === pid) return true;
  }
  return false;
}

/** @errors ImageError one of `pids`, which are to be kept, is of no exec */
export function requireExecs(kernel: Kernel, pids: readonly number[]): void {
  const execs = [...kernel.threadGroups.values()].filter((group) => group.origin === 'exec');
  for (const pid of pids) {
    if (!execs.some((group) => descendsFrom(group, pid))) throw new ImageError('exec policy', `pid ${pid}, which is to be kept, is no process that an exec started`);
  }
}

/** PTRACE_O_EXITKILL is about a tracer that ends: one that a restore takes away lets go of what it traced. */
function spareTracees(victims: readonly ThreadGroup[]): void {
  for (const group of victims) {
    for (const tracer of group.tasks) for (const tracee of tracer.tracees) if (tracee.trace !== null) tracee.trace.options &= ~PTRACE_O_EXITKILL;
  }
}

function killAll(kernel: Kernel, victims: readonly ThreadGroup[], spared: readonly ThreadGroup[]): Killed[] {
  const hangUp = signalBit(SIGHUP);
  const unwarned = spared.filter((group) => (group.shared.pending & hangUp) === 0n);
  const killed: Killed[] = [];
  // Leaders of an exec go last: their children then are already dead when they would be adopted.
  for (const group of [...victims].reverse()) if (!group.isExited()) killed.push(killGroup(kernel, group));
  // That the leader of their session is gone must not end those who are to live on.
  for (const group of unwarned) group.shared.discard(hangUp);
  // Pages of the base image that only they had mapped are no longer worth their frames.
  for (const fileSystem of kernel.services.get('vfs', Vfs).fileSystems) fileSystem.reclaim();
  return killed.reverse();
}

function killGroup(kernel: Kernel, group: ThreadGroup): Killed {
  const entry = {
    pid: group.pid,
    ppid: group.parent?.pid ?? 0,
    command: group.leader.name,
    commandLine: group.commandLine,
    fdsFreed: 0,
    reapedForInit: false,
  };
  const [task] = group.tasks;
  const fdsFreed = task !== undefined && task.fdTable.users <= group.tasks.size ? task.fdTable.entriesByFd.size : 0;
  const framesBefore = kernel.core.framesInUse();
  endGroup(group, SIGKILL);
  return { ...entry, fdsFreed, framesFreed: framesBefore - kernel.core.framesInUse() };
}

/** Takes the zombies among `victims` off init's hands; one that a survivor traces is left to that one alone. */
function reapForInit(kernel: Kernel, victims: readonly ThreadGroup[]): Set<number> {
  const reaped = new Set<number>();
  for (const group of victims) {
    if (!group.isExited() || !kernel.threadGroups.has(group.pid)) continue;
    if (!group.hasEnded() || group.leader.trace !== null) {
      leaveToTracer(group);
      continue;
    }
    reaped.add(group.pid);
    releaseGroup(group);
  }
  return reaped;
}

/** Nobody but its tracer waits for it any more. */
function leaveToTracer(group: ThreadGroup): void {
  if (isTracedByParent(group.leader)) return;
  group.parent?.children.delete(group);
  group.parent = null;
  group.parentTask = null;
}

/** Binds the host files of `spared` to new ends, and has whoever is in front on a terminal draw itself anew. */
function reattach(spared: readonly ThreadGroup[], newEnd: (key: string) => HostEnd | null): void {
  for (const file of new Set(spared.flatMap(openHostFiles))) {
    const end = file.end === null && canBind(file) ? newEnd(hostKeyText(file.hostKey)) : null;
    if (end === null) continue;
    file.bind(end);
    if (!(file instanceof HostTerminal)) continue;
    file.signalForeground(SIGWINCH);
    file.signalForeground(SIGCONT);
  }
}

/** The execs that `spared` belong to, ascending by pid. */
function keptSessions(spared: readonly ThreadGroup[]): KeptSession[] {
  const bySession = new Map<ExecSession | null, ThreadGroup[]>();
  for (const group of [...spared].sort((a, b) => a.pid - b.pid)) {
    if (group.isExited()) continue;
    const members = bySession.get(group.execSession) ?? [];
    members.push(group);
    bySession.set(group.execSession, members);
  }
  return [...bySession].map(([session, members]) => {
    const files = [...new Set(members.flatMap(openHostFiles))].sort((a, b) => a.id - b.id);
    return {
      group: members.find((member) => member.pid === session?.pid) ?? members[0]!,
      hostFileIds: files.map((file) => file.id),
      isBound: files.every((file) => file.end !== null),
    };
  });
}
