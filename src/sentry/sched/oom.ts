import { SIGKILL } from '../../abi/signal.ts';
import type { Kernel } from '../task/kernel.ts';
import type { ThreadGroup } from '../task/thread-group.ts';
import { endGroup } from '../task/exit.ts';
import { panic } from '../../base/errors.ts';
import { Vfs } from '../vfs/vfs.ts';

/** Pages that killing `group` would free, more or less: what only it has mapped. */
function badness(group: ThreadGroup): number {
  const { leader } = group;
  const task = group.tasks.has(leader) ? leader : [...group.tasks][0];
  if (task === undefined || group.oomScoreAdjust === -1000) return -1;
  let pages = 0;
  for (const vma of task.mm.vmas) pages += task.mm.residentPages(vma.start, vma.end);
  return pages + (group.oomScoreAdjust / 1000) * group.kernel.core.frameLimit();
}

/** The memory limit is reached: gives up cached pages of files that can be read again, and where there are none kills. */
export function relieveMemory(kernel: Kernel): void {
  if (kernel.services.get('vfs', Vfs).reclaim() === 0) killLargest(kernel);
}

/** Kills the largest process at once and says so. */
function killLargest(kernel: Kernel): void {
  let victim: ThreadGroup | null = null;
  let most = -1;
  for (const group of kernel.threadGroups.values()) {
    if (group.isExited()) continue;
    const pages = badness(group);
    if (pages > most) {
      most = pages;
      victim = group;
    }
  }
  if (victim === null) panic('out of memory, and nothing left to kill');
  const limitMiB = Math.floor(kernel.core.frameLimit() / 256);
  kernel.emit(
    'oom',
    victim.pid,
    `out of memory: the container's limit is ${limitMiB} MiB; killed pid ${victim.pid} \`${victim.leader.name}\`, the largest process (${Math.floor(most / 256)} MiB)`,
  );
  endGroup(victim, SIGKILL);
}
