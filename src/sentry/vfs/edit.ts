/**
 * Changes to the tree of names: make, link, remove, rename. Each checks everything before it changes anything.
 */

import {
  EBUSY, EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, EXDEV, EMLINK, ENAMETOOLONG,
} from '../../abi/errno.ts';
import { RENAME_EXCHANGE, RENAME_NOREPLACE, R_OK, W_OK, X_OK } from '../../abi/fs.ts';
import { IN_ATTRIB, IN_CREATE, IN_DELETE, IN_MOVED_FROM, IN_MOVED_TO, IN_MOVE_SELF } from '../../abi/inotify.ts';
import { S_IFDIR, S_IFMT, S_ISGID, S_ISUID, S_IXGRP } from '../../abi/stat.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_FOWNER } from '../auth/credentials.ts';
import { walkerOf } from './actor.ts';
import type { Actor } from './actor.ts';
import type { Inode } from './inode.ts';
import { lookupChild, lookupParent } from './lookup.ts';
import type { Parent } from './lookup.ts';
import { notifyEntry } from './notify.ts';
import { createIn, requireWritableMount } from './open.ts';
import type { Dentry, Path } from './path.ts';
import { isStickyFor, requireAccess } from './permission.ts';

const MAX_LINKS = 65000;

/**
 * Makes a node that is no regular file to be opened: directory, device, FIFO, socket, symbolic link, or an empty file.
 * @param mode  type and permission bits, the umask applied
 */
export function makeName(actor: Actor, start: Path, name: ByteString, mode: number, rdev: number, target: ByteString): Path {
  const parent = lookupParent(walkerOf(actor), start, name);
  if (parent.kind !== 'name') throw new SysError(EEXIST, 'the name exists');
  const existing = lookupChild(walkerOf(actor), parent.path, parent.name);
  if (existing !== null) throw new SysError(EEXIST, 'the name exists');
  if (parent.hasTrailingSlash && (mode & S_IFMT) !== S_IFDIR) throw new SysError(ENOENT, 'a name with a slash at its end');
  return createIn(actor, parent, mode, rdev, target);
}

/** link(2): gives the file at `source` the further name `name`. */
export function linkName(actor: Actor, source: Path, start: Path, name: ByteString): void {
  const parent = lookupParent(walkerOf(actor), start, name);
  if (parent.kind !== 'name') throw new SysError(EEXIST, 'link: the name exists');
  const existing = lookupChild(walkerOf(actor), parent.path, parent.name);
  if (existing !== null) throw new SysError(EEXIST, 'link: the name exists');
  if (parent.hasTrailingSlash) throw new SysError(ENOENT, 'link: a name with a slash at its end');
  const { inode } = source.dentry;
  const dir = parent.path.dentry;
  dir.inode.requireNewNames();
  if (parent.path.mount !== source.mount && parent.path.mount.fileSystem !== source.mount.fileSystem) throw new SysError(EXDEV, 'link: another mount');
  requireWritableMount(parent.path.mount);
  requireAccess(dir.inode, actor.credentials, W_OK | X_OK);
  if (dir.inode.fileSystem !== inode.fileSystem) throw new SysError(EXDEV, 'link: another file system');
  if (inode.isDirectory()) throw new SysError(EPERM, 'link: a directory');
  if (dir.isUnlinked) throw new SysError(ENOENT, 'link: the directory was removed');
  if (!inode.isLinkable()) throw new SysError(ENOENT, 'link: the file has no name left');
  requireLinkable(actor, inode);
  if (inode.nlink >= MAX_LINKS) throw new SysError(EMLINK, 'link: too many names');
  inode.attributesChanged();
  dir.inode.link(dir, parent.name, inode);
  inode.notifyWatchers(IN_ATTRIB, '', 0);
  notifyEntry(dir, IN_CREATE, parent.name, false);
}

/**
 * fs.protected_hardlinks: another owner's file is linked only by one who may read and write it, and only if it is plain.
 * @errors EPERM
 */
