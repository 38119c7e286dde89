import { EAGAIN, EINVAL, ENOMEM, EPERM, ESRCH } from '../../abi/errno.ts';
import {
  MINSIGSTKSZ, SI_TKILL, SI_USER, SIG_BLOCK, SIG_SETMASK, SIG_UNBLOCK, SIGCONT, SIGKILL, SIGRTMAX, SIGSTOP, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK,
  signalBit, UNBLOCKABLE,
} from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_KILL } from '../auth/credentials.ts';
import { returnFromHandler } from '../task/signals/deliver.ts';
import { writeSigInfo } from '../task/signals/siginfo.ts';
import { signalInfo } from '../task/signals/signal-queue.ts';
import type { SignalInfo } from '../task/signals/signal-queue.ts';
import type { Task } from '../task/task.ts';
import type { ThreadGroup } from '../task/thread-group.ts';
import { REGISTERS_REPLACED } from '../wait/block.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { keptAddress } from '../mm/kept-address.ts';

const SIGSET_BYTES = 8;
const SP = 2;

function requireSetSize(sizeBytes: number, call: string): void {
  if (sizeBytes !== SIGSET_BYTES) throw new SysError(EINVAL, `${call}: a signal set has 8 bytes`);
}

/** rt_sigaction(2). @errors EINVAL no such signal, or SIGKILL or SIGSTOP to be changed; EFAULT */
export function rt_sigaction(task: Task, args: SyscallArgs): SyscallResult {
  const signal = args.i32(0);
  const newAddress = args.addr(1);
  const oldAddress = args.addr(2);
  requireSetSize(args.sizeBytes(3), 'rt_sigaction');
  const isFixed = signal === SIGKILL || signal === SIGSTOP;
  if (signal < 1 || signal > SIGRTMAX || (isFixed && newAddress !== 0)) throw new SysError(EINVAL, `rt_sigaction: signal ${signal}`);
  const { mm, threadGroup } = task;
  const old = threadGroup.actions.get(signal);
  if (newAddress !== 0) {
    const handler = keptAddress(mm.readU64(newAddress));
    const flags = mm.readU32(newAddress + 8);
    const mask = mm.readBig(newAddress + 16);
    threadGroup.actions.set(signal, { handler, flags, mask: mask & ~UNBLOCKABLE });
    if (threadGroup.actions.ignores(signal)) threadGroup.discardEverywhere(signalBit(signal));
  }
  if (oldAddress !== 0) {
    mm.writeU64(oldAddress, old.handler);
    mm.writeU64(oldAddress + 8, old.flags);
    mm.writeBig(oldAddress + 16, old.mask);
  }
  return 0;
}

/** rt_sigprocmask(2). @errors EINVAL EFAULT */
export function rt_sigprocmask(task: Task, args: SyscallArgs): SyscallResult {
  const how = args.i32(0);
  const newAddress = args.addr(1);
  const oldAddress = args.addr(2);
  requireSetSize(args.sizeBytes(3), 'rt_sigprocmask');
  const old = task.signalMask;
  if (newAddress !== 0) {
    const set = task.mm.readBig(newAddress);
    if (how === SIG_BLOCK) task.setSignalMask(old | set);
    else if (how === SIG_UNBLOCK) task.setSignalMask(old & ~set);
    else if (how === SIG_SETMASK) task.setSignalMask(set);
    else throw new SysError(EINVAL, `rt_sigprocmask: how ${how}`);
  }
  if (oldAddress !== 0) task.mm.writeBig(oldAddress, old);
  return 0;
}

/** rt_sigpending(2): signals that are blocked and wait. */
export function rt_sigpending(task: Task, args: SyscallArgs): SyscallResult {
  const size = args.sizeBytes(1);
  if (size > SIGSET_BYTES) throw new SysError(EINVAL, 'rt_sigpending: size');
  const pending = task.pendingSignals() & task.signalMask;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, pending, true);
  task.mm.writeBytes(args.addr(0), bytes.subarray(0, size));
  return 0;
}

/** rt_sigsuspend(2): waits for a signal under another mask; always EINTR. */
export function rt_sigsuspend(task: Task, args: SyscallArgs): SyscallResult {
  requireSetSize(args.sizeBytes(1), 'rt_sigsuspend');
  if (!task.isRestarted()) task.swapSignalMaskForWait(task.mm.readBig(args.addr(0)));
  return { queues: [], restart: 'nohand', deadlineNs: null };
}

/** Nanoseconds of struct timespec at `address`. @errors EINVAL */
function readTimeout(task: Task, address: number): number {
  const seconds = task.mm.readI64(address);
  const nanoseconds = task.mm.readI64(address + 8);
  if (seconds < 0 || nanoseconds < 0 || nanoseconds >= 1e9) throw new SysError(EINVAL, 'timeout out of range');
  return Math.min(seconds * 1e9 + nanoseconds, 2 ** 52);
}

