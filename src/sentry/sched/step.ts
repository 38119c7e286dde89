import { BUS_ADRALN, BUS_ADRERR, ILL_ILLOPC, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGILL, SIGSEGV, SIGTRAP, TRAP_BRKPT } from '../../abi/signal.ts';
import {
  TRAP_EBREAK, TRAP_ECALL, TRAP_FAULT_EXEC, TRAP_FAULT_READ, TRAP_FAULT_WRITE, TRAP_FUEL, TRAP_ILLEGAL, TRAP_MISALIGNED_ATOMIC,
} from '../../core/layout.ts';
import { ENOMEM } from '../../abi/errno.ts';
import { SysError } from '../../base/errors.ts';
import type { SyscallArgs } from '../syscalls/args.ts';
import type { SyscallEntry } from '../syscalls/entry.ts';
import type { Fault } from '../mm/address-space.ts';
import { deliverSignals, forceSignal, restoreSavedMask } from '../task/signals/deliver.ts';
import { signalInfo } from '../task/signals/signal-queue.ts';
import { checkCpuTimers } from '../task/cpu-timers.ts';
import type { Kernel } from '../task/kernel.ts';
import { abortRestartableSequence } from '../task/rseq.ts';
import type { Task } from '../task/task.ts';
import { dispatch } from './dispatch.ts';
import { relieveMemory } from './oom.ts';

/** Instructions a task runs before the next one gets its turn. */
const QUANTUM = 400_000;
/** Instructions that one trap is worth in the slice's budget: about the time it takes. */
const TRAP_COST = 400;
/** Guest time that an instruction and a trap take: a little below the real ones, so that the clock never runs ahead. */
const NS_PER_INSTRUCTION = 1;
const NS_PER_TRAP = 150;

/** What a slice is run with. */
export interface Stepper {
  readonly kernel: Kernel;
  readonly table: readonly (SyscallEntry | undefined)[];
  readonly args: SyscallArgs;
}

/** Limits of one slice. */
export interface SliceLimit {
  /** Instructions, with traps counted as some hundred each. */
  readonly budget: number;
  /** Traps after which the slice ends; Infinity for no limit. */
  readonly maxTraps: number;
  /** Most instructions a task runs at a stretch; smaller ones make tests take turns more often. */
  readonly quantum?: number;
}

/**
 * Runs tasks in turn until the budget is used up or none is runnable.
 * @returns budget left: 0 or less when it was used up
 */
export function runSlice(stepper: Stepper, limit: SliceLimit): number {
  const { kernel } = stepper;
  const quantum = limit.quantum ?? QUANTUM;
  let budget = limit.budget;
  let traps = limit.maxTraps;
  while (budget > 0 && traps > 0) {
    const task = kernel.dequeue();
    if (task === null) break;
    kernel.current = task;
    kernel.contextSwitches++;
    kernel.isYielding = false;
    if (task.rseqAddress !== 0) abortRestartableSequence(task);
    let left = Math.min(quantum, budget);
    const startLeft = left;
    while (left > 0 && traps > 0 && task.runState === 'runnable' && !kernel.isYielding) {
      if (task.hasSignalWork) {
        deliverSignals(task);
        if (mustLeave(task)) break;
      } else if (task.savedSignalMask !== null && task.wait === null) {
        restoreSavedMask(task);
        continue;
      }
      const retired = runTask(stepper, task, left);
      if (retired >= 0) {
        left -= retired;
      } else {
        left += retired - TRAP_COST;
        traps--;
        if (kernel.timers.heap.length > 0 && kernel.timers.heap[0]!.deadlineNs <= kernel.clock.monotonicNs) kernel.timers.fireDue(kernel.clock.monotonicNs);
      }
    }
    budget -= startLeft - left;
    kernel.current = null;
    if (task.runState === 'runnable') kernel.enqueue(task);
    kernel.timers.fireDue(kernel.clock.monotonicNs);
  }
  return budget;
}

/** Whether a task that has handled its signals cannot run on now. */
function mustLeave(task: Task): boolean {
  if (task.runState !== 'runnable') return true;
  return task.threadGroup.isStopped && task.trace === null;
}

/** @returns instructions retired; as a negative number (−1 − n) when a trap ended them */
function runTask(stepper: Stepper, task: Task, fuel: number): number {
  const { kernel } = stepper;
  const { core, clock } = kernel;
  core.setTimeNs(clock.monotonicNs);
  const cause = core.run(task.slot, task.mm.space, fuel);
  const retired = core.lastRetired();
  clock.monotonicNs += retired * NS_PER_INSTRUCTION;
  task.userNs += retired * NS_PER_INSTRUCTION;
  if (task.threadGroup.countsCpuTime) checkCpuTimers(task.threadGroup);
  if (cause === TRAP_FUEL) return retired;
  kernel.trapCount++;
  clock.monotonicNs += NS_PER_TRAP;
  task.systemNs += NS_PER_TRAP;
  if (cause === TRAP_ECALL) dispatch(task, stepper.table, stepper.args);
  else handleTrap(task, cause);
  return -1 - retired;
}

function handleTrap(task: Task, cause: number): void {
  const { core } = task.kernel;
  switch (cause) {
    case TRAP_FAULT_READ:
      return handleFault(task, core.trapAddress(), 1);
    case TRAP_FAULT_WRITE:
      return handleFault(task, core.trapAddress(), 2);
    case TRAP_FAULT_EXEC:
      return handleFault(task, core.trapAddress(), 4);
    case TRAP_ILLEGAL:
      return forceSignal(task, signalInfo(SIGILL, ILL_ILLOPC, { address: core.pc(task.slot) }));
    case TRAP_EBREAK:
      return forceSignal(task, signalInfo(SIGTRAP, TRAP_BRKPT, { address: core.pc(task.slot) }));
    case TRAP_MISALIGNED_ATOMIC:
      return forceSignal(task, signalInfo(SIGBUS, BUS_ADRALN, { address: core.trapAddress() }));
  }
}

/** Maps the page in, or sends the signal that says why not. */
function handleFault(task: Task, address: number, access: number): void {
  task.minorFaults++;
  let fault: Fault;
  try {
    fault = task.mm.handleFault(address, access);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    fault = error.errno === ENOMEM ? 'memory' : 'bus'; // no frame for a page of a file, or it cannot be read from where it is kept
  }
  if (fault === 'none') return;
  if (fault === 'memory') {
    relieveMemory(task.kernel);
    return; // the access is tried again when its task is still there
  }
  const info =
    fault === 'bus'
      ? signalInfo(SIGBUS, BUS_ADRERR, { address })
      : signalInfo(SIGSEGV, fault === 'protection' ? SEGV_ACCERR : SEGV_MAPERR, { address });
  forceSignal(task, info);
}

