import { EACCES, EBADF, EEXIST, EFAULT, EINVAL, ENODEV, ENOMEM, EOVERFLOW, EPERM } from '../../abi/errno.ts';
import {
  MADV_DODUMP, MADV_DOFORK, MADV_DONTDUMP, MADV_DONTFORK, MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_NORMAL, MADV_POPULATE_READ,
  MADV_POPULATE_WRITE, MADV_RANDOM, MADV_REMOVE, MADV_SEQUENTIAL, MADV_WILLNEED, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_GROWSDOWN, MAP_HUGETLB,
  MAP_LOCKED, MAP_POPULATE, MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_TYPE, MMAP_MIN_ADDR, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE, MS_ASYNC,
  MS_INVALIDATE, MS_SYNC, PAGE_BYTES, PROT_EXEC, PROT_GROWSDOWN, PROT_GROWSUP, PROT_READ, PROT_WRITE, TASK_SIZE,
} from '../../abi/mman.ts';
import { MS_NOEXEC } from '../../abi/fs.ts';
import { SysError } from '../../base/errors.ts';
import { sharedAnonymousMemory } from '../fs/anon/shared-memory.ts';
import { Tmpfs } from '../fs/tmpfs/tmpfs.ts';
import type { AddressSpace } from '../mm/address-space.ts';
import type { Vma } from '../mm/vma.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { openFileOf } from '../vfs/open-file-of.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

function pageDown(address: number): number {
  return Math.floor(address / PAGE_BYTES) * PAGE_BYTES;
}

function pageUp(address: number): number {
  return Math.ceil(address / PAGE_BYTES) * PAGE_BYTES;
}

/** @errors EINVAL not a page boundary */
function requireAligned(address: number, call: string): void {
  if (address % PAGE_BYTES !== 0) throw new SysError(EINVAL, `${call}: 0x${address.toString(16)} is not a page boundary`);
}

/** @errors ENOMEM when `moreBytes` would go beyond RLIMIT_AS */
function requireRoom(mm: AddressSpace, moreBytes: number): void {
  if (mm.sizeLimitBytes !== Infinity && mm.sizeBytes() + moreBytes > mm.sizeLimitBytes) throw new SysError(ENOMEM, 'beyond RLIMIT_AS');
}

/** brk(2): moves the end of the heap; the answer is where it then is. */
export function brk(task: Task, args: SyscallArgs): SyscallResult {
  const { mm } = task;
  const wanted = args.addr(0);
  if (wanted < mm.brkStart || wanted > TASK_SIZE) return mm.brk;
  const oldEnd = pageUp(mm.brk);
  const newEnd = pageUp(wanted);
  if (newEnd > oldEnd) {
    if (mm.overlaps(oldEnd, newEnd + PAGE_BYTES) || (mm.sizeLimitBytes !== Infinity && mm.sizeBytes() + newEnd - oldEnd > mm.sizeLimitBytes)) return mm.brk;
    mm.insert({
      start: oldEnd, lengthBytes: newEnd - oldEnd, protection: PROT_READ | PROT_WRITE, isShared: false, mappable: null, file: null, offsetPages: 0, name: '[heap]',
    });
  } else if (newEnd < oldEnd) {
    mm.unmap(newEnd, oldEnd);
  }
  mm.brk = wanted;
  return wanted;
}

/**
 * mmap(2): maps a file or anonymous memory.
 * @errors EINVAL EBADF EACCES ENODEV ENOMEM EEXIST EPERM EOVERFLOW, as the manual page. On error nothing has changed
 */
