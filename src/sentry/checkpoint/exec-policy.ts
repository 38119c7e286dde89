import { SIGKILL } from '../../abi/signal.ts';
import { endGroup } from '../task/exit.ts';
import { Vfs } from '../vfs/vfs.ts';
import type { Kernel } from '../task/kernel.ts';
import { releaseGroup } from '../task/reap.ts';
import type { ThreadGroup } from '../task/thread-group.ts';

/**
 * What a restore does to processes whose origin is an exec.
 *
 *  - `kill`    ends each before the first guest instruction and reaps it, adopted descendants too: no zombie is left
 *  - `gvisor`  the same, but an adopted descendant stays a zombie under an init that does not wait
 */
export type ExecPolicy = 'kill' | 'gvisor';

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

/**
 * Ends every thread group of exec origin: descriptors, locks, terminals and frames are freed by the ordinary exit path.
 * No guest instruction has run since the restore.
 */
export function applyExecPolicy(kernel: Kernel, policy: ExecPolicy): Killed[] {
  const victims = [...kernel.threadGroups.values()].filter((group) => group.origin === 'exec');
  const killed: Killed[] = [];
  // Leaders of an exec go last: their children then are already dead when they would be adopted.
  for (const group of victims.reverse()) if (!group.isExited()) killed.push(killGroup(kernel, group));
  // Pages of the base image that only they had mapped are no longer worth their frames.
  for (const fileSystem of kernel.services.get('vfs', Vfs).fileSystems) fileSystem.reclaim();
  const reaped = policy === 'kill' ? reapForInit(kernel, victims) : new Set<number>();
  return killed.reverse().map((entry) => ({ ...entry, reapedForInit: reaped.has(entry.pid) }));
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

/** Takes the zombies among `victims` off init's hands. */
function reapForInit(kernel: Kernel, victims: readonly ThreadGroup[]): Set<number> {
  const reaped = new Set<number>();
  for (const group of victims) {
    if (!group.isExited() || !kernel.threadGroups.has(group.pid)) continue;
    reaped.add(group.pid);
    releaseGroup(group);
  }
  return reaped;
}
