import { EINVAL, ELOOP, ENOTDIR, EPERM, ETXTBSY } from '../../abi/errno.ts';
import { IN_DELETE_SELF } from '../../abi/inotify.ts';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../abi/stat.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { anyRef, big, byteString, bytes, defineState, i32, int, list, map, optional, ref, u32 } from '../../state/index.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { Caller } from './caller.ts';
import type { FileDescription } from './file-description.ts';
import type { FileSystem } from './file-system.ts';
import type { FileLocks } from './locks.ts';
import type { Dentry, Path } from './path.ts';
import { mayAccess } from './permission.ts';

/** What a new node is to be. */
export interface NewNode {
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Device number of a device node. */
  readonly rdev: number;
  /** Target of a symbolic link; empty for all else. */
  readonly target: ByteString;
}

/** Told of events on an inode: a watch of inotify(7). */
export interface InodeWatcher {
  /**
   * @param event   IN_* bits; IN_ISDIR with them when the event is about a directory
   * @param name    entry of the watched directory that the event is about; empty for the inode itself
   * @param cookie  ties the two halves of a rename; 0 otherwise
   * @param isUnlinked  whether `name` is no entry any more, only the one by which the file was opened (IN_EXCL_UNLINK)
   */
  onInodeEvent(event: number, name: ByteString, cookie: number, isUnlinked: boolean): void;
}

/** Receives one entry of a directory; answers false when it had no room for it. */
export type EntrySink = (name: ByteString, ino: number, mode: number, nextPosition: number) => boolean;

/**
 * A file, whatever its names: attributes, locks and watches, and what each file system does about it.
 *
 * An inode without a name lives as long as it has `users`: open files, mappings, the program of a process.
 */
export abstract class Inode {
  fileSystem: FileSystem;
  ino: number;
  /** S_IFMT type and permission bits. */
  mode: number;
  uid: number;
  gid: number;
  /** Number of names. */
  nlink = 1;
  /** Device number of a device node. */
  rdev = 0;
  sizeBytes = 0;
  /** Times in ns since 1970. */
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  btimeNs: bigint;
  /** Extended attributes by name; null for none. */
  xattrs: Map<ByteString, Uint8Array> | null = null;
  /** Open files, mappings and running programs. */
  users = 0;
  /** Files open for writing; below 0: programs that run from it, so that nobody may write (ETXTBSY). */
  writers = 0;
  /** fcntl and flock locks; null while there was none. */
  locks: FileLocks | null = null;
  /** Watches of inotify(7). */
  watchers: InodeWatcher[] | null = null;
  /** What a special node stands for while in use: the pipe of a FIFO, the socket bound to a name. */
  attachment: object | null = null;

  constructor(fileSystem: FileSystem, ino: number, mode: number) {
    this.fileSystem = fileSystem;
    this.ino = ino;
    this.mode = mode;
    this.uid = 0;
    this.gid = 0;
    const now = fileSystem.vfs.nowNs();
    this.atimeNs = now;
    this.mtimeNs = now;
    this.ctimeNs = now;
    this.btimeNs = now;
  }

  isDirectory(): boolean {
    return (this.mode & S_IFMT) === S_IFDIR;
  }

  isSymlink(): boolean {
    return (this.mode & S_IFMT) === S_IFLNK;
  }

  isRegular(): boolean {
    return (this.mode & S_IFMT) === S_IFREG;
  }

  /** 512-byte units in use, as stat(2) tells. */
  blocks(): number {
    return Math.ceil(this.sizeBytes / 512);
  }

  /** Whether `want` (R_OK, W_OK, X_OK bits) is allowed, by mode bits and capabilities. */
  permits(credentials: Credentials, want: number): boolean {
    return mayAccess(this, credentials, want);
  }

  /** Brings attributes up to date where they belong to the outside; called before they are shown. */
  refresh(): void {}

  /** Whether a device node opens without a driver, on mounts without devices too. */
  isOwnDevice(): boolean {
    return false;
  }

  // Directories. `dir` is this directory's dentry.

  /** Whether entries found stay in `dir.children` until they are removed; false where they are made anew at each lookup. */
  cachesNames(): boolean {
    return true;
  }

  /** The entry `name`, or null. Permissions have been checked. */
  lookup(dir: Dentry, name: ByteString, caller: Caller): Dentry | null {
    void dir;
    void name;
    void caller;
    throw new SysError(ENOTDIR, 'lookup: not a directory');
  }

  /** @errors ENOENT where no entry can ever be made: before permissions are looked at */
  requireNewNames(): void {}

