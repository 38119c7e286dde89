import { V9FS_MAGIC } from '../../../abi/fs.ts';
import { PAGE_BYTES } from '../../../abi/mman.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { panic } from '../../../base/errors.ts';
import type { HostFiles, HostStat } from '../../../ports/host-files.ts';
import { atRest, defineState, derived, edge, extend } from '../../../state/index.ts';
import { FileSystem, fileSystemState } from '../../vfs/file-system.ts';
import type { FileSystemStatistics } from '../../vfs/file-system.ts';
import { Dentry } from '../../vfs/path.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { HostContent } from './host-content.ts';
import { HostInode } from './host-inode.ts';

/** A directory or file of the host in the guest's tree. */
export class HostFs extends FileSystem {
  host: HostFiles;
  /** Files in memory by key. */
  inodes = new Map<string, HostInode>();
  /** Files that were removed while they are open. */
  removed = new Set<HostContent>();
  buffer: Uint8Array = new Uint8Array(PAGE_BYTES);

  constructor(vfs: Vfs, host: HostFiles) {
    super(vfs, '9p', V9FS_MAGIC);
    this.host = host;
    const stat = host.stat('');
    if (stat === null) panic(`the volume ${host.key} is gone`);
    const inode = new HostInode(this, stat);
    this.root = new Dentry('', null, inode);
    inode.name = this.root;
    this.inodes.set(stat.key, inode);
  }

  /** The path of a dentry on the volume. */
  pathOf(dentry: Dentry): ByteString {
    let text = '';
    for (let at = dentry; at.parent !== null; at = at.parent) text = text === '' ? at.name : `${at.name}/${text}`;
    return text;
  }

  childPath(dir: Dentry, name: ByteString): ByteString {
    const path = this.pathOf(dir);
    return path === '' ? name : `${path}/${name}`;
  }

  /** Makes `name` an entry of `dir` in memory; a file that is there already keeps its inode. */
  enter(dir: Dentry, name: ByteString, stat: HostStat): Dentry {
    let inode = this.inodes.get(stat.key);
    if (inode === undefined || (inode.mode & 0o170000) !== (stat.mode & 0o170000)) {
      inode = new HostInode(this, stat);
      this.inodes.set(stat.key, inode);
    } else if (inode.handle < 0) {
      inode.take(stat);
    }
    const child = new Dentry(name, dir, inode);
    child.isKept = false;
    dir.attach(child);
    inode.name = child;
    inode.isRemoved = false;
    return child;
  }

  inoOf(key: string): number {
    let low = 0x811c9dc5;
    let high = 0x9e3779b9;
    for (let i = 0; i < key.length; i++) {
      low = Math.imul(low ^ key.charCodeAt(i), 0x01000193);
      high = Math.imul(high ^ low ^ (low >>> 15), 0x85ebca6b);
    }
    return ((high >>> 12) | 1) * 0x1_0000_0000 + (low >>> 0);
  }

  /** Called for each file loaded from a checkpoint. */
  remember(inode: HostInode): void {
    if (inode.isRemoved) this.removed.add(inode);
    else this.inodes.set(inode.key, inode);
  }

  scratch(countBytes: number): Uint8Array {
    if (this.buffer.length < countBytes) this.buffer = new Uint8Array(countBytes);
    return this.buffer.subarray(0, countBytes);
  }

  override sync(): void {
    for (const inode of this.inodes.values()) if (inode.users > 0) inode.syncContent();
  }

  override reclaim(): number {
    let freed = 0;
    for (const inode of this.inodes.values()) if (inode.pages.size !== 0) freed += inode.dropUnmapped();
    return freed;
  }

  override beforeCheckpoint(): void {
    this.reclaim();
    for (const file of this.removed) file.keepOrphan();
  }

  override statistics(): FileSystemStatistics {
    return { blockBytes: PAGE_BYTES, blocks: 1 << 28, freeBlocks: 1 << 27, files: 1 << 24, freeFiles: 1 << 23, nameMaxBytes: 255 };
  }

  override options(): ByteString {
    return 'trans=fd,cache=remote_revalidating';
  }
}

defineState(HostFs, 'HostFs', 1, extend(fileSystemState, {
  host: edge<HostFiles, HostFs>('hostFiles', (self) => self.host.key),
  inodes: derived(() => new Map<string, HostInode>()),
  removed: derived(() => new Set<HostContent>()),
  buffer: atRest<Uint8Array>(() => new Uint8Array(PAGE_BYTES)),
}));
