import { ENOSPC } from '../../../abi/errno.ts';
import { TMPFS_MAGIC } from '../../../abi/fs.ts';
import { PAGE_BYTES } from '../../../abi/mman.ts';
import { S_IALLUGO, S_IFDIR, S_IFREG } from '../../../abi/stat.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { SysError } from '../../../base/errors.ts';
import { byteString, defineState, extend, int } from '../../../state/index.ts';
import { FileSystem, fileSystemState } from '../../vfs/file-system.ts';
import type { FileSystemStatistics } from '../../vfs/file-system.ts';
import { Dentry } from '../../vfs/path.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import { loseName } from './memory-inode.ts';
import { PagedInode, pagedInodeState } from './paged-inode.ts';
import type { PageBudget } from './paged-inode.ts';

/** A file, directory or special node of a tmpfs. */
export class TmpfsInode extends PagedInode {
  override budget(): PageBudget {
    return this.fileSystem as Tmpfs;
  }

  override makeNode(mode: number): TmpfsInode {
    const fileSystem = this.fileSystem as Tmpfs;
    fileSystem.takeInode();
    return new TmpfsInode(fileSystem, fileSystem.nextIno(), mode);
  }

  override unused(): void {
    super.unused();
    if (this.nlink === 0) (this.fileSystem as Tmpfs).inodes--;
  }
}

/** What mount(2) may say about a tmpfs. */
export interface TmpfsOptions {
  /** Permission bits of the root. Default 1777. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Most bytes of content; 0 or absent for no limit but the machine's memory. */
  readonly sizeBytes?: number;
  /** Most inodes; 0 or absent for no limit. */
  readonly inodes?: number;
}

/** Files in memory: tmpfs(5). */
export class Tmpfs extends FileSystem implements PageBudget {
  /** Most pages of content; 0 for no limit. */
  limitPages: number;
  usedPages = 0;
  limitInodes: number;
  inodes = 1;
  /** As /proc/mounts shows them. */
  optionText: ByteString;

  constructor(vfs: Vfs, options: TmpfsOptions = {}, typeName: ByteString = 'tmpfs', magic: number = TMPFS_MAGIC) {
    super(vfs, typeName, magic);
    this.limitPages = Math.ceil((options.sizeBytes ?? 0) / PAGE_BYTES);
    this.limitInodes = options.inodes ?? 0;
    this.optionText = optionText(options);
    const root = new TmpfsInode(this, this.nextIno(), S_IFDIR | ((options.mode ?? 0o1777) & S_IALLUGO));
    root.uid = options.uid ?? 0;
    root.gid = options.gid ?? 0;
    this.root = new Dentry('', null, root);
  }

  takePages(count: number): boolean {
    if (this.limitPages !== 0 && this.usedPages + count > this.limitPages) return false;
    this.usedPages += count;
    return true;
  }

  givePages(count: number): void {
    this.usedPages -= count;
  }

  /** @errors ENOSPC when the limit of inodes is reached */
  takeInode(): void {
    if (this.limitInodes !== 0 && this.inodes >= this.limitInodes) throw new SysError(ENOSPC, 'no inodes left');
    this.inodes++;
  }

  /** A regular file without a name: memfd, shared anonymous memory. */
  makeUnnamed(mode: number): TmpfsInode {
    this.takeInode();
    const inode = new TmpfsInode(this, this.nextIno(), S_IFREG | (mode & S_IALLUGO));
    inode.nlink = 0;
    return inode;
  }

  override statistics(): FileSystemStatistics {
    const { core } = this.vfs;
    const freeFrames = core.frameLimit() - core.framesInUse();
    const blocks = this.limitPages !== 0 ? this.limitPages : Math.floor(core.frameLimit() / 2);
    const freeBlocks = Math.max(0, Math.min(blocks - this.usedPages, freeFrames));
    const files = this.limitInodes !== 0 ? this.limitInodes : Math.floor(core.frameLimit() / 2);
    return { blockBytes: PAGE_BYTES, blocks, freeBlocks, files, freeFiles: Math.max(0, files - this.inodes), nameMaxBytes: 255 };
  }

  /** Frees all content: nothing of it is mounted or open any more. */
  override discard(): void {
    super.discard();
    if (this.root !== null) discardBelow(this.root);
  }

  override options(): ByteString {
    return this.optionText;
  }
}

function discardBelow(dir: Dentry): void {
  for (const child of dir.children?.values() ?? []) {
    if (child.inode.isDirectory()) discardBelow(child);
    else if (child.inode.nlink > 0) loseName(child.inode);
  }
}

function optionText(options: TmpfsOptions): ByteString {
  const parts: string[] = [];
  if (options.sizeBytes !== undefined && options.sizeBytes !== 0) parts.push(`size=${Math.ceil(options.sizeBytes / 1024)}k`);
  if (options.inodes !== undefined && options.inodes !== 0) parts.push(`nr_inodes=${options.inodes}`);
  if (options.mode !== undefined && options.mode !== 0o1777) parts.push(`mode=${options.mode.toString(8)}`);
  if (options.uid !== undefined && options.uid !== 0) parts.push(`uid=${options.uid}`);
  if (options.gid !== undefined && options.gid !== 0) parts.push(`gid=${options.gid}`);
  return parts.join(',');
}

defineState(TmpfsInode, 'TmpfsInode', 1, extend(pagedInodeState, {}));
defineState(Tmpfs, 'Tmpfs', 1, extend(fileSystemState, {
  limitPages: int, usedPages: int, limitInodes: int, inodes: int, optionText: byteString,
}));