export function mmap(task: Task, args: SyscallArgs): SyscallResult {
  const { mm } = task;
  const address = args.addr(0);
  const length = args.sizeBytes(1);
  const protection = args.i32(2);
  const flags = args.i32(3);
  const offset = args.offset(5);
  const type = flags & MAP_TYPE;
  if (offset % PAGE_BYTES !== 0) throw new SysError(EINVAL, 'mmap: offset is not a page boundary');
  const file = (flags & MAP_ANONYMOUS) !== 0 ? null : task.file(args.fd(4));
  if (length === 0) throw new SysError(EINVAL, 'mmap: no length');
  if (type !== MAP_SHARED && type !== MAP_PRIVATE && type !== MAP_SHARED_VALIDATE) throw new SysError(EINVAL, 'mmap: neither shared nor private');
  if ((flags & MAP_HUGETLB) !== 0) throw new SysError(ENOMEM, 'mmap: no huge pages');
  const lengthBytes = pageUp(length);
  if (lengthBytes > TASK_SIZE) throw new SysError(ENOMEM, 'mmap: larger than user space');
  if (offset < 0 || offset / PAGE_BYTES + lengthBytes / PAGE_BYTES > 2 ** 52) throw new SysError(EOVERFLOW, 'mmap: offset');
  const isShared = type !== MAP_PRIVATE;
  const backing = file === null ? anonymousBacking(task, isShared, lengthBytes) : fileBacking(file, protection, isShared);
  const isFixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0;
  let start: number;
  if (isFixed) {
    requireAligned(address, 'mmap');
    if (address + lengthBytes > TASK_SIZE) throw new SysError(ENOMEM, 'mmap: beyond user space');
    if (address < MMAP_MIN_ADDR && task.credentials.euid !== 0) throw new SysError(EPERM, 'mmap: below the lowest address');
    if ((flags & MAP_FIXED_NOREPLACE) !== 0 && mm.overlaps(address, address + lengthBytes)) throw new SysError(EEXIST, 'mmap: something is there');
    start = address;
  } else {
    start = mm.findGap(lengthBytes, pageDown(address));
  }
  requireRoom(mm, lengthBytes);
  if (isFixed) mm.unmap(start, start + lengthBytes);
  const vma = mm.insert({
    start, lengthBytes, protection,
    maxProtection: backing.maxProtection,
    isShared,
    growsDown: (flags & MAP_GROWSDOWN) !== 0,
    isLocked: (flags & MAP_LOCKED) !== 0,
    mappable: backing.mappable,
    file,
    offsetPages: file === null ? 0 : offset / PAGE_BYTES,
  });
  if ((flags & (MAP_POPULATE | MAP_LOCKED)) !== 0) populate(mm, vma, start, start + lengthBytes, (protection & PROT_WRITE) !== 0 ? 2 : 1);
  return start;
}

function anonymousBacking(task: Task, isShared: boolean, lengthBytes: number) {
  return { mappable: isShared ? sharedAnonymousMemory(task.kernel.services.get('memory', Tmpfs), lengthBytes) : null, maxProtection: 7 };
}

function fileBacking(file: FileDescription, protection: number, isShared: boolean) {
  if (!file.isReadable()) throw new SysError(file.isWritable() ? EACCES : EBADF, 'mmap: not open for reading');
  if (isShared && (protection & PROT_WRITE) !== 0 && !file.isWritable()) throw new SysError(EACCES, 'mmap: not open for writing');
  const isNoExec = file.path !== null && (file.path.mount.flags & MS_NOEXEC) !== 0;
  if (isNoExec && (protection & PROT_EXEC) !== 0) throw new SysError(EPERM, 'mmap: the mount is noexec');
  if (!isShared && file.mapsAsAnonymous()) return { mappable: null, maxProtection: 7 };
  const mappable = file.mappable();
  if (mappable === null) throw new SysError(ENODEV, 'mmap: the file cannot be mapped');
  let maxProtection = isShared ? file.maxSharedProtection() : 7;
  if ((protection & PROT_WRITE & ~maxProtection) !== 0) throw new SysError(EPERM, 'mmap: the file is sealed');
  if (isShared && !file.isWritable()) maxProtection &= ~PROT_WRITE;
  if (isNoExec) maxProtection &= ~PROT_EXEC;
  return { mappable, maxProtection };
}

/** Maps pages in now, as far as memory and file reach. */
function populate(mm: AddressSpace, vma: Vma, start: number, end: number, access: number): void {
  if ((vma.protection & access) === 0) return;
  for (let address = start; address < end; address += PAGE_BYTES) {
    if (mm.core.translate(mm.space, address, access) === 0 && mm.handleFault(address, access) !== 'none') return;
  }
}

/** munmap(2). @errors EINVAL */
export function munmap(task: Task, args: SyscallArgs): SyscallResult {
  const start = args.addr(0);
  const length = args.sizeBytes(1);
  requireAligned(start, 'munmap');
  if (length === 0 || length > TASK_SIZE || start + pageUp(length) > TASK_SIZE) throw new SysError(EINVAL, 'munmap: range');
  task.mm.unmap(start, start + pageUp(length));
  return 0;
}

