import { PTRACE_EVENT_STOP } from '../../abi/ptrace.ts';
import { CAP_SYS_PTRACE } from '../auth/credentials.ts';
import { big, bool, defineState, enumOf, i32, int, optional, ref, u32 } from '../../state/index.ts';
import { signalInfoKind } from './signals/signal-queue.ts';
import type { SignalInfo } from './signals/signal-queue.ts';
import type { Task } from './task.ts';

/**
 * Why a tracee stands still (ptrace(2), "Stopped states").
 *
 *  - `signal`  a signal is about to be delivered
 *  - `group`   its process is stopped by a signal; of a tracee that was not seized
 *  - `trap`    PTRACE_EVENT_STOP of a seized one: its process is stopped, it was interrupted, or it is new
 *  - `event`   PTRACE_EVENT_FORK and the like
 *  - `entry`   on the way into a system call, which has not begun
 *  - `exit`    on the way out of one
 */
export type TraceStop = 'none' | 'signal' | 'group' | 'trap' | 'event' | 'entry' | 'exit';

/** That a task is traced: by whom, and how far its tracer and it have come. */
export class Trace {
  /** The thread that attached: no other may ask anything of the tracee. */
  tracer: Task;
  isSeized: boolean;
  /** PTRACE_O_* bits. */
  options: number;
  /** Who began the tracing, the tracer or by PTRACE_TRACEME the tracee, had CAP_SYS_PTRACE: the tracee may gain privileges by execve(2). */
  isPrivileged: boolean;
  /** PTRACE_SYSCALL: it stops at system calls. */
  stopsAtCalls = false;
  stop: TraceStop = 'none';
  /** Signal and event of the stop as wait(2) tells them, without the lowest byte; 0 when they have been waited for. */
  report = 0;
  /** PTRACE_GETEVENTMSG. */
  message = 0;
  /** Of the signal or of the stop; null at the stop of a whole process. */
  info: SignalInfo | null = null;
  /** PTRACE_LISTEN: stopped, but not at the tracer's command. */
  isListening = false;
  /** Its process was stopped, and it has not told yet. */
  isGroupStopDue = false;
  /** It has been interrupted, or its process stopped or went on: of a seized one. */
  isTrapDue = false;
  /** The signal that the tracer let pass: delivered next. */
  passed: SignalInfo | null = null;
  /** It runs a system call whose way in has been told or passed by. */
  isInCall = false;
  /** It stands before an execution of its call, or will run it again: signals wait for that. */
  isCallDue = false;
  /** Where the call returns to when the tracer has said so on its way in; 0 for behind the ecall. */
  returnPc = 0;
  /** The call is over, an event on its way out was told, and the way out itself has still to be told. */
  isCallOver = false;
  /** What a0 shows at the stop on the way out of a call that a signal interrupted and that may run again; 0 for a0 itself. */
  interruptedResult = 0;
  /** Of a call that the tracer replaces by none: what a0 shows at the stop on the way in, and what the call then answers. */
  skippedResult = 0n;
  /** An event of the running call that has still to be told, and its message; 0 for none. */
  dueEvent = 0;
  dueMessage = 0;
  /** It ends: stands at PTRACE_EVENT_EXIT or has passed it. */
  isExiting = false;
  /** Wait status of its end. */
  exitStatus = 0;

  constructor(tracer: Task, isSeized: boolean, options: number, isPrivileged: boolean) {
    this.tracer = tracer;
    this.isSeized = isSeized;
    this.options = options;
    this.isPrivileged = isPrivileged;
  }

  /** Whether it has to stop for the tracer before anything else. */
  hasStopDue(): boolean {
    return this.isGroupStopDue || this.isTrapDue;
  }

  /** Whether it stands at PTRACE_EVENT_STOP. */
  isAtTrap(): boolean {
    return this.info !== null && this.info.code >> 8 === PTRACE_EVENT_STOP;
  }
}

/** Makes `tracer` the tracer of `task`, which has none; `caller` is who asks for it. */
export function startTrace(task: Task, tracer: Task, caller: Task, isSeized: boolean, options: number): Trace {
  const trace = new Trace(tracer, isSeized, options, caller.credentials.has(CAP_SYS_PTRACE));
  task.trace = trace;
  tracer.tracees.add(task);
  return trace;
}

/** Whether it is a thread of the process's own parent that traces `task`. */
export function isTracedByParent(task: Task): boolean {
  return task.trace !== null && task.trace.tracer.threadGroup === task.threadGroup.parent;
}

defineState(Trace, 'Trace', 1, {
  tracer: ref<Task>('Task'),
  isSeized: bool,
  options: u32,
  isPrivileged: bool,
  stopsAtCalls: bool,
  stop: enumOf('none', 'signal', 'group', 'trap', 'event', 'entry', 'exit'),
  report: u32,
  message: int,
  info: optional(signalInfoKind),
  isListening: bool,
  isGroupStopDue: bool,
  isTrapDue: bool,
  passed: optional(signalInfoKind),
  isInCall: bool,
  isCallDue: bool,
  returnPc: int,
  isCallOver: bool,
  interruptedResult: i32,
  skippedResult: big,
  dueEvent: u32,
  dueMessage: int,
  isExiting: bool,
  exitStatus: u32,
});
