import { OVERLAYFS_SUPER_MAGIC } from '../../../abi/fs.ts';
import { PAGE_BYTES } from '../../../abi/mman.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { panic } from '../../../base/errors.ts';
import { atRest, defineState, derived, edge, extend, int } from '../../../state/index.ts';
import type { BaseStat, BaseTree } from '../../../ports/base-tree.ts';
import { FileSystem, fileSystemState } from '../../vfs/file-system.ts';
import type { FileSystemStatistics } from '../../vfs/file-system.ts';
import { Dentry } from '../../vfs/path.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { PageBudget } from '../tmpfs/paged-inode.ts';
import { RootInode } from './root-inode.ts';

/** A page of the base that is mapped somewhere: named by path and number, so that no image holds its content. */
export interface BasePage {
  readonly frame: number;
  readonly path: ByteString;
  readonly pageIndex: number;
}

/**
 * The container's root: a file system in memory over a read-only base tree, page by page. Nothing of the base is read
 * before it is looked at, and nothing of it is saved.
 */
export class RootFs extends FileSystem implements PageBudget {
  base: BaseTree;
  /** Inode numbers of the container's own nodes count up from here; those of the base come from its keys and lie above. */
  lastOwnIno = 1;
  usedPages = 0;
  /** Nodes of the base in memory that may have further names, by key. */
  linked = new Map<string, RootInode>();
  /** Nodes with cached pages of the base. */
  caching = new Set<RootInode>();
  buffer: Uint8Array = new Uint8Array(PAGE_BYTES);
  zeros: Uint8Array = new Uint8Array(PAGE_BYTES);

  constructor(vfs: Vfs, base: BaseTree) {
    super(vfs, 'overlay', OVERLAYFS_SUPER_MAGIC);
    this.base = base;
    const inode = this.baseInode('');
    if (inode === null) panic(`the base tree ${base.digest} has no root directory`);
    this.root = new Dentry('', null, inode);
    inode.aliases.push(this.root);
  }

  /** The node that the base has at `path`, the one in memory if there is one; null when it has none. */
  baseInode(path: ByteString): RootInode | null {
    const stat = this.base.stat(path);
    if (stat === null) return null;
    const mayBeLinked = stat.nlink === undefined || stat.nlink > 1;
    const present = mayBeLinked ? this.linked.get(stat.key) : undefined;
    if (present !== undefined) return present;
    const inode = new RootInode(this, this.inoOf(stat), stat.mode);
    inode.adoptBase(path, stat);
    if (mayBeLinked && !inode.isDirectory()) this.linked.set(stat.key, inode);
    return inode;
  }

  /** Inode number of a node of the base: always the same, so that it need not be saved. 2^32 to 2^52. */
  inoOf(stat: BaseStat): number {
    const key = stat.key;
    let low = 0x811c9dc5;
    let high = 0x9e3779b9;
    for (let i = 0; i < key.length; i++) {
      const code = key.charCodeAt(i);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ code ^ (low >>> 15), 0x85ebca6b);
    }
    high ^= high >>> 13;
    low = Math.imul(low ^ (low >>> 16) ^ high, 0xc2b2ae35);
    low ^= low >>> 16;
    return ((high & 0xfffff) | 1) * 0x1_0000_0000 + (low >>> 0);
  }

  nextOwnIno(): number {
    return ++this.lastOwnIno;
  }

  /** Called for each node loaded from a checkpoint: it is found again by its key. */
  remember(inode: RootInode): void {
    if (inode.cleanPages.size !== 0) this.caching.add(inode);
    if (inode.basePath === null || inode.isDirectory()) return;
    const stat = this.base.stat(inode.basePath);
    if (stat !== null && (stat.nlink === undefined || stat.nlink > 1)) this.linked.set(stat.key, inode);
  }

  /** Called when the last name and user of a node are gone. */
  forget(inode: RootInode): void {
    this.caching.delete(inode);
    if (inode.basePath === null) return;
    const stat = this.base.stat(inode.basePath);
    if (stat !== null && this.linked.get(stat.key) === inode) this.linked.delete(stat.key);
  }

  /** Pages of the base that are mapped: what `beforeCheckpoint` left in the caches. */
  mappedBasePages(): BasePage[] {
    const pages: BasePage[] = [];
    for (const inode of this.caching) {
      const path = inode.basePath;
      if (path !== null) for (const [pageIndex, frame] of inode.cleanPages) pages.push({ frame, path, pageIndex });
    }
    return pages;
  }

  /** Reads a page of the base into `dst`, a whole page, with zeros after the end of the file. */
  readBasePage(path: ByteString, pageIndex: number, dst: Uint8Array): void {
    const got = this.base.read(path, pageIndex * PAGE_BYTES, dst);
    dst.fill(0, got);
  }

  /** A buffer of `countBytes` of the file system's own, used within one call. */
  scratch(countBytes: number): Uint8Array {
    if (this.buffer.length < countBytes) this.buffer = new Uint8Array(countBytes);
    return this.buffer.subarray(0, countBytes);
  }

  takePages(count: number): boolean {
    this.usedPages += count;
    return true;
  }

  givePages(count: number): void {
    this.usedPages -= count;
  }

  override reclaim(): number {
    let freed = 0;
    for (const inode of this.caching) {
      freed += inode.dropClean();
      if (inode.cleanPages.size === 0) this.caching.delete(inode);
    }
    return freed;
  }

  /** Only mapped pages of the base are worth a reference in the image. */
  override beforeCheckpoint(): void {
    this.reclaim();
  }

  override statistics(): FileSystemStatistics {
    const { core } = this.vfs;
    const blocks = core.frameLimit();
    return { blockBytes: PAGE_BYTES, blocks, freeBlocks: blocks - core.framesInUse(), files: blocks, freeFiles: blocks - this.lastOwnIno, nameMaxBytes: 255 };
  }
}

defineState(RootFs, 'RootFs', 1, extend(fileSystemState, {
  base: edge<BaseTree, RootFs>('baseTree', (self) => self.base.digest),
  lastOwnIno: int,
  usedPages: int,
  linked: derived(() => new Map<string, RootInode>()),
  caching: derived(() => new Set<RootInode>()),
  buffer: atRest<Uint8Array>(() => new Uint8Array(PAGE_BYTES)),
  zeros: derived(() => new Uint8Array(PAGE_BYTES)),
}));
