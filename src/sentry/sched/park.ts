import type { Block } from '../wait/block.ts';
import type { Task } from '../task/task.ts';

/** Makes `task` wait as `block` says: pc stays on the ecall, and the wait record keeps what the call needs when it runs again. */
export function park(task: Task, block: Block): void {
  const record = task.waitRecord();
  task.pinTouchedFiles();
  record.restart = block.restart;
  record.wasParked = true;
  if (block.deadlineNs !== null && !record.hasDeadline) {
    record.hasDeadline = true;
    record.deadlineNs = block.deadlineNs;
  }
  for (const queue of block.queues) {
    queue.add(task);
    record.queues.push(queue);
  }
  task.runState = 'parked';
  if (block.deadlineNs !== null) task.kernel.timers.arm(task.deadline, block.deadlineNs);
}
