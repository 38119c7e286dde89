import { Credentials } from '../auth/credentials.ts';
import type { Caller, ProcessGroupView, SessionView, TakenSignal } from './caller.ts';
import { WaitQueue } from '../wait/wait-queue.ts';

const noSession: SessionView = {
  sid: 0,
  tty: null,
  formerForeground: null,
  findGroup: () => null,
  hangUpLeader: () => {},
};

const noGroup: ProcessGroupView = { pgid: 0, session: noSession, isOrphaned: () => true, sendSignal: () => {} };

/** The container runtime itself, as files see it: root, without a process, that takes no signals. */
export class SystemCaller implements Caller {
  credentials = new Credentials();
  pid = 0;
  tid = 0;
  signalWaiters = new WaitQueue();

  processGroup(): ProcessGroupView {
    return noGroup;
  }

  session(): SessionView {
    return noSession;
  }

  isSessionLeader(): boolean {
    return false;
  }

  callStartNs(): number {
    return 0;
  }

  pendingMatching(): boolean {
    return false;
  }

  takePending(): TakenSignal | null {
    return null;
  }

  wouldReceive(): boolean {
    return false;
  }

  groupExists(): boolean {
    return false;
  }

  raise(): void {}

  fileSizeLimitBytes(): number {
    return Infinity;
  }
}