  /** Makes the entry `name`, which does not exist. */
  create(dir: Dentry, name: ByteString, node: NewNode): Dentry {
    void dir;
    void name;
    void node;
    throw new SysError(EPERM, 'create: the file system makes no such nodes');
  }

  /** Whether link(2) may give it a first name: a file of O_TMPFILE without O_EXCL. */
  isLinkable(): boolean {
    return this.nlink > 0;
  }

  /** Makes a regular file without a name (O_TMPFILE); it may be given one later unless `isExclusive` (O_EXCL). */
  createUnnamed(dir: Dentry, node: NewNode, isExclusive: boolean): Dentry {
    void dir;
    void node;
    void isExclusive;
    throw new SysError(EPERM, 'create: the file system makes no files without a name');
  }

  /** Gives `target`, an inode of the same file system, the further name `name`, which does not exist. */
  link(dir: Dentry, name: ByteString, target: Inode): Dentry {
    void dir;
    void name;
    void target;
    throw new SysError(EPERM, 'link: the file system has no hard links');
  }

  /** Removes the entry `child`, not a directory. */
  unlink(dir: Dentry, child: Dentry): void {
    void dir;
    void child;
    throw new SysError(EPERM, 'unlink: not in this file system');
  }

  /** Removes the directory `child`. @errors ENOTEMPTY */
  rmdir(dir: Dentry, child: Dentry): void {
    void dir;
    void child;
    throw new SysError(EPERM, 'rmdir: not in this file system');
  }

  /** Moves `child` to `newName` in `newDir`, a directory of the same file system, where `replaced` was (compatible, checked). */
  rename(dir: Dentry, child: Dentry, newDir: Dentry, newName: ByteString, replaced: Dentry | null): void {
    void dir;
    void child;
    void newDir;
    void newName;
    void replaced;
    throw new SysError(EPERM, 'rename: not in this file system');
  }

  /** Exchanges two entries (RENAME_EXCHANGE). */
  exchange(dir: Dentry, child: Dentry, otherDir: Dentry, other: Dentry): void {
    void dir;
    void child;
    void otherDir;
    void other;
    throw new SysError(EINVAL, 'rename: the file system cannot exchange');
  }

  /** Hands entries to `emit` from `position` on, in ascending positions, without `.` and `..` (positions 0 and 1), until it answers false. */
  list(dir: Dentry, position: number, caller: Caller, emit: EntrySink): void {
    void dir;
    void position;
    void caller;
    void emit;
    throw new SysError(ENOTDIR, 'getdents64: not a directory');
  }

  /** Whether a directory has no entries. */
  isEmpty(dir: Dentry): boolean {
    return dir.children === null || dir.children.size === 0;
  }

  // Symbolic links.

  /** The target of a symbolic link. */
  readlink(caller: Caller): ByteString {
    void caller;
    throw new SysError(EINVAL, 'readlink: not a symbolic link');
  }

  /** Where a magic link (/proc/PID/fd/N) leads, without a name in between; null for an ordinary link. */
  jump(caller: Caller): Path | null {
    void caller;
    return null;
  }

  // Content.

  /**
   * Opens what is at `path`, this inode. Permissions have been checked, O_TRUNC is done by the caller.
   * @param statusFlags  access mode and status flags, without O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_CLOEXEC
   * @param openFlags    all flags as given to open(2)
   */
  open(path: Path | null, statusFlags: number, openFlags: number, caller: Caller): FileDescription {
    void path;
    void statusFlags;
    void openFlags;
    void caller;
    throw new SysError(this.isSymlink() ? ELOOP : EINVAL, 'open: not a kind of file that is opened');
  }

  /** Sets the length of a regular file; bytes beyond the old end read as zeros. */
  truncate(sizeBytes: number): void {
    void sizeBytes;
    throw new SysError(EINVAL, 'truncate: not a regular file');
  }

  /** fallocate(2) with checked arguments. @errors EOPNOTSUPP for a mode that the file system does not have */
  allocate(mode: number, offset: number, lengthBytes: number): void {
    void mode;
    void offset;
    void lengthBytes;
    throw new SysError(EINVAL, 'fallocate: not a regular file');
  }

  /** Tells the file system that mode, owner, times or extended attributes are about to change. @errors EROFS EPERM */
  attributesChanged(): void {}

  /** Sets the permission, set-id and sticky bits. */
  setMode(bits: number): void {
    this.attributesChanged();
    this.mode = (this.mode & S_IFMT) | bits;
    this.touchChange();
  }

  /** Sets owner and group, and the mode that goes with that. */
  setOwner(uid: number, gid: number, mode: number): void {
    this.attributesChanged();
    this.uid = uid;
    this.gid = gid;
    this.mode = mode;
    this.touchChange();
  }

