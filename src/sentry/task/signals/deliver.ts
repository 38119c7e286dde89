import { EFAULT, EINTR } from '../../../abi/errno.ts';
import {
  SA_NODEFER, SA_ONSTACK, SA_RESETHAND, SA_RESTART, SEGV_MAPERR, SI_KERNEL, SIG_DFL, SIG_IGN, SIGINFO_BYTES, SIGKILL, SIGSEGV,
  SIGSTOP, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK, signalBit, UNBLOCKABLE,
} from '../../../abi/signal.ts';
import { SysError } from '../../../base/errors.ts';
import type { Restart } from '../../wait/block.ts';
import { exitGroup, exitTask } from '../exit.ts';
import { leaveTracedCall, stopForGroup, stopForSignal } from '../ptrace-stop.ts';
import type { Trace } from '../ptrace.ts';
import { abortRestartableSequence } from '../rseq.ts';
import type { Task } from '../task.ts';
import { writeSigInfo } from './siginfo.ts';
import { defaultAction } from './signal-actions.ts';
import type { SignalAction } from './signal-actions.ts';
import { signalInfo } from './signal-queue.ts';
import type { SignalInfo } from './signal-queue.ts';

const RA = 1;
const SP = 2;
const A0 = 10;
const A1 = 11;
const A2 = 12;
const ECALL_BYTES = 4;
const KILL_BIT = signalBit(SIGKILL);

// struct rt_sigframe on riscv64: siginfo_t, then struct ucontext.
//
//    0          128        136       144       168        176 ⋯ 296    304         560             1088
//    ├──────────┼──────────┼─────────┼─────────┼──────────┼────────────┼───────────┼───────────────┤
//    │ siginfo  │ uc_flags │ uc_link │ uc_stack│uc_sigmask│ unused     │ pc, x1–31 │ f0–31, fcsr … │
//    └──────────┴──────────┴─────────┴─────────┴──────────┴────────────┴───────────┴───────────────┘
const UCONTEXT = SIGINFO_BYTES;
const UC_STACK = UCONTEXT + 16;
const UC_SIGMASK = UCONTEXT + 40;
const UC_REGISTERS = UCONTEXT + 176;
const UC_FLOATS = UC_REGISTERS + 256;
const FCSR = UC_FLOATS + 256;
const FRAME_BYTES = UC_FLOATS + 528;

/**
 * Handles every signal that `task` can take now: stops, ends it, or makes its registers enter a handler.
 * Called before the guest goes on; afterwards the task may be held or gone.
 */
export function deliverSignals(task: Task): void {
  const { wait } = task;
  // Nothing but SIGKILL is taken before a vfork is over.
  if (wait !== null && wait.wasParked && wait.restart === 'killable' && !task.pendingMatching(KILL_BIT)) return;
  task.hasSignalWork = false;
  for (;;) {
    if (task.runState === 'exited') return;
    const info = task.trace === null ? task.takePending(~task.signalMask) : nextOfTracee(task, task.trace);
    if (info === null) break;
    const action = task.threadGroup.actions.get(info.signal);
    if (action.handler === SIG_IGN) continue;
    if (action.handler !== SIG_DFL) {
      enterHandler(task, info, action);
      if (task.hasPendingSignal()) task.hasSignalWork = true; // further handlers are entered on top of this one
      continue;
    }
    if (actByDefault(task, info)) return;
  }
  if (task.runState === 'runnable') finishInterruptedCall(task);
}

/**
 * The next signal that a tracee takes: SIGKILL, or one that its tracer let pass. Whatever else there is to tell stops it.
 * @returns null when there is none; the task may have stopped, or be gone
 */
function nextOfTracee(task: Task, trace: Trace): SignalInfo | null {
  if (trace.isExiting) {
    exitTask(task, trace.exitStatus);
    return null;
  }
  if (task.pendingMatching(KILL_BIT)) return task.takePending(KILL_BIT);
  if (trace.isCallDue) {
    task.hasSignalWork = true; // once the call has been executed
    return null;
  }
  if (trace.isCallOver && leaveTracedCall(task, trace, 0)) return null;
  if (trace.passed === null && !task.isInterrupted()) return null;
  if (leaveInterruptedCall(task, trace)) return null;
  const { passed } = trace;
  if (passed !== null) {
    trace.passed = null;
    return passed;
  }
  if (trace.hasStopDue()) {
    stopForGroup(task, trace);
    return null;
  }
  const info = task.takePending(~task.signalMask);
  if (info !== null) stopForSignal(task, trace, info);
  return null;
}

