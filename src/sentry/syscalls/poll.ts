import { EBADF, EINVAL } from '../../abi/errno.ts';
import { O_PATH } from '../../abi/open.ts';
import {
  POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, POLLWRNORM,
} from '../../abi/poll.ts';
import { RLIMIT_NOFILE } from '../../abi/process.ts';
import { SysError } from '../../base/errors.ts';
import type { Task } from '../task/task.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { WaitQueue } from '../wait/wait-queue.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { clampNs, MAX_NS, readTimespec, writeTimespec } from './timespec.ts';
import { underSignalMask } from './wait-mask.ts';

/** Bytes of `struct pollfd`: descriptor at 0, events at 4, revents at 6. */
const POLLFD_BYTES = 8;
const ALWAYS_REPORTED = POLLERR | POLLHUP;
/** What select(2) takes for readable, writable and exceptional. */
const SELECT_EVENTS = [
  POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
  POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
  POLLPRI,
] as const;
const WORD_BITS = 64;

/**
 * ppoll(2).
 *
 * @errors EFAULT; EINVAL too many descriptors, no valid time, a signal set of another size; EINTR
 * @blocks until one of the files is ready or the time is over
 */
export function ppoll(task: Task, args: SyscallArgs): SyscallResult {
  const fdsAddr = args.addr(0);
  const count = args.u32(1);
  const timeoutAddr = args.addr(2);
  const deadlineNs = deadlineOf(task, timeoutAddr, 'ppoll');
  return underSignalMask(task, args.addr(3), args.sizeBytes(4), () => {
    if (count > task.threadGroup.limit(RLIMIT_NOFILE)) throw new SysError(EINVAL, `ppoll: ${count} descriptors`);
    const scan = scanPollFds(task, fdsAddr, count);
    if (scan.readyCount === 0 && !isOver(task, deadlineNs)) return { queues: scan.queues, restart: 'nohand', deadlineNs };
    scan.revents.forEach((revents, i) => task.mm.writeU16(fdsAddr + POLLFD_BYTES * i + 6, revents));
    writeRest(task, timeoutAddr, deadlineNs);
    return scan.readyCount;
  });
}

interface PollScan {
  readyCount: number;
  revents: number[];
  /** Where to wait; only filled while nothing is ready. */
  queues: WaitQueue[];
}

function scanPollFds(task: Task, fdsAddr: number, count: number): PollScan {
  const scan: PollScan = { readyCount: 0, revents: [], queues: [] };
  const encoded = task.mm.readBytes(fdsAddr, POLLFD_BYTES * count);
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.length);
  for (let i = 0; i < count; i++) {
    const fd = view.getInt32(POLLFD_BYTES * i, true);
    const wanted = view.getUint16(POLLFD_BYTES * i + 4, true) | ALWAYS_REPORTED;
    let revents = 0;
    if (fd >= 0) {
      const file = watchedFile(task, fd, i);
      revents = file === null ? POLLNVAL : file.pollEvents(task) & wanted;
      if (revents === 0 && file !== null && scan.readyCount === 0) scan.queues.push(...file.queuesFor(wanted, task));
    }
    if (revents !== 0) scan.readyCount++;
    scan.revents.push(revents);
  }
  return scan;
}

/**
 * The file of `fd`, the same one as at the first execution; null when there is none to poll.
 * @param place  where to look first among the pinned ones
 */
function watchedFile(task: Task, fd: number, place: number): FileDescription | null {
  const { wait, kernel } = task;
  if (wait !== null && wait.pinnedFds.length > 0) {
    const at = wait.pinnedFds[place] === fd ? place : wait.pinnedFds.indexOf(fd);
    if (at >= 0) return wait.pinned[at]!;
  }
  const file = task.fdTable.get(fd);
  if (file === null || (file.statusFlags & O_PATH) !== 0) return null;
  kernel.touchedFds.push(fd);
  kernel.touchedFiles.push(file);
  return file;
}

