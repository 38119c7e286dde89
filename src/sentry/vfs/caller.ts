import type { Credentials } from '../auth/credentials.ts';
import type { WaitQueue } from '../wait/wait-queue.ts';

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

/** A controlling terminal as tasks see it: `Tty` of src/sentry/tty. */
export interface ControllingTty {
  /** Device number: tty_nr of /proc/PID/stat. */
  readonly device: number;
  /** The session it controls, or null. */
  session: SessionView | null;
  /** Group in front: tpgid of /proc/PID/stat. */
  foreground: ProcessGroupView | null;
}

/** A session as files see it. */
export interface SessionView {
  readonly sid: number;
  /** Controlling terminal, or null; set and cleared by the terminal (src/sentry/tty/job-control.ts). */
  tty: ControllingTty | null;
  /** Foreground group at the time the terminal hung up: it is told when the leader exits. */
  formerForeground: ProcessGroupView | null;
  /** The group with this id in this session, or null. */
  findGroup(pgid: number): ProcessGroupView | null;
  /** Sends SIGHUP and SIGCONT to the leader (and its foreground group by the terminal): the terminal hung up. */
  hangUpLeader(): void;
}

/** What siginfo_t carries, as files see it (signalfd(2)); fields that a kind of signal lacks are 0. */
export interface TakenSignal {
  readonly signal: number;
  /** si_code. */
  readonly code: number;
  readonly errno: number;
  readonly pid: number;
  readonly uid: number;
  readonly status: number;
  /** si_value, all 64 bits. */
  readonly value: bigint;
  readonly address: number;
  readonly timerId: number;
  readonly overrun: number;
  readonly utimeTicks: number;
  readonly stimeTicks: number;
}

/** The task on whose behalf a file acts: what files may ask of it. */
export interface Caller {
  readonly credentials: Credentials;
  /** Pid of the thread group. */
  readonly pid: number;
  readonly tid: number;
  /** Group and session of the caller. */
  processGroup(): ProcessGroupView;
  session(): SessionView;
  isSessionLeader(): boolean;
  /** Whether a process group with this id exists, in whatever session. */
  groupExists(pgid: number): boolean;
  /** Monotonic time in ns at which the current call was first executed: before it blocked, if it did. */
  callStartNs(): number;
  /** Woken when a signal becomes pending for the caller. */
  readonly signalWaiters: WaitQueue;
  /** Whether a signal of `mask` (bit n − 1 for signal n) is pending for the caller or its thread group. */
  pendingMatching(mask: bigint): boolean;
  /** Takes the next such signal, as it would be delivered; null for none. */
  takePending(mask: bigint): TakenSignal | null;
  /** Whether a signal would reach the caller: not blocked and not ignored. */
  wouldReceive(signal: number): boolean;
  /** Makes `signal` pending for the calling thread (SIGPIPE, SIGXFSZ), as from the kernel. */
  raise(signal: number): void;
  /** RLIMIT_FSIZE in bytes; Infinity when unlimited. */
  fileSizeLimitBytes(): number;
}
