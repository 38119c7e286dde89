import { SIGKILL } from '../../abi/signal.ts';
import type { Kernel } from '../task/kernel.ts';
import type { ThreadGroup } from '../task/thread-group.ts';
import { endGroup } from '../task/exit.ts';
import { panic } from '../../base/errors.ts';
import { Vfs } from '../vfs/vfs.ts';

/** Pages that `group` has mapped in: what killing it would free, more or less. */
function residentPages(group: ThreadGroup): number {
  const [task] = group.tasks;
  let pages = 0;
  if (task !== undefined) for (const vma of task.mm.vmas) pages += task.mm.residentPages(vma.start, vma.end);
  return pages;
}

/** How readily it is killed: its size, shifted by oom_score_adj. −1000 exempts it for as long as there is anybody else. */
function badness(group: ThreadGroup, pages: number): number {
  if (group.oomScoreAdjust === -1000) return -Infinity;
  return pages + (group.oomScoreAdjust / 1000) * group.kernel.core.frameLimit();
}

/** The memory limit is reached: gives up cached pages of files that can be read again, and where there are none kills. */
export function relieveMemory(kernel: Kernel): void {
  if (kernel.services.get('vfs', Vfs).reclaim() === 0) killLargest(kernel);
}

/** Kills the largest process at once and says so. */
function killLargest(kernel: Kernel): void {
  let victim: ThreadGroup | null = null;
  let worst = -Infinity;
  let size = 0;
  for (const group of kernel.threadGroups.values()) {
    if (group.isExited()) continue;
    const pages = residentPages(group);
    const score = badness(group, pages);
    // Where all are exempt the largest of them goes: a container cannot wait for memory that nobody gives back.
    if (victim !== null && (score < worst || (score === worst && pages <= size))) continue;
    victim = group;
    worst = score;
    size = pages;
  }
  if (victim === null) panic('out of memory, and nothing left to kill');
  const limitMiB = Math.floor(kernel.core.frameLimit() / 256);
  kernel.emit(
    'oom',
    victim.pid,
    `out of memory: the container's limit is ${limitMiB} MiB; killed pid ${victim.pid} \`${victim.leader.name}\`, the largest process (${Math.floor(size / 256)} MiB)`,
  );
  endGroup(victim, SIGKILL);
}
