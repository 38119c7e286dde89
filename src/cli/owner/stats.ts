import { PAGE_BYTES } from '../../abi/mman.ts';
import type { Container } from '../../container/container.ts';
import type { StatsData } from '../protocol.ts';

/** What `runsc events` tells of a container: CPU time in ns, memory in bytes. */
export function statsOf({ kernel }: Container): StatsData {
  let userNs = 0;
  let systemNs = 0;
  for (const group of kernel.threadGroups.values()) {
    userNs += group.ownUsage.userNs;
    systemNs += group.ownUsage.systemNs;
    for (const task of group.tasks) {
      userNs += task.userNs;
      systemNs += task.systemNs;
    }
  }
  const usedBytes = kernel.core.framesInUse() * PAGE_BYTES;
  const limitBytes = kernel.core.frameLimit() * PAGE_BYTES;
  const none = { limit: 0, usage: 0, max: 0, failcnt: 0 };
  return {
    cpu: { usage: { kernel: systemNs, user: userNs, total: userNs + systemNs, percpu: [] } },
    memory: { cache: 0, usage: { limit: limitBytes, usage: usedBytes, max: 0, failcnt: 0 }, swap: none, kernel: none, kernelTCP: none, raw: {} },
    pids: { current: kernel.tasks.size, limit: kernel.pidLimit },
    network_interfaces: [],
  };
}