/** mprotect(2). @errors EINVAL ENOMEM EACCES */
export function mprotect(task: Task, args: SyscallArgs): SyscallResult {
  const { mm } = task;
  let start = args.addr(0);
  const length = pageUp(args.sizeBytes(1));
  const protection = args.i32(2);
  requireAligned(start, 'mprotect');
  if ((protection & (PROT_GROWSDOWN | PROT_GROWSUP)) === (PROT_GROWSDOWN | PROT_GROWSUP)) throw new SysError(EINVAL, 'mprotect: grows both ways');
  if ((protection & ~(7 | PROT_GROWSDOWN | PROT_GROWSUP)) !== 0) throw new SysError(EINVAL, 'mprotect: unknown bits');
  if (length === 0) return 0;
  const end = start + length;
  if (end > TASK_SIZE) throw new SysError(ENOMEM, 'mprotect: beyond user space');
  if ((protection & PROT_GROWSDOWN) !== 0) {
    const vma = mm.findVma(start);
    if (vma === null || !vma.growsDown) throw new SysError(EINVAL, 'mprotect: not a growing mapping');
    start = vma.start;
  }
  mm.protect(start, end, protection & 7);
  return 0;
}

/** mremap(2). @errors EINVAL EFAULT ENOMEM */
export function mremap(task: Task, args: SyscallArgs): SyscallResult {
  const { mm } = task;
  const oldStart = args.addr(0);
  const oldLength = pageUp(args.sizeBytes(1));
  const newLength = pageUp(args.sizeBytes(2));
  const flags = args.i32(3);
  const wanted = args.addr(4);
  if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0) throw new SysError(EINVAL, 'mremap: unknown flag');
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0 && (flags & MREMAP_MAYMOVE) === 0) throw new SysError(EINVAL, 'mremap: needs MREMAP_MAYMOVE');
  if ((flags & MREMAP_DONTUNMAP) !== 0 && oldLength !== newLength) throw new SysError(EINVAL, 'mremap: lengths differ');
  requireAligned(oldStart, 'mremap');
  if (newLength === 0 || newLength > TASK_SIZE) throw new SysError(EINVAL, 'mremap: new length');
  const isFixed = (flags & MREMAP_FIXED) !== 0;
  if (isFixed) {
    requireAligned(wanted, 'mremap');
    if (wanted + newLength > TASK_SIZE || (wanted < oldStart + oldLength && oldStart < wanted + newLength)) throw new SysError(EINVAL, 'mremap: new place');
  }
  const vma = mm.findVma(oldStart);
  if (vma === null) throw new SysError(EFAULT, 'mremap: not mapped');
  if (oldLength === 0 && !vma.isShared) throw new SysError(EINVAL, 'mremap: no old length');
  if (oldStart + oldLength > vma.end) throw new SysError(EFAULT, 'mremap: spans mappings');
  if (!isFixed && (flags & MREMAP_DONTUNMAP) === 0) {
    if (newLength <= oldLength) {
      if (newLength < oldLength) mm.unmap(oldStart + newLength, oldStart + oldLength);
      return oldStart;
    }
    requireRoom(mm, newLength - oldLength);
    const end = oldStart + oldLength;
    if (end === vma.end && end + newLength - oldLength <= TASK_SIZE && !mm.overlaps(end, oldStart + newLength)) {
      vma.end = oldStart + newLength;
      mm.lastVma = null;
      return oldStart;
    }
    if ((flags & MREMAP_MAYMOVE) === 0) throw new SysError(ENOMEM, 'mremap: no room to grow');
  }
  return moveMapping(mm, vma, oldStart, oldLength, newLength, isFixed ? wanted : null, (flags & MREMAP_DONTUNMAP) !== 0);
}

function moveMapping(mm: AddressSpace, vma: Vma, oldStart: number, oldLength: number, newLength: number, wanted: number | null, keepsOld: boolean): number {
  const target = wanted ?? mm.findGap(newLength, 0);
  requireRoom(mm, newLength);
  if (wanted !== null) mm.unmap(wanted, wanted + newLength);
  mm.insert({
    start: target, lengthBytes: newLength, protection: vma.protection, maxProtection: vma.maxProtection, isShared: vma.isShared, isLocked: vma.isLocked,
    mappable: vma.mappable, file: vma.file, offsetPages: vma.mappable === null ? 0 : vma.pageOf(oldStart), name: vma.name,
  });
  const pages = Math.min(oldLength, newLength) / PAGE_BYTES;
  if (pages > 0 && !mm.core.movePages(mm.space, oldStart / PAGE_BYTES, target / PAGE_BYTES, pages)) {
    mm.unmap(target, target + newLength);
    throw new SysError(ENOMEM, 'mremap: no page tables');
  }
  if (!keepsOld && oldLength > 0) mm.unmap(oldStart, oldStart + oldLength);
  return target;
}

