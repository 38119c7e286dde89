import {
  EACCES, EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENOTDIR, ENXIO, EPERM, EROFS, ETXTBSY,
} from '../../abi/errno.ts';
import { MS_NODEV, R_OK, W_OK, X_OK } from '../../abi/fs.ts';
import { IN_CREATE, IN_OPEN } from '../../abi/inotify.ts';
import {
  O_ACCMODE, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_NOATIME, O_NOCTTY, O_NOFOLLOW, O_PATH, O_RDWR, O_TMPFILE, O_TRUNC, O_WRONLY,
} from '../../abi/open.ts';
import { S_IALLUGO, S_IFBLK, S_IFCHR, S_IFMT, S_IFREG, S_IFSOCK, S_ISGID, S_IXGRP } from '../../abi/stat.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_FSETID } from '../auth/credentials.ts';
import { walkerOf } from './actor.ts';
import type { Actor } from './actor.ts';
import type { FileDescription } from './file-description.ts';
import type { Inode, NewNode } from './inode.ts';
import { lookupForCreate, lookupPath } from './lookup.ts';
import type { Parent } from './lookup.ts';
import type { Mount } from './mount.ts';
import { notifyEntry, notifyPath } from './notify.ts';
import { isOwnerOrCapable, requireAccess } from './permission.ts';
import { PathFile } from './path-file.ts';
import { Path } from './path.ts';
import { dropPrivileges } from './regular-file.ts';

/** Flags that are about the opening alone and are not kept in the status flags. */
const OPENING_FLAGS = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;
/** The bit that only O_TMPFILE has. */
export const TMPFILE_BIT = O_TMPFILE & ~O_DIRECTORY;

/** How open(2) was asked to open. */
export interface OpenRequest {
  /** O_* as given. */
  readonly flags: number;
  /** Permission bits of a new file, before the umask. */
  readonly mode: number;
  /** RESOLVE_* of openat2(2). */
  readonly resolve: number;
}

/**
 * Opens, and with O_CREAT makes, what `name` names, from `start`.
 *
 * The file has no reference yet: it belongs to whoever installs it. It may still wait for another end (`openQueue`).
 * @errors as open(2)
 */
export function openPath(actor: Actor, start: Path, name: ByteString, request: OpenRequest): FileDescription {
  const { flags } = request;
  if ((flags & O_PATH) !== 0) return openPlace(actor, start, name, request);
  if ((flags & TMPFILE_BIT) !== 0) return openUnnamed(actor, start, name, request);
  if ((flags & O_CREAT) !== 0) return openOrCreate(actor, start, name, request);
  const path = lookupPath(walkerOf(actor), start, name, (flags & O_NOFOLLOW) === 0, request.resolve);
  return openExisting(actor, path, flags, true);
}

function openPlace(actor: Actor, start: Path, name: ByteString, request: OpenRequest): FileDescription {
  const { flags } = request;
  const path = lookupPath(walkerOf(actor), start, name, (flags & O_NOFOLLOW) === 0, request.resolve);
  if ((flags & O_DIRECTORY) !== 0 && !path.dentry.inode.isDirectory()) throw new SysError(ENOTDIR, 'open: not a directory');
  return new PathFile(path.dentry.inode, path, flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW));
}

function openUnnamed(actor: Actor, start: Path, name: ByteString, request: OpenRequest): FileDescription {
  const { flags } = request;
  if ((flags & O_TMPFILE) !== O_TMPFILE || (flags & O_ACCMODE) === 0) throw new SysError(EINVAL, 'open: O_TMPFILE without write access');
  const dir = lookupPath(walkerOf(actor), start, name, (flags & O_NOFOLLOW) === 0, request.resolve);
  if (!dir.dentry.inode.isDirectory()) throw new SysError(ENOTDIR, 'open: not a directory');
  requireWritableMount(dir.mount);
  requireAccess(dir.dentry.inode, actor.credentials, W_OK | X_OK);
  const node = newNode(actor, dir.dentry.inode, S_IFREG | (request.mode & S_IALLUGO & ~actor.fs.umask));
  const dentry = dir.dentry.inode.createUnnamed(dir.dentry, node, (flags & O_EXCL) !== 0);
  const file = dentry.inode.open(new Path(dir.mount, dentry), flags & ~OPENING_FLAGS, flags, actor);
  notifyPath(dentry, IN_OPEN);
  return file;
}

