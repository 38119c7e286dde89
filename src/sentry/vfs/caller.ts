import type { Credentials } from '../auth/credentials.ts';

/**
 * A process group as files see it: what a terminal signals.
 */
export interface ProcessGroupView {
  readonly pgid: number;
  readonly session: SessionView;
  /** Whether no member has a parent in another group of the session (setpgid(2)). */
  isOrphaned(): boolean;
  /** Sends `signal` to every member, as from the kernel (SI_KERNEL). */
  sendSignal(signal: number): void;
}

/** A session as files see it. */
export interface SessionView {
  readonly sid: number;
  /** The group with this id in this session, or null. */
  findGroup(pgid: number): ProcessGroupView | null;
  /** Sends SIGHUP and SIGCONT to the leader (and its foreground group by the terminal): the terminal hung up. */
  hangUpLeader(): void;
}

/** The task on whose behalf a file acts: what files may ask of it. */
export interface Caller {
  readonly credentials: Credentials;
  /** Pid of the thread group. */
  readonly pid: number;
  readonly tid: number;
  /** Group and session of the caller. */
  readonly processGroup: ProcessGroupView;
  readonly session: SessionView;
  readonly isSessionLeader: boolean;
  /** Whether a signal would reach the caller: not blocked and not ignored. */
  wouldReceive(signal: number): boolean;
  /** Makes `signal` pending for the calling thread (SIGPIPE, SIGXFSZ), as from the kernel. */
  raise(signal: number): void;
  /** RLIMIT_FSIZE in bytes; Infinity when unlimited. */
  readonly fileSizeLimitBytes: number;
}
