import { EACCES, EFAULT, ENOMEM } from '../../abi/errno.ts';
import { MMAP_MIN_ADDR, PAGE_BYTES, PROT_READ, PROT_WRITE, TASK_SIZE } from '../../abi/mman.ts';
import { SysError } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import { anyRef, bool, bytes, defineState, derived, edge, f64, frame, list, map, optional, ref, u32 } from '../../state/index.ts';
import type { WaitQueue } from '../wait/wait-queue.ts';
import type { MappedFile } from './mapped-file.ts';
import type { Mappable } from './mappable.ts';
import { UserMemorySpace } from './user-memory.ts';
import { Vma } from './vma.ts';

/** PTE flag of the core: stores go to the frame, whoever else holds it. */
const PTE_SHARED = 8;
/** Pages mapped ahead around a faulting file page, when the cache holds them. */
const FAULT_AROUND_PAGES = 8;
/** The stack may not grow to within this of the mapping below. */
const STACK_GUARD_BYTES = 256 * PAGE_BYTES;

/** Why an access cannot be served: what the signal says. */
export type Fault = 'none' | 'unmapped' | 'protection' | 'bus' | 'memory';

/** What a new mapping is to be. */
export interface MapRequest {
  readonly start: number;
  readonly lengthBytes: number;
  readonly protection: number;
  readonly maxProtection?: number;
  readonly isShared: boolean;
  readonly growsDown?: boolean;
  readonly isLocked?: boolean;
  readonly mappable: Mappable | null;
  readonly file: MappedFile | null;
  readonly offsetPages: number;
  readonly name?: string;
}

/** PTE_READ | PTE_WRITE | PTE_EXEC of the core are PROT_*; a store permission brings reading with it, as in hardware. */
function pteFlags(protection: number, isShared: boolean): number {
  let flags = protection & 7;
  if ((flags & PROT_WRITE) !== 0) flags |= PROT_READ;
  return isShared ? flags | PTE_SHARED : flags;
}

/** A task's memory map: its VMAs, and the core's page tables that follow them on demand. */
export class AddressSpace extends UserMemorySpace {
  /** Number of the core's page tables; made anew at a restore. */
  space = 0;
  /** Tasks that use it. */
  users = 1;
  /** Sorted by address, not overlapping. */
  vmas: Vma[] = [];
  /** VMA found by the last lookup. */
  lastVma: Vma | null = null;
  /** Frame of zeros that backs untouched anonymous memory on reads. */
  zeroFrame: number;
  /** brk(2): where the heap begins and ends now. */
  brkStart = 0;
  brk = 0;
  /** Highest address that mmap gives; it goes down from here. */
  mmapTop = TASK_SIZE;
  /** RLIMIT_STACK and RLIMIT_AS of the owner, as of its last change; Infinity is no limit. */
  stackLimitBytes = 8 << 20;
  sizeLimitBytes = Infinity;
  /** For /proc: where things are. */
  codeStart = 0;
  codeEnd = 0;
  dataStart = 0;
  dataEnd = 0;
  stackStart = 0;
  argStart = 0;
  argEnd = 0;
  envStart = 0;
  envEnd = 0;
  auxv: Uint8Array = new Uint8Array(0);
  /** The program that runs, for /proc/PID/exe; holds a reference. */
  executable: MappedFile | null = null;
  /** Address of the signal return code. */
  vdsoStart = 0;
  /** Futex queues of private futexes by address. */
  futexes = new Map<number, WaitQueue>();
  isDumpable = true;
  /** Highest number of pages it ever had mapped in, for ru_maxrss. */
  peakPages = 0;
  /** membarrier(2): commands registered for private use. */
  membarrierRegistered = 0;

  constructor(core: Core, zeroFrame: number) {
    super(core);
    this.zeroFrame = zeroFrame;
    this.space = core.spaceCreate();
    if (this.space === 0) throw new SysError(ENOMEM, 'address space: no page tables left');
    core.frameRef(zeroFrame);
  }