  /** Sets access and modification time; null leaves one alone. */
  setTimes(atimeNs: bigint | null, mtimeNs: bigint | null): void {
    this.attributesChanged();
    if (atimeNs !== null) this.atimeNs = atimeNs;
    if (mtimeNs !== null) this.mtimeNs = mtimeNs;
    this.touchChange();
  }

  /** Sets the extended attribute `name`, or with null removes it. */
  setXattr(name: ByteString, value: Uint8Array | null): void {
    this.attributesChanged();
    if (value === null) {
      this.xattrs?.delete(name);
    } else {
      if (this.xattrs === null) this.xattrs = new Map();
      this.xattrs.set(name, value);
    }
    this.touchChange();
  }

  /** Whether the file system keeps extended attributes. */
  hasXattrs(): boolean {
    return true;
  }

  // Lifetime.

  /** Takes one use: an open file, a mapping, a running program. */
  hold(): void {
    this.users++;
  }

  /** Gives a use back; content of a file without names goes with the last. */
  drop(): void {
    this.users--;
    if (this.users !== 0) return;
    this.notifyIfGone();
    this.unused();
  }

  /** Called when the last user is gone, and when the last name is while there are no users. */
  unused(): void {}

  /** Refuses writers while a program runs from the file. @errors ETXTBSY when it is open for writing */
  denyWrite(): void {
    if (this.writers > 0) throw new SysError(ETXTBSY, 'execve: the program is open for writing');
    this.writers--;
  }

  allowWrite(): void {
    this.writers++;
  }

  /** Counts an open for writing. @errors ETXTBSY while a program runs from the file */
  beginWriting(): void {
    if (this.writers < 0) throw new SysError(ETXTBSY, 'open: the program is running');
    this.writers++;
  }

  endWriting(): void {
    this.writers--;
  }

  /** Drops the fcntl locks of process `pid`: it closed a descriptor of the file. */
  releaseRecordLocks(pid: number): void {
    if (this.locks !== null) this.locks.releaseProcess(pid);
  }

  // Watches.

  addWatcher(watcher: InodeWatcher): void {
    if (this.watchers === null) this.watchers = [];
    this.watchers.push(watcher);
    this.fileSystem.vfs.watcherCount++;
  }

  removeWatcher(watcher: InodeWatcher): void {
    const at = this.watchers?.indexOf(watcher) ?? -1;
    if (at < 0) return;
    this.watchers?.splice(at, 1);
    this.fileSystem.vfs.watcherCount--;
  }

  /** Tells everyone who watches this inode. */
  notifyWatchers(event: number, name: ByteString, cookie: number, isUnlinked = false): void {
    if (this.watchers === null) return;
    for (const watcher of [...this.watchers]) watcher.onInodeEvent(event, name, cookie, isUnlinked);
  }

  /** Tells those who watch that neither name nor user is left. */
  notifyIfGone(): void {
    const isDirectory = this.isDirectory();
    const hasName = isDirectory ? this.nlink > 1 : this.nlink > 0;
    if (this.watchers !== null && !hasName && this.users === 0) this.notifyWatchers(IN_DELETE_SELF, '', 0);
  }

  // Times.

  /** atime := now, as relatime has it: only when it is not after mtime or ctime, or a day old. */
  touchAccess(): void {
    const now = this.fileSystem.vfs.nowNs();
    if (this.atimeNs > this.mtimeNs && this.atimeNs > this.ctimeNs && now - this.atimeNs < DAY_NS) return;
    this.atimeNs = now;
  }

  /** mtime and ctime := now: content or entries changed. */
  touchModify(): void {
    const now = this.fileSystem.vfs.nowNs();
    this.mtimeNs = now;
    this.ctimeNs = now;
  }

  /** ctime := now: attributes changed. */
  touchChange(): void {
    this.ctimeNs = this.fileSystem.vfs.nowNs();
  }
}

const DAY_NS = 86_400_000_000_000n;

export const inodeState = defineState(Inode, 'Inode', 1, {
  fileSystem: ref<FileSystem>('FileSystem'),
  ino: int,
  mode: u32,
  uid: u32,
  gid: u32,
  nlink: u32,
  rdev: u32,
  sizeBytes: int,
  atimeNs: big,
  mtimeNs: big,
  ctimeNs: big,
  btimeNs: big,
  xattrs: optional(map(byteString, bytes)),
  users: u32,
  writers: i32,
  locks: optional(ref<FileLocks>('FileLocks')),
  watchers: optional(list(anyRef<InodeWatcher>())),
  attachment: optional(anyRef<object>()),
});
