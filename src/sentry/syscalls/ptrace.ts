import { EINVAL, EIO, EPERM, ESRCH } from '../../abi/errno.ts';
import {
  PTRACE_ATTACH, PTRACE_CONT, PTRACE_DETACH, PTRACE_GET_RSEQ_CONFIGURATION, PTRACE_GET_SYSCALL_INFO, PTRACE_GETEVENTMSG, PTRACE_GETREGSET,
  PTRACE_GETSIGINFO, PTRACE_GETSIGMASK, PTRACE_INTERRUPT, PTRACE_KILL, PTRACE_LISTEN, PTRACE_O_MASK, PTRACE_PEEKDATA, PTRACE_PEEKSIGINFO,
  PTRACE_PEEKTEXT, PTRACE_POKEDATA, PTRACE_POKETEXT, PTRACE_SEIZE, PTRACE_SETOPTIONS, PTRACE_SETREGSET, PTRACE_SETSIGINFO, PTRACE_SETSIGMASK,
  PTRACE_SYSCALL, PTRACE_TRACEME,
} from '../../abi/ptrace.ts';
import { SI_KERNEL, SI_USER, SIGKILL, SIGRTMAX, SIGSTOP } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { peekWord, pokeWord } from '../mm/forced-memory.ts';
import { mayTrace } from '../task/ptrace-access.ts';
import { nudgeTracee, resumeTracee, stopForGroup } from '../task/ptrace-stop.ts';
import { startTrace } from '../task/ptrace.ts';
import type { Trace } from '../task/ptrace.ts';
import { untrace } from '../task/exit.ts';
import { signalInfo } from '../task/signals/signal-queue.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { getRegisterSet, getSyscallInfo, setRegisterSet } from './ptrace-registers.ts';
import { getSignalMask, getStopInfo, peekPendingInfo, setSignalMask, setStopInfo } from './ptrace-signals.ts';

const RSEQ_BYTES = 32;
const RSEQ_CONFIGURATION_BYTES = 24;

/** PTRACE_TRACEME: the parent becomes the tracer. @errors EPERM traced already, or nobody is there to trace */
function traceMe(task: Task): number {
  const { parentTask } = task.threadGroup;
  if (task.trace !== null || parentTask === null || parentTask.runState === 'exited') throw new SysError(EPERM, 'ptrace: traced already, or without a parent');
  startTrace(task, parentTask, task, false, 0);
  return 0;
}

/** @errors EINVAL unknown ones */
function requireOptions(options: bigint): number {
  if ((options & ~BigInt(PTRACE_O_MASK)) !== 0n) throw new SysError(EINVAL, `ptrace: options ${options.toString(16)}`);
  return Number(options);
}

/**
 * PTRACE_ATTACH, which stops the tracee by SIGSTOP, and PTRACE_SEIZE, which does not.
 * @errors EIO arguments of PTRACE_SEIZE; EPERM one's own thread, one that may not be traced, is traced, or has ended
 */
function attach(task: Task, target: Task, args: SyscallArgs): number {
  const isSeized = args.i32(0) === PTRACE_SEIZE;
  if (isSeized && (args.u64(2) !== 0n || (args.u64(3) & ~BigInt(PTRACE_O_MASK)) !== 0n)) throw new SysError(EIO, 'ptrace: arguments of PTRACE_SEIZE');
  const { threadGroup } = target;
  if (threadGroup === task.threadGroup || target.runState === 'exited' || target.trace !== null || !mayTrace(task, target)) {
    throw new SysError(EPERM, `ptrace: task ${target.tid} may not be traced`);
  }
  const trace = startTrace(target, task, task, isSeized, isSeized ? Number(args.u64(3)) : 0);
  if (threadGroup.isStopped && !threadGroup.isExiting) {
    if (target.runState === 'parked' && target.wait?.restart === 'killable') trace.isGroupStopDue = true; // after its vfork
    else stopForGroup(target, trace);
  }
  if (!isSeized) target.sendSignal(signalInfo(SIGSTOP, SI_KERNEL));
  return 0;
}

/** The tracing of `target` by the caller. @errors ESRCH another's, or, where `mustBeStopped`, one that is not stopped at its command */
function requireTrace(task: Task, target: Task, mustBeStopped: boolean): Trace {
  const { trace } = target;
  if (trace === null || trace.tracer !== task) throw new SysError(ESRCH, `ptrace: task ${target.tid} is not traced by the caller`);
  if (mustBeStopped && (target.runState !== 'traced' || trace.isListening)) throw new SysError(ESRCH, `ptrace: task ${target.tid} is not stopped`);
  return trace;
}

/** The signal to go on with. @errors EIO none */
function signalOf(args: SyscallArgs): number {
  const signal = args.u64(3);
  if (signal > BigInt(SIGRTMAX)) throw new SysError(EIO, `ptrace: signal ${signal}`);
  return Number(signal);
}