/** madvise(2). @errors EINVAL unknown advice or bad range; ENOMEM a part is not mapped; EACCES */
export function madvise(task: Task, args: SyscallArgs): SyscallResult {
  const { mm } = task;
  const start = args.addr(0);
  const length = pageUp(args.sizeBytes(1));
  const advice = args.i32(2);
  requireAligned(start, 'madvise');
  const end = start + length;
  if (end > TASK_SIZE) throw new SysError(EINVAL, 'madvise: beyond user space');
  if (!isKnownAdvice(advice)) throw new SysError(EINVAL, `madvise: advice ${advice}`);
  if (length === 0) return 0;
  let covered = start;
  let hasHole = false;
  for (let index = mm.indexAtOrAfter(start); index < mm.vmas.length && mm.vmas[index]!.start < end; index++) {
    const vma = mm.vmas[index]!;
    if (vma.start > covered) hasHole = true;
    advise(mm, vma, Math.max(vma.start, start), Math.min(vma.end, end), advice);
    covered = vma.end;
  }
  if (hasHole || covered < end) throw new SysError(ENOMEM, 'madvise: a part is not mapped');
  return 0;
}

function isKnownAdvice(advice: number): boolean {
  return [
    MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
    MADV_DONTDUMP, MADV_DODUMP, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
  ].includes(advice);
}

function advise(mm: AddressSpace, vma: Vma, start: number, end: number, advice: number): void {
  const firstVpn = start / PAGE_BYTES;
  const pages = (end - start) / PAGE_BYTES;
  if (advice === MADV_FREE && (vma.mappable !== null || vma.isShared)) throw new SysError(EINVAL, 'madvise: MADV_FREE of file memory');
  if (advice === MADV_DONTNEED || advice === MADV_FREE) {
    if (vma.isLocked) throw new SysError(EINVAL, 'madvise: the pages are locked');
    mm.core.unmap(mm.space, firstVpn, pages);
  } else if (advice === MADV_REMOVE) {
    if (!vma.isShared || vma.file === null) throw new SysError(EINVAL, 'madvise: MADV_REMOVE of private memory');
    if ((vma.maxProtection & PROT_WRITE) === 0) throw new SysError(EACCES, 'madvise: not open for writing');
    openFileOf(vma.file).inode.allocate(3, vma.pageOf(start) * PAGE_BYTES, end - start);
  } else if (advice === MADV_DONTFORK || advice === MADV_DOFORK) {
    mm.splitAt(start);
    mm.splitAt(end);
    const part = mm.findVma(start);
    if (part !== null) part.isDontFork = advice === MADV_DONTFORK;
  } else if (advice === MADV_POPULATE_READ || advice === MADV_POPULATE_WRITE) {
    populate(mm, vma, start, end, advice === MADV_POPULATE_WRITE ? 2 : 1);
  }
}

/** msync(2): hands stores to file-backed memory on to the file. @errors EINVAL ENOMEM */
export function msync(task: Task, args: SyscallArgs): SyscallResult {
  const { mm } = task;
  const start = args.addr(0);
  const end = start + pageUp(args.sizeBytes(1));
  const flags = args.i32(2);
  requireAligned(start, 'msync');
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) !== 0 || (flags & (MS_ASYNC | MS_SYNC)) === (MS_ASYNC | MS_SYNC)) throw new SysError(EINVAL, 'msync: flags');
  if (end < start || end > TASK_SIZE) throw new SysError(ENOMEM, 'msync: range');
  let covered = start;
  for (let index = mm.indexAtOrAfter(start); index < mm.vmas.length && mm.vmas[index]!.start < end; index++) {
    const vma = mm.vmas[index]!;
    if (vma.start > covered) throw new SysError(ENOMEM, 'msync: a part is not mapped');
    if (vma.isShared && vma.file !== null && (flags & MS_SYNC) !== 0) openFileOf(vma.file).sync();
    covered = vma.end;
  }
  if (covered < end) throw new SysError(ENOMEM, 'msync: a part is not mapped');
  return 0;
}

/** mincore(2): which pages are mapped in. @errors EINVAL ENOMEM EFAULT */
export function mincore(task: Task, args: SyscallArgs): SyscallResult {
  const { mm } = task;
  const start = args.addr(0);
  const pages = pageUp(args.sizeBytes(1)) / PAGE_BYTES;
  requireAligned(start, 'mincore');
  const end = start + pages * PAGE_BYTES;
  if (end > TASK_SIZE) throw new SysError(ENOMEM, 'mincore: range');
  const vector = new Uint8Array(Math.min(pages, 1 << 22));
  for (let i = 0; i < vector.length; i++) {
    const vma = mm.findVma(start + i * PAGE_BYTES);
    if (vma === null) throw new SysError(ENOMEM, 'mincore: a part is not mapped');
    const isMapped = mm.core.pte(mm.space, start / PAGE_BYTES + i) !== 0;
    vector[i] = isMapped || (vma.mappable !== null && vma.mappable.cachedFrame(vma.pageOf(start + i * PAGE_BYTES)) !== 0) ? 1 : 0;
  }
  mm.writeBytes(args.addr(2), vector);
  return 0;
}

