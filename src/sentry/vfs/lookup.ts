/**
 * From a path to what it names: path_resolution(7).
 */

import { EACCES, EEXIST, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from '../../abi/errno.ts';
import {
  MAX_SYMLINKS, NAME_MAX, PATH_MAX, RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV, X_OK,
} from '../../abi/fs.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { Caller } from './caller.ts';
import type { Mount } from './mount.ts';
import { Path } from './path.ts';
import type { Dentry } from './path.ts';

/** Who looks, and from where. */
export interface Walker {
  /** The root directory of the task. */
  readonly root: Path;
  readonly credentials: Credentials;
  readonly caller: Caller;
}

/** What the last component was: an ordinary name, or one that names a directory already reached. */
export type LastKind = 'name' | 'dot' | 'dotdot' | 'root';

/** The directory a path leads to, and the name in it that is left. */
export interface Parent {
  readonly path: Path;
  /** Empty unless `kind` is `name`. */
  readonly name: ByteString;
  readonly kind: LastKind;
  /** Whether slashes follow the name: it must be a directory. */
  readonly hasTrailingSlash: boolean;
}

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * What `name` leads to, seen from `start` (for relative names).
 *
 * @param follow   whether a symbolic link at the end is followed (one before the end, or with a slash after it, always is)
 * @param resolve  RESOLVE_* of openat2(2); 0 for none
 * @errors ENOENT ENOTDIR EACCES ELOOP ENAMETOOLONG; EXDEV EAGAIN by `resolve`
 */
export function lookupPath(walker: Walker, start: Path, name: ByteString, follow: boolean, resolve = 0): Path {
  const walk = new Walk(walker, start, resolve);
  walk.run(name, follow, false);
  return new Path(walk.mount, walk.dentry);
}

/**
 * The directory that holds the last component of `name`; whether that exists is not looked at.
 * @errors as `lookupPath`
 */
export function lookupParent(walker: Walker, start: Path, name: ByteString): Parent {
  const walk = new Walk(walker, start, 0);
  walk.run(name, false, true);
  return { path: new Path(walk.mount, walk.dentry), name: walk.lastName, kind: walk.lastKind, hasTrailingSlash: walk.hasTrailingSlash };
}

/** What an open that may create finds: the file, or the directory and the name that is free. */
export interface OpenTarget {
  readonly parent: Parent;
  /** Null when nothing of the name exists. */
  readonly path: Path | null;
}

/**
 * As `lookupPath`, for open(2) with O_CREAT: a link at the end that leads nowhere gives the place it points to.
 *
 * @param follow  false for O_NOFOLLOW and O_EXCL
 */
export function lookupForCreate(walker: Walker, start: Path, name: ByteString, follow: boolean, resolve = 0): OpenTarget {
  const walk = new Walk(walker, start, resolve);
  let rest = name;
  for (;;) {
    walk.run(rest, false, true);
    const parent = { path: new Path(walk.mount, walk.dentry), name: walk.lastName, kind: walk.lastKind, hasTrailingSlash: walk.hasTrailingSlash };
    if (walk.lastKind !== 'name') return { parent, path: parent.path };
    const child = walk.step(walk.lastName);
    if (child === null) return { parent, path: null };
    if (!follow || !child.inode.isSymlink()) {
      walk.enter(child);
      return { parent, path: new Path(walk.mount, walk.dentry) };
    }
    const target = walk.followLink(child);
    if (target === null) return { parent, path: new Path(walk.mount, walk.dentry) };
    rest = target;
  }
}

/** The entry `name` of the directory at `parent`, with mounts on it crossed; null when there is none. Search permission has been checked. */
export function lookupChild(walker: Walker, parent: Path, name: ByteString): Path | null {
  if (name.length > NAME_MAX) throw new SysError(ENAMETOOLONG, 'a name is longer than 255 bytes');
  const child = parent.dentry.inode.lookup(parent.dentry, name, walker.caller);
  if (child === null) return null;
  let mount = parent.mount;
  let dentry = child;
  while (dentry.mountCount !== 0) {
    const mounted = mount.mountedAt(dentry);
    if (mounted === null) break;
    mount = mounted;
    dentry = mounted.root;
  }
  return new Path(mount, dentry);
}

/** One resolution under way: where it stands, and the links it has followed. */
class Walk {
  walker: Walker;
  start: Path;
  resolve: number;
  mount: Mount;
  dentry: Dentry;
  root: Path;
  links = 0;
  lastName: ByteString = '';
  lastKind: LastKind = 'root';
  hasTrailingSlash = false;

  constructor(walker: Walker, start: Path, resolve: number) {
    this.walker = walker;
    this.start = start;
    this.resolve = resolve;
    this.mount = start.mount;
    this.dentry = start.dentry;
    this.root = (resolve & (RESOLVE_IN_ROOT | RESOLVE_BENEATH)) !== 0 ? start : walker.root;
  }

  /** Walks along `name`; stops before the last component when `wantParent`. */
  run(name: ByteString, follow: boolean, wantParent: boolean): void {
    if (name.length === 0) throw new SysError(ENOENT, 'an empty path');
    if (name.length >= PATH_MAX) throw new SysError(ENAMETOOLONG, 'a path is longer than 4095 bytes');
    let rest = name;
    let at = 0;
    if (rest.charCodeAt(0) === SLASH) this.jumpToRoot();
    this.lastKind = 'root';
    this.hasTrailingSlash = false;
    for (;;) {
      while (rest.charCodeAt(at) === SLASH) at++;
      if (at >= rest.length) return;
      let end = rest.indexOf('/', at);
      if (end < 0) end = rest.length;
      let next = end;
      while (rest.charCodeAt(next) === SLASH) next++;
      const isLast = next >= rest.length;
      this.requireSearch();

      const length = end - at;
      if (rest.charCodeAt(at) === DOT && (length === 1 || (length === 2 && rest.charCodeAt(at + 1) === DOT))) {
        if (isLast) {
          this.lastKind = length === 1 ? 'dot' : 'dotdot';
          this.lastName = '';
          this.hasTrailingSlash = end < rest.length;
        }
        if (length === 2) this.up();
        at = next;
        continue;
      }

      const component = rest.substring(at, end);
      if (isLast) {
        this.lastKind = 'name';
        this.lastName = component;
        this.hasTrailingSlash = end < rest.length;
        if (wantParent) return;
      }
      const child = this.step(component);
      if (child === null) throw new SysError(ENOENT, 'no such name');
      if (child.inode.isSymlink() && (!isLast || follow || this.hasTrailingSlash)) {
        const target = this.followLink(child);
        if (target === null) {
          if ((!isLast || this.hasTrailingSlash) && !this.dentry.inode.isDirectory()) throw new SysError(ENOTDIR, 'not a directory');
          at = next;
          continue;
        }
        // The rest of the path comes after the target; slashes at the end count as a component "must be a directory".
        rest = end < rest.length ? target + rest.substring(end) : target;
        at = 0;
        if (rest.charCodeAt(0) === SLASH) this.jumpToRoot();
        continue;
      }
      this.enter(child);
      if (isLast) {
        if (this.hasTrailingSlash && !child.inode.isDirectory()) throw new SysError(ENOTDIR, 'not a directory');
        return;
      }
      at = next;
    }
  }

  jumpToRoot(): void {
    if ((this.resolve & RESOLVE_BENEATH) !== 0) throw new SysError(EXDEV, 'openat2: an absolute path');
    if ((this.resolve & RESOLVE_NO_XDEV) !== 0 && this.mount !== this.root.mount) throw new SysError(EXDEV, 'openat2: another mount');
    this.mount = this.root.mount;
    this.dentry = this.root.dentry;
  }

  /** @errors ENOTDIR EACCES when the place reached is no directory that may be searched */
  requireSearch(): void {
    const inode = this.dentry.inode;
    if (!inode.isDirectory()) throw new SysError(ENOTDIR, 'not a directory');
    if (!inode.permits(this.walker.credentials, X_OK)) throw new SysError(EACCES, 'a directory may not be searched');
  }

  /** The entry `name` of the place reached, mounts not yet crossed; null for none. */
  step(name: ByteString): Dentry | null {
    if (name.length > NAME_MAX) throw new SysError(ENAMETOOLONG, 'a name is longer than 255 bytes');
    return this.dentry.inode.lookup(this.dentry, name, this.walker.caller);
  }

  /** Goes to `dentry`, and into what is mounted there. */
  enter(dentry: Dentry): void {
    this.dentry = dentry;
    if (dentry.mountCount !== 0) this.crossMounts();
  }

  crossMounts(): void {
    while (this.dentry.mountCount !== 0) {
      const mounted = this.mount.mountedAt(this.dentry);
      if (mounted === null) return;
      if ((this.resolve & RESOLVE_NO_XDEV) !== 0) throw new SysError(EXDEV, 'openat2: a mountpoint');
      this.mount = mounted;
      this.dentry = mounted.root;
    }
  }

  /** `..`: nowhere from the root directory, out of a mount at its top. */
  up(): void {
    for (;;) {
      if (this.dentry === this.root.dentry && this.mount === this.root.mount) {
        if ((this.resolve & RESOLVE_BENEATH) !== 0) throw new SysError(EXDEV, 'openat2: .. leads out');
        return;
      }
      if (this.dentry !== this.mount.root) break;
      if (this.mount.parent === null || this.mount.mountpoint === null) return;
      if ((this.resolve & RESOLVE_NO_XDEV) !== 0) throw new SysError(EXDEV, 'openat2: .. leaves the mount');
      this.dentry = this.mount.mountpoint;
      this.mount = this.mount.parent;
    }
    if (this.dentry.parent !== null) this.dentry = this.dentry.parent;
    if (this.dentry.mountCount !== 0) this.crossMounts();
  }

  /**
   * Follows the link `link`, an entry of the place reached.
   * @returns its target, to be walked from here; null when it was a magic link and the place is reached
   */
  followLink(link: Dentry): ByteString | null {
    if ((this.resolve & RESOLVE_NO_SYMLINKS) !== 0) throw new SysError(ELOOP, 'openat2: a symbolic link');
    this.links++;
    if (this.links > MAX_SYMLINKS) throw new SysError(ELOOP, 'more than 40 symbolic links');
    const inode = link.inode;
    const place = inode.jump(this.walker.caller);
    if (place !== null) {
      if ((this.resolve & RESOLVE_NO_MAGICLINKS) !== 0) throw new SysError(ELOOP, 'openat2: a magic link');
      if ((this.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) !== 0) throw new SysError(EXDEV, 'openat2: a magic link leads out');
      this.mount = place.mount;
      this.dentry = place.dentry;
      return null;
    }
    inode.touchAccess();
    const target = inode.readlink(this.walker.caller);
    if (target.length === 0) throw new SysError(ENOENT, 'a symbolic link to nothing');
    return target;
  }
}

/** @errors EEXIST, or what the caller of mkdir(2), mknod(2), symlink(2), link(2) sees when the last component is no free name */
export function requireNewName(parent: Parent): void {
  if (parent.kind !== 'name') throw new SysError(EEXIST, 'the name exists');
}

/** @errors EINVAL for `flags` outside `allowed` */
export function requireFlags(flags: number, allowed: number, call: string): void {
  if ((flags & ~allowed) !== 0) throw new SysError(EINVAL, `${call}: unknown flags`);
}
