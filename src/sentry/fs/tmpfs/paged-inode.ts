import { EBUSY, EINVAL, ENOSPC, EOPNOTSUPP, EPERM } from '../../../abi/errno.ts';
import {
  FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE, F_SEAL_EXEC, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE,
} from '../../../abi/fs.ts';
import { PAGE_BYTES } from '../../../abi/mman.ts';
import { SysError } from '../../../base/errors.ts';
import { defineState, extend, frame, mapLater, u32 } from '../../../state/index.ts';
import type { IoSource, IoTarget } from '../../mm/io-buffer.ts';
import type { FileSystem } from '../../vfs/file-system.ts';
import { MemoryInode, memoryInodeState } from './memory-inode.ts';

const ZEROS = new Uint8Array(PAGE_BYTES);
const ALL_SEALS = 0x3f;

/** A file system that counts the pages of its files. */
export interface PageBudget {
  /** Takes `count` pages. @returns false when the file system is full */
  takePages(count: number): boolean;
  givePages(count: number): void;
}

/**
 * A file whose content is page frames of the core: written by the kernel, mapped by guests, the same frames.
 * A page that was never written is a hole and has no frame.
 */
export abstract class PagedInode extends MemoryInode {
  /** Frames by page number, each with a reference of the file's own; 0 for a page that is reserved and still zeros. */
  pages = new Map<number, number>();

  constructor(fileSystem: FileSystem, ino: number, mode: number) {
    super(fileSystem, ino, mode);
  }

  abstract budget(): PageBudget;

  /** The frame with the content of a page to be read, or 0 for zeros. */
  frameToRead(page: number): number {
    return this.pages.get(page) ?? 0;
  }

  /**
   * The frame of a page to be written, made when there is none.
   *
   * @param isWhole  whether all of the page up to the end of the file is about to be overwritten
   * @returns 0 when there is no room
   */
  frameToWrite(page: number, isWhole: boolean): number {
    void isWhole;
    const present = this.pages.get(page);
    if (present !== undefined && present !== 0) return present;
    return this.addFrame(page, present === 0);
  }

  /** Allocates a frame of zeros for `page`. */
  addFrame(page: number, isReserved: boolean): number {
    if (!isReserved && !this.budget().takePages(1)) return 0;
    const { vfs } = this.fileSystem;
    const made = vfs.allocateFrame();
    vfs.settle();
    if (made !== 0) this.pages.set(page, made);
    else if (!isReserved) this.budget().givePages(1);
    return made;
  }

  override readContent(dst: IoTarget, offset: number): number {
    const available = this.sizeBytes - offset;
    if (available <= 0) return 0;
    const ready = dst.prepare(Math.min(available, dst.remainingBytes));
    const { core } = this.fileSystem.vfs;
    for (let done = 0; done < ready; ) {
      const at = offset + done;
      const inPage = at % PAGE_BYTES;
      const chunk = Math.min(ready - done, PAGE_BYTES - inPage);
      const source = this.frameToRead((at - inPage) / PAGE_BYTES);
      if (source === 0) dst.put(ZEROS, 0, chunk);
      else dst.put(core.bytes(), core.frameContent(source) + inPage, chunk);
      done += chunk;
    }
    return ready;
  }

  override writeContent(src: IoSource, offset: number, maxBytes: number): number {
    const ready = src.prepare(maxBytes);
    const { core } = this.fileSystem.vfs;
    let done = 0;
    while (done < ready) {
      const at = offset + done;
      const inPage = at % PAGE_BYTES;
      const chunk = Math.min(ready - done, PAGE_BYTES - inPage);
      const isWhole = inPage === 0 && (chunk === PAGE_BYTES || at + chunk >= this.sizeBytes);
      const target = this.frameToWrite((at - inPage) / PAGE_BYTES, isWhole);
      if (target === 0 || !core.frameForWrite(target)) break;
      src.take(core.bytes(), target * PAGE_BYTES + inPage, chunk);
      done += chunk;
      if (at + chunk > this.sizeBytes) this.sizeBytes = at + chunk;
    }
    if (done === 0 && ready > 0) throw new SysError(ENOSPC, 'write: no room left');
    return done;
  }

