/**
 * What /proc shows of tasks and of the kernel, as the task layer tells it. File systems lie below the task layer, so they
 * ask through these.
 */

import type { ByteString } from '../../../base/bytes.ts';
import type { Credentials } from '../../auth/credentials.ts';
import type { AddressSpace } from '../../mm/address-space.ts';
import type { FileDescription } from '../../vfs/file-description.ts';
import type { FsContext } from '../../vfs/fs-context.ts';
import type { MountNamespace } from '../../vfs/mount.ts';

/** Letters of the state field. */
export type TaskState = 'R' | 'S' | 'T' | 't' | 'Z' | 'X';

/** CPU time in ns, and faults. */
export interface ProcUsage {
  readonly userNs: number;
  readonly systemNs: number;
  readonly minorFaults: number;
}

/** Reads and writes, and the bytes they moved. */
export interface ProcTransfers {
  readonly readCalls: number;
  readonly readBytes: number;
  readonly writeCalls: number;
  readonly writtenBytes: number;
}

/** Signal sets: bit n − 1 for signal n. */
export interface ProcSignals {
  readonly pending: bigint;
  readonly sharedPending: bigint;
  readonly blocked: bigint;
  readonly ignored: bigint;
  readonly caught: bigint;
  /** Signals queued now. */
  readonly queued: number;
}

/** One task, with the facts of its thread group. */
export interface ProcTask {
  readonly pid: number;
  readonly tid: number;
  readonly name: ByteString;
  readonly state: TaskState;
  /** The parent's pid, 0 for none. */
  readonly parentPid: number;
  /** Id of the thread that traces it, 0 for none. */
  readonly tracerPid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Device number of the controlling terminal, 0 for none, and its foreground group, −1 for none. */
  readonly ttyDevice: number;
  readonly foregroundPgid: number;
  readonly credentials: Credentials;
  /** Null for a zombie. */
  readonly mm: AddressSpace | null;
  readonly fs: FsContext | null;
  readonly nice: number;
  readonly exitSignal: number;
  readonly exitCode: number;
  /** Monotonic time of its start in ns. */
  readonly startNs: number;
  /** Threads of the group, ascending. */
  readonly tids: readonly number[];
  /** Reads and writes of this thread, for the directory of a process of all its live threads. */
  readonly ownTransfers: ProcTransfers;
  readonly groupTransfers: ProcTransfers;
  /** Of the whole group, of this thread, and of children waited for. */
  readonly groupUsage: ProcUsage;
  readonly ownUsage: ProcUsage;
  readonly childUsage: ProcUsage;
  readonly signals: ProcSignals;
  /** Soft and hard limits by RLIMIT_*; Infinity for unlimited. */
  readonly limits: readonly (readonly [number, number])[];
  readonly oomScoreAdjust: number;
  readonly isDumpable: boolean;
  /** Guest pc and stack pointer. */
  readonly pc: number;
  readonly stackPointer: number;
  /** Open descriptors, ascending; none for a zombie. */
  openFds(): readonly number[];
  file(fd: number): FileDescription | null;
  fdFlags(fd: number): number;
  setName(name: ByteString): void;
  setOomScoreAdjust(value: number): void;
}

/** Numbers and names of the kernel now. */
export interface ProcFacts {
  readonly lastPid: number;
  readonly hostname: ByteString;
  readonly domainname: ByteString;
  /** Time since the start, and of it idle, in ns. */
  readonly uptimeNs: number;
  readonly idleNs: number;
  /** CLOCK_REALTIME of the start in ns. */
  readonly bootNs: bigint;
  readonly contextSwitches: number;
  readonly forks: number;
}

/** The kernel as /proc shows it. */
export interface ProcView {
  /** Pids of all thread groups, zombies included, ascending. */
  pids(): readonly number[];
  /** The task with this tid, the leader of a group whose threads are gone included; null for none. */
  task(tid: number): ProcTask | null;
  /** Number of tasks, and of those that can run. */
  taskCounts(): { readonly all: number; readonly runnable: number };
  facts(): ProcFacts;
  readonly mounts: MountNamespace;
  setHostname(name: ByteString): void;
  setDomainname(name: ByteString): void;
  /** Content of a file of /proc/net below its heading, e.g. `tcp`; empty for nothing. */
  networkTable(name: string): ByteString;
  random(countBytes: number): Uint8Array;
}
