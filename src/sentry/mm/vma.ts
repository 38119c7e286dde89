import { PAGE_BYTES, PROT_WRITE } from '../../abi/mman.ts';
import { bool, byteString, defineState, f64, optional, anyRef, u32 } from '../../state/index.ts';
import type { MappedFile } from './mapped-file.ts';
import type { Mappable } from './mappable.ts';

/** One range of an address space with one protection and one backing (a line of /proc/PID/maps). */
export class Vma {
  /** First address, and the first address after it; both whole pages. */
  start = 0;
  end = 0;
  /** PROT_* bits. */
  protection = 0;
  /** Bits that mprotect may give: a shared mapping of a file opened for reading never becomes writable. */
  maxProtection = 7;
  isShared = false;
  /** Grows towards lower addresses when touched just below (the stack). */
  growsDown = false;
  /** MADV_DONTFORK: the child does not get it. */
  isDontFork = false;
  isLocked = false;
  /** What backs it; null for private anonymous memory. */
  mappable: Mappable | null = null;
  /** The open file, for its name in maps; it holds a reference. Null for anonymous memory. */
  file: MappedFile | null = null;
  /** Page of `mappable` that `start` maps. */
  offsetPages = 0;
  /** `[heap]`, `[stack]`, `[vdso]` or empty. */
  name = '';

  /** Page of the backing that holds `address`. */
  pageOf(address: number): number {
    return this.offsetPages + Math.floor((address - this.start) / PAGE_BYTES);
  }

  /** A copy for `[start, end)`, which lies within this one; takes its own references. */
  slice(start: number, end: number): Vma {
    const part = new Vma();
    Object.assign(part, this);
    part.start = start;
    part.end = end;
    part.offsetPages = this.mappable === null ? 0 : this.pageOf(start);
    part.acquire();
    return part;
  }

  /** Whether stores through it can reach the file. */
  mayStore(): boolean {
    return this.isShared && (this.maxProtection & PROT_WRITE) !== 0;
  }

  acquire(): void {
    this.mappable?.mapped(this.mayStore());
    this.file?.hold();
  }

  release(): void {
    this.mappable?.unmapped(this.mayStore());
    this.file?.drop();
  }

  /** Whether `next`, which begins where this ends, could be one mapping with it. */
  continuesIn(next: Vma): boolean {
    return (
      this.end === next.start && this.protection === next.protection && this.maxProtection === next.maxProtection &&
      this.isShared === next.isShared && this.growsDown === next.growsDown && this.isDontFork === next.isDontFork &&
      this.isLocked === next.isLocked && this.mappable === next.mappable && this.file === next.file && this.name === next.name &&
      (this.mappable === null || this.pageOf(this.end) === next.offsetPages)
    );
  }
}

defineState(Vma, 'Vma', 1, {
  start: f64, end: f64, protection: u32, maxProtection: u32,
  isShared: bool, growsDown: bool, isDontFork: bool, isLocked: bool,
  mappable: optional(anyRef<Mappable>()), file: optional(anyRef<MappedFile>()),
  offsetPages: f64, name: byteString,
});
