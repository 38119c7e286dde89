import { anyRef, big, bool, byteString, defineState, enumOf, i32, int, list, optional, ref } from '../../state/index.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { Restart } from '../wait/block.ts';
import type { WaitQueue } from '../wait/wait-queue.ts';

/** What a blocked syscall keeps between its executions. Made at its first block, gone when it ends. */
export class WaitRecord {
  /** Queues the task stands in while it is parked; empty while it runs the call again. */
  queues: WaitQueue[] = [];
  restart: Restart = 'sys';
  /** The call has waited at least once. */
  wasParked = false;
  /** Absolute monotonic time in ns at which the call has timed out; null for never. */
  deadlineNs: number | null = null;
  hasDeadline = false;
  /** Where the time left until the deadline goes when a handler ends the call (nanosleep); 0 for nowhere. */
  remainingAddress = 0;
  /** Monotonic time of the first execution. */
  startNs = 0;
  /** Bytes already moved. */
  progressBytes = 0;
  /** Open files the call works on, whatever becomes of their numbers; each holds a reference. */
  pinned: FileDescription[] = [];
  pinnedFds: number[] = [];
  /** A wake-up was granted to this task (futex, vfork): taken without looking again. */
  isGranted = false;
  /** futex: bits it waits for. */
  bitset = 0;
  /** A step of the call that must happen once has happened: its name, and the value to answer at the end. */
  stage = '';
  value = 0;
  /** sigtimedwait: the signals waited for. */
  signals = 0n;
}

defineState(WaitRecord, 'WaitRecord', 1, {
  queues: list(ref<WaitQueue>('WaitQueue')),
  restart: enumOf('sys', 'nohand', 'restartBlock', 'eintr', 'killable'),
  wasParked: bool,
  deadlineNs: optional(int),
  hasDeadline: bool,
  remainingAddress: int,
  startNs: int,
  progressBytes: int,
  pinned: list(anyRef<FileDescription>()),
  pinnedFds: list(int),
  isGranted: bool,
  bitset: i32,
  stage: byteString,
  value: int,
  signals: big,
});
