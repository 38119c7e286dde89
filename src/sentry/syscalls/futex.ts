import { EAGAIN, EFAULT, EINVAL, ENOSYS, ESRCH, ETIMEDOUT } from '../../abi/errno.ts';
import {
  FUTEX_BITSET_MATCH_ANY, FUTEX_CLOCK_REALTIME, FUTEX_CMD_MASK, FUTEX_CMP_REQUEUE, FUTEX_PRIVATE_FLAG, FUTEX_REQUEUE, FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_WAKE,
  FUTEX_WAKE_BITSET, FUTEX_WAKE_OP,
} from '../../abi/futex.ts';
import { SysError } from '../../base/errors.ts';
import { futexQueue, requeueFutex, wakeFutexAt } from '../task/futex.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

const ROBUST_HEAD_BYTES = 24;

/** Sleeps until woken, if the word at `address` still is `expected`. */
function wait(
  task: Task, address: number, isPrivate: boolean, expected: number, bitset: number, deadline: number | null, restart: 'sys' | 'restartBlock',
): SyscallResult {
  const record = task.waitRecord();
  if (record.isGranted) return 0;
  if (task.hasTimedOut()) throw new SysError(ETIMEDOUT, 'futex: timed out');
  // Looked at again after every interruption: a wake-up may have found nobody while the thread was out of the queue.
  if (task.mm.readU32(address) !== expected >>> 0) throw new SysError(EAGAIN, 'futex: the word has changed');
  record.bitset = bitset;
  return { queues: [futexQueue(task, address, isPrivate)], restart, deadlineNs: deadline };
}

function readTimespec(task: Task, address: number): { seconds: number; nanoseconds: number } {
  const seconds = task.mm.readI64(address);
  const nanoseconds = task.mm.readI64(address + 8);
  if (seconds < 0 || nanoseconds < 0 || nanoseconds >= 1e9) throw new SysError(EINVAL, 'futex: timeout');
  return { seconds, nanoseconds };
}

/** The absolute monotonic deadline of a wait: FUTEX_WAIT's timeout is relative, that of FUTEX_WAIT_BITSET absolute. */
function deadlineOf(task: Task, command: number, isRealtime: boolean, address: number): number | null {
  if (address === 0) return null;
  const { seconds, nanoseconds } = readTimespec(task, address);
  const { clock } = task.kernel;
  if (command === FUTEX_WAIT) return clock.monotonicNs + Math.min(seconds * 1e9 + nanoseconds, 2 ** 52);
  if (!isRealtime) return Math.min(seconds * 1e9 + nanoseconds, 2 ** 52);
  const monotonic = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds) - clock.realtimeOffsetNs;
  return Number(monotonic < 0n ? 0n : monotonic > 1n << 52n ? 1n << 52n : monotonic);
}

/** FUTEX_WAKE_OP: changes the second word, and wakes on it when its old value compares. */
function wakeOp(task: Task, first: number, firstCount: number, second: number, secondCount: number, encoded: number, isPrivate: boolean): number {
  const operation = (encoded >>> 28) & 7;
  const isShift = encoded >>> 31 !== 0;
  const comparison = (encoded >>> 24) & 15;
  let operand = (encoded << 8) >> 20;
  const compared = (encoded << 20) >> 20;
  if (isShift) operand = 1 << (operand & 31);
  const old = task.mm.readI32(second);
  const results = [operand, (old + operand) | 0, old | operand, old & ~operand, old ^ operand];
  const compares = [old === compared, old !== compared, old < compared, old <= compared, old > compared, old >= compared];
  if (operation >= results.length || comparison >= compares.length) throw new SysError(ENOSYS, 'futex: FUTEX_WAKE_OP operation');
  task.mm.writeI32(second, results[operation]!);
  let woken = wakeFutexAt(task, first, firstCount, FUTEX_BITSET_MATCH_ANY, isPrivate);
  if (compares[comparison]!) woken += wakeFutexAt(task, second, secondCount, FUTEX_BITSET_MATCH_ANY, isPrivate);
  return woken;
}

