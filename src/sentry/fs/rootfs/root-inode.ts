import { ENOMEM } from '../../../abi/errno.ts';
import { PAGE_BYTES } from '../../../abi/mman.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { SysError } from '../../../base/errors.ts';
import { atRest, bool, byteString, defineState, extend, frame, int, list, map, optional, ref, set, u32 } from '../../../state/index.ts';
import type { BaseStat } from '../../../ports/base-tree.ts';
import type { IoTarget } from '../../mm/io-buffer.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { EntrySink } from '../../vfs/inode.ts';
import { Dentry } from '../../vfs/path.ts';
import { FIRST_POSITION } from '../tmpfs/memory-inode.ts';
import { PagedInode, pagedInodeState } from '../tmpfs/paged-inode.ts';
import type { PageBudget } from '../tmpfs/paged-inode.ts';
import type { RootFs } from './rootfs.ts';

const DIRECTORY_BYTES = 4096;
/** Most bytes read from the base at once for a read(2). */
const READ_AHEAD_BYTES = 256 * 1024;

/** Names of a base directory with their positions. */
export type BaseNames = ReadonlyMap<ByteString, number>;

/**
 * A node of the root file system: one made by the container, or one that the base tree has.
 *
 * A node of the base is made here when it is first looked at and can be made again, so it is saved only once it was
 * changed or while something refers to it. Changing it changes only what is written: names, attributes, single pages.
 * It stays the same inode.
 */
export class RootInode extends PagedInode {
  /** Where the base tree has it; null for a node of the container's own. Never changes, whatever it is renamed to. */
  basePath: ByteString | null = null;
  /** Content of the base counts below this offset; a truncation lowers it. */
  baseBytes = 0;
  /** Pages of the base that were punched out. */
  punched: Set<number> | null = null;
  /** Frames with content of the base as it is, by page: a cache, never saved unless mapped. */
  cleanPages = new Map<number, number>();
  /** Base names of this directory that are gone. */
  hiddenNames: Set<ByteString> | null = null;
  /** Names in memory that lead here. */
  aliases: Dentry[] = [];
  /** Whether a checkpoint must hold it. */
  isChanged = false;
  /** Names of the base directory; null until asked for. */
  names: BaseNames | null = null;

  tree(): RootFs {
    return this.fileSystem as RootFs;
  }

  /** Makes this the node that the base tree has at `path`. */
  adoptBase(path: ByteString, stat: BaseStat): void {
    this.basePath = path;
    this.uid = stat.uid;
    this.gid = stat.gid;
    this.rdev = stat.rdev;
    this.atimeNs = stat.mtimeNs;
    this.mtimeNs = stat.mtimeNs;
    this.ctimeNs = stat.mtimeNs;
    this.btimeNs = stat.mtimeNs;
    if (this.isDirectory()) {
      this.nlink = stat.nlink ?? 2;
      this.nextPosition = FIRST_POSITION + this.baseNames().size;
    } else {
      this.nlink = stat.nlink ?? 1;
      this.sizeBytes = stat.sizeBytes;
      if (this.isRegular()) this.baseBytes = stat.sizeBytes;
    }
  }

  /** Notes that a checkpoint must hold this node and its names. */
  changed(): void {
    if (this.isChanged) return;
    this.isChanged = true;
    for (const alias of this.aliases) alias.keep();
  }

  override attributesChanged(): void {
    this.changed();
  }

  /** Reading what the base has is no change: its access times stay. */
  override touchAccess(): void {
    if (this.basePath === null || this.isChanged) super.touchAccess();
  }

  override budget(): PageBudget {
    return this.tree();
  }

  override makeNode(mode: number): RootInode {
    const inode = new RootInode(this.fileSystem, this.tree().nextOwnIno(), mode);
    inode.isChanged = true;
    return inode;
  }

  override emptyDirectoryBytes(): number {
    return DIRECTORY_BYTES;
  }

