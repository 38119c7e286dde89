import { ENOTEMPTY } from '../../../abi/errno.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK } from '../../../abi/stat.ts';
import { ENXIO } from '../../../abi/errno.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { SysError } from '../../../base/errors.ts';
import { bool, byteString, defineState, extend, int } from '../../../state/index.ts';
import type { Caller } from '../../vfs/caller.ts';
import { DirectoryFile } from '../../vfs/directory-file.ts';
import type { FileDescription } from '../../vfs/file-description.ts';
import type { FileSystem } from '../../vfs/file-system.ts';
import type { EntrySink, Inode, NewNode } from '../../vfs/inode.ts';
import { Dentry } from '../../vfs/path.ts';
import type { Path } from '../../vfs/path.ts';
import { ContentInode, RegularFile, contentInodeState } from '../../vfs/regular-file.ts';

/** Bytes that an entry adds to the size of its directory, as tmpfs counts. */
const ENTRY_BYTES = 20;
/** The first position of an entry in a directory; 0 and 1 are `.` and `..`. */
export const FIRST_POSITION = 2;

/**
 * An inode whose names live in memory alone: the dentries under it are all there is. Subclasses have the content of files.
 */
export abstract class MemoryInode extends ContentInode {
  /** Target of a symbolic link. */
  target: ByteString = '';
  /** Position for the next entry of this directory. */
  nextPosition = FIRST_POSITION;
  /** Made without a name, and may be given one. */
  awaitsName = false;

  constructor(fileSystem: FileSystem, ino: number, mode: number) {
    super(fileSystem, ino, mode);
    if ((mode & S_IFMT) === S_IFDIR) {
      this.nlink = 2;
      this.sizeBytes = this.emptyDirectoryBytes();
    }
  }

  /** A further inode of the same kind in the same file system. @errors ENOSPC */
  abstract makeNode(mode: number): MemoryInode;

  emptyDirectoryBytes(): number {
    return 2 * ENTRY_BYTES;
  }

  entryBytes(): number {
    return ENTRY_BYTES;
  }

  override lookup(dir: Dentry, name: ByteString, caller: Caller): Dentry | null {
    void caller;
    return dir.children?.get(name) ?? null;
  }

  override create(dir: Dentry, name: ByteString, node: NewNode): Dentry {
    const child = new Dentry(name, dir, this.newNode(node));
    if (child.inode.isDirectory()) this.nlink++;
    this.enter(dir, child);
    return child;
  }

  override isLinkable(): boolean {
    return super.isLinkable() || this.awaitsName;
  }

  override createUnnamed(dir: Dentry, node: NewNode, isExclusive: boolean): Dentry {
    const inode = this.newNode(node);
    inode.nlink = 0;
    inode.awaitsName = !isExclusive;
    const child = new Dentry(`#${inode.ino}`, dir, inode);
    child.isUnlinked = true;
    return child;
  }

  newNode(node: NewNode): MemoryInode {
    const inode = this.makeNode(node.mode);
    inode.uid = node.uid;
    inode.gid = node.gid;
    inode.rdev = node.rdev;
    inode.target = node.target;
    if ((node.mode & S_IFMT) === S_IFLNK) inode.sizeBytes = node.target.length;
    return inode;
  }

  /** Puts `child` into this directory, last in order. */
  enter(dir: Dentry, child: Dentry): void {
    child.position = this.nextPosition++;
    child.isKept = true;
    dir.attach(child);
    this.sizeBytes += this.entryBytes();
    this.touchModify();
  }

  /** Takes `child` out of this directory. */
  leave(dir: Dentry, child: Dentry): void {
    dir.detach(child);
    this.sizeBytes -= this.entryBytes();
    this.touchModify();
  }

  override link(dir: Dentry, name: ByteString, target: Inode): Dentry {
    target.nlink++;
    (target as MemoryInode).awaitsName = false;
    target.touchChange();
    const child = new Dentry(name, dir, target);
    this.enter(dir, child);
    return child;
  }

  override unlink(dir: Dentry, child: Dentry): void {
    this.leave(dir, child);
    loseName(child.inode);
  }

  override rmdir(dir: Dentry, child: Dentry): void {
    if (!child.inode.isEmpty(child)) throw new SysError(ENOTEMPTY, 'rmdir: not empty');
    this.leave(dir, child);
    this.nlink--;
    child.inode.nlink = 1;
    loseName(child.inode);
  }

  override rename(dir: Dentry, child: Dentry, newDir: Dentry, newName: ByteString, replaced: Dentry | null): void {
    const newParent = newDir.inode as MemoryInode;
    const isDirectory = child.inode.isDirectory();
    if (replaced !== null) {
      if (isDirectory) {
        newParent.rmdir(newDir, replaced);
      } else {
        newParent.unlink(newDir, replaced);
      }
    }
    this.leave(dir, child);
    child.name = newName;
    newParent.enter(newDir, child);
    if (isDirectory && dir !== newDir) {
      this.nlink--;
      newParent.nlink++;
    }
    child.inode.touchChange();
  }

  override exchange(dir: Dentry, child: Dentry, otherDir: Dentry, other: Dentry): void {
    const otherParent = otherDir.inode as MemoryInode;
    const name = child.name;
    this.leave(dir, child);
    otherParent.leave(otherDir, other);
    child.name = other.name;
    other.name = name;
    otherParent.enter(otherDir, child);
    this.enter(dir, other);
    if (child.inode.isDirectory() && !other.inode.isDirectory()) {
      this.nlink--;
      otherParent.nlink++;
    } else if (other.inode.isDirectory() && !child.inode.isDirectory()) {
      otherParent.nlink--;
      this.nlink++;
    }
    child.inode.touchChange();
    other.inode.touchChange();
  }

  override list(dir: Dentry, position: number, caller: Caller, emit: EntrySink): void {
    void caller;
    if (dir.children === null) return;
    for (const [name, child] of dir.children) {
      if (child.position < position) continue;
      if (!emit(name, child.inode.ino, child.inode.mode, child.position + 1)) return;
    }
  }

  override readlink(caller: Caller): ByteString {
    void caller;
    return this.target;
  }

  override open(path: Path | null, statusFlags: number, openFlags: number, caller: Caller): FileDescription {
    const { devices } = this.fileSystem.vfs;
    switch (this.mode & S_IFMT) {
      case S_IFDIR:
        return new DirectoryFile(this, path, statusFlags);
      case S_IFCHR:
        return devices.characterDevice(this.rdev).open(this, path, statusFlags, openFlags, caller);
      case S_IFIFO:
        if (devices.fifos !== null) return devices.fifos.open(this, path, statusFlags, openFlags, caller);
        throw new SysError(ENXIO, 'open: no opener for FIFOs');
      case S_IFBLK:
      case S_IFSOCK:
        throw new SysError(ENXIO, 'open: a socket, or a block device without a driver');
      case S_IFLNK:
        return super.open(path, statusFlags, openFlags, caller);
      default:
        return new RegularFile(this, path, statusFlags);
    }
  }
}

/** One name of `inode` is gone; with the last its content goes too, unless it is in use. */
export function loseName(inode: Inode): void {
  inode.nlink--;
  inode.touchChange();
  if (inode.nlink === 0 && inode.users === 0) inode.unused();
}

export const memoryInodeState = defineState(MemoryInode, 'MemoryInode', 1, extend(contentInodeState, { target: byteString, nextPosition: int, awaitsName: bool }));