/** rt_sigtimedwait(2): takes a signal of the set, waiting for it. @errors EAGAIN timed out; EINTR another signal's handler ran */
export function rt_sigtimedwait(task: Task, args: SyscallArgs): SyscallResult {
  requireSetSize(args.sizeBytes(3), 'rt_sigtimedwait');
  const set = task.mm.readBig(args.addr(0)) & ~UNBLOCKABLE;
  const infoAddress = args.addr(1);
  const timeoutAddress = args.addr(2);
  const deadline = task.deadlineNs(() => (timeoutAddress === 0 ? null : task.kernel.clock.monotonicNs + readTimeout(task, timeoutAddress)));
  const info = task.takePending(set);
  if (info === null) {
    if (task.hasTimedOut()) throw new SysError(EAGAIN, 'rt_sigtimedwait: timed out');
    task.waitRecord().signals = set;
    return { queues: [], restart: 'eintr', deadlineNs: deadline };
  }
  if (infoAddress !== 0) writeInfoTo(task, infoAddress, info);
  return info.signal;
}

function writeInfoTo(task: Task, address: number, info: SignalInfo): void {
  const bytes = new Uint8Array(128);
  writeSigInfo(new DataView(bytes.buffer), info);
  task.mm.writeBytes(address, bytes);
}

/** rt_sigreturn(2): ends a handler. */
export function rt_sigreturn(task: Task): SyscallResult {
  returnFromHandler(task);
  return REGISTERS_REPLACED;
}

/** sigaltstack(2). @errors EPERM running on it; ENOMEM too small; EINVAL flags */
export function sigaltstack(task: Task, args: SyscallArgs): SyscallResult {
  const newAddress = args.addr(0);
  const oldAddress = args.addr(1);
  const stack = task.alternateStack;
  const sp = task.kernel.core.regU(task.slot, SP);
  const isOnStack = stack.sizeBytes > 0 && (stack.flags & SS_AUTODISARM) === 0 && sp > stack.start && sp <= stack.start + stack.sizeBytes;
  let next = null;
  if (newAddress !== 0) {
    if (isOnStack) throw new SysError(EPERM, 'sigaltstack: in use');
    const flags = task.mm.readU32(newAddress + 8);
    const start = keptAddress(task.mm.readU64(newAddress));
    const sizeBytes = keptAddress(task.mm.readU64(newAddress + 16));
    const mode = (flags & ~SS_AUTODISARM) >>> 0;
    if (mode !== 0 && mode !== SS_DISABLE && mode !== SS_ONSTACK) throw new SysError(EINVAL, 'sigaltstack: flags');
    if (mode !== SS_DISABLE && sizeBytes < MINSIGSTKSZ) throw new SysError(ENOMEM, 'sigaltstack: smaller than MINSIGSTKSZ');
    next = mode === SS_DISABLE ? { start: 0, sizeBytes: 0, flags: SS_DISABLE } : { start, sizeBytes, flags: (flags & SS_AUTODISARM) >>> 0 };
  }
  if (oldAddress !== 0) {
    task.mm.writeU64(oldAddress, stack.start);
    task.mm.writeU64(oldAddress + 8, stack.sizeBytes === 0 ? SS_DISABLE : isOnStack ? SS_ONSTACK : stack.flags);
    task.mm.writeU64(oldAddress + 16, stack.sizeBytes);
  }
  if (next !== null) task.alternateStack = next;
  return 0;
}

/** Whether `task` may signal `target` (kill(2)). */
function maySignal(task: Task, target: ThreadGroup, signal: number): boolean {
  const mine = task.credentials;
  const theirs = target.leader.credentials;
  if (task.threadGroup === target || mine.has(CAP_KILL)) return true;
  if (mine.euid === theirs.suid || mine.euid === theirs.uid || mine.uid === theirs.suid || mine.uid === theirs.uid) return true;
  return signal === SIGCONT && task.session() === target.processGroup.session;
}

function requireSignal(signal: number): void {
  if (signal < 0 || signal > SIGRTMAX) throw new SysError(EINVAL, `kill: signal ${signal}`);
}

function userInfo(task: Task, signal: number, code: number): SignalInfo {
  return signalInfo(signal, code, { pid: task.pid, uid: task.credentials.uid });
}

/** Sends to every target that may be signalled. @errors ESRCH no target; EPERM none may be signalled */
function sendToAll(task: Task, targets: readonly ThreadGroup[], signal: number): number {
  if (targets.length === 0) throw new SysError(ESRCH, 'kill: no such process');
  let sent = 0;
  for (const target of targets) {
    if (!maySignal(task, target, signal)) continue;
    sent++;
    if (signal !== 0) target.sendSignal(userInfo(task, signal, SI_USER));
  }
  if (sent === 0) throw new SysError(EPERM, 'kill: not permitted');
  return 0;
}

