/** How a tracee comes to a stop, and how it leaves it. */

import { ENOSYS } from '../../abi/errno.ts';
import {
  optionOfEvent, PTRACE_EVENT_EXIT, PTRACE_EVENT_STOP, PTRACE_EVENTMSG_SYSCALL_ENTRY, PTRACE_EVENTMSG_SYSCALL_EXIT, PTRACE_O_TRACESYSGOOD,
} from '../../abi/ptrace.ts';
import { CLD_STOPPED, CLD_TRAPPED, SA_NOCLDSTOP, SI_KERNEL, SI_USER, SIG_IGN, SIGCHLD, signalBit, SIGTRAP } from '../../abi/signal.ts';
import type { Trace, TraceStop } from './ptrace.ts';
import { signalInfo } from './signals/signal-queue.ts';
import type { SignalInfo } from './signals/signal-queue.ts';
import type { Task } from './task.ts';

const A0 = 10;
const A7 = 17;
const ECALL_BYTES = 4;

/** What the tracer is told, and how SIGCHLD describes it. */
interface StopReport {
  readonly stop: TraceStop;
  readonly report: number;
  readonly info: SignalInfo | null;
  readonly message: number;
  readonly code: number;
}

/** Stops `task` here and tells its tracer. It may be any task: one that waits in a call leaves its queues. */
function enterStop(task: Task, trace: Trace, { stop, report, info, message, code }: StopReport): void {
  task.unpark();
  task.runState = 'traced';
  trace.stop = stop;
  trace.report = report;
  trace.info = info;
  trace.message = message;
  notifyTracer(trace, signalInfo(SIGCHLD, code, { pid: task.tid, uid: task.credentials.uid, status: report & 0x7f }));
}

/** Sends SIGCHLD to the tracer unless it wants none of stops, and wakes those who wait. */
function notifyTracer({ tracer }: Trace, info: SignalInfo): void {
  const { threadGroup } = tracer;
  const { handler, flags } = threadGroup.actions.get(SIGCHLD);
  if (handler !== SIG_IGN && (flags & SA_NOCLDSTOP) === 0) threadGroup.sendSignal(info);
  threadGroup.childWait.wakeAll();
}

/** A stop that the kernel makes rather than a signal: `report` is signal and event. */
function ownStop(task: Task, stop: TraceStop, report: number, message: number, code: number): StopReport {
  return { stop, report, message, code, info: signalInfo(report & 0x7f, report, { pid: task.tid, uid: task.credentials.uid }) };
}

/** Signal-delivery-stop: the tracer decides what becomes of `info`. */
export function stopForSignal(task: Task, trace: Trace, info: SignalInfo): void {
  enterStop(task, trace, { stop: 'signal', report: info.signal, info, message: 0, code: CLD_TRAPPED });
}

/** Group-stop, or PTRACE_EVENT_STOP of a seized task: whatever made it due is told. */
export function stopForGroup(task: Task, trace: Trace): void {
  const { threadGroup } = task;
  trace.isGroupStopDue = false;
  trace.isTrapDue = false;
  if (trace.isSeized) {
    const signal = threadGroup.isStopped ? threadGroup.stopSignal : SIGTRAP;
    enterStop(task, trace, ownStop(task, 'trap', signal | (PTRACE_EVENT_STOP << 8), 0, CLD_STOPPED));
  } else {
    enterStop(task, trace, { stop: 'group', report: threadGroup.stopSignal, info: null, message: 0, code: CLD_STOPPED });
  }
}

/** The stop of the event that the running call has left. */
export function stopForDueEvent(task: Task, trace: Trace): void {
  const report = ownStop(task, 'event', SIGTRAP | (trace.dueEvent << 8), trace.dueMessage, CLD_TRAPPED);
  trace.dueEvent = 0;
  trace.isCallDue = !trace.isCallOver;
  enterStop(task, trace, report);
}

/**
 * PTRACE_EVENT_EXIT, if it was asked for: `status` is what the task ends with once its tracer lets it.
 * @returns whether it has stopped
 */
export function stopForExit(task: Task, status: number): boolean {
  const { trace } = task;
  if (trace === null || trace.isExiting || task.runState === 'exited' || (trace.options & optionOfEvent(PTRACE_EVENT_EXIT)) === 0) return false;
  trace.isExiting = true;
  trace.exitStatus = status;
  enterStop(task, trace, ownStop(task, 'event', SIGTRAP | (PTRACE_EVENT_EXIT << 8), status, CLD_TRAPPED));
  return true;
}

function stopAtCall(task: Task, trace: Trace, stop: 'entry' | 'exit'): void {
  const signal = (trace.options & PTRACE_O_TRACESYSGOOD) !== 0 ? SIGTRAP | 0x80 : SIGTRAP;
  enterStop(task, trace, ownStop(task, stop, signal, stop === 'entry' ? PTRACE_EVENTMSG_SYSCALL_ENTRY : PTRACE_EVENTMSG_SYSCALL_EXIT, CLD_TRAPPED));
}

