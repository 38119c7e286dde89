import type { Kernel } from '../sentry/task/kernel.ts';
import type { ThreadGroup } from '../sentry/task/thread-group.ts';
import { ContainerError } from './errors.ts';
import type { Watched } from './host.ts';

/** The processes of one container that were started from outside: who they are, and how they ended. */
export class WatchedProcesses {
  private readonly kernel: Kernel;
  /** Those that have not been reported as ended, by pid. */
  private readonly running = new Map<number, { group: ThreadGroup; watched: Watched }>();
  /** Exit statuses that nobody has waited for, by pid. */
  private readonly ended = new Map<number, number>();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  add(group: ThreadGroup, hostFileIds: readonly number[]): Watched {
    const watched: Watched = { pid: group.pid, origin: group.origin, command: group.leader.name, hostFileIds };
    this.running.set(group.pid, { group, watched });
    return watched;
  }

  /** Those that have not been reported as ended, in the order in which they were started. */
  list(): Watched[] {
    return [...this.running.values()].map(({ watched }) => watched);
  }

  /** Those that have ended since the last call, with their status as a shell tells it. */
  takeEnded(): { group: ThreadGroup; watched: Watched; status: number }[] {
    const news: { group: ThreadGroup; watched: Watched; status: number }[] = [];
    for (const [pid, { group, watched }] of this.running) {
      if (group.exitStatus === null) continue;
      this.running.delete(pid);
      const status = shellStatus(group.exitStatus);
      this.ended.set(pid, status);
      news.push({ group, watched, status });
    }
    return news;
  }

  /**
   * Exit status of one that `takeEnded` has told of; null while it, or another process with that pid, runs. It is told once.
   * @errors ContainerError `waiting for PID N: no such process`
   */
  wait(pid: number): number | null {
    const status = this.ended.get(pid);
    if (status !== undefined) {
      this.ended.delete(pid);
      return status;
    }
    if (this.running.has(pid) || this.kernel.threadGroups.get(pid)?.isExited() === false) return null;
    throw new ContainerError(`waiting for PID ${pid}: no such process`);
  }

  /** None is watched any more; how those that have ended did is still told. */
  forgetRunning(): void {
    this.running.clear();
  }
}

/** 0 to 255 for an exit, 128 + n for a signal. */
function shellStatus(waitStatus: number): number {
  const signal = waitStatus & 0x7f;
  return signal === 0 ? (waitStatus >> 8) & 0xff : 128 + signal;
}