  override frameFor(pageIndex: number, forWrite: boolean): number {
    void forWrite;
    if (pageIndex * PAGE_BYTES >= this.sizeBytes) return 0;
    const made = this.frameToWrite(pageIndex, false);
    if (made === 0) throw new SysError(ENOSPC, 'a page of a mapped file: no room left');
    return made;
  }

  override cachedFrame(pageIndex: number): number {
    if (pageIndex * PAGE_BYTES >= this.sizeBytes) return 0;
    return this.pages.get(pageIndex) ?? 0;
  }

  override truncate(sizeBytes: number): void {
    if (sizeBytes < this.sizeBytes) {
      if ((this.seals & F_SEAL_SHRINK) !== 0) throw new SysError(EPERM, 'ftruncate: sealed against shrinking');
      this.clearFrom(sizeBytes);
    } else if (sizeBytes > this.sizeBytes && (this.seals & F_SEAL_GROW) !== 0) {
      throw new SysError(EPERM, 'ftruncate: sealed against growing');
    }
    this.sizeBytes = sizeBytes;
    this.touchModify();
  }

  /** Drops all content from `offset` on; the size is the caller's to set. */
  clearFrom(offset: number): void {
    const inPage = offset % PAGE_BYTES;
    const firstWhole = Math.ceil(offset / PAGE_BYTES);
    if (inPage !== 0) this.zeroWithin(firstWhole - 1, inPage, PAGE_BYTES);
    this.dropPages(firstWhole, Infinity);
    this.fileSystem.vfs.invalidator.dropMappings(this, firstWhole);
  }

  /** Drops the frames of pages `[first, end)`. */
  dropPages(first: number, end: number): void {
    const { vfs } = this.fileSystem;
    const { core } = vfs;
    vfs.settle();
    let dropped = 0;
    const dropOne = (page: number, held: number): void => {
      if (held !== 0) core.frameUnref(held);
      this.pages.delete(page);
      dropped++;
    };
    if (end - first < this.pages.size) {
      for (let page = first; page < end; page++) {
        const held = this.pages.get(page);
        if (held !== undefined) dropOne(page, held);
      }
    } else {
      for (const [page, held] of this.pages) if (page >= first && page < end) dropOne(page, held);
    }
    this.budget().givePages(dropped);
  }

  /** Zeroes bytes `[start, end)` of one page if it has content. */
  zeroWithin(page: number, start: number, end: number): void {
    if (this.frameToRead(page) === 0) return;
    const held = this.frameToWrite(page, false);
    if (held === 0) throw new SysError(ENOSPC, 'no room left for a copy of the page');
    const { core } = this.fileSystem.vfs;
    if (!core.frameForWrite(held)) throw new SysError(ENOSPC, 'no room left for a copy of the page');
    core.bytes().fill(0, held * PAGE_BYTES + start, held * PAGE_BYTES + end);
  }

  /** Makes `[start, end)` a hole: frames go, zeros stay. */
  punch(start: number, end: number): void {
    const firstWhole = Math.ceil(start / PAGE_BYTES);
    const endWhole = Math.floor(end / PAGE_BYTES);
    if (firstWhole > endWhole) {
      this.zeroWithin(endWhole, start % PAGE_BYTES, end % PAGE_BYTES);
      return;
    }
    if (start % PAGE_BYTES !== 0) this.zeroWithin(firstWhole - 1, start % PAGE_BYTES, PAGE_BYTES);
    if (end % PAGE_BYTES !== 0) this.zeroWithin(endWhole, 0, end % PAGE_BYTES);
    if (firstWhole === endWhole) return;
    this.dropPages(firstWhole, endWhole);
    this.fileSystem.vfs.invalidator.dropMappings(this, firstWhole);
  }