  override entryBytes(): number {
    return 0;
  }

  // ---- names ------------------------------------------------------------------------------------------------------

  /** Names that the base has in this directory. */
  baseNames(): BaseNames {
    if (this.names !== null) return this.names;
    const names = new Map<ByteString, number>();
    if (this.basePath !== null) for (const name of this.tree().base.list(this.basePath)) names.set(name, FIRST_POSITION + names.size);
    this.names = names;
    return names;
  }

  override lookup(dir: Dentry, name: ByteString, caller: Caller): Dentry | null {
    void caller;
    const child = dir.children?.get(name);
    if (child !== undefined) return child;
    if (this.basePath === null || this.hiddenNames?.has(name) === true) return null;
    const position = this.baseNames().get(name);
    return position === undefined ? null : this.load(dir, name, position);
  }

  /** Makes the entry that the base has at `position`. */
  load(dir: Dentry, name: ByteString, position: number): Dentry | null {
    const inode = this.tree().baseInode(`${this.basePath}/${name}`);
    if (inode === null) return null;
    const child = new Dentry(name, dir, inode);
    child.isKept = false;
    child.position = position;
    dir.attach(child);
    inode.aliases.push(child);
    if (inode.isChanged) child.keep();
    return child;
  }

  override enter(dir: Dentry, child: Dentry): void {
    this.changed();
    super.enter(dir, child);
    const inode = child.inode as RootInode;
    inode.aliases.push(child);
    inode.changed();
  }

  override leave(dir: Dentry, child: Dentry): void {
    this.changed();
    dir.keep();
    super.leave(dir, child);
    const inode = child.inode as RootInode;
    inode.aliases = inode.aliases.filter((alias) => alias !== child);
    if (!this.baseNames().has(child.name)) return;
    if (this.hiddenNames === null) this.hiddenNames = new Set();
    this.hiddenNames.add(child.name);
  }

  override isEmpty(dir: Dentry): boolean {
    if (dir.children !== null && dir.children.size !== 0) return false;
    return this.baseNames().size === (this.hiddenNames?.size ?? 0);
  }

  override list(dir: Dentry, position: number, caller: Caller, emit: EntrySink): void {
    void caller;
    for (const [name, place] of this.baseNames()) {
      if (place < position) continue;
      const child = dir.child(name);
      if (child !== null) {
        if (child.position === place && !emit(name, child.inode.ino, child.inode.mode, place + 1)) return;
        continue;
      }
      if (this.hiddenNames?.has(name) === true) continue;
      const stat = this.tree().base.stat(`${this.basePath}/${name}`);
      if (stat !== null && !emit(name, this.tree().inoOf(stat), stat.mode, place + 1)) return;
    }
    if (dir.children === null) return;
    const firstOwn = FIRST_POSITION + this.baseNames().size;
    for (const [name, child] of dir.children) {
      if (child.position < firstOwn || child.position < position) continue;
      if (!emit(name, child.inode.ino, child.inode.mode, child.position + 1)) return;
    }
  }

  override readlink(caller: Caller): ByteString {
    if (this.basePath !== null && this.target === '') this.target = this.tree().base.readlink(this.basePath);
    return super.readlink(caller);
  }

  // ---- content ----------------------------------------------------------------------------------------------------

  /** Whether the content of `page` is what the base has. */
  isBasePage(page: number): boolean {
    return page * PAGE_BYTES < this.baseBytes && !this.pages.has(page) && this.punched?.has(page) !== true;
  }

  /** The cached frame of a page of the base, read if it was not there. */
  cleanFrame(page: number): number {
    const cached = this.cleanPages.get(page);
    if (cached !== undefined) return cached;
    const made = this.readBase(page);
    if (made === 0) throw new SysError(ENOMEM, 'no frame for a page of a file');
    this.cleanPages.set(page, made);
    this.tree().caching.add(this);
    return made;
  }