function requireLinkable(actor: Actor, inode: Inode): void {
  const { credentials } = actor;
  if (credentials.fsuid === inode.uid) return;
  const isPlain = inode.isRegular() && (inode.mode & S_ISUID) === 0 && (inode.mode & (S_ISGID | S_IXGRP)) !== (S_ISGID | S_IXGRP);
  if (isPlain && inode.permits(credentials, R_OK | W_OK)) return;
  if (!credentials.has(CAP_FOWNER)) throw new SysError(EPERM, 'link: the file is another owner\'s');
}

/** unlink(2). */
export function unlinkName(actor: Actor, start: Path, name: ByteString): void {
  const parent = lookupParent(walkerOf(actor), start, name);
  if (parent.kind !== 'name') throw new SysError(EISDIR, 'unlink: a directory');
  const child = requireChild(actor, parent);
  if (parent.hasTrailingSlash) throw new SysError(child.inode.isDirectory() ? EISDIR : ENOTDIR, 'unlink: a slash at the end');
  requireRemovable(actor, parent, child);
  if (child.inode.isDirectory()) throw new SysError(EISDIR, 'unlink: a directory');
  const dir = parent.path.dentry;
  dir.inode.unlink(dir, child);
  child.inode.notifyWatchers(IN_ATTRIB, '', 0);
  child.inode.notifyIfGone();
  notifyEntry(dir, IN_DELETE, child.name, false);
}

/** rmdir(2). */
export function removeDirectory(actor: Actor, start: Path, name: ByteString): void {
  const parent = lookupParent(walkerOf(actor), start, name);
  if (parent.kind === 'dot') throw new SysError(EINVAL, 'rmdir: .');
  if (parent.kind === 'dotdot') throw new SysError(ENOTEMPTY, 'rmdir: ..');
  if (parent.kind === 'root') throw new SysError(EBUSY, 'rmdir: the root directory');
  const child = requireChild(actor, parent);
  requireRemovable(actor, parent, child);
  if (!child.inode.isDirectory()) throw new SysError(ENOTDIR, 'rmdir: not a directory');
  if (child.mountCount !== 0 || actor.fs.root.dentry === child) throw new SysError(EBUSY, 'rmdir: in use');
  const dir = parent.path.dentry;
  dir.inode.rmdir(dir, child);
  child.inode.notifyIfGone();
  notifyEntry(dir, IN_DELETE, child.name, true);
}