  override allocate(mode: number, offset: number, lengthBytes: number): void {
    const end = offset + lengthBytes;
    if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) !== 0) throw new SysError(EOPNOTSUPP, 'fallocate: mode');
    if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0) {
      if (mode !== (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) throw new SysError(EOPNOTSUPP, 'fallocate: a hole keeps the size');
      if ((this.seals & F_SEAL_WRITE) !== 0) throw new SysError(EPERM, 'fallocate: sealed');
      this.punch(offset, end);
      this.touchModify();
      return;
    }
    const grows = end > this.sizeBytes && (mode & FALLOC_FL_KEEP_SIZE) === 0;
    if (grows && (this.seals & F_SEAL_GROW) !== 0) throw new SysError(EPERM, 'fallocate: sealed against growing');
    if ((mode & FALLOC_FL_ZERO_RANGE) !== 0) {
      if ((this.seals & F_SEAL_WRITE) !== 0) throw new SysError(EPERM, 'fallocate: sealed');
      this.punch(offset, end);
    }
    this.reserve(Math.floor(offset / PAGE_BYTES), Math.ceil(end / PAGE_BYTES));
    if (grows) this.sizeBytes = end;
    this.touchModify();
  }

  /** Gives pages `[first, end)` a place in the budget, without frames yet. @errors ENOSPC */
  reserve(first: number, end: number): void {
    const { core } = this.fileSystem.vfs;
    if (end - first > core.frameLimit()) throw new SysError(ENOSPC, 'fallocate: more than all memory');
    let missing = 0;
    for (let page = first; page < end; page++) if (!this.pages.has(page)) missing++;
    if (!this.budget().takePages(missing)) throw new SysError(ENOSPC, 'fallocate: no room left');
    this.fileSystem.vfs.settle();
    for (let page = first; page < end; page++) if (!this.pages.has(page)) this.pages.set(page, 0);
  }

  override nextData(offset: number): number {
    const endPage = Math.ceil(this.sizeBytes / PAGE_BYTES);
    for (let page = Math.floor(offset / PAGE_BYTES); page < endPage; page++) {
      if (this.hasData(page)) return Math.max(offset, page * PAGE_BYTES);
      if (page - offset / PAGE_BYTES > this.pages.size) return this.firstDataAfter(page);
    }
    return -1;
  }

  /** The start of the first page with data after `page`, by looking through all that there are. */
  firstDataAfter(page: number): number {
    let best = -1;
    for (const [candidate, held] of this.pages) {
      if (held !== 0 && candidate > page && candidate * PAGE_BYTES < this.sizeBytes && (best < 0 || candidate < best)) best = candidate;
    }
    return best < 0 ? -1 : best * PAGE_BYTES;
  }

  override nextHole(offset: number): number {
    const endPage = Math.ceil(this.sizeBytes / PAGE_BYTES);
    for (let page = Math.floor(offset / PAGE_BYTES); page < endPage; page++) if (!this.hasData(page)) return Math.max(offset, page * PAGE_BYTES);
    return this.sizeBytes;
  }

  hasData(page: number): boolean {
    return (this.pages.get(page) ?? 0) !== 0;
  }

  override blocks(): number {
    return this.isRegular() ? this.pages.size * (PAGE_BYTES / 512) : 0;
  }

  /** Adds seals to a memfd. @errors EPERM sealed against that; EBUSY F_SEAL_WRITE while it is mapped for stores */
  addSeals(seals: number): void {
    if ((seals & ~ALL_SEALS) !== 0) throw new SysError(EINVAL, 'fcntl: unknown seal');
    if ((this.seals & F_SEAL_SEAL) !== 0) throw new SysError(EPERM, 'fcntl: sealed against sealing');
    if ((seals & F_SEAL_WRITE) !== 0 && (this.seals & F_SEAL_WRITE) === 0 && this.storingMappings > 0) {
      throw new SysError(EBUSY, 'fcntl: mapped for writing');
    }
    this.seals |= seals;
    if ((seals & F_SEAL_EXEC) !== 0 && (this.mode & 0o111) !== 0) this.seals |= F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
  }

  override unused(): void {
    if (this.nlink !== 0 || !this.isRegular()) return;
    this.dropPages(0, Infinity);
    this.sizeBytes = 0;
  }
}

export const pagedInodeState = defineState(PagedInode, 'PagedInode', 1, extend(memoryInodeState, { pages: mapLater(u32, frame) }));