/** What a0 shows of a call that will run again, as the kernel's own error numbers have it. */
const RESTART_RESULTS: Readonly<Record<Restart, number>> = { sys: -512, nohand: -514, restartBlock: -516, eintr: -EINTR, killable: 0 };

/**
 * A tracee that waits in a call leaves it before anything is delivered.
 * @returns whether it has stopped on the way out
 */
function leaveInterruptedCall(task: Task, trace: Trace): boolean {
  const { wait } = task;
  if (wait === null || !wait.wasParked) return false;
  const { restart, progressBytes } = wait;
  if (progressBytes > 0) endCall(task, progressBytes);
  else if (restart === 'eintr') endCall(task, -EINTR);
  return leaveTracedCall(task, trace, task.wait === null ? 0 : RESTART_RESULTS[restart]);
}

/** A wait that no handler ended goes on; the mask of a call that has ended comes back. */
function finishInterruptedCall(task: Task): void {
  const { wait } = task;
  if (wait !== null && wait.wasParked) {
    if (wait.restart === 'eintr' && wait.stage === 'interrupted') endCall(task, -EINTR);
    return;
  }
  restoreSavedMask(task);
}

/** Gives the mask back that ppoll and the like had replaced. */
export function restoreSavedMask(task: Task): void {
  if (task.savedSignalMask === null) return;
  const mask = task.savedSignalMask;
  task.savedSignalMask = null;
  task.setSignalMask(mask);
}

/** @returns whether the task cannot go on now */
function actByDefault(task: Task, info: SignalInfo): boolean {
  const { threadGroup } = task;
  const { signal } = info;
  const action = defaultAction(signal);
  if (action === 'ignore' || action === 'continue') return false;
  if (action === 'stop') {
    if (signal !== SIGSTOP && threadGroup.processGroup.isOrphaned()) return false;
    threadGroup.stop(signal);
    if (task.trace !== null) {
      task.trace.isGroupStopDue = true; // also when the process was stopped before
      return false;
    }
    task.hasSignalWork = true; // whatever else is pending waits for the end of the stop
    return true;
  }
  // The container's init dies only of its own signals and faults, and of signals from outside (pid_namespaces(7)).
  if (threadGroup === task.kernel.init && task.kernel.isInitProtected && info.code <= 0 && info.pid !== 0 && info.pid !== threadGroup.pid) return false;
  exitGroup(task, signal);
  return true;
}

/** Ends the syscall that the task waits in, with `result`. */
function endCall(task: Task, result: number): void {
  const { core } = task.kernel;
  core.setReg(task.slot, A0, result);
  core.setPc(task.slot, core.pc(task.slot) + ECALL_BYTES);
  task.endWait();
}

/** What a handler makes of the call that it interrupts (signal(7)). */
function interruptCall(task: Task, action: SignalAction): void {
  const { wait } = task;
  if (wait === null || !wait.wasParked) return;
  if (wait.progressBytes > 0) {
    endCall(task, wait.progressBytes);
  } else if (wait.restart === 'sys' && (action.flags & SA_RESTART) !== 0) {
    task.endWait(); // pc is on the ecall and a0 is as it was: it runs again from the start
  } else {
    endCall(task, storeRemaining(task) ? -EINTR : -EFAULT);
  }
}

/** Stores the time that a sleep had left where it asked for it. @returns whether the memory is writable */
function storeRemaining(task: Task): boolean {
  const { wait, mm } = task;
  if (wait === null || wait.remainingAddress === 0 || wait.deadlineNs === null) return true;
  const leftNs = Math.max(0, wait.deadlineNs - task.kernel.clock.monotonicNs);
  try {
    mm.writeU64(wait.remainingAddress, Math.floor(leftNs / 1e9));
    mm.writeU64(wait.remainingAddress + 8, leftNs % 1e9);
    return true;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return false;
  }
}

function enterHandler(task: Task, info: SignalInfo, action: SignalAction): void {
  interruptCall(task, action);
  if (task.rseqAddress !== 0) abortRestartableSequence(task);
  const mask = task.savedSignalMask ?? task.signalMask;
  task.savedSignalMask = null;
  const handler = action.handler;
  const { signal } = info;
  try {
    pushFrame(task, info, action, mask);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    forceSignal(task, signalInfo(SIGSEGV, SI_KERNEL));
    return;
  }
  const { core } = task.kernel;
  core.setPc(task.slot, handler);
  core.setReg(task.slot, RA, task.mm.vdsoStart);
  core.setReg(task.slot, A0, signal);
  let blocked = task.signalMask | action.mask;
  if ((action.flags & SA_NODEFER) === 0) blocked |= signalBit(signal);
  task.signalMask = blocked & ~UNBLOCKABLE;
  if ((action.flags & SA_RESETHAND) !== 0) task.threadGroup.actions.resetHandler(signal);
}