/** renameat2(2). @param flags  RENAME_* */
export function renameName(actor: Actor, oldStart: Path, oldName: ByteString, newStart: Path, newName: ByteString, flags: number): void {
  const walker = walkerOf(actor);
  const from = lookupParent(walker, oldStart, oldName);
  const to = lookupParent(walker, newStart, newName);
  if (from.path.mount !== to.path.mount) throw new SysError(EXDEV, 'rename: another mount');
  if (from.kind !== 'name') throw new SysError(EBUSY, 'rename: ., .. or the root');
  if (to.kind !== 'name') throw new SysError((flags & RENAME_NOREPLACE) !== 0 ? EEXIST : EBUSY, 'rename: to ., .. or the root');
  requireWritableMount(from.path.mount);
  const child = requireChild(actor, from);
  const fromDir = from.path.dentry;
  const toDir = to.path.dentry;
  const replaced = toDir.inode.lookup(toDir, checkLength(to.name), actor);
  if ((flags & RENAME_NOREPLACE) !== 0 && replaced !== null) throw new SysError(EEXIST, 'rename: the name exists');
  if ((flags & RENAME_EXCHANGE) !== 0 && replaced === null) throw new SysError(ENOENT, 'rename: nothing to exchange with');
  const isDirectory = child.inode.isDirectory();
  if (!isDirectory && from.hasTrailingSlash) throw new SysError(ENOTDIR, 'rename: a slash after a file');
  if (to.hasTrailingSlash && !isDirectory && ((flags & RENAME_EXCHANGE) === 0 || replaced?.inode.isDirectory() !== true)) {
    throw new SysError(ENOTDIR, 'rename: a slash after a file');
  }
  if (isDirectory && toDir.isUnder(child)) throw new SysError(EINVAL, 'rename: a directory into itself');
  if (replaced !== null && fromDir.isUnder(replaced)) throw new SysError((flags & RENAME_EXCHANGE) !== 0 ? EINVAL : ENOTEMPTY, 'rename: over a directory above');
  if (replaced === null) toDir.inode.requireNewNames();
  if (replaced !== null && replaced.inode === child.inode && (flags & RENAME_EXCHANGE) === 0) return; // two names of one file: nothing happens
  requireRemovable(actor, from, child);
  if (replaced === null) {
    requireAccess(toDir.inode, actor.credentials, W_OK | X_OK);
    if (toDir.isUnlinked) throw new SysError(ENOENT, 'rename: the directory was removed');
  } else {
    requireRemovable(actor, to, replaced);
    if ((flags & RENAME_EXCHANGE) === 0) {
      if (isDirectory && !replaced.inode.isDirectory()) throw new SysError(ENOTDIR, 'rename: a directory over a file');
      if (!isDirectory && replaced.inode.isDirectory()) throw new SysError(EISDIR, 'rename: a file over a directory');
    }
  }
  // A directory that gets another parent is written to: its `..` changes.
  if (fromDir !== toDir && isDirectory) requireAccess(child.inode, actor.credentials, W_OK);
  if (child.mountCount !== 0 || (replaced?.mountCount ?? 0) !== 0) throw new SysError(EBUSY, 'rename: a mountpoint');
  if (child.inode.fileSystem !== toDir.inode.fileSystem) throw new SysError(EXDEV, 'rename: another file system');

  const cookie = child.inode.fileSystem.vfs.nextCookie();
  if ((flags & RENAME_EXCHANGE) !== 0 && replaced !== null) {
    if (replaced === child) return;
    fromDir.inode.exchange(fromDir, child, toDir, replaced);
    notifyMove(fromDir, from.name, toDir, to.name, child, cookie);
    notifyMove(toDir, to.name, fromDir, from.name, replaced, child.inode.fileSystem.vfs.nextCookie());
    return;
  }
  if (replaced !== null && isDirectory && !replaced.inode.isEmpty(replaced)) throw new SysError(ENOTEMPTY, 'rename: over a directory that is not empty');
  fromDir.inode.rename(fromDir, child, toDir, to.name, replaced);
  notifyMove(fromDir, from.name, toDir, to.name, child, cookie);
  if (replaced !== null) {
    replaced.inode.notifyWatchers(IN_ATTRIB, '', 0);
    replaced.inode.notifyIfGone();
  }
}

function notifyMove(fromDir: Dentry, fromName: ByteString, toDir: Dentry, toName: ByteString, moved: Dentry, cookie: number): void {
  const isDirectory = moved.inode.isDirectory();
  notifyEntry(fromDir, IN_MOVED_FROM, fromName, isDirectory, cookie);
  notifyEntry(toDir, IN_MOVED_TO, toName, isDirectory, cookie);
  moved.inode.notifyWatchers(IN_MOVE_SELF, '', 0);
}

function checkLength(name: ByteString): ByteString {
  if (name.length > 255) throw new SysError(ENAMETOOLONG, 'a name is longer than 255 bytes');
  return name;
}

/** The entry that `parent` names, without crossing mounts. @errors ENOENT */
function requireChild(actor: Actor, parent: Parent): Dentry {
  const dir = parent.path.dentry;
  const child = dir.inode.lookup(dir, checkLength(parent.name), actor);
  if (child === null) throw new SysError(ENOENT, 'no such name');
  return child;
}

/** @errors EROFS EACCES; EPERM by the sticky bit; EBUSY a mountpoint */
function requireRemovable(actor: Actor, parent: Parent, child: Dentry): void {
  requireWritableMount(parent.path.mount);
  const dir = parent.path.dentry.inode;
  requireAccess(dir, actor.credentials, W_OK | X_OK);
  if (isStickyFor(dir, child.inode, actor.credentials)) throw new SysError(EPERM, 'the directory is sticky and the file another owner\'s');
  if (child.mountCount !== 0) throw new SysError(EBUSY, 'a mountpoint');
}