/** kill(2). @errors EINVAL ESRCH EPERM */
export function kill(task: Task, args: SyscallArgs): SyscallResult {
  const pid = args.i32(0);
  const signal = args.i32(1);
  requireSignal(signal);
  const { kernel } = task;
  if (pid > 0) {
    const target = kernel.threadGroups.get(pid) ?? kernel.tasks.get(pid)?.threadGroup;
    return sendToAll(task, target === undefined ? [] : [target], signal);
  }
  if (pid === -1) {
    const everyone = [...kernel.threadGroups.values()].filter((group) => group !== kernel.init && group !== task.threadGroup && !group.isExited());
    return sendToAll(task, everyone, signal);
  }
  const group = pid === 0 ? task.processGroup() : kernel.findProcessGroup(-pid);
  return sendToAll(task, group === null ? [] : [...group.members], signal);
}

function sendToThread(task: Task, tgid: number | null, tid: number, signal: number, info: SignalInfo): number {
  requireSignal(signal);
  const target = task.kernel.tasks.get(tid);
  if (target === undefined || (tgid !== null && target.threadGroup.pid !== tgid)) throw new SysError(ESRCH, `tgkill: no thread ${tid}`);
  if (!maySignal(task, target.threadGroup, signal)) throw new SysError(EPERM, 'tgkill: not permitted');
  if (signal !== 0) target.sendSignal(info);
  return 0;
}

/** tkill(2). */
export function tkill(task: Task, args: SyscallArgs): SyscallResult {
  const tid = args.i32(0);
  if (tid <= 0) throw new SysError(EINVAL, 'tkill: thread id');
  return sendToThread(task, null, tid, args.i32(1), userInfo(task, args.i32(1), SI_TKILL));
}

/** tgkill(2). */
export function tgkill(task: Task, args: SyscallArgs): SyscallResult {
  const tgid = args.i32(0);
  const tid = args.i32(1);
  if (tgid <= 0 || tid <= 0) throw new SysError(EINVAL, 'tgkill: ids');
  return sendToThread(task, tgid, tid, args.i32(2), userInfo(task, args.i32(2), SI_TKILL));
}

function readQueuedInfo(task: Task, signal: number, address: number, targetPid: number): SignalInfo {
  const { mm } = task;
  const code = mm.readI32(address + 8);
  if ((code >= 0 || code === SI_TKILL) && targetPid !== task.pid) throw new SysError(EPERM, 'rt_sigqueueinfo: a code of the kernel');
  return signalInfo(signal, code, {
    errno: mm.readI32(address + 4), pid: mm.readI32(address + 16), uid: mm.readU32(address + 20), value: mm.readBig(address + 24),
  });
}

/** rt_sigqueueinfo(2). */
export function rt_sigqueueinfo(task: Task, args: SyscallArgs): SyscallResult {
  const pid = args.i32(0);
  const signal = args.i32(1);
  requireSignal(signal);
  const info = readQueuedInfo(task, signal, args.addr(2), pid);
  const target = task.kernel.threadGroups.get(pid);
  if (target === undefined) throw new SysError(ESRCH, `rt_sigqueueinfo: no process ${pid}`);
  if (!maySignal(task, target, signal)) throw new SysError(EPERM, 'rt_sigqueueinfo: not permitted');
  if (signal !== 0) target.sendSignal(info);
  return 0;
}

/** rt_tgsigqueueinfo(2). */
export function rt_tgsigqueueinfo(task: Task, args: SyscallArgs): SyscallResult {
  const tgid = args.i32(0);
  const tid = args.i32(1);
  const signal = args.i32(2);
  requireSignal(signal);
  return sendToThread(task, tgid, tid, signal, readQueuedInfo(task, signal, args.addr(3), tgid));
}


export const signalSyscalls: SyscallTable = {
  rt_sigaction: { number: 134, run: rt_sigaction, support: 'full' },
  rt_sigprocmask: { number: 135, run: rt_sigprocmask, support: 'full' },
  rt_sigpending: { number: 136, run: rt_sigpending, support: 'full' },
  rt_sigsuspend: { number: 133, run: rt_sigsuspend, support: 'full' },
  rt_sigtimedwait: { number: 137, run: rt_sigtimedwait, support: 'full' },
  rt_sigqueueinfo: { number: 138, run: rt_sigqueueinfo, support: 'full' },
  rt_tgsigqueueinfo: { number: 240, run: rt_tgsigqueueinfo, support: 'full' },
  rt_sigreturn: { number: 139, run: rt_sigreturn, support: 'full' },
  sigaltstack: { number: 132, run: sigaltstack, support: 'full' },
  kill: { number: 129, run: kill, support: 'full' },
  tkill: { number: 130, run: tkill, support: 'full' },
  tgkill: { number: 131, run: tgkill, support: 'full' },
};
