import { EIO, ENOENT, EPERM } from '../../../abi/errno.ts';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../../abi/stat.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { SysError } from '../../../base/errors.ts';
import { bool, byteString, bytes, defineState, derived, extend, frame, int, map, optional, ref, text, u32 } from '../../../state/index.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { EntrySink, Inode, NewNode } from '../../vfs/inode.ts';
import type { Dentry } from '../../vfs/path.ts';
import { contentInodeState } from '../../vfs/regular-file.ts';
import { HostContent, NO_HANDLE } from './host-content.ts';

const FIRST_POSITION = 2;

/** A file of a host volume: its names, which are the host's as all of it is, and what `HostContent` has. */
export class HostInode extends HostContent {
  /** A name it has; the path on the host follows from it. Null until the first was given. */
  name: Dentry | null = null;
  /** Positions of names in this directory: a name keeps its own for as long as it is listed. */
  positions = new Map<ByteString, number>();
  nextPosition = FIRST_POSITION;

  /** Path on the volume. @errors ENOENT when no name is left */
  override path(): ByteString {
    if (this.isRemoved || this.name === null) throw new SysError(ENOENT, 'a host file without a name');
    return this.tree().pathOf(this.name);
  }

  override lookup(dir: Dentry, name: ByteString, caller: Caller): Dentry | null {
    void caller;
    const tree = this.tree();
    const stat = tree.host.stat(tree.childPath(dir, name));
    const known = dir.child(name);
    if (known !== null) {
      if (known.mountCount !== 0) return known;
      const inode = known.inode as HostInode;
      if (stat !== null && inode.key === stat.key) {
        if (inode.handle === NO_HANDLE) inode.take(stat);
        return known;
      }
      this.forget(dir, known);
    }
    return stat === null ? null : tree.enter(dir, name, stat);
  }

  /** A name is gone: the host's doing or ours. */
  forget(dir: Dentry, child: Dentry): void {
    dir.detach(child);
    const inode = child.inode as HostInode;
    if (inode.name !== child) return;
    inode.isRemoved = true;
    inode.nlink = 0;
    this.tree().inodes.delete(inode.key);
    if (inode.users === 0) inode.unused();
    else this.tree().removed.add(inode);
  }

  override create(dir: Dentry, name: ByteString, node: NewNode): Dentry {
    const tree = this.tree();
    const path = tree.childPath(dir, name);
    const bits = node.mode & 0o7777;
    const type = node.mode & S_IFMT;
    if (type === S_IFREG) tree.host.createFile(path, bits, node.uid, node.gid);
    else if (type === S_IFDIR) tree.host.makeDirectory(path, bits, node.uid, node.gid);
    else if (type === S_IFLNK) tree.host.makeSymlink(path, node.target, node.uid, node.gid);
    else throw new SysError(EPERM, 'mknod: a host volume holds files, directories and links');
    const stat = tree.host.stat(path);
    if (stat === null) throw new SysError(EIO, 'create: gone at once');
    return tree.enter(dir, name, stat);
  }

  override link(dir: Dentry, name: ByteString, target: Inode): Dentry {
    const tree = this.tree();
    const path = tree.childPath(dir, name);
    tree.host.link((target as HostInode).path(), path);
    const stat = tree.host.stat(path);
    if (stat === null) throw new SysError(EIO, 'link: gone at once');
    return tree.enter(dir, name, stat);
  }

  override unlink(dir: Dentry, child: Dentry): void {
    const tree = this.tree();
    const inode = child.inode as HostInode;
    inode.prepareRemoval();
    tree.host.unlink(tree.pathOf(child));
    this.forget(dir, child);
    if (inode.handle !== NO_HANDLE) inode.refresh();
  }

  /** Before the last name goes: an open file keeps a handle, for the host deletes it otherwise. */
  prepareRemoval(): void {
    if (this.users > 0 && this.isRegular() && this.handle === NO_HANDLE && this.orphan === null) this.requireHandle(false);
  }

  override rmdir(dir: Dentry, child: Dentry): void {
    const tree = this.tree();
    tree.host.removeDirectory(tree.pathOf(child));
    this.forget(dir, child);
  }

  override rename(dir: Dentry, child: Dentry, newDir: Dentry, newName: ByteString, replaced: Dentry | null): void {
    const tree = this.tree();
    if (replaced !== null) (replaced.inode as HostInode).prepareRemoval();
    tree.host.rename(tree.pathOf(child), tree.childPath(newDir, newName));
    if (replaced !== null) (newDir.inode as HostInode).forget(newDir, replaced);
    dir.detach(child);
    child.name = newName;
    newDir.attach(child);
  }

  override isEmpty(dir: Dentry): boolean {
    return this.tree().host.list(this.tree().pathOf(dir)).length === 0;
  }

  override list(dir: Dentry, position: number, caller: Caller, emit: EntrySink): void {
    void caller;
    const tree = this.tree();
    const present = new Set(tree.host.list(tree.pathOf(dir)));
    if (position <= FIRST_POSITION) for (const name of this.positions.keys()) if (!present.has(name)) this.positions.delete(name);
    for (const name of [...present].sort()) if (!this.positions.has(name)) this.positions.set(name, this.nextPosition++);
    for (const [name, place] of this.positions) {
      if (place < position || !present.has(name)) continue;
      const stat = tree.host.stat(tree.childPath(dir, name));
      if (stat !== null && !emit(name, tree.inoOf(stat.key), stat.mode, place + 1)) return;
    }
  }

  override readlink(caller: Caller): ByteString {
    void caller;
    return this.tree().host.readlink(this.path());
  }
}

// In the order in which images have the fields.
defineState(
  HostInode,
  'HostInode',
  1,
  extend(contentInodeState, {
    key: text,
    name: optional(ref<Dentry>('Dentry')),
    handle: derived(() => NO_HANDLE),
    isHandleWritable: derived(() => false),
    pages: map(u32, frame),
    positions: map(byteString, int),
    nextPosition: int,
    hostBlocks: int,
    orphan: optional(bytes),
    isRemoved: bool,
  }),
  { afterLoad: (self) => self.tree().remember(self) },
);
