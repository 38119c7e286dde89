import type { ThreadGroup } from './thread-group.ts';
import { addUsage } from './usage.ts';
import type { Usage } from './usage.ts';

/** CPU time, faults and largest size of `group` so far: its live threads and those that are gone. */
export function usageOf(group: ThreadGroup): Usage {
  const total: Usage = { ...group.ownUsage };
  for (const task of group.tasks) {
    addUsage(total, {
      userNs: task.userNs,
      systemNs: task.systemNs,
      minorFaults: task.minorFaults,
      maxRssPages: task.mm.notePeak(),
    });
  }
  return total;
}

/** CPU time of `group` in ns, user and system. */
export function cpuTimeNs(group: ThreadGroup): number {
  const usage = usageOf(group);
  return usage.userNs + usage.systemNs;
}
