import type { WaitQueue } from './wait-queue.ts';

/**
 * What a signal does to a blocked call (signal(7)): with a handler to run, `sys` restarts under SA_RESTART and
 * is EINTR otherwise, `nohand` and `eintr` are EINTR, `restartBlock` is EINTR. Without a handler all but `eintr` go on,
 * with the deadline they had; `eintr` ends in EINTR after a stop and continue as well.
 */
export type Restart = 'sys' | 'nohand' | 'restartBlock' | 'eintr' | 'killable';

/** The result of a syscall that has to wait: where it stands, until when, and what a signal makes of it. */
export interface Block {
  readonly queues: readonly WaitQueue[];
  readonly restart: Restart;
  /** Absolute monotonic time at which the call runs again in any case; null to wait for the queues alone. */
  readonly deadlineNs: number | null;
}

/** Returned by a file's read or write that found nothing to do and has to wait. Never a byte count. */
export const WOULD_BLOCK = -0x7fffffff;

/** Result of a syscall that has set the registers itself (execve, rt_sigreturn), or whose task is gone. */
export const REGISTERS_REPLACED = -0x7ffffffe;

/** A result of a syscall: its value for `a0`, or a reason to wait. */
export type SyscallResult = number | Block;

/** Waits in one queue without a deadline; restarted as read(2) is. */
export function blockOn(queue: WaitQueue): Block {
  return { queues: [queue], restart: 'sys', deadlineNs: null };
}