/** PTRACE_LISTEN. @errors EIO not seized, or not at PTRACE_EVENT_STOP */
function listen(target: Task, trace: Trace): number {
  if (!trace.isSeized || !trace.isAtTrap()) throw new SysError(EIO, 'ptrace: not at PTRACE_EVENT_STOP');
  trace.isListening = true;
  if (trace.isTrapDue) nudgeTracee(target, trace);
  return 0;
}

/** PTRACE_INTERRUPT. @errors EIO not seized */
function interrupt(target: Task, trace: Trace): number {
  if (!trace.isSeized) throw new SysError(EIO, 'ptrace: not seized');
  if (target.runState === 'exited') return 0;
  trace.isTrapDue = true;
  nudgeTracee(target, trace);
  return 0;
}

function peek(task: Task, target: Task, args: SyscallArgs): number {
  const word = peekWord(target.mm, args.addr(2));
  if (word === null) throw new SysError(EIO, `ptrace: nothing at 0x${args.addr(2).toString(16)}`);
  task.mm.writeBig(args.addr(3), word);
  return 0;
}

function poke(target: Task, args: SyscallArgs): number {
  if (!pokeWord(target.mm, args.addr(2), args.u64(3))) throw new SysError(EIO, `ptrace: nothing at 0x${args.addr(2).toString(16)}`);
  return 0;
}

function getRseqConfiguration(task: Task, target: Task, args: SyscallArgs): number {
  const bytes = new Uint8Array(RSEQ_CONFIGURATION_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(target.rseqAddress), true);
  view.setUint32(8, target.rseqAddress === 0 ? 0 : RSEQ_BYTES, true);
  view.setUint32(12, target.rseqSignature, true);
  task.mm.writeBytes(args.addr(3), bytes.subarray(0, Math.min(bytes.length, args.sizeBytes(2))));
  return bytes.length;
}

/**
 * ptrace(2) with the requests of riscv64, which has no PTRACE_PEEKUSER, PTRACE_GETREGS or PTRACE_SINGLESTEP: they are EIO.
 * @errors ESRCH no such task, not the caller's tracee, or not stopped; EPERM EIO EINVAL EFAULT by request
 */
export function ptrace(task: Task, args: SyscallArgs): SyscallResult {
  const request = args.i32(0);
  if (request === PTRACE_TRACEME) return traceMe(task);
  const target = task.kernel.tasks.get(args.i32(1));
  if (target === undefined) throw new SysError(ESRCH, `ptrace: no task ${args.i32(1)}`);
  if (request === PTRACE_ATTACH || request === PTRACE_SEIZE) return attach(task, target, args);
  const trace = requireTrace(task, target, request !== PTRACE_KILL && request !== PTRACE_INTERRUPT);
  switch (request) {
    case PTRACE_KILL:
      target.sendSignal(signalInfo(SIGKILL, SI_USER, { pid: task.pid, uid: task.credentials.uid }));
      return 0;
    case PTRACE_INTERRUPT:
      return interrupt(target, trace);
    case PTRACE_LISTEN:
      return listen(target, trace);
    case PTRACE_CONT:
    case PTRACE_SYSCALL: {
      const signal = signalOf(args);
      trace.stopsAtCalls = request === PTRACE_SYSCALL;
      resumeTracee(target, trace, signal);
      return 0;
    }
    case PTRACE_DETACH:
      untrace(target, trace, signalOf(args));
      return 0;
    case PTRACE_SETOPTIONS:
      trace.options = requireOptions(args.u64(3));
      return 0;
    case PTRACE_GETEVENTMSG:
      task.mm.writeU64(args.addr(3), trace.message);
      return 0;
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA:
      return peek(task, target, args);
    case PTRACE_POKETEXT:
    case PTRACE_POKEDATA:
      return poke(target, args);
    case PTRACE_GETREGSET:
      return getRegisterSet(task, target, trace, args.addr(2), args.addr(3));
    case PTRACE_SETREGSET:
      return setRegisterSet(task, target, trace, args.addr(2), args.addr(3));
    case PTRACE_GET_SYSCALL_INFO:
      return getSyscallInfo(task, target, trace, args.sizeBytes(2), args.addr(3));
    case PTRACE_GETSIGINFO:
      return getStopInfo(task, trace, args.addr(3));
    case PTRACE_SETSIGINFO:
      return setStopInfo(task, trace, args.addr(3));
    case PTRACE_PEEKSIGINFO:
      return peekPendingInfo(task, target, args.addr(2), args.addr(3));
    case PTRACE_GETSIGMASK:
      return getSignalMask(task, target, args.sizeBytes(2), args.addr(3));
    case PTRACE_SETSIGMASK:
      return setSignalMask(task, target, args.sizeBytes(2), args.addr(3));
    case PTRACE_GET_RSEQ_CONFIGURATION:
      return getRseqConfiguration(task, target, args);
    default:
      throw new SysError(EIO, `ptrace: request ${request}`);
  }
}

export const ptraceSyscalls: SyscallTable = {
  ptrace: { number: 117, run: ptrace, support: 'partial', note: 'no stops of seccomp, which is not there' },
};