function lockRange(task: Task, start: number, length: number, isLocked: boolean): number {
  const { mm } = task;
  const first = pageDown(start);
  const end = pageUp(start + length);
  if (end > TASK_SIZE) throw new SysError(ENOMEM, 'mlock: range');
  if (length === 0) return 0;
  mm.splitAt(first);
  mm.splitAt(end);
  let covered = first;
  for (let index = mm.indexAtOrAfter(first); index < mm.vmas.length && mm.vmas[index]!.start < end; index++) {
    const vma = mm.vmas[index]!;
    if (vma.start > covered) break;
    vma.isLocked = isLocked;
    if (isLocked) populate(mm, vma, vma.start, vma.end, (vma.protection & PROT_WRITE) !== 0 && !vma.isShared ? 2 : 1);
    covered = vma.end;
  }
  if (covered < end) throw new SysError(ENOMEM, 'mlock: a part is not mapped');
  return 0;
}

/** mlock(2): maps the pages in; nothing here is ever swapped. */
export function mlock(task: Task, args: SyscallArgs): SyscallResult {
  return lockRange(task, args.addr(0), args.sizeBytes(1), true);
}

/** mlock2(2). */
export function mlock2(task: Task, args: SyscallArgs): SyscallResult {
  if ((args.i32(2) & ~1) !== 0) throw new SysError(EINVAL, 'mlock2: flags');
  return lockRange(task, args.addr(0), args.sizeBytes(1), true);
}

/** munlock(2). */
export function munlock(task: Task, args: SyscallArgs): SyscallResult {
  return lockRange(task, args.addr(0), args.sizeBytes(1), false);
}

/** mlockall(2). */
export function mlockall(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.i32(0);
  if (flags === 0 || (flags & ~7) !== 0 || flags === 4) throw new SysError(EINVAL, 'mlockall: flags');
  if ((flags & 1) !== 0) for (const vma of task.mm.vmas) vma.isLocked = true;
  return 0;
}

/** munlockall(2). */
export function munlockall(task: Task): SyscallResult {
  for (const vma of task.mm.vmas) vma.isLocked = false;
  return 0;
}

const MEMBARRIER_SUPPORTED = 0x1ff;

/** membarrier(2): one processor runs all tasks in turn, so that every barrier holds already. */
export function membarrier(task: Task, args: SyscallArgs): SyscallResult {
  const command = args.i32(0);
  if (args.u32(1) !== 0) throw new SysError(EINVAL, 'membarrier: flags');
  if (command === 0) return MEMBARRIER_SUPPORTED;
  if (command === 0x200) return task.mm.membarrierRegistered;
  if (command < 0 || (command & (command - 1)) !== 0 || (command & MEMBARRIER_SUPPORTED) === 0) throw new SysError(EINVAL, 'membarrier: command');
  const registrations = 4 | 16 | 64 | 256;
  if ((command & registrations) !== 0) task.mm.membarrierRegistered |= command;
  else if ((command & (8 | 32 | 128)) !== 0 && (task.mm.membarrierRegistered & (command << 1)) === 0) throw new SysError(EPERM, 'membarrier: not registered');
  return 0;
}


export const memorySyscalls: SyscallTable = {
  brk: { number: 214, run: brk, support: 'full' },
  munmap: { number: 215, run: munmap, support: 'full' },
  mremap: { number: 216, run: mremap, support: 'full' },
  mmap: { number: 222, run: mmap, support: 'partial', note: 'no huge pages' },
  mprotect: { number: 226, run: mprotect, support: 'full' },
  msync: { number: 227, run: msync, support: 'full' },
  mlock: { number: 228, run: mlock, support: 'full' },
  munlock: { number: 229, run: munlock, support: 'full' },
  mlockall: { number: 230, run: mlockall, support: 'full' },
  munlockall: { number: 231, run: munlockall, support: 'full' },
  mincore: { number: 232, run: mincore, support: 'full' },
  madvise: { number: 233, run: madvise, support: 'partial', note: 'advice about huge pages, reading and dumps is taken and has no effect' },
  membarrier: { number: 283, run: membarrier, support: 'full' },
  mlock2: { number: 284, run: mlock2, support: 'full' },
};
