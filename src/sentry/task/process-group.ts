import { anyRef, bool, defineState, optional, ref, set, u32 } from '../../state/index.ts';
import { SI_KERNEL, SIGCONT, SIGHUP } from '../../abi/signal.ts';
import type { ControllingTty, ProcessGroupView, SessionView } from '../vfs/caller.ts';
import { signalInfo } from './signals/signal-queue.ts';
import type { ThreadGroup } from './thread-group.ts';

/** Process groups that share a controlling terminal (setsid(2)). */
export class Session implements SessionView {
  sid: number;
  leader: ThreadGroup | null;
  groups = new Set<ProcessGroup>();
  /** Controlling terminal, or null. */
  tty: ControllingTty | null = null;
  /** Foreground group at the time the terminal hung up. */
  formerForeground: ProcessGroupView | null = null;
  /** Made by exec from outside: its groups count as not orphaned while the leader lives, as gVisor has it. */
  isRoot: boolean;

  constructor(sid: number, leader: ThreadGroup, isRoot: boolean) {
    this.sid = sid;
    this.leader = leader;
    this.isRoot = isRoot;
  }

  findGroup(pgid: number): ProcessGroup | null {
    for (const group of this.groups) if (group.pgid === pgid) return group;
    return null;
  }

  hangUpLeader(): void {
    this.leader?.sendSignal(signalInfo(SIGHUP, SI_KERNEL));
    this.leader?.sendSignal(signalInfo(SIGCONT, SI_KERNEL));
  }
}

defineState(Session, 'Session', 1, {
  sid: u32,
  leader: optional(ref<ThreadGroup>('ThreadGroup')),
  groups: set(ref<ProcessGroup>('ProcessGroup')),
  tty: optional(anyRef<ControllingTty>()),
  formerForeground: optional(anyRef<ProcessGroupView>()),
  isRoot: bool,
});

/** Thread groups that a terminal signals together (setpgid(2)). */
export class ProcessGroup implements ProcessGroupView {
  pgid: number;
  session: Session;
  members = new Set<ThreadGroup>();

  constructor(pgid: number, session: Session) {
    this.pgid = pgid;
    this.session = session;
    session.groups.add(this);
  }

  isOrphaned(): boolean {
    for (const member of this.members) {
      if (member.isExited()) continue;
      const parent = member.parent;
      if (parent === null) {
        if (this.session.isRoot && this.session.leader !== null) return false;
        continue;
      }
      if (parent.processGroup !== this && parent.processGroup.session === this.session) return false;
    }
    return true;
  }

  /** Whether some member is stopped. */
  hasStoppedMember(): boolean {
    for (const member of this.members) if (member.isStopped) return true;
    return false;
  }

  sendSignal(signal: number): void {
    for (const member of [...this.members]) member.sendSignal(signalInfo(signal, SI_KERNEL));
  }

  add(member: ThreadGroup): void {
    this.members.add(member);
    member.processGroup = this;
  }

  /** Takes a member out; an empty group leaves its session. */
  remove(member: ThreadGroup): void {
    this.members.delete(member);
    if (this.members.size === 0) this.session.groups.delete(this);
  }
}

defineState(ProcessGroup, 'ProcessGroup', 1, {
  pgid: u32,
  session: ref<Session>('Session'),
  members: set(ref<ThreadGroup>('ThreadGroup')),
});