  /** A fresh frame with the base's content of `page`; 0 when there is none left. */
  readBase(page: number): number {
    const { vfs } = this.fileSystem;
    const made = vfs.allocateFrame();
    if (made === 0 || this.basePath === null) return made;
    const length = Math.min(PAGE_BYTES, this.baseBytes - page * PAGE_BYTES);
    const start = made * PAGE_BYTES;
    this.tree().base.read(this.basePath, page * PAGE_BYTES, vfs.core.bytes().subarray(start, start + length));
    return made;
  }

  override frameToRead(page: number): number {
    return this.isBasePage(page) ? this.cleanFrame(page) : (this.pages.get(page) ?? 0);
  }

  override frameToWrite(page: number, isWhole: boolean): number {
    this.changed();
    if (!this.isBasePage(page)) return super.frameToWrite(page, isWhole);
    const cached = this.cleanPages.get(page);
    this.fileSystem.vfs.settle();
    if (cached !== undefined) {
      this.cleanPages.delete(page);
      this.pages.set(page, cached);
      return cached;
    }
    const made = isWhole ? this.fileSystem.vfs.allocateFrame() : this.readBase(page);
    if (made !== 0) this.pages.set(page, made);
    return made;
  }

  override frameFor(pageIndex: number, forWrite: boolean): number {
    if (!forWrite && this.storingMappings === 0 && this.isBasePage(pageIndex) && pageIndex * PAGE_BYTES < this.sizeBytes) {
      return this.cleanFrame(pageIndex);
    }
    return super.frameFor(pageIndex, forWrite);
  }

  override cachedFrame(pageIndex: number): number {
    if (pageIndex * PAGE_BYTES >= this.sizeBytes) return 0;
    return this.pages.get(pageIndex) ?? this.cleanPages.get(pageIndex) ?? 0;
  }

  /** From now on stores can reach the pages unseen: those in memory count as changed. */
  override mapped(mayStore: boolean): void {
    super.mapped(mayStore);
    if (mayStore) for (const page of [...this.cleanPages.keys()]) this.frameToWrite(page, false);
  }

  override readContent(dst: IoTarget, offset: number): number {
    if (this.baseBytes === 0) return super.readContent(dst, offset);
    const ready = dst.prepare(Math.max(0, Math.min(this.sizeBytes - offset, dst.remainingBytes)));
    let done = 0;
    while (done < ready) {
      const at = offset + done;
      const run = this.uncachedRun(at, ready - done);
      if (run === 0) {
        const chunk = Math.min(ready - done, PAGE_BYTES - (at % PAGE_BYTES));
        this.copyPage(dst, at, chunk);
        done += chunk;
        continue;
      }
      const { base } = this.tree();
      const buffer = this.tree().scratch(run);
      const got = base.read(this.basePath ?? '', at, buffer);
      if (got < run) buffer.fill(0, got); // the tree is shorter than it said
      dst.put(buffer, 0, run);
      done += run;
    }
    return done;
  }

  /** Bytes from `at` on that only the base has, not the cache: up to the next page that is cached, changed or punched. */
  uncachedRun(at: number, maxBytes: number): number {
    const limit = Math.min(maxBytes, this.baseBytes - at, READ_AHEAD_BYTES);
    let run = 0;
    while (run < limit) {
      const page = Math.floor((at + run) / PAGE_BYTES);
      if (!this.isBasePage(page) || this.cleanPages.has(page)) break;
      run = Math.min(limit, (page + 1) * PAGE_BYTES - at);
    }
    return run;
  }

  /** Hands out bytes of one page that is in memory, or a hole. */
  copyPage(dst: IoTarget, at: number, countBytes: number): void {
    const inPage = at % PAGE_BYTES;
    const source = this.cachedFrame((at - inPage) / PAGE_BYTES);
    const { core } = this.fileSystem.vfs;
    if (source === 0) dst.put(this.tree().zeros, 0, countBytes);
    else dst.put(core.bytes(), core.frameContent(source) + inPage, countBytes);
  }

