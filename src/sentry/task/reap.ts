import { endTrace } from './ptrace-stop.ts';
import type { ThreadGroup } from './thread-group.ts';
import { addUsage } from './usage.ts';

/** Releases the ids of an exited group: nothing of it is left. Its usage goes to the parent that waited for it. */
export function releaseGroup(group: ThreadGroup): void {
  const { kernel, parent } = group;
  if (parent !== null) {
    addUsage(parent.childUsage, group.ownUsage);
    addUsage(parent.childUsage, group.childUsage);
    parent.children.delete(group);
  }
  const { leader, processGroup } = group;
  if (leader.trace !== null) endTrace(leader, leader.trace, 0);
  processGroup.remove(group);
  const { session } = processGroup;
  if (session.groups.size === 0) kernel.sessions.delete(session.sid);
  kernel.tasks.delete(leader.tid);
  kernel.threadGroups.delete(group.pid);
}
