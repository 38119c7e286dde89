import { EINVAL, ENOTDIR } from '../../abi/errno.ts';
import {
  EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE, SFD_CLOEXEC, SFD_NONBLOCK, SIGSET_BYTES, TFD_CLOEXEC, TFD_NONBLOCK, TFD_TIMER_ABSTIME,
  TFD_TIMER_CANCEL_ON_SET,
} from '../../abi/event-files.ts';
import { IN_ALL_EVENTS, IN_DONT_FOLLOW, IN_EXCL_UNLINK, IN_IGNORED, IN_ISDIR, IN_MASK_ADD, IN_MASK_CREATE, IN_ONESHOT, IN_ONLYDIR, IN_Q_OVERFLOW, IN_UNMOUNT } from '../../abi/inotify.ts';
import { AT_FDCWD, FD_CLOEXEC, O_CLOEXEC, O_NONBLOCK, O_RDONLY, O_RDWR } from '../../abi/open.ts';
import { UNBLOCKABLE } from '../../abi/signal.ts';
import { CLOCK_BOOTTIME, CLOCK_BOOTTIME_ALARM, CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_REALTIME_ALARM } from '../../abi/time.ts';
import { SysError } from '../../base/errors.ts';
import { EventFile } from '../fs/anon/eventfd.ts';
import { InotifyFile } from '../fs/anon/inotify.ts';
import { SignalFile } from '../fs/anon/signalfd.ts';
import { TimerFile } from '../fs/anon/timerfd.ts';
import type { TimerSetting } from '../fs/anon/timerfd.ts';
import type { Task } from '../task/task.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { requireAccess } from '../vfs/permission.ts';
import type { SyscallResult } from '../wait/block.ts';
import { eventInode } from './anon-files.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { readPath, requireOpenFile, resolveAt } from './files.ts';
import { readTimespec, writeTimespec } from './timespec.ts';

const TIMER_CLOCKS: readonly number[] = [CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM];
const INOTIFY_BITS =
  (IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ISDIR | IN_ONESHOT) >>> 0;
const R_OK = 4;

function install(task: Task, flags: number, make: () => FileDescription): number {
  task.fdTable.lowestFree();
  return task.fdTable.allocate(make(), (flags & O_CLOEXEC) !== 0 ? FD_CLOEXEC : 0);
}

/** eventfd2(2). @errors EINVAL EMFILE */
export function eventfd2(task: Task, args: SyscallArgs): SyscallResult {
  const count = args.u32(0);
  const flags = args.u32(1);
  if ((flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)) !== 0) throw new SysError(EINVAL, `eventfd2: flags ${flags.toString(8)}`);
  return install(task, flags, () => new EventFile(eventInode(task.kernel), O_RDWR | (flags & O_NONBLOCK), count, flags));
}

/**
 * signalfd4(2): makes a signalfd, or with a descriptor of one changes its signals.
 * @errors EINVAL flags, size of the set, not a signalfd; EBADF; EFAULT; EMFILE
 */
export function signalfd4(task: Task, args: SyscallArgs): SyscallResult {
  const fd = args.fd(0);
  const flags = args.u32(3);
  if (args.sizeBytes(2) !== SIGSET_BYTES) throw new SysError(EINVAL, 'signalfd4: size of the set');
  const mask = task.mm.readBig(args.addr(1)) & ~UNBLOCKABLE;
  if ((flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)) !== 0) throw new SysError(EINVAL, `signalfd4: flags ${flags.toString(8)}`);
  if (fd === -1) return install(task, flags, () => new SignalFile(eventInode(task.kernel), O_RDWR | (flags & O_NONBLOCK), mask));
  const file = requireOpenFile(task, fd);
  if (!(file instanceof SignalFile)) throw new SysError(EINVAL, 'signalfd4: not a signalfd');
  file.mask = mask;
  task.signalWaiters.wakeAll();
  return fd;
}

/** timerfd_create(2). @errors EINVAL clock, flags; EMFILE */
export function timerfd_create(task: Task, args: SyscallArgs): SyscallResult {
  const clockId = args.i32(0);
  const flags = args.u32(1);
  if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) !== 0) throw new SysError(EINVAL, `timerfd_create: flags ${flags.toString(8)}`);
  if (!TIMER_CLOCKS.includes(clockId)) throw new SysError(EINVAL, `timerfd_create: clock ${clockId}`);
  const { kernel } = task;
  return install(task, flags, () => new TimerFile(eventInode(kernel), O_RDWR | (flags & O_NONBLOCK), kernel.clock, kernel.timers, clockId));
}