/**
 * Called before each execution of a system call of a traced task.
 * @returns whether it is to be executed: not at a stop on its way in, nor when the tracer has put −1 in the place of its number
 */
export function beginTracedCall(task: Task, trace: Trace): boolean {
  const { core } = task.kernel;
  if (!trace.isInCall) {
    trace.isInCall = true;
    if (!trace.stopsAtCalls) return true;
    trace.skippedResult = BigInt.asUintN(64, BigInt(-ENOSYS));
    trace.returnPc = 0;
    trace.isCallDue = true;
    stopAtCall(task, trace, 'entry');
    return false;
  }
  trace.isCallDue = false;
  if (core.regBig(task.slot, A7) !== 0xffff_ffff_ffff_ffffn) return true;
  core.setRegBig(task.slot, A0, trace.skippedResult);
  core.setPc(task.slot, core.pc(task.slot) + ECALL_BYTES);
  task.endWait();
  endTracedCall(task, trace);
  return false;
}

/** Called when a system call of a traced task has its result: tells the event it left, then the way out. */
export function endTracedCall(task: Task, trace: Trace): void {
  if (task.runState !== 'runnable') return;
  if (trace.returnPc !== 0) task.kernel.core.setPc(task.slot, trace.returnPc);
  trace.returnPc = 0;
  if (trace.dueEvent !== 0) {
    trace.isCallOver = true;
    stopForDueEvent(task, trace);
    return;
  }
  leaveTracedCall(task, trace, 0);
}

/**
 * The way out of a call; one that a signal interrupted shows `interruptedResult` in a0.
 * @returns whether it has stopped
 */
export function leaveTracedCall(task: Task, trace: Trace, interruptedResult: number): boolean {
  const isTold = trace.isInCall && trace.stopsAtCalls;
  trace.isInCall = false;
  trace.isCallOver = false;
  trace.isCallDue = false;
  trace.returnPc = 0;
  if (!isTold) return false;
  trace.interruptedResult = interruptedResult;
  stopAtCall(task, trace, 'exit');
  return true;
}

/** Leaves word of `event` for the end of the running call, if the tracer asked for it. */
export function leaveEvent(task: Task, event: number, message: number): void {
  const { trace } = task;
  if (trace === null || (trace.options & optionOfEvent(event)) === 0) return;
  trace.dueEvent = event;
  trace.dueMessage = message;
}

/** Lets a stopped tracee go on; `signal` is what the tracer gives with it, 0 for none. */
export function resumeTracee(task: Task, trace: Trace, signal: number): void {
  const { stop, info, tracer } = trace;
  trace.stop = 'none';
  trace.report = 0;
  trace.message = 0;
  trace.info = null;
  trace.isListening = false;
  trace.interruptedResult = 0;
  task.runState = 'runnable';
  task.hasSignalWork = true;
  task.kernel.enqueue(task);
  if (signal === 0) return;
  if (stop === 'entry' || stop === 'exit') {
    task.sendSignal(signalInfo(signal, SI_KERNEL));
  } else if (stop === 'signal' && info !== null) {
    const passed = signal === info.signal ? info : signalInfo(signal, SI_USER, { pid: tracer.pid, uid: tracer.credentials.uid });
    if ((task.signalMask & signalBit(signal)) !== 0n) task.own.add(passed);
    else trace.passed = passed;
  }
}

/** Makes a traced task look at what is due: it leaves an interruptible wait, and stops anew when it was listening. */
export function nudgeTracee(task: Task, trace: Trace): void {
  task.hasSignalWork = true;
  if (task.runState === 'traced') {
    if (trace.isListening) resumeTracee(task, trace, 0);
  } else if (task.runState === 'parked' && task.wait?.restart !== 'killable') {
    task.unpark();
  }
}

/** Its process is stopped: the tracee will tell. */
export function stopTracee(task: Task, trace: Trace): void {
  trace.isGroupStopDue = true;
  nudgeTracee(task, trace);
}

/** SIGCONT has been sent to its process: a stop that is not told yet is none any more; a seized tracee tells of the change. */
export function continueTracee(task: Task, trace: Trace): void {
  trace.isGroupStopDue = false;
  if (!trace.isSeized) return;
  trace.isTrapDue = true;
  nudgeTracee(task, trace);
}

/**
 * Ends the tracing of `task`: where it stood still it goes on, with `signal` if it was about to get one, or joins the stop of its
 * process.
 */
export function endTrace(task: Task, trace: Trace, signal: number): void {
  if (task.runState === 'traced') resumeTracee(task, trace, signal);
  trace.tracer.tracees.delete(task);
  task.trace = null;
  if (task.runState === 'exited') return;
  if (trace.passed !== null) task.own.add(trace.passed);
  if (task.hasPendingSignal()) task.hasSignalWork = true;
}
