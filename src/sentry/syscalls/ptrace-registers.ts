/** What a tracer sees of a stopped tracee's registers, and how it changes them. */

import { EFAULT, EINVAL } from '../../abi/errno.ts';
import { TASK_SIZE } from '../../abi/mman.ts';
import {
  AUDIT_ARCH_RISCV64, NT_PRFPREG, NT_PRSTATUS, PTRACE_O_TRACESYSGOOD, PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_EXIT, PTRACE_SYSCALL_INFO_NONE,
} from '../../abi/ptrace.ts';
import { SysError } from '../../base/errors.ts';
import type { Trace } from '../task/ptrace.ts';
import type { Task } from '../task/task.ts';

const SP = 2;
const A0 = 10;
const A7 = 17;
const ECALL_BYTES = 4;
const RESTART_SYSCALL = 128n;
const MAX_ERRNO = 4095n;
/** Words of NT_PRSTATUS: pc, x1 to x31; and of NT_PRFPREG: f0 to f31, fcsr. */
const GENERAL_WORDS = 32;
const FLOAT_WORDS = 33;
const ENTRY_INFO_BYTES = 80;
const EXIT_INFO_BYTES = 33;
const NO_INFO_BYTES = 24;

/** Whether the pc stands on an ecall that the tracee is past already: our calls keep it there until they have their result. */
function isPastEcall(trace: Trace): boolean {
  return trace.stop === 'entry' || (trace.stop === 'event' && trace.isCallDue) || trace.interruptedResult !== 0;
}

function unsigned(value: number): bigint {
  return BigInt.asUintN(64, BigInt(value));
}

/** pc and x1 to x31, as Linux has them at this stop. */
function generalRegisters(task: Task, trace: Trace): bigint[] {
  const { core } = task.kernel;
  const words = Array.from({ length: GENERAL_WORDS }, (_, i) => core.regBig(task.slot, i));
  const pc = core.pc(task.slot);
  words[0] = unsigned(!isPastEcall(trace) ? pc : trace.returnPc !== 0 ? trace.returnPc : pc + ECALL_BYTES);
  if (trace.stop === 'entry') {
    words[A0] = trace.skippedResult;
    words[A7] = callNumber(task);
  } else if (trace.interruptedResult !== 0) {
    words[A0] = unsigned(trace.interruptedResult);
  }
  return words;
}

/** A sleep that a signal interrupted goes on by restart_syscall(2). */
function callNumber(task: Task): bigint {
  const { wait } = task;
  if (wait !== null && wait.wasParked && wait.restart === 'restartBlock') return RESTART_SYSCALL;
  return task.kernel.core.regBig(task.slot, A7);
}

/**
 * Changes pc and x1 to x31 to what `words` has of them. At a stop on the way into a call the call has its first argument already:
 * a0 is then what it answers if the tracer has put −1 in the place of its number.
 */
function setGeneralRegisters(task: Task, trace: Trace, words: readonly bigint[]): void {
  const { core } = task.kernel;
  const shown = generalRegisters(task, trace);
  const isChanged = (i: number): boolean => i < words.length && words[i] !== shown[i];
  const changesCall = [0, A0, 11, 12, 13, 14, 15, 16, A7].some(isChanged);
  const isPast = isPastEcall(trace);
  const wasInterrupted = trace.interruptedResult !== 0;
  if (changesCall && wasInterrupted) {
    // The call does not run again: it has answered what the tracer says.
    core.setPc(task.slot, core.pc(task.slot) + ECALL_BYTES);
    core.setRegBig(task.slot, A0, shown[A0]!);
    trace.interruptedResult = 0;
  }
  if (changesCall && task.wait !== null && !(trace.stop === 'event' && trace.isCallDue)) task.endWait();
  if (isChanged(0)) {
    const pc = Number(words[0]!);
    if (isPast && !wasInterrupted) trace.returnPc = pc;
    else core.setPc(task.slot, pc);
  }
  for (let i = 1; i < words.length; i++) {
    if (!isChanged(i)) continue;
    if (i === A0 && trace.stop === 'entry') trace.skippedResult = words[i]!;
    else core.setRegBig(task.slot, i, words[i]!);
  }
}

function floatRegisters(task: Task): bigint[] {
  const { core } = task.kernel;
  return Array.from({ length: FLOAT_WORDS }, (_, i) => (i < 32 ? core.getF(task.slot, i) : BigInt(core.fcsr(task.slot))));
}