  /** The VMA that holds `address`, or null. */
  findVma(address: number): Vma | null {
    const last = this.lastVma;
    if (last !== null && address >= last.start && address < last.end) return last;
    const index = this.indexAtOrAfter(address);
    const vma = this.vmas[index];
    if (vma === undefined || vma.start > address) return null;
    this.lastVma = vma;
    return vma;
  }

  /** Index of the first VMA that ends after `address`. */
  indexAtOrAfter(address: number): number {
    let low = 0;
    let high = this.vmas.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.vmas[middle]!.end <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether any VMA lies in `[start, end)`. */
  overlaps(start: number, end: number): boolean {
    const vma = this.vmas[this.indexAtOrAfter(start)];
    return vma !== undefined && vma.start < end;
  }

  /** Bytes mapped by all VMAs. */
  sizeBytes(): number {
    let total = 0;
    for (const vma of this.vmas) total += vma.end - vma.start;
    return total;
  }

  /**
   * Finds room for `lengthBytes`, from the top down, or at `hint` when it is free there.
   * @errors ENOMEM no gap is large enough
   */
  findGap(lengthBytes: number, hint: number): number {
    if (hint >= MMAP_MIN_ADDR && hint + lengthBytes <= TASK_SIZE && !this.overlaps(hint, hint + lengthBytes)) return hint;
    let top = this.mmapTop;
    for (let i = this.vmas.length - 1; i >= 0; i--) {
      const vma = this.vmas[i]!;
      if (vma.start >= top) continue;
      if (vma.end + lengthBytes <= top) return top - lengthBytes;
      top = Math.min(top, vma.growsDown ? vma.start - STACK_GUARD_BYTES : vma.start);
    }
    if (MMAP_MIN_ADDR + lengthBytes <= top) return top - lengthBytes;
    throw new SysError(ENOMEM, `mmap: no gap of ${lengthBytes} bytes`);
  }

  /** Adds a mapping where nothing is mapped (unmap before). */
  insert(request: MapRequest): Vma {
    const vma = new Vma();
    vma.start = request.start;
    vma.end = request.start + request.lengthBytes;
    vma.protection = request.protection & 7;
    vma.maxProtection = request.maxProtection ?? 7;
    vma.isShared = request.isShared;
    vma.growsDown = request.growsDown ?? false;
    vma.isLocked = request.isLocked ?? false;
    vma.mappable = request.mappable;
    vma.file = request.file;
    vma.offsetPages = request.offsetPages;
    vma.name = request.name ?? '';
    vma.acquire();
    const index = this.indexAtOrAfter(vma.start);
    this.vmas.splice(index, 0, vma);
    return this.merge(index);
  }

  /** Joins the VMA at `index` with its neighbours where they continue it; returns the result. */
  merge(index: number): Vma {
    let vma = this.vmas[index]!;
    const next = this.vmas[index + 1];
    if (next !== undefined && vma.continuesIn(next)) {
      vma.end = next.end;
      next.release();
      this.vmas.splice(index + 1, 1);
    }
    const previous = this.vmas[index - 1];
    if (previous !== undefined && previous.continuesIn(vma)) {
      previous.end = vma.end;
      vma.release();
      this.vmas.splice(index, 1);
      vma = previous;
    }
    this.lastVma = null;
    return vma;
  }

  /** Makes `address` a boundary between VMAs where one spans it. */
  splitAt(address: number): void {
    const index = this.indexAtOrAfter(address);
    const vma = this.vmas[index];
    if (vma === undefined || vma.start >= address) return;
    const upper = vma.slice(address, vma.end);
    vma.end = address;
    this.vmas.splice(index + 1, 0, upper);
    this.lastVma = null;
  }

  /** Removes all mappings in `[start, end)`. */
  unmap(start: number, end: number): void {
    if (!this.overlaps(start, end)) return;
    this.splitAt(start);
    this.splitAt(end);
    const first = this.indexAtOrAfter(start);
    let last = first;
    while (last < this.vmas.length && this.vmas[last]!.start < end) last++;
    const removed = this.vmas.splice(first, last - first);
    this.lastVma = null;
    this.core.unmap(this.space, start / PAGE_BYTES, (end - start) / PAGE_BYTES);
    for (const vma of removed) vma.release();
  }

  /**
   * Changes the protection of `[start, end)`.
   * @errors ENOMEM a part is not mapped; EACCES the file was not opened for that. Parts before the error are changed, as in Linux.
   */
  protect(start: number, end: number, protection: number): void {
    this.splitAt(start);
    this.splitAt(end);
    let address = start;
    let index = this.indexAtOrAfter(start);
    while (address < end) {
      const vma = this.vmas[index];
      if (vma === undefined || vma.start > address) throw new SysError(ENOMEM, 'mprotect: not mapped');
      if ((protection & ~vma.maxProtection & 7) !== 0) throw new SysError(EACCES, 'mprotect: the file was not opened for that');
      vma.protection = protection & 7;
      this.core.protect(this.space, vma.start / PAGE_BYTES, (vma.end - vma.start) / PAGE_BYTES, pteFlags(protection, vma.isShared));
      address = vma.end;
      index++;
    }
    for (let i = Math.min(index, this.vmas.length - 1); i >= 0 && this.vmas[i]!.end >= start; i--) {
      if (i < this.vmas.length) this.merge(i);
    }
  }

  /**
   * Serves an access that the page tables refuse: maps the page in where the VMA allows it.
   * @param access 1 read, 2 write, 4 execute
   */
  handleFault(address: number, access: number): Fault {
    if (address >= TASK_SIZE) return 'unmapped';
    const vma = this.findVma(address) ?? this.growStack(address);
    if (vma === null) return 'unmapped';
    const allowed = (vma.protection & PROT_WRITE) !== 0 ? vma.protection | PROT_READ : vma.protection;
    if ((allowed & access) === 0) return 'protection';
    return this.mapPage(vma, Math.floor(address / PAGE_BYTES), access);
  }

  mapPage(vma: Vma, vpn: number, access: number): Fault {
    const core = this.core;
    const flags = pteFlags(vma.protection, vma.isShared);
    const mappable = vma.mappable;
    if (mappable === null) {
      const present = core.pte(this.space, vpn) !== 0;
      if (access !== PROT_WRITE && !present) return core.map(this.space, vpn, this.zeroFrame, flags) ? 'none' : 'memory';
      if (present) return 'memory'; // the core could not copy the frame
      return core.mapNewZero(this.space, vpn, flags) === 0 ? 'memory' : 'none';
    }
    if (core.pte(this.space, vpn) !== 0) return 'memory';
    const page = vma.offsetPages + vpn - vma.start / PAGE_BYTES;
    const frameNumber = mappable.frameFor(page, access === PROT_WRITE && vma.isShared);
    if (frameNumber === 0) return 'bus';
    if (!core.map(this.space, vpn, frameNumber, flags)) return 'memory';
    if (access !== PROT_WRITE) this.mapAround(vma, vpn, flags);
    return 'none';
  }

  /** Maps the following pages of a file too, where the cache has them at once: programs read on. */
  mapAround(vma: Vma, vpn: number, flags: number): void {
    const mappable = vma.mappable as Mappable;
    const first = vma.start / PAGE_BYTES;
    const end = Math.min(vpn + FAULT_AROUND_PAGES, vma.end / PAGE_BYTES);
    for (let next = vpn + 1; next < end; next++) {
      if (this.core.pte(this.space, next) !== 0) return;
      const frameNumber = mappable.cachedFrame(vma.offsetPages + next - first);
      if (frameNumber === 0) return;
      if (!this.core.map(this.space, next, frameNumber, flags)) return;
    }
  }

  /** The stack VMA just above `address`, extended down to it, or null. */
  growStack(address: number): Vma | null {
    const index = this.indexAtOrAfter(address);
    const vma = this.vmas[index];
    if (vma === undefined || !vma.growsDown || vma.start <= address) return null;
    const start = Math.floor(address / PAGE_BYTES) * PAGE_BYTES;
    if (vma.end - start > this.stackLimitBytes) return null;
    const below = this.vmas[index - 1];
    if (below !== undefined && below.end + STACK_GUARD_BYTES > start && !below.growsDown) return null;
    vma.start = start;
    return vma;
  }

  /** A copy for fork(2): private pages become shared until written. */
  fork(): AddressSpace {
    const child = Object.create(AddressSpace.prototype) as AddressSpace;
    Object.assign(child, this);
    child.space = this.core.spaceFork(this.space);
    if (child.space === 0) throw new SysError(ENOMEM, 'fork: no memory for page tables');
    this.core.frameRef(this.zeroFrame);
    child.users = 1;
    child.lastVma = null;
    child.futexes = new Map();
    child.peakPages = 0;
    child.vmas = this.vmas.map((vma) => vma.slice(vma.start, vma.end));
    child.executable?.hold();
    child.executable?.inode.denyWrite();
    for (const vma of [...child.vmas]) if (vma.isDontFork) child.unmap(vma.start, vma.end);
    return child;
  }

  /** Gives one use back; the last frees every page and file. */
  drop(): void {
    this.users--;
    if (this.users > 0) return;
    for (const vma of this.vmas) vma.release();
    this.vmas = [];
    this.lastVma = null;
    this.core.spaceDestroy(this.space);
    this.core.frameUnref(this.zeroFrame);
    this.zeroFrame = 0;
    this.space = 0;
    this.setExecutable(null);
  }

  /** Names the program that runs here; while it does, nobody may write to its file. @errors ETXTBSY */
  setExecutable(program: MappedFile | null): void {
    program?.inode.denyWrite();
    program?.hold();
    this.executable?.inode.allowWrite();
    this.executable?.drop();
    this.executable = program;
  }

  /** Linear address of the byte at guest `address` for an access of `access`. @errors EFAULT */
  linear(address: number, access: number): number {
    const at = this.core.translate(this.space, address, access);
    if (at !== 0) return at;
    const fault = this.handleFault(address, access);
    if (fault !== 'none') throw new SysError(fault === 'memory' ? ENOMEM : EFAULT, `address 0x${address.toString(16)}: ${fault}`);
    const again = this.core.translate(this.space, address, access);
    if (again === 0) throw new SysError(ENOMEM, `address 0x${address.toString(16)}: no memory for a copy of the page`);
    return again;
  }

  /** The highest number of pages mapped in, as far as it was looked at: here, and when the space is let go. */
  notePeak(): number {
    let pages = 0;
    for (const vma of this.vmas) pages += this.residentPages(vma.start, vma.end);
    this.peakPages = Math.max(this.peakPages, pages);
    return this.peakPages;
  }

  /** Pages of [start, end) mapped in now, and how many of them. */
  residentPages(start: number, end: number): number {
    let count = 0;
    const endVpn = end / PAGE_BYTES;
    for (let vpn = this.core.nextMapped(this.space, start / PAGE_BYTES, endVpn); vpn < endVpn; ) {
      count++;
      vpn = this.core.nextMapped(this.space, vpn + 1, endVpn);
    }
    return count;
  }
}

defineState(AddressSpace, 'AddressSpace', 1, {
  core: edge('core', () => 'core'),
  space: derived(() => 0), // page tables are rebuilt from the page metadata of the image
  users: u32,
  vmas: list(ref<Vma>('Vma')),
  lastVma: derived(() => null),
  zeroFrame: frame,
  brkStart: f64, brk: f64, mmapTop: f64, stackLimitBytes: f64, sizeLimitBytes: f64,
  codeStart: f64, codeEnd: f64, dataStart: f64, dataEnd: f64, stackStart: f64,
  argStart: f64, argEnd: f64, envStart: f64, envEnd: f64,
  auxv: bytes,
  executable: optional(anyRef<MappedFile>()),
  vdsoStart: f64,
  futexes: map(f64, ref<WaitQueue>('WaitQueue')),
  isDumpable: bool,
  peakPages: u32,
  membarrierRegistered: u32,
});