/**
 * pselect6(2).
 *
 * @errors EFAULT; EBADF a set names a descriptor that is not open; EINVAL negative count, no valid time; EINTR
 * @blocks until one of the files is ready or the time is over
 */
export function pselect6(task: Task, args: SyscallArgs): SyscallResult {
  const count = args.i32(0);
  const setAddrs = [args.addr(1), args.addr(2), args.addr(3)];
  const timeoutAddr = args.addr(4);
  const packAddr = args.addr(5);
  const maskAddr = packAddr === 0 ? 0 : task.mm.readU64(packAddr);
  const maskBytes = packAddr === 0 ? 0 : task.mm.readU64(packAddr + 8);
  const deadlineNs = deadlineOf(task, timeoutAddr, 'pselect6');
  return underSignalMask(task, maskAddr, maskBytes, () => {
    if (count < 0) throw new SysError(EINVAL, 'pselect6: negative count');
    const scan = scanSets(task, Math.min(count, task.fdTable.limit), setAddrs);
    if (scan.readyCount === 0 && !isOver(task, deadlineNs)) return { queues: scan.queues, restart: 'nohand', deadlineNs };
    scan.results.forEach((result, i) => {
      if (setAddrs[i] !== 0) task.mm.writeBytes(setAddrs[i]!, result);
    });
    writeRest(task, timeoutAddr, deadlineNs);
    return scan.readyCount;
  });
}

interface SelectScan {
  readyCount: number;
  results: Uint8Array[];
  queues: WaitQueue[];
}

function scanSets(task: Task, count: number, setAddrs: readonly number[]): SelectScan {
  const setBytes = Math.ceil(count / WORD_BITS) * (WORD_BITS / 8);
  const sets = setAddrs.map((address) => (address === 0 ? new Uint8Array(setBytes) : task.mm.readBytes(address, setBytes)));
  const scan: SelectScan = { readyCount: 0, results: sets.map(() => new Uint8Array(setBytes)), queues: [] };
  let place = 0;
  for (let fd = 0; fd < count; fd++) {
    const byte = fd >> 3;
    const bit = 1 << (fd & 7);
    let wanted = 0;
    for (let i = 0; i < sets.length; i++) if ((sets[i]![byte]! & bit) !== 0) wanted |= SELECT_EVENTS[i]!;
    if (wanted === 0) continue;
    const file = watchedFile(task, fd, place++);
    if (file === null) throw new SysError(EBADF, `pselect6: descriptor ${fd} is not open`);
    const events = file.pollEvents(task);
    for (let i = 0; i < sets.length; i++) {
      if ((sets[i]![byte]! & bit) === 0 || (events & SELECT_EVENTS[i]!) === 0) continue;
      scan.results[i]![byte]! |= bit;
      scan.readyCount++;
    }
    if (scan.readyCount === 0) scan.queues.push(...file.queuesFor(wanted, task));
  }
  return scan;
}

/** When a call with the time at `timeoutAddr` gives up; null for never. @errors EINVAL EFAULT */
function deadlineOf(task: Task, timeoutAddr: number, call: string): number | null {
  if (timeoutAddr === 0) return null;
  const timeoutNs = clampNs(readTimespec(task.mm, timeoutAddr, call));
  if (timeoutNs === 0) return task.callStartNs();
  return task.deadlineNs(() => Math.min(MAX_NS, task.callStartNs() + timeoutNs));
}

function isOver(task: Task, deadlineNs: number | null): boolean {
  return deadlineNs !== null && task.kernel.clock.monotonicNs >= deadlineNs;
}

/** Linux gives what is left of the time back; a read-only place for it is no failure. */
function writeRest(task: Task, timeoutAddr: number, deadlineNs: number | null): void {
  if (deadlineNs === null) return;
  try {
    writeTimespec(task.mm, timeoutAddr, BigInt(Math.max(0, deadlineNs - task.kernel.clock.monotonicNs)));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

export const pollSyscalls: SyscallTable = {
  pselect6: { number: 72, run: pselect6, support: 'full' },
  ppoll: { number: 73, run: ppoll, support: 'full' },
};
