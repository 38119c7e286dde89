import { EBADF, EFAULT, EINVAL } from '../../abi/errno.ts';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLL_EVENT_BYTES, EPOLL_MAX_EVENTS } from '../../abi/event-files.ts';
import { TASK_SIZE } from '../../abi/mman.ts';
import { FD_CLOEXEC, O_PATH, O_RDWR } from '../../abi/open.ts';
import { NS_PER_SECOND } from '../../abi/time.ts';
import { SysError } from '../../base/errors.ts';
import { Epoll } from '../fs/anon/epoll.ts';
import type { ReadyEvent } from '../fs/anon/epoll.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import { eventInode } from './anon-files.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { clampNs, MAX_NS, readTimespec } from './timespec.ts';
import { underSignalMask } from './wait-mask.ts';

const NS_PER_MILLISECOND = NS_PER_SECOND / 1000;

/** epoll_create1(2). @errors EINVAL EMFILE */
export function epoll_create1(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(0);
  if ((flags & ~EPOLL_CLOEXEC) !== 0) throw new SysError(EINVAL, `epoll_create1: flags ${flags.toString(8)}`);
  task.fdTable.lowestFree();
  const epoll = new Epoll(eventInode(task.kernel), null, O_RDWR);
  return task.fdTable.allocate(epoll, (flags & EPOLL_CLOEXEC) !== 0 ? FD_CLOEXEC : 0);
}

/**
 * epoll_ctl(2): adds, changes or removes one watched file.
 *
 * @errors EFAULT; EBADF; EPERM a file that cannot be waited for; EINVAL; EEXIST; ENOENT; ELOOP
 */
export function epoll_ctl(task: Task, args: SyscallArgs): SyscallResult {
  const operation = args.i32(1);
  const fd = args.fd(2);
  const eventAddr = args.addr(3);
  const hasEvent = operation !== EPOLL_CTL_DEL;
  const events = hasEvent ? task.mm.readU32(eventAddr) : 0;
  const data = hasEvent ? task.mm.readBig(eventAddr + 8) : 0n;
  const epoll = task.file(args.fd(0));
  const file = task.file(fd);
  if ((file.statusFlags & O_PATH) !== 0) throw new SysError(EBADF, `epoll_ctl: descriptor ${fd} only holds a place`);
  if (!(epoll instanceof Epoll)) throw new SysError(EINVAL, 'epoll_ctl: not an epoll');
  epoll.requireTarget(file, task);
  switch (operation) {
    case EPOLL_CTL_ADD:
      epoll.add(file, fd, events, data, task);
      return 0;
    case EPOLL_CTL_MOD:
      epoll.modify(file, fd, events, data, task);
      return 0;
    case EPOLL_CTL_DEL:
      epoll.remove(file, fd, task);
      return 0;
    default:
      throw new SysError(EINVAL, `epoll_ctl: operation ${operation}`);
  }
}

/**
 * epoll_pwait(2): timeout in ms, negative for none.
 *
 * @errors EFAULT; EBADF; EINVAL no epoll, no room for an event; EINTR
 * @blocks until a watched file is ready or the time is over
 */
export function epoll_pwait(task: Task, args: SyscallArgs): SyscallResult {
  const timeoutMs = args.i32(3);
  const timeoutNs = timeoutMs < 0 ? null : timeoutMs * NS_PER_MILLISECOND;
  return underSignalMask(task, args.addr(4), args.sizeBytes(5), () => wait(task, args, timeoutNs));
}

/** epoll_pwait2(2): as epoll_pwait, with a timespec or none. */
export function epoll_pwait2(task: Task, args: SyscallArgs): SyscallResult {
  const timeoutAddr = args.addr(3);
  const timeoutNs = timeoutAddr === 0 ? null : clampNs(readTimespec(task.mm, timeoutAddr, 'epoll_pwait2'));
  return underSignalMask(task, args.addr(4), args.sizeBytes(5), () => wait(task, args, timeoutNs));
}

function wait(task: Task, args: SyscallArgs, timeoutNs: number | null): SyscallResult {
  const eventsAddr = args.addr(1);
  const maxEvents = args.i32(2);
  if (maxEvents <= 0 || maxEvents > EPOLL_MAX_EVENTS) throw new SysError(EINVAL, `epoll_wait: room for ${maxEvents} events`);
  if (eventsAddr + maxEvents * EPOLL_EVENT_BYTES > TASK_SIZE) throw new SysError(EFAULT, 'epoll_wait: beyond user space');
  const epoll = task.pinnedFile(args.fd(0));
  if (!(epoll instanceof Epoll)) throw new SysError(EINVAL, 'epoll_wait: not an epoll');
  let at = eventsAddr;
  const count = epoll.collect(maxEvents, task, (event) => {
    writeEvent(task, at, event);
    at += EPOLL_EVENT_BYTES;
  });
  if (count > 0 || timeoutNs === 0) return count;
  const deadlineNs = timeoutNs === null ? null : task.deadlineNs(() => Math.min(MAX_NS, task.callStartNs() + timeoutNs));
  if (deadlineNs !== null && task.kernel.clock.monotonicNs >= deadlineNs) return 0;
  return { queues: [epoll.readyQueue], restart: 'eintr', deadlineNs };
}

function writeEvent(task: Task, address: number, event: ReadyEvent): void {
  task.mm.writeU32(address, event.events);
  task.mm.writeBig(address + 8, event.data);
}

export const epollSyscalls: SyscallTable = {
  epoll_create1: { number: 20, run: epoll_create1, support: 'full' },
  epoll_ctl: { number: 21, run: epoll_ctl, support: 'full' },
  epoll_pwait: { number: 22, run: epoll_pwait, support: 'full' },
  epoll_pwait2: { number: 441, run: epoll_pwait2, support: 'full' },
};