/** Writes the frame below the stack pointer (or on the alternate stack) and points sp, a1 and a2 at it. */
function pushFrame(task: Task, info: SignalInfo, action: SignalAction, mask: bigint): void {
  const { mm, slot } = task;
  const { core } = task.kernel;
  const stack = task.alternateStack;
  const sp = core.regU(slot, SP);
  const isOnStack = stack.sizeBytes > 0 && sp > stack.start && sp <= stack.start + stack.sizeBytes;
  const usesStack = (action.flags & SA_ONSTACK) !== 0 && (stack.flags & SS_DISABLE) === 0;
  let top = sp;
  if (usesStack && !isOnStack) top = stack.start + stack.sizeBytes;
  const frame = Math.floor((top - FRAME_BYTES) / 16) * 16;
  if (usesStack && isOnStack && frame < stack.start) throw new SysError(14, 'alternate stack overflows');
  const bytes = new Uint8Array(FRAME_BYTES);
  const view = new DataView(bytes.buffer);
  writeSigInfo(view, info);
  view.setBigUint64(UC_STACK, BigInt(stack.start), true);
  view.setUint32(UC_STACK + 8, stack.sizeBytes === 0 ? SS_DISABLE : (stack.flags & SS_AUTODISARM) | (isOnStack ? SS_ONSTACK : 0), true);
  view.setBigUint64(UC_STACK + 16, BigInt(stack.sizeBytes), true);
  view.setBigUint64(UC_SIGMASK, BigInt.asUintN(64, mask), true);
  view.setBigUint64(UC_REGISTERS, BigInt(core.pc(slot)), true);
  for (let i = 1; i < 32; i++) view.setBigUint64(UC_REGISTERS + 8 * i, core.regBig(slot, i), true);
  for (let i = 0; i < 32; i++) view.setBigUint64(UC_FLOATS + 8 * i, core.getF(slot, i), true);
  view.setUint32(FCSR, core.fcsr(slot), true);
  mm.writeBytes(frame, bytes);
  if ((stack.flags & SS_AUTODISARM) !== 0 && usesStack) task.alternateStack = { start: 0, sizeBytes: 0, flags: SS_DISABLE };
  core.setReg(slot, SP, frame);
  core.setReg(slot, A1, frame);
  core.setReg(slot, A2, frame + UCONTEXT);
}

/** rt_sigreturn(2): puts everything back that the frame at sp holds. */
export function returnFromHandler(task: Task): void {
  const { mm, slot } = task;
  const { core } = task.kernel;
  const frame = core.regU(slot, SP);
  let bytes: Uint8Array;
  try {
    bytes = mm.readBytes(frame, FRAME_BYTES);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    forceSignal(task, signalInfo(SIGSEGV, SEGV_MAPERR, { address: frame }));
    return;
  }
  const view = new DataView(bytes.buffer);
  core.setPc(slot, Number(view.getBigUint64(UC_REGISTERS, true) & 0x1f_ffff_ffff_ffffn));
  for (let i = 1; i < 32; i++) core.setRegBig(slot, i, view.getBigUint64(UC_REGISTERS + 8 * i, true));
  for (let i = 0; i < 32; i++) core.setF(slot, i, view.getBigUint64(UC_FLOATS + 8 * i, true));
  core.setFcsr(slot, view.getUint32(FCSR, true));
  task.alternateStack = {
    start: Number(view.getBigUint64(UC_STACK, true) & 0x1f_ffff_ffff_ffffn),
    sizeBytes: Number(view.getBigUint64(UC_STACK + 16, true) & 0x1f_ffff_ffff_ffffn),
    flags: view.getUint32(UC_STACK + 8, true) & ~SS_ONSTACK,
  };
  task.setSignalMask(view.getBigUint64(UC_SIGMASK, true));
}

/** A fault of the task itself: taken even when blocked or ignored, and fatal then (force_sig_info). */
export function forceSignal(task: Task, info: SignalInfo): void {
  const { trace } = task;
  if (trace !== null && trace.isCallDue) {
    // Its tracer has put something else in the place of the ecall.
    trace.isCallDue = false;
    trace.isInCall = false;
  }
  const bit = signalBit(info.signal);
  const { actions } = task.threadGroup;
  if ((task.signalMask & bit) !== 0n || actions.get(info.signal).handler === SIG_IGN) {
    actions.resetHandler(info.signal);
    task.signalMask &= ~bit;
  }
  task.own.add(info);
  task.hasSignalWork = true;
}