function timerFile(task: Task, fd: number): TimerFile {
  const file = requireOpenFile(task, fd);
  if (!(file instanceof TimerFile)) throw new SysError(EINVAL, 'timerfd: not a timerfd');
  return file;
}

/** timerfd_settime(2). @errors EFAULT; EINVAL flags, no valid times, not a timerfd; EBADF */
export function timerfd_settime(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(1);
  const newAddr = args.addr(2);
  const oldAddr = args.addr(3);
  const intervalNs = readTimespec(task.mm, newAddr, 'timerfd_settime');
  const valueNs = readTimespec(task.mm, newAddr + 16, 'timerfd_settime');
  if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) !== 0) throw new SysError(EINVAL, `timerfd_settime: flags ${flags}`);
  const old = timerFile(task, args.fd(0)).set({ valueNs, intervalNs }, flags);
  if (oldAddr !== 0) writeSetting(task, oldAddr, old);
  return 0;
}

/** timerfd_gettime(2). */
export function timerfd_gettime(task: Task, args: SyscallArgs): SyscallResult {
  writeSetting(task, args.addr(1), timerFile(task, args.fd(0)).get());
  return 0;
}

function writeSetting(task: Task, address: number, setting: TimerSetting): void {
  writeTimespec(task.mm, address, setting.intervalNs);
  writeTimespec(task.mm, address + 16, setting.valueNs);
}

/** inotify_init1(2). @errors EINVAL EMFILE */
export function inotify_init1(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(0);
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) throw new SysError(EINVAL, `inotify_init1: flags ${flags.toString(8)}`);
  return install(task, flags, () => new InotifyFile(eventInode(task.kernel), null, O_RDONLY | (flags & O_NONBLOCK)));
}

function inotifyFile(task: Task, fd: number): InotifyFile {
  const file = requireOpenFile(task, fd);
  if (!(file instanceof InotifyFile)) throw new SysError(EINVAL, 'inotify: not an inotify descriptor');
  return file;
}

/**
 * inotify_add_watch(2).
 * @errors EINVAL no event, IN_MASK_ADD with IN_MASK_CREATE; EBADF; EEXIST; ENOTDIR; EACCES; ENOSPC; those of a path
 */
export function inotify_add_watch(task: Task, args: SyscallArgs): SyscallResult {
  const mask = args.u32(2);
  if ((mask & INOTIFY_BITS) === 0) throw new SysError(EINVAL, 'inotify_add_watch: no event');
  if ((mask & IN_MASK_ADD) !== 0 && (mask & IN_MASK_CREATE) !== 0) throw new SysError(EINVAL, 'inotify_add_watch: IN_MASK_ADD and IN_MASK_CREATE');
  const file = inotifyFile(task, args.fd(0));
  const { inode } = resolveAt(task, AT_FDCWD, readPath(task, args.addr(1)), (mask & IN_DONT_FOLLOW) === 0, false).dentry;
  if ((mask & IN_ONLYDIR) !== 0 && !inode.isDirectory()) throw new SysError(ENOTDIR, 'inotify_add_watch: not a directory');
  requireAccess(inode, task.credentials, R_OK);
  return file.watch(inode, mask);
}

/** inotify_rm_watch(2). @errors EBADF; EINVAL not an inotify descriptor, no such watch */
export function inotify_rm_watch(task: Task, args: SyscallArgs): SyscallResult {
  inotifyFile(task, args.fd(0)).unwatch(args.i32(1));
  return 0;
}

export const eventFileSyscalls: SyscallTable = {
  eventfd2: { number: 19, run: eventfd2, support: 'full' },
  inotify_init1: { number: 26, run: inotify_init1, support: 'full' },
  inotify_add_watch: { number: 27, run: inotify_add_watch, support: 'full' },
  inotify_rm_watch: { number: 28, run: inotify_rm_watch, support: 'full' },
  signalfd4: { number: 74, run: signalfd4, support: 'full' },
  timerfd_create: { number: 85, run: timerfd_create, support: 'full' },
  timerfd_settime: { number: 86, run: timerfd_settime, support: 'full' },
  timerfd_gettime: { number: 87, run: timerfd_gettime, support: 'full' },
};