function openOrCreate(actor: Actor, start: Path, name: ByteString, request: OpenRequest): FileDescription {
  const { flags } = request;
  if ((flags & O_DIRECTORY) !== 0) throw new SysError(EINVAL, 'open: O_CREAT with O_DIRECTORY');
  const follow = (flags & (O_NOFOLLOW | O_EXCL)) === 0;
  const { parent, path } = lookupForCreate(walkerOf(actor), start, name, follow, request.resolve);
  if (parent.kind === 'name' && parent.hasTrailingSlash) throw new SysError(EISDIR, 'open: a name with a slash at its end');
  if (path !== null) {
    if ((flags & O_EXCL) !== 0) throw new SysError(EEXIST, 'open: the name exists');
    if (path.dentry.inode.isSymlink()) throw new SysError(ELOOP, 'open: a symbolic link');
    if (path.dentry.inode.isDirectory()) throw new SysError(EISDIR, 'open: a directory');
    return openExisting(actor, path, flags, true);
  }
  const made = createIn(actor, parent, S_IFREG | (request.mode & S_IALLUGO & ~actor.fs.umask), 0, '');
  return openExisting(actor, made, flags & ~O_TRUNC, false);
}

/** Makes a node named by `parent`, which is free; its owner is the actor. @errors EROFS EACCES and what the file system says */
export function createIn(actor: Actor, parent: Parent, mode: number, rdev: number, target: ByteString): Path {
  const { mount, dentry: dir } = parent.path;
  dir.inode.requireNewNames();
  if (dir.isUnlinked) throw new SysError(ENOENT, 'the directory was removed');
  requireWritableMount(mount);
  requireAccess(dir.inode, actor.credentials, W_OK | X_OK);
  const node = newNode(actor, dir.inode, mode, rdev, target);
  const child = dir.inode.create(dir, parent.name, node);
  notifyEntry(dir, IN_CREATE, parent.name, child.inode.isDirectory());
  return new Path(mount, child);
}

/** Owner and mode of a new node: the group comes from a set-group-ID directory, as does the bit for directories. */
export function newNode(actor: Actor, dir: Inode, mode: number, rdev = 0, target: ByteString = ''): NewNode {
  const { credentials } = actor;
  let gid = credentials.fsgid;
  let bits = mode;
  if ((dir.mode & S_ISGID) !== 0) {
    gid = dir.gid;
    if ((mode & S_IFMT) === 0o040000) bits |= S_ISGID;
    else if ((mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP) && !credentials.inGroup(gid) && !credentials.has(CAP_FSETID)) bits &= ~S_ISGID;
  }
  return { mode: bits, uid: credentials.fsuid, gid, rdev, target };
}

/** Opens what is there. @param checkAccess  false for a file that this call has just made */
export function openExisting(actor: Actor, path: Path, flags: number, checkAccess: boolean): FileDescription {
  const { inode } = path.dentry;
  const type = inode.mode & S_IFMT;
  const want = accessOf(flags);
  if (inode.isSymlink()) throw new SysError((flags & O_DIRECTORY) !== 0 ? ENOTDIR : ELOOP, 'open: a symbolic link');
  if (inode.isDirectory()) {
    if ((want & W_OK) !== 0) throw new SysError(EISDIR, 'open: a directory');
  } else if ((flags & O_DIRECTORY) !== 0) {
    throw new SysError(ENOTDIR, 'open: not a directory');
  }
  const isDevice = type === S_IFCHR || type === S_IFBLK;
  if (isDevice && (path.mount.flags & MS_NODEV) !== 0 && !inode.isOwnDevice()) throw new SysError(EACCES, 'open: a device on a mount without devices');
  if (checkAccess) requireAccess(inode, actor.credentials, want);
  if ((flags & O_NOATIME) !== 0 && !isOwnerOrCapable(inode, actor.credentials)) throw new SysError(EPERM, 'open: O_NOATIME of another owner');
  if (type === S_IFSOCK) throw new SysError(ENXIO, 'open: a socket');
  if (type === S_IFREG && (want & W_OK) !== 0) {
    requireWritableMount(path.mount);
    if (inode.writers < 0) throw new SysError(ETXTBSY, 'open: the program is running');
  }
  const file = inode.open(path, flags & ~OPENING_FLAGS, flags, actor);
  if ((flags & O_TRUNC) !== 0 && type === S_IFREG) {
    inode.truncate(0);
    dropPrivileges(inode, actor); // no IN_MODIFY: Linux 6.18 tells of none
  }
  notifyPath(path.dentry, IN_OPEN);
  return file;
}

/** R_OK and W_OK bits that the access mode of open(2) needs; truncating needs writing. */
function accessOf(flags: number): number {
  const accessMode = flags & O_ACCMODE;
  let want = accessMode === O_WRONLY ? W_OK : accessMode === O_RDWR || accessMode === O_ACCMODE ? R_OK | W_OK : R_OK;
  if ((flags & O_TRUNC) !== 0) want |= W_OK;
  return want;
}

/** @errors EROFS */
export function requireWritableMount(mount: Mount): void {
  if (mount.isReadOnly()) throw new SysError(EROFS, 'the mount is read-only');
}