/**
 * futex(2): waiting on, and waking waiters of, a word of memory.
 * @errors EAGAIN the word differs; ETIMEDOUT; EINTR; EFAULT; EINVAL a misaligned word; ENOSYS the priority-inheritance operations
 * @blocks until woken, for the WAIT operations
 */
export function futex(task: Task, args: SyscallArgs): SyscallResult {
  const address = args.addr(0);
  const operation = args.i32(1);
  const command = operation & FUTEX_CMD_MASK;
  const isPrivate = (operation & FUTEX_PRIVATE_FLAG) !== 0;
  const isRealtime = (operation & FUTEX_CLOCK_REALTIME) !== 0;
  if (address % 4 !== 0) throw new SysError(EINVAL, 'futex: misaligned');
  switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      const bitset = command === FUTEX_WAIT ? FUTEX_BITSET_MATCH_ANY : args.i32(5);
      if (bitset === 0) throw new SysError(EINVAL, 'futex: no bits');
      const deadline = task.deadlineNs(() => deadlineOf(task, command, isRealtime, args.addr(3)));
      return wait(task, address, isPrivate, args.u32(2), bitset, deadline, deadline !== null && command === FUTEX_WAIT ? 'restartBlock' : 'sys');
    }
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: {
      const bitset = command === FUTEX_WAKE ? FUTEX_BITSET_MATCH_ANY : args.i32(5);
      if (bitset === 0) throw new SysError(EINVAL, 'futex: no bits');
      requireMapped(task, address);
      return wakeFutexAt(task, address, Math.max(1, args.i32(2)), bitset, isPrivate);
    }
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE: {
      const wakeCount = args.i32(2);
      const moveCount = args.i32(3);
      const target = args.addr(4);
      if (wakeCount < 0 || moveCount < 0 || target % 4 !== 0) throw new SysError(EINVAL, 'futex: requeue counts');
      const value = task.mm.readU32(address);
      if (command === FUTEX_CMP_REQUEUE && value !== args.u32(5)) throw new SysError(EAGAIN, 'futex: the word has changed');
      const woken = wakeFutexAt(task, address, wakeCount, FUTEX_BITSET_MATCH_ANY, isPrivate);
      const moved = requeueFutex(task, address, target, moveCount, isPrivate);
      return woken + (command === FUTEX_CMP_REQUEUE ? moved : 0);
    }
    case FUTEX_WAKE_OP:
      return wakeOp(task, address, args.i32(2), args.addr(4), args.i32(3), args.u32(5), isPrivate);
    default:
      throw new SysError(ENOSYS, `futex: operation ${command}`);
  }
}

function requireMapped(task: Task, address: number): void {
  if (task.mm.findVma(address) === null) throw new SysError(EFAULT, 'futex: not mapped');
}

/** set_robust_list(2). @errors EINVAL wrong length of the head */
export function set_robust_list(task: Task, args: SyscallArgs): SyscallResult {
  if (args.sizeBytes(1) !== ROBUST_HEAD_BYTES) throw new SysError(EINVAL, 'set_robust_list: length');
  task.robustList = args.addr(0);
  return 0;
}

/** get_robust_list(2). @errors ESRCH */
export function get_robust_list(task: Task, args: SyscallArgs): SyscallResult {
  const tid = args.i32(0);
  const target = tid === 0 ? task : task.kernel.tasks.get(tid);
  if (target === undefined) throw new SysError(ESRCH, `get_robust_list: no thread ${tid}`);
  task.mm.writeU64(args.addr(1), target.robustList);
  task.mm.writeU64(args.addr(2), ROBUST_HEAD_BYTES);
  return 0;
}

export const futexSyscalls: SyscallTable = {
  futex: { number: 98, run: futex, support: 'partial', note: 'no priority inheritance' },
  set_robust_list: { number: 99, run: set_robust_list, support: 'full' },
  get_robust_list: { number: 100, run: get_robust_list, support: 'full' },
};
