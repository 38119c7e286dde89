import { ImageError } from '../../base/errors.ts';
import type { Kernel } from '../task/kernel.ts';

/**
 * Checks that what was loaded is one kernel: ids, groups, run queue and wait records agree with each other.
 *
 * @errors ImageError 'section kernel' with the first contradiction
 */
export function verifyKernel(kernel: Kernel): void {
  const refuse = (reason: string): never => {
    throw new ImageError('section kernel', reason);
  };
  for (const [tid, task] of kernel.tasks) {
    if (task.tid !== tid) refuse(`task ${task.tid} is listed as ${tid}`);
    if (task.kernel !== kernel) refuse(`task ${tid} belongs to another kernel`);
    if (kernel.threadGroups.get(task.threadGroup.pid) !== task.threadGroup) refuse(`task ${tid} is in a group that is not listed`);
    if (task.runState === 'exited') continue;
    if (!task.threadGroup.tasks.has(task)) refuse(`task ${tid} is not a member of its group`);
    if (task.runState === 'parked') {
      if (task.wait === null) refuse(`task ${tid} waits for nothing`);
      for (const queue of task.wait!.queues) if (!queue.waiters.has(task)) refuse(`task ${tid} is missing in a queue it waits in`);
    }
  }
  for (const [pid, group] of kernel.threadGroups) {
    if (group.pid !== pid) refuse(`group ${group.pid} is listed as ${pid}`);
    for (const task of group.tasks) if (kernel.tasks.get(task.tid) !== task) refuse(`thread ${task.tid} of group ${pid} is not listed`);
    for (const child of group.children) if (child.parent !== group) refuse(`child ${child.pid} of group ${pid} has another parent`);
    if (!group.processGroup.members.has(group)) refuse(`group ${pid} is not a member of its process group`);
  }
  for (let i = kernel.runQueueHead; i < kernel.runQueue.length; i++) {
    if (!kernel.tasks.has(kernel.runQueue[i]!.tid) && kernel.runQueue[i]!.isQueued) refuse(`an unknown task is in the run queue`);
  }
  kernel.timers.heap.forEach((timer, i) => {
    if (timer.heapIndex !== i) refuse(`timer ${i} is not where it says`);
  });
}
