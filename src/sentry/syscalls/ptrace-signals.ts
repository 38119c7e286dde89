/** What a tracer sees and changes of a stopped tracee's signals. */

import { EFAULT, EINVAL } from '../../abi/errno.ts';
import { PTRACE_PEEKSIGINFO_SHARED } from '../../abi/ptrace.ts';
import { SIGINFO_BYTES } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import type { Trace } from '../task/ptrace.ts';
import { readSigInfo, writeSigInfo } from '../task/signals/siginfo.ts';
import type { SignalInfo } from '../task/signals/signal-queue.ts';
import type { Task } from '../task/task.ts';

const SIGSET_BYTES = 8;

function storeInfo(tracer: Task, address: number, info: SignalInfo): void {
  const bytes = new Uint8Array(SIGINFO_BYTES);
  writeSigInfo(new DataView(bytes.buffer), info);
  tracer.mm.writeBytes(address, bytes);
}

/** PTRACE_GETSIGINFO. @errors EINVAL the whole process is stopped, and there is no signal to tell of; EFAULT */
export function getStopInfo(tracer: Task, trace: Trace, address: number): number {
  if (trace.info === null) throw new SysError(EINVAL, 'ptrace: a stop of the whole process');
  storeInfo(tracer, address, trace.info);
  return 0;
}

/** PTRACE_SETSIGINFO. @errors as PTRACE_GETSIGINFO */
export function setStopInfo(tracer: Task, trace: Trace, address: number): number {
  const bytes = tracer.mm.readBytes(address, SIGINFO_BYTES);
  if (trace.info === null) throw new SysError(EINVAL, 'ptrace: a stop of the whole process');
  trace.info = readSigInfo(new DataView(bytes.buffer));
  return 0;
}

/** PTRACE_PEEKSIGINFO: pending signals from the `off`th on, in order of arrival. @returns how many were stored */
export function peekPendingInfo(tracer: Task, task: Task, argsAddress: number, address: number): number {
  const { mm } = tracer;
  const first = mm.readU64(argsAddress);
  const flags = mm.readU32(argsAddress + 8);
  const most = mm.readI32(argsAddress + 12);
  if ((flags & ~PTRACE_PEEKSIGINFO_SHARED) !== 0 || most < 0) throw new SysError(EINVAL, 'ptrace: which signals');
  const queue = (flags & PTRACE_PEEKSIGINFO_SHARED) !== 0 ? task.threadGroup.shared : task.own;
  let count = 0;
  for (const info of queue.infos.slice(first, first + most)) {
    try {
      storeInfo(tracer, address + count * SIGINFO_BYTES, info);
    } catch (error) {
      if (error instanceof SysError && error.errno === EFAULT && count > 0) return count;
      throw error;
    }
    count++;
  }
  return count;
}

function requireSetSize(sizeBytes: number): void {
  if (sizeBytes !== SIGSET_BYTES) throw new SysError(EINVAL, 'ptrace: a signal set has 8 bytes');
}

/** PTRACE_GETSIGMASK: of a call with a mask of its own (ppoll) the one that comes back. @errors EINVAL EFAULT */
export function getSignalMask(tracer: Task, task: Task, sizeBytes: number, address: number): number {
  requireSetSize(sizeBytes);
  tracer.mm.writeBig(address, task.savedSignalMask ?? task.signalMask);
  return 0;
}

/** PTRACE_SETSIGMASK. @errors EINVAL EFAULT */
export function setSignalMask(tracer: Task, task: Task, sizeBytes: number, address: number): number {
  requireSetSize(sizeBytes);
  const mask = tracer.mm.readBig(address);
  task.savedSignalMask = null;
  task.setSignalMask(mask);
  return 0;
}
