import { EFAULT, EINTR, ENOSYS, ERESTARTSYS } from '../../abi/errno.ts';
import { SysError } from '../../base/errors.ts';
import { REGISTERS_REPLACED } from '../wait/block.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from '../syscalls/args.ts';
import type { SyscallEntry } from '../syscalls/entry.ts';
import { beginTracedCall, endTracedCall, stopForDueEvent } from '../task/ptrace-stop.ts';
import type { Task } from '../task/task.ts';
import { park } from './park.ts';

const A0 = 10;
const A7 = 17;
const ECALL_BYTES = 4;
/** Runs the syscall `task` has trapped on, as far as its result or its block. */
export function dispatch(task: Task, table: readonly (SyscallEntry | undefined)[], args: SyscallArgs): void {
  const { kernel } = task;
  const { core } = kernel;
  if (task.trace !== null && !beginTracedCall(task, task.trace)) return;
  kernel.syscallCount++;
  if (kernel.touchedFds.length !== 0) {
    kernel.touchedFds.length = 0;
    kernel.touchedFiles.length = 0;
  }
  args.slot = task.slot;
  const number = core.regLo(task.slot, A7);
  const result = runSyscall(task, number, table[number], args);
  if (typeof result !== 'number') {
    if (task.trace !== null && task.trace.dueEvent !== 0) {
      task.waitRecord().restart = result.restart;
      stopForDueEvent(task, task.trace);
      return; // afterwards the call runs again
    }
    if (task.hasSignalWork && task.isInterrupted() && result.restart !== 'killable') {
      task.waitRecord().restart = result.restart;
      task.waitRecord().wasParked = true;
      task.pinTouchedFiles();
      return; // the signal comes first: delivery decides what becomes of the call
    }
    park(task, result);
    return;
  }
  if (result === REGISTERS_REPLACED || task.runState === 'exited') {
    task.endWait();
  } else {
    core.setReg(task.slot, A0, result);
    core.setPc(task.slot, core.pc(task.slot) + ECALL_BYTES);
    if (task.wait !== null) task.endWait();
  }
  if (task.trace !== null) endTracedCall(task, task.trace);
}

function runSyscall(task: Task, number: number, entry: SyscallEntry | undefined, args: SyscallArgs): SyscallResult {
  if (entry === undefined) {
    const { unsupported } = task.kernel;
    unsupported.set(number, (unsupported.get(number) ?? 0) + 1);
    return -ENOSYS;
  }
  const { wait } = task;
  if (wait !== null && wait.stage === 'interrupted') return -EINTR;
  try {
    return entry.run(task, args);
  } catch (error) {
    if (error instanceof SysError) {
      // A terminal has signalled the caller's own group: the signal first, then the call again.
      if (error.errno === ERESTARTSYS) return { queues: [], restart: 'sys', deadlineNs: task.kernel.clock.monotonicNs };
      return -error.errno;
    }
    if (error instanceof RangeError && /Array buffer allocation|Invalid typed array length/.test(error.message)) return -EFAULT;
    throw error;
  }
}