  override clearFrom(offset: number): void {
    this.changed();
    const lastPage = Math.floor(offset / PAGE_BYTES);
    if (offset % PAGE_BYTES !== 0 && (this.pages.has(lastPage) || this.cleanPages.has(lastPage))) {
      this.zeroWithin(lastPage, offset % PAGE_BYTES, PAGE_BYTES);
    }
    this.baseBytes = Math.min(this.baseBytes, offset);
    const firstWhole = Math.ceil(offset / PAGE_BYTES);
    this.dropPages(firstWhole, Infinity);
    this.fileSystem.vfs.invalidator.dropMappings(this, firstWhole);
  }

  override dropPages(first: number, end: number): void {
    super.dropPages(first, end);
    for (const [page, held] of this.cleanPages) {
      if (page < first || page >= end) continue;
      this.cleanPages.delete(page);
      this.fileSystem.vfs.core.frameUnref(held);
    }
    const basePages = Math.min(end, Math.ceil(this.baseBytes / PAGE_BYTES));
    if (first >= basePages) return;
    if (this.punched === null) this.punched = new Set();
    for (let page = first; page < basePages; page++) this.punched.add(page);
  }

  override zeroWithin(page: number, start: number, end: number): void {
    if (this.isBasePage(page) || (this.pages.get(page) ?? 0) !== 0) super.zeroWithin(page, start, end);
  }

  override reserve(first: number, end: number): void {
    this.changed();
    const basePages = Math.ceil(this.baseBytes / PAGE_BYTES);
    super.reserve(Math.max(first, basePages), Math.max(end, basePages));
  }

  override truncate(sizeBytes: number): void {
    this.changed();
    super.truncate(sizeBytes);
  }

  override hasData(page: number): boolean {
    return this.isBasePage(page) || super.hasData(page);
  }

  override nextData(offset: number): number {
    if (this.baseBytes === 0) return super.nextData(offset);
    const endPage = Math.ceil(Math.min(this.baseBytes, this.sizeBytes) / PAGE_BYTES);
    for (let page = Math.floor(offset / PAGE_BYTES); page < endPage; page++) if (this.hasData(page)) return Math.max(offset, page * PAGE_BYTES);
    return super.nextData(Math.max(offset, endPage * PAGE_BYTES));
  }

  override blocks(): number {
    const units = PAGE_BYTES / 512;
    if (this.isDirectory()) return DIRECTORY_BYTES / 512;
    if (this.baseBytes === 0) return super.blocks();
    const basePages = Math.ceil(this.baseBytes / PAGE_BYTES);
    let count = basePages - (this.punched?.size ?? 0);
    for (const page of this.pages.keys()) if (page >= basePages || this.punched?.has(page) === true) count++;
    return count * units;
  }

  /** Gives up cached pages that nobody has mapped; returns how many. */
  dropClean(): number {
    const { core } = this.fileSystem.vfs;
    let dropped = 0;
    for (const [page, held] of this.cleanPages) {
      if (core.frameRefs(held) !== 1) continue;
      this.cleanPages.delete(page);
      core.frameUnref(held);
      dropped++;
    }
    return dropped;
  }

  override unused(): void {
    if (this.nlink !== 0) return;
    this.baseBytes = 0;
    super.unused();
    this.tree().forget(this);
  }
}

defineState(
  RootInode,
  'RootInode',
  1,
  extend(pagedInodeState, {
    basePath: optional(byteString),
    baseBytes: int,
    punched: optional(set(u32)),
    cleanPages: map(u32, frame),
    hiddenNames: optional(set(byteString)),
    aliases: list(ref<Dentry>('Dentry')),
    isChanged: bool,
    names: atRest<BaseNames | null>(() => null),
  }),
  { afterLoad: (self) => self.tree().remember(self) },
);