function setFloatRegisters(task: Task, words: readonly bigint[]): void {
  const { core } = task.kernel;
  words.forEach((word, i) => {
    if (i < 32) core.setF(task.slot, i, word);
    else core.setFcsr(task.slot, Number(word & 0xffn));
  });
}

/** The words of a register set that the tracer's iovec has room for. @errors EINVAL no such set, or not whole words */
function requireWords(type: number, lengthBytes: number): number {
  const words = type === NT_PRSTATUS ? GENERAL_WORDS : type === NT_PRFPREG ? FLOAT_WORDS : 0;
  if (words === 0) throw new SysError(EINVAL, `ptrace: no register set ${type}`);
  if (lengthBytes % 8 !== 0) throw new SysError(EINVAL, `ptrace: ${lengthBytes} bytes of registers`);
  return Math.min(words, lengthBytes / 8);
}

/** PTRACE_GETREGSET into the iovec at `iovAddress` of the tracer, whose length becomes that of the set. @errors EINVAL EFAULT */
export function getRegisterSet(tracer: Task, task: Task, trace: Trace, type: number, iovAddress: number): number {
  const { mm } = tracer;
  const at = mm.readU64(iovAddress);
  const count = requireWords(type, mm.readU64(iovAddress + 8));
  const words = type === NT_PRSTATUS ? generalRegisters(task, trace) : floatRegisters(task);
  mm.writeBytes(at, new Uint8Array(BigUint64Array.from(words.slice(0, count)).buffer));
  mm.writeU64(iovAddress + 8, count * 8);
  return 0;
}

/** PTRACE_SETREGSET from the iovec at `iovAddress` of the tracer; a shorter one changes the first registers. @errors EINVAL EFAULT */
export function setRegisterSet(tracer: Task, task: Task, trace: Trace, type: number, iovAddress: number): number {
  const { mm } = tracer;
  const at = mm.readU64(iovAddress);
  const count = requireWords(type, mm.readU64(iovAddress + 8));
  const words = Array.from(new BigUint64Array(mm.readBytes(at, count * 8).buffer));
  if (type === NT_PRSTATUS) setGeneralRegisters(task, trace, words);
  else setFloatRegisters(task, words);
  mm.writeU64(iovAddress + 8, count * 8);
  return 0;
}

/** PTRACE_GET_SYSCALL_INFO: writes at most `sizeBytes` of struct ptrace_syscall_info. @returns the bytes there are. @errors EFAULT */
export function getSyscallInfo(tracer: Task, task: Task, trace: Trace, sizeBytes: number, address: number): number {
  const { core } = task.kernel;
  const bytes = new Uint8Array(ENTRY_INFO_BYTES);
  const view = new DataView(bytes.buffer);
  const words = generalRegisters(task, trace);
  view.setUint32(4, AUDIT_ARCH_RISCV64, true);
  view.setBigUint64(8, words[0]!, true);
  view.setBigUint64(16, words[SP]!, true);
  // As in Linux only a tracer that marks the stops at calls is told which they are.
  const stop = (trace.options & PTRACE_O_TRACESYSGOOD) !== 0 ? trace.stop : 'none';
  let length = NO_INFO_BYTES;
  if (stop === 'entry') {
    bytes[0] = PTRACE_SYSCALL_INFO_ENTRY;
    view.setBigUint64(24, words[A7]!, true);
    for (let i = 0; i < 6; i++) view.setBigUint64(32 + 8 * i, core.regBig(task.slot, A0 + i), true);
    length = ENTRY_INFO_BYTES;
  } else if (stop === 'exit') {
    bytes[0] = PTRACE_SYSCALL_INFO_EXIT;
    view.setBigUint64(24, words[A0]!, true);
    bytes[32] = words[A0]! >= unsigned(-1) - MAX_ERRNO + 1n ? 1 : 0;
    length = EXIT_INFO_BYTES;
  } else {
    bytes[0] = PTRACE_SYSCALL_INFO_NONE;
  }
  if (address + Math.min(length, sizeBytes) > TASK_SIZE) throw new SysError(EFAULT, 'ptrace: beyond user space');
  tracer.mm.writeBytes(address, bytes.subarray(0, Math.min(length, sizeBytes)));
  return length;
}
